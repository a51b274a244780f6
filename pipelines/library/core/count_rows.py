from typing import NamedTuple

from pipelines.sdk import Table, component


class Count(NamedTuple):
    """How large the table is.

    Attributes:
        rows: The number of rows.
        columns: The number of columns.
        empty: Whether there are no rows.
    """

    rows: int
    columns: int
    empty: bool


@component(title="Count rows", category="Control", icon="hash")
def count_rows(table: Table) -> Count:
    """Say how many rows a table has, to be used in conditions of later nodes.

    Args:
        table: The table to count.

    Examples:
        The daily weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
    """
    print(f"{table.rows:,} rows, {len(table.columns)} columns")
    return Count(rows=table.rows, columns=len(table.columns), empty=table.rows == 0)
