"""How long things are kept, and the clean-up that takes away the rest.

Everything here works in small batches and gives way after each: the scheduler goes on with its
sweeps in between. Rows go first, files after them, so that whatever breaks off leaves nothing that
names lost bytes. The next clean-up goes on where one broke off.
"""
