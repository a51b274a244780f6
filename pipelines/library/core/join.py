from collections.abc import Sequence
from typing import Annotated, Literal

from pipelines.sdk import Failure, Param, Table, component
from pipelines.sdk.duck import Duck, quote, require_columns


@component(title="Join tables", category="Combine", icon="merge")
def join(
    left: Table,
    right: Table,
    *,
    keys: Annotated[
        Sequence[str],
        Param(
            title="Match on", help="Columns that both tables have", min_items=1, format="columns"
        ),
    ],
    how: Annotated[
        Literal["inner", "left", "right", "outer", "only_left"],
        Param(
            title="Keep",
            help="inner: rows that match; left, right, outer: also the unmatched rows of that "
            "side or both; only_left: left rows without a match",
        ),
    ] = "inner",
    suffix: Annotated[
        str,
        Param(title="Suffix", help="Added to columns of the right table that the left has too"),
    ] = "_right",
) -> Table:
    """Put the columns of two tables side by side where key columns match.

    Missing values in the keys match nothing. A left row with several matches is repeated for
    each.

    Args:
        left: The table whose columns come first.
        right: The table whose columns are added.

    Returns:
        The joined rows, keys first.

    Examples:
        Every day with the number of days of its kind of weather:
            inputs:
                left: table of core/dataset(name=seattle_weather)
                right: table of core/group(by=[weather], count=days)
            params:
                keys: [weather]
                how: left
    """
    if not keys:
        raise Failure("Name at least one column to match on.")
    require_columns(left, keys, "left table")
    require_columns(right, keys, "right table")
    condition = " AND ".join(f"l.{quote(key)} = r.{quote(key)}" for key in keys)
    if how == "only_left":
        query = f"SELECT l.* FROM l ANTI JOIN r ON {condition}"
    else:
        rest = [name for name in right.columns if name not in keys]
        taken = set(left.columns)
        named = {name: f"{name}{suffix}" if name in taken else name for name in rest}
        clash = [new for new in named.values() if new in taken]
        if clash:
            raise Failure(f"Both tables have a column `{clash[0]}`; choose a suffix.")
        matched = [f"coalesce(l.{quote(key)}, r.{quote(key)}) AS {quote(key)}" for key in keys]
        own = [f"l.{quote(name)}" for name in left.columns if name not in keys]
        added = [f"r.{quote(old)} AS {quote(new)}" for old, new in named.items()]
        verb = {"inner": "INNER", "left": "LEFT", "right": "RIGHT", "outer": "FULL OUTER"}[how]
        query = f"SELECT {', '.join([*matched, *own, *added])} FROM l {verb} JOIN r ON {condition}"
    with Duck({"l": left, "r": right}) as duck:
        joined = duck.table(query)
    print(f"{left.rows:,} and {right.rows:,} rows gave {joined.facts['rows']:,}")
    return joined
