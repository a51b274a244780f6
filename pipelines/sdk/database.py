"""Databases by SQLAlchemy URL: read rows as tables, write tables, in one transaction each."""

import datetime
import decimal
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from . import sqltext, tables
from .errors import Failure
from .handles import Table

_BATCH_ROWS = 10_000
_INSERT_ROWS = 1_000
Mode = Literal["append", "replace", "upsert"]
_DRIVERS = {"postgres": "postgresql+psycopg2", "postgresql": "postgresql+psycopg2"}


class Database:
    """One database, by its URL or the name of a connection; use it as a context manager, which closes the connection.

    A relative SQLite path lies in the directory that `PENSTOCK_DATA` names, because the step's
    own directory goes away with the step.
    """

    def __init__(self, url: str, connection: str = "") -> None:
        self._engine = _of_connection(connection) if connection else _engine(url)
        self.shown = self._engine.url.render_as_string(hide_password=True)

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()

    def query(self, sql: str, values: Mapping[str, Any] | None = None) -> Table:
        """Run one statement and commit. Its rows become a table.

        A statement that gives no rows gives one row with the number of rows it changed, in the
        column `rows`. Only those `values` are bound that the statement names as `:name`.
        """
        if not sql.strip():
            raise Failure("The SQL is empty; write a statement.")
        statement = sa.text(sqltext.escaped(sql))
        wanted = set(sqltext.binds(sql))
        missing = sorted(wanted - set(values or {}))
        if missing:
            names = ", ".join(f"`:{name}`" for name in missing)
            raise Failure(f"The SQL names {names}, but there is no value of that name.")
        bound = {name: value for name, value in (values or {}).items() if name in wanted}
        try:
            with self._engine.begin() as connection:
                if sqltext.only_reads(sql):
                    connection = connection.execution_options(stream_results=True)
                result = connection.execute(statement, bound)
                if not result.returns_rows:
                    return tables.write([{"rows": result.rowcount}])
                columns = list(result.keys())
                return tables.write(_as_arrow(columns, _batches(result)))
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def has_table(self, name: str) -> bool:
        schema, table = _split(name)
        try:
            return sa.inspect(self._engine).has_table(table, schema=schema)
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def columns(self, name: str) -> list[str]:
        """The columns of an existing table."""
        schema, table = _split(name)
        try:
            found = sa.inspect(self._engine).get_columns(table, schema=schema)
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        return [str(column["name"]) for column in found]

    def distinct(self, name: str, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        """Every combination of values of `columns` that the table has."""
        table = self._reflect(name, columns)
        with self._engine.connect() as connection:
            chosen = sa.select(*(table.c[column] for column in columns)).distinct()
            return {tuple(_plain(value) for value in row) for row in connection.execute(chosen)}

    def write(self, source: Table, name: str, mode: Mode, key: Sequence[str] = ()) -> int:
        """Write every row of `source` to the table `name` in one transaction; makes the table.

        `append` adds the rows, `replace` empties the table first, `upsert` replaces the rows
        that have the same `key` and adds the others, so doing it twice changes nothing. Returns
        the number of rows written.
        """
        data = source.to_arrow()
        schema, table_name = _split(name)
        if mode == "upsert" and not key:
            raise Failure("Upsert needs key columns, which say what makes two rows the same.")
        _require(key, data.column_names, "The rows have")
        if mode == "upsert":
            _require_unique(data, key)
        metadata = sa.MetaData(schema=schema)
        try:
            exists = self.has_table(name)
            if exists and mode != "replace":
                table = self._reflect(name, data.column_names)
            else:
                columns = [sa.Column(field.name, _sql_type(field.type)) for field in data.schema]
                table = sa.Table(table_name, metadata, *columns)
            with self._engine.begin() as connection:
                if exists and mode == "replace":
                    self._replace(connection, name, table)
                elif not exists:
                    table.create(connection)
                for rows in _records(data):
                    if mode == "upsert":
                        connection.execute(
                            sa.delete(table).where(
                                sa.and_(
                                    *(
                                        table.c[column] == sa.bindparam(f"key_{column}")
                                        for column in key
                                    )
                                )
                            ),
                            [{f"key_{column}": row[column] for column in key} for row in rows],
                        )
                    connection.execute(sa.insert(table), rows)
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        return int(data.num_rows)

    def _replace(self, connection: sa.Connection, name: str, table: sa.Table) -> None:
        """Keep a table that has the right columns (views and grants hang on it), else make it anew."""
        if self.columns(name) == [column.name for column in table.columns]:
            connection.execute(sa.delete(table))
        else:
            table.drop(connection)
            table.create(connection)

    def _reflect(self, name: str, wanted: Sequence[str]) -> sa.Table:
        schema, table_name = _split(name)
        try:
            table = sa.Table(table_name, sa.MetaData(schema=schema), autoload_with=self._engine)
        except SQLAlchemyError as error:
            raise self._failure(error) from error
        _require(wanted, [column.name for column in table.columns], f"The table `{name}` has")
        return table

    def _failure(self, error: SQLAlchemyError) -> Failure:
        original = getattr(error, "orig", None) or error
        said = " ".join(str(original).split())
        return Failure(f"The database {self.shown} refused: {said}")


def _of_connection(name: str) -> sa.Engine:
    from . import outgoing
    from .connections import CannotConnect, connection, postgresql

    type, fields = connection(name)
    if type.name != postgresql.TYPE.name:
        raise Failure(f"The connection `{name}` is a {type.title}, not a database.")
    try:
        given = postgresql.settings(fields, outgoing.reach())
    except CannotConnect as error:
        raise Failure(f"The connection `{name}` cannot be used: {error}") from error
    url = sa.URL.create(
        "postgresql+psycopg2",
        username=given.pop("user"),
        password=given.pop("password", None),
        host=given.pop("host"),
        port=given.pop("port"),
        database=given.pop("dbname"),
    )
    return sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=given)


