from typing import Annotated

import pandas as pd

from pipelines.sdk import Failure, File, Param, component, new_file

MAX_ROWS = 1_048_575


@component(title="Write Excel", category="Data out", icon="sheet")
def write_excel(
    table: pd.DataFrame,
    *,
    name: Annotated[
        str, Param(title="File name", help="What the workbook is called", min_length=1)
    ] = "table.xlsx",
    sheet: Annotated[
        str, Param(title="Sheet", help="The sheet's name", min_length=1, max_length=31)
    ] = "Sheet1",
) -> File:
    """Write a table to an Excel workbook with one sheet.

    Args:
        table: The rows to write, at most 1,048,575.

    Returns:
        The .xlsx file.

    Examples:
        A workbook of irises:
            inputs:
                table: table of core/dataset(name=iris)
            params:
                name: irises.xlsx
                sheet: irises
    """
    if len(table) > MAX_ROWS:
        raise Failure(f"Excel holds {MAX_ROWS:,} rows, and there are {len(table):,}; write CSV.")
    frame = table.copy()
    for column in frame.select_dtypes("datetimetz").columns:
        # Excel knows no time zones.
        frame[column] = frame[column].dt.tz_convert("UTC").dt.tz_localize(None)
    path = new_file(name if name.endswith(".xlsx") else f"{name}.xlsx")
    frame.to_excel(path, sheet_name=sheet, index=False, engine="openpyxl")
    print(f"wrote {len(table):,} rows to {path.name}")
    return File(path, facts={"rows": len(table)})
