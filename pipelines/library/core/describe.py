from typing import NamedTuple

import pandas as pd

from pipelines.sdk import Json, component


class Description(NamedTuple):
    """What a table looks like.

    Attributes:
        table: One row per column with its type, missing values and statistics.
        summary: The number of rows, columns and missing values.
    """

    table: pd.DataFrame
    summary: Json


@component(title="Describe", category="Evaluate", icon="clipboard-list")
def describe(table: pd.DataFrame) -> Description:
    """Statistics of every column: type, missing and different values, mean, quartiles.

    Args:
        table: The table to describe.

    Examples:
        The daily weather:
            inputs:
                table: table of core/dataset(name=seattle_weather)
    """
    rows = []
    for name in table.columns:
        column = table[name]
        is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        present = column.dropna()
        quartiles = present.quantile([0.25, 0.5, 0.75]) if is_number and len(present) else None
        common = present.mode()
        rows.append(
            {
                "column": str(name),
                "type": str(column.dtype),
                "rows": len(column),
                "missing": int(column.isna().sum()),
                "different": int(column.nunique()),
                "most_frequent": str(common.iloc[0]) if len(common) else None,
                "mean": float(present.mean()) if quartiles is not None else None,
                "deviation": float(present.std()) if quartiles is not None else None,
                "minimum": str(present.min()) if len(present) else None,
                "quarter": float(quartiles[0.25]) if quartiles is not None else None,
                "median": float(quartiles[0.5]) if quartiles is not None else None,
                "three_quarters": float(quartiles[0.75]) if quartiles is not None else None,
                "maximum": str(present.max()) if len(present) else None,
            }
        )
    description = pd.DataFrame(rows)
    print(description.to_string(index=False))
    summary = {
        "rows": len(table),
        "columns": len(table.columns),
        "missing": int(table.isna().sum().sum()),
    }
    return Description(table=description, summary=summary)
