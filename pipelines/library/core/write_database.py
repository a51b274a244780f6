from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from pipelines.sdk import Param, Table, component
from pipelines.sdk.database import Database


class Written(NamedTuple):
    """What was written.

    Attributes:
        table: The rows that were written, to go on with.
        rows: How many there were.
    """

    table: Table
    rows: int


@component(title="Write to database", category="Data out", icon="database-zap")
def write_database(
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
        str, Param(title="Table", help="It is made when it is not there", min_length=1)
    ],
    mode: Annotated[
        Literal["append", "replace", "upsert"],
        Param(
            title="When there are rows already",
            help="append: add; replace: empty the table first; upsert: replace rows of the same "
            "key. The last two can be repeated without harm",
        ),
    ] = "append",
    key: Annotated[
        Sequence[str],
        Param(
            title="Key columns", help="For upsert: what makes two rows the same", format="columns"
        ),
    ] = (),
) -> Written:
    """Write a table's rows into a database table, all or none.

    Works with PostgreSQL and SQLite. Columns are matched by name. Everything happens in one
    transaction, so a failed step leaves the table as it was.

    Args:
        table: The rows to write.

    Examples:
        Keep one row per day:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                database: sqlite:///weather.db
                name: weather
                mode: upsert
                key: [date]
    """
    with Database(database, connection) as target:
        rows = target.write(table, name, mode, key)
        print(f"wrote {rows:,} rows to `{name}` in {target.shown} ({mode})")
    return Written(table=table, rows=rows)
