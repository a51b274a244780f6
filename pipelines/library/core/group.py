from collections.abc import Mapping, Sequence
from typing import Annotated

from pipelines.sdk import Failure, Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Group and summarise", category="Transform", icon="group")
def group(
    table: Table,
    *,
    by: Annotated[
        Sequence[str],
        Param(title="Group by", help="Leave empty for one row over all", format="columns"),
    ] = (),
    summaries: Annotated[
        Mapping[str, str] | None,
        Param(
            title="Summaries",
            help="New column to expression, as in SQL, for instance mean_max: avg(temp_max)",
            examples=[{"hottest": "max(temp_max)", "mean_wind": "round(avg(wind), 2)"}],
        ),
    ] = None,
    count: Annotated[
        str, Param(title="Count column", help="Name of a column with the number of rows, or empty")
    ] = "rows",
) -> Table:
    """Summarise rows by groups: sums, means, counts and more.

    Summaries are SQL aggregates: `sum(x)`, `avg(x)`, `min(x)`, `max(x)`, `median(x)`,
    `stddev(x)`, `count(distinct x)`, `sum(x) / count(*)`. The result is sorted by the groups.

    Args:
        table: The rows to summarise.

    Returns:
        One row per group.

    Examples:
        Days, heat and rain by kind of weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                by: [weather]
                count: days
                summaries:
                    mean_max: round(avg(temp_max), 1)
                    rain: round(sum(precipitation), 1)
    """
    require_columns(table, by)
    summarised = [
        f"({expression}\n) AS {quote(name)}" for name, expression in (summaries or {}).items()
    ]
    counted = [f"count(*) AS {quote(count)}"] if count else []
    if not summarised and not counted and not by:
        raise Failure("Name a column to group by, or a summary.")
    keys = [quote(name) for name in by]
    query = f"SELECT {', '.join([*keys, *counted, *summarised])} FROM data"
    if keys:
        query += f" GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}"
    with Duck({"data": table}) as duck:
        grouped = duck.table(query)
    print(f"{table.rows:,} rows gave {grouped.facts['rows']:,} groups")
    return grouped
