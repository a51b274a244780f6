from typing import Annotated

from pipelines.sdk import Param, Table, component
from pipelines.sdk.duck import Duck


@component(title="SQL over tables", category="Transform", icon="file-code")
def sql(
    tables: list[Table],
    *,
    query: Annotated[
        str,
        Param(
            title="Query",
            help="The tables are named t1, t2 … in the order they are connected",
            min_length=1,
            format="code",
            language="sql",
            examples=["SELECT weather, count(*) AS days FROM t1 GROUP BY weather"],
        ),
    ],
) -> Table:
    """Query one or more tables with SQL.

    Connect any number of tables; in the query they are `t1`, `t2` and so on, in the order of
    connection. The dialect is DuckDB's, close to PostgreSQL's, with window functions, `PIVOT`,
    `QUALIFY` and more. The query sees these tables and nothing else: no files, no network.

    Args:
        tables: The tables to query: t1, t2 …

    Returns:
        The rows that the query gives.

    Examples:
        Days and heat by kind of weather:
            inputs:
                tables: [table of core/dataset(name=seattle_weather)]
            params:
                query: |
                    SELECT weather, count(*) AS days, round(avg(temp_max), 1) AS mean_max
                    FROM t1 GROUP BY weather ORDER BY days DESC
    """
    with Duck({f"t{number}": table for number, table in enumerate(tables, start=1)}) as duck:
        result = duck.table(query)
    print(f"the query gave {result.facts['rows']:,} rows")
    return result
