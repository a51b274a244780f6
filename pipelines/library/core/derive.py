from typing import Annotated

from pipelines.sdk import Failure, Param, Table, component
from pipelines.sdk.duck import Duck, quote


@component(title="Add a column", category="Transform", icon="between-vertical-start")
def derive(
    table: Table,
    *,
    column: Annotated[
        str, Param(title="Column", help="Name of the new or changed column", min_length=1)
    ],
    expression: Annotated[
        str,
        Param(
            title="Expression",
            help="How it is computed from the other columns, as in SQL",
            min_length=1,
            format="code",
            language="sql",
            examples=["temp_max - temp_min", "case when wind > 5 then 'windy' else 'calm' end"],
        ),
    ],
) -> Table:
    """Compute a column from the others.

    The expression is written as in SQL: arithmetic, `round(x, 1)`, `upper(name)`,
    `case when … then … else … end`, `year(date)`, `coalesce(a, 0)`, `a || ' ' || b`. A column of
    the same name is replaced in its place.

    Args:
        table: The rows to compute for.

    Returns:
        The same rows with the column.

    Examples:
        The day's span of temperatures:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                column: span
                expression: round(temp_max - temp_min, 1)
    """
    name = column.strip()
    if not name:
        raise Failure("The new column needs a name.")
    if name in table.columns:
        query = f"SELECT * REPLACE (({expression}\n) AS {quote(name)}) FROM data"
    else:
        query = f"SELECT *, ({expression}\n) AS {quote(name)} FROM data"
    with Duck({"data": table}) as duck:
        return duck.table(query)
