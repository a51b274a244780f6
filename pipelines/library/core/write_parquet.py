import shutil
from typing import Annotated

from pipelines.sdk import File, Param, Table, component, new_file


@component(title="Write Parquet", category="Data out", icon="file-box")
def write_parquet(
    table: Table,
    *,
    name: Annotated[
        str, Param(title="File name", help="What the file is called", min_length=1)
    ] = "table.parquet",
) -> File:
    """Give a table as a Parquet file with a name of its own, to download or to pass on.

    Args:
        table: The rows to write.

    Returns:
        The Parquet file.

    Examples:
        A file of irises:
            inputs:
                table: table of core/dataset(name=iris)
            params:
                name: irises.parquet
    """
    path = new_file(name)
    shutil.copyfile(table.path, path)
    print(f"wrote {table.rows:,} rows to {path.name}")
    return File(path, media_type="application/vnd.apache.parquet", facts={"rows": table.rows})
