from typing import Annotated, Literal

import pandas as pd

from pipelines.sdk import File, Param, component, new_file


@component(title="Write CSV", category="Data out", icon="file-output")
def write_csv(
    table: pd.DataFrame,
    *,
    name: Annotated[
        str, Param(title="File name", help="What the file is called", min_length=1)
    ] = "table.csv",
    separator: Annotated[
        Literal[",", ";", "tab"], Param(title="Separator", help="What stands between two values")
    ] = ",",
    decimal: Annotated[Literal[".", ","], Param(title="Decimal sign", help="3.14 or 3,14")] = ".",
    header: Annotated[
        bool, Param(title="Names in the first row", help="Write the column names")
    ] = True,
) -> File:
    """Write a table to a CSV file, to download or to pass on.

    The file is UTF-8; missing values are empty.

    Args:
        table: The rows to write.

    Returns:
        The CSV file.

    Examples:
        Semicolons, as some spreadsheets like them:
            inputs:
                table: table of core/dataset(name=iris)
            params:
                name: irises.csv
                separator: ";"
    """
    path = new_file(name)
    table.to_csv(
        path,
        sep="\t" if separator == "tab" else separator,
        decimal=decimal,
        header=header,
        index=False,
    )
    print(f"wrote {len(table):,} rows to {path.name}")
    return File(path, media_type="text/csv", facts={"rows": len(table)})
