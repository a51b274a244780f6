from collections.abc import Sequence
from typing import Annotated, Literal

from pipelines.sdk import Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Drop missing values", category="Transform", icon="circle-slash")
def drop_missing(
    table: Table,
    *,
    columns: Annotated[
        Sequence[str],
        Param(title="Columns", help="Where to look; leave empty for all", format="columns"),
    ] = (),
    when: Annotated[
        Literal["any", "all"],
        Param(title="Drop a row when", help="any or all of these columns are missing"),
    ] = "any",
) -> Table:
    """Leave out the rows that have missing values.

    Args:
        table: The rows to look through.

    Returns:
        The rows that are complete.

    Examples:
        Complete rows only:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                columns: [precipitation, wind]
    """
    require_columns(table, columns)
    looked_at = list(columns) or table.columns
    link = " AND " if when == "any" else " OR "
    present = link.join(f"{quote(column)} IS NOT NULL" for column in looked_at)
    with Duck({"data": table}) as duck:
        kept = duck.table(f"SELECT * FROM data WHERE {present}")
    print(f"dropped {table.rows - kept.facts['rows']:,} of {table.rows:,} rows")
    return kept
