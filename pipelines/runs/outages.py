"""Telling a database that is away for a while from a statement that is wrong."""

from django.db import DataError, Error, IntegrityError, NotSupportedError, ProgrammingError

#: These come of what was asked, and would come again.
_OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


def may_pass(error: Exception) -> bool:
    """Whether the same deed may succeed a moment later.

    Drivers have no one word for a server that vanishes: psycopg2 says OperationalError, InterfaceError
    or, in the middle of a statement, plain DatabaseError. Nor is a disk full for ever.
    """
    return isinstance(error, Error) and not isinstance(error, _OURS)
