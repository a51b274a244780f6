from collections.abc import Sequence
from typing import Annotated, Literal

import pandas as pd

from pipelines.sdk import Failure, Param, component


@component(title="Fill missing values", category="Transform", icon="paint-bucket")
def fill_missing(
    table: pd.DataFrame,
    *,
    columns: Annotated[
        Sequence[str],
        Param(title="Columns", help="Leave empty for all that fit", format="columns"),
    ] = (),
    method: Annotated[
        Literal["median", "mean", "most_frequent", "previous", "next", "value"],
        Param(title="Fill with", help="What stands in for a missing value"),
    ] = "median",
    value: Annotated[str, Param(title="Value", help="For the method value")] = "",
) -> pd.DataFrame:
    """Fill missing values with something sensible.

    `median` and `mean` fit numbers only; without named columns, others are left as they are.

    Args:
        table: The rows to fill.

    Returns:
        The same rows, filled.

    Examples:
        The median for every number:
            inputs:
                table: table of core/dataset(name=seattle_weather)
            params:
                method: median
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise Failure(f"There is no column {missing}; the columns are {list(table.columns)}.")
    filled = 0
    for column in columns or table.columns:
        values = table[column]
        is_number = pd.api.types.is_numeric_dtype(values)
        if method in ("median", "mean") and not is_number:
            if columns:
                raise Failure(f"`{column}` is not a number, so it has no {method}.")
            continue
        gaps = int(values.isna().sum())
        if not gaps:
            continue
        if method in ("previous", "next"):
            result = values.ffill() if method == "previous" else values.bfill()
        elif method == "value":
            try:
                result = values.fillna(float(value) if is_number else value)
            except (ValueError, TypeError) as error:
                raise Failure(f"`{value}` does not fit the column `{column}`.") from error
        elif method == "most_frequent":
            common = values.mode()
            result = values.fillna(common.iloc[0]) if len(common) else values
        else:
            result = values.fillna(values.median() if method == "median" else values.mean())
        table[column] = result
        filled += gaps - int(result.isna().sum())
    print(f"filled {filled:,} missing values")
    return table
