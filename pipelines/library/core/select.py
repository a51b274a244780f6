from collections.abc import Mapping, Sequence
from typing import Annotated

from pipelines.sdk import Failure, Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Select columns", category="Transform", icon="columns-3")
def select(
    table: Table,
    *,
    columns: Annotated[
        Sequence[str],
        Param(
            title="Columns to keep",
            help="In this order; leave empty to keep all",
            format="columns",
        ),
    ] = (),
    drop: Annotated[
        Sequence[str], Param(title="Columns to drop", help="Left out", format="columns")
    ] = (),
    rename: Annotated[
        Mapping[str, str] | None, Param(title="Rename", help="Old name to new name")
    ] = None,
) -> Table:
    """Keep, drop, reorder and rename columns.

    Args:
        table: The table whose columns to choose.

    Returns:
        The same rows with the chosen columns.

    Examples:
        Two columns, one of them renamed:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                columns: [date, temp_max]
                rename: {temp_max: warmest}
    """
    names_by_column = dict(rename or {})
    require_columns(table, [*columns, *drop, *names_by_column])
    kept = [name for name in (columns or table.columns) if name not in drop]
    if not kept:
        raise Failure("No column would be left; keep at least one.")
    lost = [name for name in names_by_column if name not in kept]
    if lost:
        raise Failure(f"The column `{lost[0]}` is renamed, but not kept.")
    names = [names_by_column.get(name, name) for name in kept]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise Failure(f"Two columns would be named `{repeated[0]}`; choose another name.")
    chosen = ", ".join(
        f"{quote(old)} AS {quote(new)}" for old, new in zip(kept, names, strict=True)
    )
    with Duck({"data": table}) as duck:
        return duck.table(f"SELECT {chosen} FROM data")