def _engine(url: str) -> sa.Engine:
    if not url.strip():
        raise Failure(
            "No database was given; choose a connection, or write a URL such as "
            "postgresql://user@host/name."
        )
    try:
        parsed = make_url(url.strip())
        if parsed.drivername in _DRIVERS:
            parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
        if parsed.get_backend_name() == "sqlite":
            parsed = parsed.set(database=_sqlite_path(parsed.database))
        return sa.create_engine(parsed, poolclass=sa.pool.NullPool)
    except NoSuchModuleError as error:
        raise Failure(
            f"There is no such database as `{url.partition(':')[0]}`; use sqlite or postgresql."
        ) from error
    except ModuleNotFoundError as error:
        raise Failure(
            f"There is no driver for `{parsed.get_backend_name()}` here ({error.name} is missing); "
            "use sqlite or postgresql."
        ) from error
    except ArgumentError as error:
        raise Failure(
            "The database must be a URL such as postgresql://user:password@host/name or "
            f"sqlite:////path/to/file.db ({error})"
        ) from error


def _sqlite_path(database: str | None) -> str:
    if not database or database == ":memory:":
        raise Failure("An SQLite database in memory would be gone after the step; name a file.")
    path = Path(database).expanduser()
    if not path.is_absolute():
        root = os.environ.get("PENSTOCK_DATA")
        if not root:
            raise Failure(
                f"`sqlite:///{database}` is relative to the step's own folder, which is removed "
                "after it; write the whole path: sqlite:////path/to/file.db"
            )
        path = Path(root) / path
    path.parent.mkdir(parents=True, exist_ok=True)
    return str(path)


def _split(name: str) -> tuple[str | None, str]:
    schema, dot, table = name.strip().rpartition(".")
    if not table:
        raise Failure("The database table needs a name.")
    return (schema if dot else None), table


def _require(wanted: Sequence[str], there: Sequence[str], subject: str) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise Failure(
            f"{subject} no column {', '.join(f'`{name}`' for name in missing)}; "
            f"the columns are {', '.join(f'`{name}`' for name in there)}."
        )


def _require_unique(data: pa.Table, key: Sequence[str]) -> None:
    empty = [name for name in key if data.column(name).null_count]
    if empty:
        raise Failure(
            f"The key column `{empty[0]}` has missing values, which are the same as nothing; "
            "drop those rows or choose another key."
        )
    repeated = data.num_rows - data.group_by(list(key)).aggregate([]).num_rows
    if repeated:
        raise Failure(
            f"{repeated:,} rows have the same {', '.join(f'`{name}`' for name in key)} as another "
            "row, so it is not clear which one to keep; remove the duplicates or add key columns."
        )


def _batches(result: sa.CursorResult[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    yield from result.partitions(_BATCH_ROWS)


def _as_arrow(names: list[str], batches: Iterator[Sequence[sa.Row[Any]]]) -> pa.Table:
    made = [
        pa.table(
            [_array(name, [_plain(row[i]) for row in batch]) for i, name in enumerate(names)],
            names=names,
        )
        for batch in batches
    ]
    if not made:
        return pa.table([pa.array([], pa.string()) for _ in names], names=names)
    return pa.concat_tables(made, promote_options="permissive")


def _array(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # SQLite columns may hold anything in any row.
        return pa.array([None if value is None else str(value) for value in values])


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return bytes(value) if isinstance(value, memoryview) else value


def _sql_type(kind: pa.DataType) -> sa.types.TypeEngine[Any]:
    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if pa.types.is_timestamp(kind):
        return sa.DateTime(timezone=kind.tz is not None)
    if pa.types.is_date(kind):
        return sa.Date()
    if pa.types.is_time(kind):
        return sa.Time()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return sa.LargeBinary()
    return sa.Text()


def _records(data: pa.Table) -> Iterator[list[dict[str, Any]]]:
    for batch in data.to_batches(max_chunksize=_INSERT_ROWS):
        rows = batch.to_pylist()
        if rows:
            yield [{name: _storable(value) for name, value in row.items()} for row in rows]


def _storable(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.datetime) and type(value) is not datetime.datetime:
        return value.to_pydatetime()  # type: ignore[attr-defined]  # a pandas Timestamp (ns)
    return value
