from typing import Annotated
from zipfile import BadZipFile

import pandas as pd

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.reading import fetch


@component(title="Read Excel", category="Data in", icon="sheet")
def read_excel(
    *,
    path: Annotated[str, Param(title="File", help="An .xlsx upload, path or URL", format="file")],
    sheet: Annotated[
        str, Param(title="Sheet", help="The sheet's name; leave empty for the first")
    ] = "",
    skip_rows: Annotated[
        int, Param(title="Rows to skip", help="Rows above the column names", minimum=0)
    ] = 0,
) -> pd.DataFrame:
    """Read a table from a sheet of an Excel workbook (.xlsx).

    The first row that is read gives the column names. Formulas give the values that were saved
    with the file. Rows and columns that are wholly empty are left out.

    Returns:
        The sheet's rows.

    Examples:
        The sheet named weather:
            params:
                path: weather.xlsx
                sheet: weather
    """
    file = fetch(path)
    try:
        with pd.ExcelFile(file, engine="openpyxl") as book:
            names = [str(name) for name in book.sheet_names]
            if sheet and sheet not in names:
                raise Failure(f"`{file.name}` has no sheet `{sheet}`; its sheets are {names}.")
            frame = book.parse(sheet or 0, skiprows=skip_rows)
    except (BadZipFile, KeyError, OSError, ValueError) as error:
        raise Failure(f"`{file.name}` is not an .xlsx workbook: {error}") from error
    frame = frame.dropna(how="all").dropna(axis="columns", how="all")
    for column in frame.columns:
        if pd.api.types.infer_dtype(frame[column], skipna=True).startswith("mixed"):
            frame[column] = frame[column].map(lambda value: None if pd.isna(value) else str(value))
    print(f"read {len(frame):,} rows and {len(frame.columns)} columns from {file.name}")
    return frame
