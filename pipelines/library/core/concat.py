from pipelines.sdk import Table, component
from pipelines.sdk.duck import Duck


@component(title="Stack tables", category="Combine", icon="layers")
def concat(tables: list[Table]) -> Table:
    """Put the rows of several tables below each other.

    Columns are matched by name; what a table does not have is missing in its rows.

    Args:
        tables: The tables to stack, in the order they are connected.

    Returns:
        The rows of all tables.

    Examples:
        The hottest and the wettest days:
            inputs:
                tables:
                    - table of core/sort(by=[temp_max], descending=true, limit=5)
                    - table of core/sort(by=[precipitation], descending=true, limit=5)
    """
    names = [f"t{number}" for number in range(1, len(tables) + 1)]
    query = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in names)
    with Duck(dict(zip(names, tables, strict=True))) as duck:
        stacked = duck.table(query)
    print(f"{len(tables)} tables gave {stacked.facts['rows']:,} rows")
    return stacked
