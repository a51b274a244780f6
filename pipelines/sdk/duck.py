"""SQL over tables with DuckDB, locked in: no files, no network, no extensions.

Tables are registered as arrow datasets, so DuckDB reads only the columns and row groups that it
needs, and cannot name any other file.
"""

import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

import duckdb
import pyarrow.dataset

from . import tables
from .errors import Failure
from .handles import Table

_BATCH_ROWS = 100_000
_CONFIG: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "threads": 2,
}


#: DuckDB's names of types, as an analyst would say.
_TYPE_WORDS = {
    "VARCHAR": "text",
    "STRING_LITERAL": "text",
    "INTEGER_LITERAL": "integer",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
}


def quote(name: str) -> str:
    """A column or table name, safe inside SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string, safe inside SQL."""
    return "'" + text.replace("'", "''") + "'"


class Duck:
    """One locked DuckDB connection over some tables; use it as a context manager."""

    def __init__(self, sources: Mapping[str, Table]) -> None:
        self._columns: dict[str, list[str]] = {}
        self._connection = duckdb.connect(":memory:", config=_CONFIG)
        for name, table in sources.items():
            dataset = pyarrow.dataset.dataset(str(table.path), format="parquet")
            self._columns[name] = list(dataset.schema.names)
            self._connection.register(name, dataset)
        self._connection.execute("SET lock_configuration = true")

    def __enter__(self) -> "Duck":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def table(self, query: str, name: str = "table.parquet") -> Table:
        """The result of a query as a new table, written batch by batch.

        Raises Failure, in words for the person who wrote the query, when it cannot be run.
        """
        try:
            reader = self._relation(query).to_arrow_reader(_BATCH_ROWS)
            return tables.write_batches(reader.schema, reader, name)
        except (duckdb.Error, OSError) as error:
            raise Failure(self.explain(error)) from error

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The result of a small query as records. Raises Failure like `table`."""
        try:
            relation = self._relation(query)
            names = relation.columns
            return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        except duckdb.Error as error:
            raise Failure(self.explain(error)) from error

    def _relation(self, query: str) -> Any:
        statements = self._connection.extract_statements(query)
        if len(statements) != 1:
            raise Failure(f"Write one SQL query; here are {len(statements)}.")
        relation = self._connection.sql(statements[0].query)
        if relation is None:
            raise Failure("Write a query that gives rows, such as SELECT ... FROM ...")
        # HUGEINT (what SUM of integers gives) has no Parquet type; BIGINT holds all but absurd sums.
        huge = [
            name
            for name, kind in zip(relation.columns, relation.types, strict=True)
            if str(kind) in ("HUGEINT", "UHUGEINT")
        ]
        if not huge:
            return relation
        return relation.project(
            ", ".join(
                f"CAST({quote(name)} AS BIGINT) AS {quote(name)}" if name in huge else quote(name)
                for name in relation.columns
            )
        )

    def explain(self, error: Exception) -> str:
        """DuckDB's message without its internals, and with the columns that there are."""
        text = str(error)
        column = re.search(r'Referenced column "([^"]+)"', text) or re.search(
            r'does not have a column named "([^"]+)"', text
        )
        if column:
            return f"There is no column `{column.group(1)}`. {self._there_are()}"
        missing = re.search(r"Table with name (\S+) does not exist", text)
        if missing:
            known = ", ".join(f"`{name}`" for name in self._columns)
            return f"There is no table `{missing.group(1)}`. The tables here are {known}."
        if "disabled by configuration" in text or "disabled through configuration" in text:
            return (
                "SQL here works on the tables that are connected and cannot read or write files "
                "or load extensions; read the file with its own component and connect it."
            )
        first, _, rest = text.partition("\n")
        reason = re.sub(r"^[A-Z][\w ]+ Error: ", "", first).strip()
        for name, word in _TYPE_WORDS.items():
            reason = re.sub(rf"\b{name}\b", word, reason)
        near = re.search(r"^LINE \d+: (.*)$", rest, re.MULTILINE)
        line = near.group(1).strip()[:200] if near else ""
        if line.startswith(")"):
            # The bracket is ours: what was written inside ended too early.
            return "Syntax error: the expression is not complete."
        where = f" In: {line}" if line else ""
        return f"{reason[:1].upper()}{reason[1:]}.{where}".replace("..", ".").replace("!.", ".")

    def _there_are(self) -> str:
        if len(self._columns) == 1:
            return f"The columns are {listed(next(iter(self._columns.values())))}."
        return " ".join(f"`{name}` has {listed(cols)}." for name, cols in self._columns.items())


def require_columns(table: Table, wanted: Iterable[str], what: str = "table") -> None:
    """Raises Failure, listing the columns that there are, when one of `wanted` is not there."""
    there = table.columns
    missing = [name for name in wanted if name not in there]
    if missing:
        raise Failure(
            f"The {what} has no column {listed(missing)}. Its columns are {listed(there)}."
        )


def listed(names: Iterable[str], limit: int = 40) -> str:
    """Names as a sentence part, `a`, `b`, `c`; a long list is cut."""
    every = [f"`{name}`" for name in names]
    extra = len(every) - limit
    return ", ".join(every[:limit]) + (f" and {extra} more" if extra > 0 else "")
