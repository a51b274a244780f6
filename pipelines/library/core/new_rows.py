from collections.abc import Sequence
from typing import Annotated, NamedTuple

import pyarrow as pa

from pipelines.sdk import Param, Table, component
from pipelines.sdk.database import Database
from pipelines.sdk.duck import require_columns


class NewRows(NamedTuple):
    """What the database does not have yet.

    Attributes:
        table: The rows that are new.
        rows: How many rows are new; a condition can say `nodes.x.outputs.rows > 0`.
    """

    table: pa.Table
    rows: int


@component(title="New rows only", category="Control", icon="list-plus")
def new_rows(
    table: Table,
    *,
    database: Annotated[
        str,
        Param(
            title="Database",
            help="Without a connection: postgresql://user@host/name or sqlite:////path/to/file.db",
        ),
    ] = "",
    connection: Annotated[
        str,
        Param(
            title="Connection",
            help="A database of your team, from its page",
            format="connection",
            connection_types=["postgresql"],
        ),
    ] = "",
    name: Annotated[
        str, Param(title="Table", help="The database table to compare with", min_length=1)
    ],
    key: Annotated[
        Sequence[str],
        Param(
            title="Key columns",
            help="A row is new when the database has none with the same key",
            min_items=1,
            format="columns",
        ),
    ],
) -> NewRows:
    """Find out which rows a database table does not have yet.

    When the database table does not exist, every row is new.

    Args:
        table: The rows to look up.

    Examples:
        Days that were not stored yet:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                database: sqlite:///new.db
                name: weather
                key: [date]
    """
    require_columns(table, key)
    every = table.to_arrow()
    with Database(database, connection) as source:
        known = source.distinct(name, key) if source.has_table(name) else set()
    keys = zip(*(every.column(column).to_pylist() for column in key), strict=True)
    new = every.filter(pa.array([found not in known for found in keys], pa.bool_()))
    print(f"{new.num_rows:,} of {every.num_rows:,} rows are new")
    return NewRows(table=new, rows=new.num_rows)
