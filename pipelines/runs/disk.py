"""When a commit is on the disk, for transactions that lock what others wait for.

PostgreSQL holds a transaction's locks until the disk has it, for milliseconds, and so long nobody
else finishes a node of the same run. These transactions let go first and then wait: the log is
written in order, so that whatever is on the disk, all that it rests on is there as well. Nothing
is started, and no step's end is answered for, before that. A reader may see it a moment earlier.

SQLite has one writer, and the threads of one process wait for it in turn; there it is as ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def early() -> str:
    """What a transaction says before its last statement, so that its commit lets go first.

    Whoever says it must call `wait` after the commit.
    """
    return "SET LOCAL synchronous_commit = off; " if connection.vendor == "postgresql" else ""


def wait() -> None:
    """Until all that this connection has committed is on the disk. Raises OperationalError."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The smallest thing that is written to the log; its own commit waits for all before it.
            cursor.execute("SELECT pg_logical_emit_message(true, '', '')")


@contextmanager
def transaction_that_lets_go_first() -> Iterator[None]:
    """A transaction whose locks and hints do not wait for the disk; who made it does."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and (first := early()):
            with connection.cursor() as cursor:
                cursor.execute(first)
        yield
    if outermost:
        wait()
