"""The statements that run for every node, written out.

A dozen of them commit a node's outcome and claim the next. Building them with the ORM takes
several times as long as the database needs to carry them out, and holds the interpreter's lock
meanwhile, so all slots of a worker would wait for it. What is not on that path uses the ORM.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from .models import Attempt, Event, NodeRun, Run

M = TypeVar("M", bound=Model)

#: Large, and not needed to decide anything; read when asked for.
_LEFT_OUT = frozenset({"outputs", "error"})


def lock_run(run_id: UUID) -> Run:
    """The run, locked until the transaction ends. Raises Run.DoesNotExist."""
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    found = _select(Run, f'"id" = %s{lock}', [_value(Run, "id", run_id)])
    if not found:
        raise Run.DoesNotExist(f"run {run_id} does not exist")
    return found[0]


def nodes(run_id: UUID, names: Sequence[str]) -> list[NodeRun]:
    """Node runs of one run, without their outputs and errors."""
    marks = ", ".join(["%s"] * len(names))
    where = f'"run_id" = %s AND "node" IN ({marks})'
    return _select(NodeRun, where, [_value(NodeRun, "run_id", run_id), *names])


def node(run_id: UUID, id: int) -> NodeRun:
    """One node run of a run, without its outputs and error. Raises NodeRun.DoesNotExist."""
    found = _select(NodeRun, '"id" = %s AND "run_id" = %s', [id, _value(NodeRun, "run_id", run_id)])
    if not found:
        raise NodeRun.DoesNotExist(f"node run {id} of run {run_id} does not exist")
    return found[0]


def oldest_queued(queue: str) -> tuple[Any, int, UUID] | None:
    """Since when the oldest queued node run of a queue waits, its id and its run's.

    The moment is only good for comparing: SQLite keeps it as text, in the order of time.
    """
    sql = (
        f'SELECT "queued_at", "id", "run_id" FROM {_table(NodeRun)} '
        'WHERE "state" = \'queued\' AND "queue" = %s ORDER BY "queued_at", "id" LIMIT 1'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [queue])
        row = cursor.fetchone()
    if row is None:
        return None
    run_id = row[2]
    return row[0], row[1], run_id if isinstance(run_id, UUID) else UUID(run_id)


def update(
    model: type[Model],
    values: Mapping[str, Any],
    where: Mapping[str, Any],
    *,
    ids: Sequence[Any] = (),
    deltas: Mapping[str, int] | None = None,
) -> int:
    """Set `values` and add `deltas` in the rows with these ids that are as `where` says.

    Names are those of columns. Returns how many rows there were.
    """
    sets = [f'"{name}" = %s' for name in values]
    params = [_value(model, name, value) for name, value in values.items()]
    for name, delta in (deltas or {}).items():
        sets.append(f'"{name}" = "{name}" + %s')
        params.append(delta)
    conditions = []
    if ids:
        conditions.append(f'"id" IN ({", ".join(["%s"] * len(ids))})')
        params += [_value(model, "id", each) for each in ids]
    for name, value in where.items():
        if value is None:
            conditions.append(f'"{name}" IS NULL')
        else:
            conditions.append(f'"{name}" = %s')
            params.append(_value(model, name, value))
    sql = f"UPDATE {_table(model)} SET {', '.join(sets)} WHERE {' AND '.join(conditions)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def insert_events(events: Sequence[Event]) -> None:
    _insert(Event, events)


def insert_attempt(attempt: Attempt) -> None:
    """Write a new attempt and give it its id."""
    attempt.pk = _insert(Attempt, [attempt], returning=True)


def _select(model: type[M], where: str, params: list[Any]) -> list[M]:
    names = ", ".join(
        f'"{name}"' for name in _fields(model) if model is not NodeRun or name not in _LEFT_OUT
    )
    return list(
        model._default_manager.raw(f"SELECT {names} FROM {_table(model)} WHERE {where}", params)
    )


def _insert(model: type[Model], rows: Iterable[Model], *, returning: bool = False) -> Any:
    names = [name for name in _fields(model) if name != "id"]
    params: list[Any] = []
    marks = []
    for row in rows:
        marks.append(f"({', '.join(['%s'] * len(names))})")
        params += [_value(model, name, getattr(row, name)) for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    sql = f"INSERT INTO {_table(model)} ({columns}) VALUES {', '.join(marks)}"
    with connection.cursor() as cursor:
        cursor.execute(f'{sql} RETURNING "id"' if returning else sql, params)
        return cursor.fetchone()[0] if returning else None


def _value(model: type[Model], name: str, value: Any) -> Any:
    return _fields(model)[name].get_db_prep_save(value, connection)


@cache
def _fields(model: type[Model]) -> "dict[str, Field[Any, Any]]":
    """The model's fields by column."""
    return {str(field.column): field for field in model._meta.concrete_fields}


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'
