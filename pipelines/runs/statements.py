"""The statements that run for every node, written out.

A dozen of them commit a node's outcome and claim the next. Building them with the ORM takes
several times as long as the database needs to carry them out, and holds the interpreter's lock
meanwhile, so all slots of a worker would wait for it. What is not on that path uses the ORM.

What is written for a node goes to PostgreSQL as one statement: every statement more is a way there
and back, during which the run is locked and two processes are woken. See `prepared` for the rest.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Field, JSONField, Model
from django.db.models.base import ModelState

from . import prepared
from .models import Attempt, Event, NodeRun, Run

M = TypeVar("M", bound=Model)
T = TypeVar("T")

#: Large, and not needed to decide anything; read when asked for.
_LEFT_OUT = frozenset({"outputs", "error", "cache_parts", "reused_from"})
#: Between two statements of a transaction there is never more to do than compute for a moment.
_IDLE_MILLISECONDS = 5000
#: Both databases take these as they are.
_PLAIN = frozenset({bool, int, float, str})


def briefly() -> str:
    """What a transaction says first that holds rows which others wait for.

    A process that is stopped in the middle of it, as a machine that pauses, must not hold them up:
    PostgreSQL ends its connection, and with it the transaction.
    """
    if connection.vendor != "postgresql":
        return ""
    return f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE_MILLISECONDS}; "


def lock_run(run_id: UUID) -> Run:
    """The run, locked until the transaction ends. Raises Run.DoesNotExist."""
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    found = _select(Run, f'"id" = %s{lock}', [_value(Run, "id", run_id)], briefly())
    if not found:
        raise Run.DoesNotExist(f"run {run_id} does not exist")
    return found[0]


def nodes(run_id: UUID, names: Sequence[str]) -> list[NodeRun]:
    """Node runs of one run, without their outputs and errors."""
    where, params = _among(NodeRun, "node", names)
    return _select(
        NodeRun, f'{where} AND "run_id" = %s', [*params, _value(NodeRun, "run_id", run_id)]
    )


def nodes_by_id(ids: Sequence[int]) -> list[NodeRun]:
    """Node runs with these ids, of whatever runs, without their outputs and errors."""
    where, params = _among(NodeRun, "id", ids)
    return _select(NodeRun, where, params)


@dataclass(frozen=True)
class Change:
    """One row to be written: it must be as `where` says. Names are those of columns."""

    id: Any
    values: Mapping[str, Any]
    where: Mapping[str, Any]
    deltas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Write:
    """`expected` is how many rows it must meet, `inserts` learn the ids of their new rows."""

    sql: str
    params: list[Any]
    expected: int | None = None
    inserts: Sequence[Attempt] = ()


class Batch:
    """Writes that are carried out together, at the end of a transaction.

    No two of them may change the same row: PostgreSQL carries them all out on what was there before.
    """

    def __init__(self) -> None:
        self._writes: list[_Write] = []
        self._attempts: list[Attempt] = []
        self._closed: list[Change] = []

    def update(
        self,
        model: type[Model],
        values: Mapping[str, Any],
        where: Mapping[str, Any],
        *,
        ids: Sequence[Any],
        deltas: Mapping[str, int] | None = None,
        all_of_them: bool = False,
    ) -> None:
        """Set `values` and add `deltas` in the rows with these ids that are as `where` says.

        `all_of_them`: rows that are no longer so are missed by `run`.
        """
        sets = [f'"{name}" = %s' for name in values]
        params = [_value(model, name, value) for name, value in values.items()]
        for name, delta in (deltas or {}).items():
            sets.append(f'"{name}" = "{name}" + %s')
            params.append(delta)
        among, those = _among(model, "id", ids)
        conditions = [among]
        params += those
        for name, value in where.items():
            if value is None:
                conditions.append(f'"{name}" IS NULL')
            else:
                conditions.append(f'"{name}" = %s')
                params.append(_value(model, name, value))
        sql = f"UPDATE {_table(model)} SET {', '.join(sets)} WHERE {' AND '.join(conditions)}"
        self._writes.append(_Write(sql, params, len(ids) if all_of_them else None))

    def update_each(
        self, model: type[Model], changes: Sequence[Change], *, all_of_them: bool = False
    ) -> None:
        """Carry out changes of the same columns, each in a row of its own."""
        if connection.vendor != "postgresql":
            for each in changes:
                self.update(
                    model,
                    each.values,
                    each.where,
                    ids=[each.id],
                    deltas=each.deltas,
                    all_of_them=all_of_them,
                )
            return
        first = changes[0]
        wanted = [
            (part, name) for part in ("values", "deltas", "where") for name in getattr(first, part)
        ]
        columns = [[getattr(each, part)[name] for each in changes] for part, name in wanted]
        given, params = _unnested(
            model,
            ["id", *(name for _, name in wanted)],
            [[each.id for each in changes], *columns],
        )
        sets, conditions = [], ['t."id" = v.c0']
        for number, (part, name) in enumerate(wanted, start=1):
            if part == "where":
                conditions.append(f't."{name}" IS NOT DISTINCT FROM v.c{number}')
            else:
                before = f't."{name}" + ' if part == "deltas" else ""
                sets.append(f'"{name}" = {before}v.c{number}')
        sql = (
            f"UPDATE {_table(model)} t SET {', '.join(sets)} FROM {given} "
            f"WHERE {' AND '.join(conditions)}"
        )
        self._writes.append(_Write(sql, params, len(changes) if all_of_them else None))

    def insert_events(self, events: Sequence[Event]) -> None:
        self._writes.append(_Write(*_insert(Event, events)))

    def insert_attempt(self, attempt: Attempt) -> None:
        """Write a new attempt; `run` gives it its id."""
        self._attempts.append(attempt)

    def close_attempt(self, change: Change) -> None:
        self._closed.append(change)

    def __bool__(self) -> bool:
        return bool(self._writes or self._attempts or self._closed)

    def run(self, first: str = "") -> int:
        """Carry all of it out, after saying `first`; how many rows were not as they had to be."""
        for alike in grouped(self._closed, lambda each: tuple(each.values)):
            self.update_each(Attempt, alike)
        if self._attempts:
            self._writes.append(_Write(*_insert(Attempt, self._attempts), inserts=self._attempts))
        writes, self._writes, self._attempts, self._closed = self._writes, [], [], []
        if not writes:
            return 0
        small = sum(map(_size, writes)) <= _MOST_VALUES
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql" and small:
                return _run_together(cursor, writes, first)
            return _run_apart(cursor, writes)


#: A batch with more values than this is split: it belongs to more than a few nodes.
_MOST_VALUES = 5000
#: So many rows are inserted at a time; SQLite takes 32,766 values.
_ROWS = 500


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> list[list[T]]:
    """Those that are alike together, in the order of the first of each."""
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _size(write: _Write) -> int:
    """How many values it carries."""
    return sum(len(value) if isinstance(value, list) else 1 for value in write.params)


def _run_apart(cursor: Any, writes: Sequence[_Write]) -> int:
    missed = 0
    for write in writes:
        if write.inserts:
            cursor.execute(f'{write.sql} RETURNING "token", "id"', write.params)
            _learn(write.inserts, dict(cursor.fetchall()))
            continue
        cursor.execute(write.sql, write.params)
        if write.expected is not None:
            missed += write.expected - cursor.rowcount
    return missed


def _run_together(cursor: Any, writes: Sequence[_Write], first: str) -> int:
    parts, asked, answers = [], [], []
    for number, write in enumerate(writes):
        name = f"w{number}"
        if write.inserts:
            asked.append(f'(SELECT json_object_agg("token", "id") FROM {name})')
            parts.append(f'{name} AS ({write.sql} RETURNING "token", "id")')
        elif write.expected is not None:
            asked.append(f"(SELECT count(*) FROM {name})")
            parts.append(f"{name} AS ({write.sql} RETURNING 1)")
        else:
            parts.append(f"{name} AS ({write.sql})")
            continue
        answers.append(write)
    sql = f"WITH {', '.join(parts)} SELECT {', '.join(asked) or 'NULL'}"
    params = [value for write in writes for value in write.params]
    prepared.execute(cursor, sql, params, first)
    missed = 0
    for write, answer in zip(answers, cursor.fetchone(), strict=False):
        if write.inserts:
            _learn(write.inserts, answer if isinstance(answer, dict) else json.loads(answer))
        else:
            missed += (write.expected or 0) - answer
    return missed


def _learn(attempts: Sequence[Attempt], ids: Mapping[Any, int]) -> None:
    by_token = {UUID(str(token)): id for token, id in ids.items()}
    for attempt in attempts:
        attempt.pk = by_token[attempt.token]


def insert_node_runs(rows: Sequence[NodeRun]) -> None:
    """Write the nodes of a new run and give them their ids."""
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS):
            batch = rows[start : start + _ROWS]
            sql, params = _insert(NodeRun, batch)
            cursor.execute(f'{sql} RETURNING "id"', params)
            for row, (pk,) in zip(batch, cursor.fetchall(), strict=True):
                row.pk = pk


def _select(model: type[M], where: str, params: list[Any], first: str = "") -> list[M]:
    columns = _columns(model, connection.vendor)
    names = ", ".join(f'"{name}"' for name, _, _ in columns)
    with connection.cursor() as cursor:
        sql = f"SELECT {names} FROM {_table(model)} WHERE {where}"
        prepared.execute(cursor, sql, params, first)
        return [_instance(model, columns, values) for values in cursor.fetchall()]


def _instance(model: type[M], columns: "Sequence[_Column]", values: Sequence[Any]) -> M:
    """The row as an object, without the constructor, which looks at each field several times."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, connection.alias
    row.__dict__.update(
        (name, value if value is None or read is None else read(value))
        for (_, name, read), value in zip(columns, values, strict=True)
    )
    return row


