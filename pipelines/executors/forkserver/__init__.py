"""The other side of the socket: the fork server, the shepherds and the steps themselves.

Nothing here may import more than the standard library at module level. Every step is a fork of
this code, and what it imports is memory that every step pays for.
"""
