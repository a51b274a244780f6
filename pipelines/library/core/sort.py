from collections.abc import Sequence
from typing import Annotated

from pipelines.sdk import Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Sort rows", category="Transform", icon="arrow-up-down")
def sort(
    table: Table,
    *,
    by: Annotated[
        Sequence[str],
        Param(title="Sort by", help="The first column counts most", min_items=1, format="columns"),
    ],
    descending: Annotated[
        bool, Param(title="Largest first", help="Otherwise smallest first")
    ] = False,
    limit: Annotated[
        int | None, Param(title="First rows only", help="Leave empty to keep all", minimum=1)
    ] = None,
) -> Table:
    """Sort the rows by one or more columns, and keep the first ones if wanted.

    Missing values come last.

    Args:
        table: The rows to sort.

    Returns:
        The sorted rows.

    Examples:
        The ten hottest days:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                by: [temp_max]
                descending: true
                limit: 10
    """
    require_columns(table, by)
    direction = "DESC" if descending else "ASC"
    order = ", ".join(f"{quote(column)} {direction} NULLS LAST" for column in by)
    cut = f" LIMIT {limit}" if limit else ""
    with Duck({"data": table}) as duck:
        return duck.table(f"SELECT * FROM data ORDER BY {order}{cut}")
