"""`python manage.py up`: web, worker, scheduler and Redis under one parent.

The supervisor uses the standard library alone and never loads Django, so that it costs a few
megabytes while Penstock idles. What needs Django before the start runs in `prepare.py`, in a
process of its own that ends when its work is done.
"""
