"""Statements that PostgreSQL parses and plans once for each connection, not once for each node.

For what runs in the transaction of a node, planning costs the database more than doing it. Other
databases, and other places, get the statement as it is.
"""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, OperationalError, connection

#: A statement is prepared when it comes a second time, and so many different ones are at most.
_MOST_STATEMENTS = 200
#: A pool between us and the database may give each transaction another connection.
_LOST = {"26000": "it is not there any more", "42P05": "somebody else has made it"}

_seen: dict[str, int] = {}
_here = threading.local()
_possible = True


def execute(cursor: Any, sql: str, params: Sequence[Any], first: str = "") -> None:
    """As `cursor.execute`, for statements whose text comes again and again.

    `first` goes before it, on the same way to the database. Raises OperationalError when the connection forgot what was prepared: the next try does without.
    """
    if connection.vendor != "postgresql" or not connection.in_atomic_block or not _comes_again(sql):
        cursor.execute(first + sql, params)
        return
    name = f"penstock_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
    try:
        names = _names()
        if name not in names:
            cursor.execute(f"PREPARE {name} AS {_numbered(sql)}")
            names.add(name)
        marks = f" ({', '.join(['%s'] * len(params))})" if params else ""
        # A plan is kept until statistics change, also one that was made while a table was small.
        cursor.execute(f"{first}SET LOCAL enable_seqscan = off; EXECUTE {name}{marks}", params)
    except DatabaseError as error:
        _give_up_if_lost(name, error)
        raise


def _comes_again(sql: str) -> bool:
    if not _possible:
        return False
    count = _seen.get(sql)
    if count is None:
        if len(_seen) < _MOST_STATEMENTS:
            _seen[sql] = 1
        return False
    return True


def _names() -> set[str]:
    """What this thread's connection has prepared. It starts anew with each connection."""
    raw = connection.connection
    if getattr(_here, "connection", None) is not raw:
        _here.connection, _here.names = raw, set()
    names: set[str] = _here.names
    return names


def _numbered(sql: str) -> str:
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


def _give_up_if_lost(name: str, error: DatabaseError) -> None:
    global _possible
    why = _LOST.get(getattr(error.__cause__, "pgcode", ""))
    if why is not None:
        _possible = False
        raise OperationalError(
            f"the prepared statement {name} cannot be used, because {why}; none is used from now on"
        ) from error