#: A column, its attribute, and what makes the attribute of what the database gives.
_Column = tuple[str, str, Callable[[Any], Any] | None]


@cache
def _columns(model: type[Model], vendor: str) -> Sequence[_Column]:
    return [
        (name, field.attname, _reader(field))
        for name, field in _fields(model).items()
        if model is not NodeRun or name not in _LEFT_OUT
    ]


def _reader(field: "Field[Any, Any]") -> Callable[[Any], Any] | None:
    if field.model is NodeRun and field.name == "plan":
        return _plan
    expression = field.get_col(field.model._meta.db_table)
    converters = [
        *connection.ops.get_db_converters(expression),
        *expression.get_db_converters(connection),
    ]
    if not converters:
        return None
    return lambda value: reduce(
        lambda read, convert: convert(read, expression, connection), converters, value
    )


@lru_cache(maxsize=1024)
def _plan(text: str) -> Mapping[str, Any]:
    """A node's plan never changes, and is read again with each of its upstream nodes that ends."""
    plan: Mapping[str, Any] = json.loads(text)
    return plan


def _insert(model: type[Model], rows: Sequence[Model]) -> tuple[str, list[Any]]:
    names = [name for name in _fields(model) if name != "id"]
    into = f"INSERT INTO {_table(model)} ({', '.join(map(_quoted, names))})"
    if connection.vendor == "postgresql":
        given, params = _unnested(
            model, names, [[getattr(row, name) for row in rows] for name in names]
        )
        return f"{into} SELECT * FROM {given}", params
    params = [_value(model, name, getattr(row, name)) for row in rows for name in names]
    marks = f"({', '.join(['%s'] * len(names))})"
    return f"{into} VALUES {', '.join([marks] * len(rows))}", params


