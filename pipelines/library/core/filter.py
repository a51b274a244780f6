from typing import Annotated

from pipelines.sdk import Param, Table, component
from pipelines.sdk.duck import Duck


@component(name="filter", title="Filter rows", category="Transform", icon="filter")
def filter_rows(
    table: Table,
    *,
    condition: Annotated[
        str,
        Param(
            title="Keep rows where",
            help="A condition on the columns, as in SQL",
            min_length=1,
            format="code",
            language="sql",
            examples=["temp_max > 30 and weather = 'sun'"],
        ),
    ],
) -> Table:
    """Keep the rows for which a condition holds.

    The condition is written as in SQL: comparisons (`=`, `<>`, `<`, `>=`), `and`, `or`, `not`,
    `in ('a', 'b')`, `between 1 and 5`, `like '%x%'`, `is null`. Put column names with spaces or
    capitals that matter in double quotes, and text in single quotes. Rows for which the condition
    is unknown because of a missing value are left out.

    Args:
        table: The rows to choose from.

    Returns:
        The rows that are kept.

    Examples:
        Keep the rainy days:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                condition: precipitation > 0 and weather in ('rain', 'drizzle')
    """
    with Duck({"data": table}) as duck:
        kept = duck.table(f"SELECT * FROM data WHERE ({condition}\n)")
    print(f"kept {kept.facts['rows']:,} of {table.rows:,} rows")
    return kept
