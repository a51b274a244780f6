"""The environments that nodes run in: which lock holds, and who waits while one is built.

`locks` keeps them in the database, so that all workers install the same; `builder` belongs to one
worker and sees to it that they are on its disk; `queries` shows them.
"""
