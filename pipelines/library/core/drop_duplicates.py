from collections.abc import Sequence
from typing import Annotated

from pipelines.sdk import Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Drop duplicates", category="Transform", icon="copy-minus")
def drop_duplicates(
    table: Table,
    *,
    columns: Annotated[
        Sequence[str],
        Param(
            title="Same when these are equal",
            help="Leave empty to compare whole rows",
            format="columns",
        ),
    ] = (),
) -> Table:
    """Keep the first of the rows that are the same.

    Args:
        table: The rows to look through.

    Returns:
        The different rows, in their order.

    Examples:
        The first day of each kind of weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                columns: [weather]
    """
    require_columns(table, columns)
    keys = ", ".join(quote(column) for column in (columns or table.columns))
    everything = ", ".join(quote(column) for column in table.columns)
    with Duck({"data": table}) as duck:
        kept = duck.table(
            f'SELECT {everything} FROM (SELECT *, row_number() OVER () AS "row number" FROM data) '
            f'QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY "row number") = 1 '
            'ORDER BY "row number"'
        )
    print(f"dropped {table.rows - kept.facts['rows']:,} of {table.rows:,} rows")
    return kept
