"""Which tables a backup holds, in which order, and how a row stands in it.

A row is a JSON object with its columns by name, in words that no database has for itself: times in
ISO 8601 with microseconds, UUIDs and decimals as text.
"""

import base64
import datetime
import decimal
import json
import uuid
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connections, models
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.sql import InsertQuery

#: Sign-ins end with the machine that they were made on, and workers announce themselves again.
LEFT_OUT = frozenset({"sessions.session", "runs.worker"})
#: What `migrate` writes by itself: replaced by what the backup has.
MADE_BY_MIGRATE = frozenset({"contenttypes.contenttype", "auth.permission"})
#: A value may be a log's piece or a whole output; no row comes near this.
LONGEST_ROW = 256 * 1024 * 1024
_ROWS_AT_ONCE = 100

Table = type[models.Model]


class BadRow(ValueError):
    """A line of a backup that is no row of its table."""


def label(table: Table) -> str:
    """`runs.noderun`"""
    return table._meta.label_lower


def everything() -> list[Table]:
    """Every table that a backup holds, what is referred to before what refers to it.

    A reference that may be null does not count: `runs.run` and `runs.noderun` name each other.
    Databases check references at the end of the transaction.
    """
    found = {
        label(table): table
        for table in apps.get_models(include_auto_created=True)
        if table._meta.managed and not table._meta.proxy and label(table) not in LEFT_OUT
    }
    graph = {
        name: {
            label(field.related_model)
            for field in columns(table)
            if isinstance(field, models.ForeignKey) and not field.null
        }
        - {name}
        for name, table in sorted(found.items())
    }
    return [found[name] for name in TopologicalSorter(graph).static_order()]


def columns(table: Table) -> "list[models.Field[Any, Any]]":
    return list(table._meta.concrete_fields)


def migrations(using: str = "default") -> list[str]:
    """What stands for the schema: `runs.0001_initial`, …, of every app."""
    applied = MigrationRecorder(connections[using]).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def count(table: Table, using: str) -> int:
    return table._base_manager.using(using).count()


def lines(table: Table, using: str) -> Iterator[str]:
    """Every row as a line of JSON, by primary key; a few are in memory at a time."""
    names = [field.attname for field in columns(table)]
    rows = table._base_manager.using(using).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=_ROWS_AT_ONCE):
        said = dict(zip(names, row, strict=True))
        yield json.dumps(said, default=_said, ensure_ascii=False, separators=(",", ":")) + "\n"


def row(table: Table, line: bytes) -> models.Model:
    """The row that a line says. Raises BadRow."""
    fields = {field.attname: field for field in columns(table)}
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"a line is not JSON: {error}") from error
    if not isinstance(said, dict) or said.keys() != fields.keys():
        raise BadRow(f"a line does not have the columns {', '.join(fields)}")
    try:
        return table(**{name: fields[name].to_python(value) for name, value in said.items()})
    except (ValidationError, ValueError, TypeError) as error:
        raise BadRow(f"a value does not fit its column: {error}") from error


def insert(table: Table, rows: Sequence[models.Model], using: str) -> None:
    """Write rows exactly as they are: nothing is set to the time of today, no signal is sent."""
    connection = connections[using]
    fields = columns(table)
    size = max(connection.ops.bulk_batch_size(fields, rows), 1)
    for start in range(0, len(rows), size):
        query = InsertQuery(table)
        query.insert_values(fields, list(rows[start : start + size]), raw=True)
        query.get_compiler(using=using).execute_sql()


def reset_sequences(tables: Sequence[Table], using: str) -> None:
    """The next row of each table gets a number that none has yet."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)


def _said(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal | datetime.timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    raise TypeError(f"{type(value).__name__} has no form in a backup")
