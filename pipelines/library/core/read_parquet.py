from collections.abc import Sequence
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.reading import fetch


@component(title="Read Parquet", category="Data in", icon="file-box")
def read_parquet(
    *,
    path: Annotated[str, Param(title="File", help="An upload, a path or a URL", format="file")],
    columns: Annotated[
        Sequence[str],
        Param(title="Columns", help="Leave empty to read all", format="columns"),
    ] = (),
) -> pa.Table:
    """Read a table from a Parquet file.

    Types are those of the file. Reading only the columns that are needed is much faster.

    Returns:
        The file's rows.

    Examples:
        Two columns of a file:
            params:
                path: weather.parquet
                columns: [date, temp_max]
    """
    file = fetch(path)
    try:
        there = pq.read_schema(file).names
        missing = [column for column in columns if column not in there]
        if missing:
            raise Failure(f"`{file.name}` has no column {missing}; its columns are {there}.")
        table = pq.read_table(file, columns=list(columns) or None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Failure(f"`{file.name}` is not a Parquet file: {error}") from error
    print(f"read {table.num_rows:,} rows and {table.num_columns} columns from {file.name}")
    return table