def _unnested(
    model: type[Model], names: Sequence[str], columns: Sequence[Sequence[Any]]
) -> tuple[str, list[Any]]:
    """PostgreSQL: a table `v` of columns `c0`, `c1` ... out of lists of their values.

    However many rows there are, the statement is the same, and so is prepared once.
    """
    arrays = ", ".join(f"%s::{_type(model, name)}[]" for name in names)
    params = [
        [_value(model, name, value) for value in values]
        for name, values in zip(names, columns, strict=True)
    ]
    return f"unnest({arrays}) AS v({', '.join(f'c{n}' for n in range(len(names)))})", params


def _among(model: type[Model], name: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """The condition that a column is one of these values."""
    given = [_value(model, name, value) for value in values]
    if connection.vendor == "postgresql":
        return f'"{name}" = ANY(%s::{_type(model, name)}[])', [given]
    return f'"{name}" IN ({", ".join(["%s"] * len(given))})', given


def _value(model: type[Model], name: str, value: Any) -> Any:
    field = _fields(model)[name]
    if value is None or (type(value) in _PLAIN and not isinstance(field, JSONField)):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def _fields(model: type[Model]) -> "dict[str, Field[Any, Any]]":
    """The model's fields by column."""
    return {str(field.column): field for field in model._meta.concrete_fields}


@cache
def _type(model: type[Model], name: str) -> str:
    """The type of a column's values, without its length: what is too long must not be cut."""
    kind = str(_fields(model)[name].rel_db_type(connection))
    return "text" if kind.startswith("varchar") else kind


def _quoted(name: str) -> str:
    return f'"{name}"'


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'
