"""Writing tables: everything that looks like one becomes a Parquet file with facts."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import Failure
from .handles import Table
from .workspace import new_file

MEDIA_TYPE = "application/vnd.apache.parquet"


def write(data: Any, name: str = "table.parquet") -> Table:
    """A new Parquet file with `data`: a DataFrame, Series, arrow table, or a list of records."""
    table = as_arrow(data)
    path = new_file(name)
    pq.write_table(table, path, compression="zstd", compression_level=1)
    return Table(
        path, name=path.name, media_type=MEDIA_TYPE, facts=facts(table.schema, table.num_rows)
    )


def write_batches(schema: pa.Schema, batches: Iterable[pa.RecordBatch], name: str) -> Table:
    """A new Parquet file from a stream, so that memory use does not grow with the table."""
    path = new_file(name)
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for batch in batches:
            rows += batch.num_rows
            writer.write_batch(batch)
    return Table(path, name=path.name, media_type=MEDIA_TYPE, facts=facts(schema, rows))


def facts(schema: pa.Schema, rows: int) -> dict[str, Any]:
    return {
        "rows": rows,
        "columns": [{"name": field.name, "type": str(field.type)} for field in schema],
    }


def facts_of_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The same facts, read from a Parquet file's footer.

    Raises Failure when the file is no Parquet file.
    """
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Failure(
            f"`{os.path.basename(path)}` is not a Parquet file, so it cannot be a table: {error}"
        ) from error
    return facts(metadata.schema.to_arrow_schema(), metadata.num_rows)


def as_arrow(data: Any) -> pa.Table:
    """An arrow table of whatever looks like a table.

    Raises Failure for anything else, for repeated column names, and for a column whose values
    have no common type.
    """
    if isinstance(data, pa.Table):
        table = data
    elif isinstance(data, pa.RecordBatch):
        table = pa.Table.from_batches([data])
    elif hasattr(data, "to_arrow_table"):
        table = data.to_arrow_table()
    elif type(data).__module__.partition(".")[0] == "pandas":
        table = _from_pandas(data)
    elif hasattr(data, "__arrow_c_stream__"):
        table = pa.table(data)
    elif isinstance(data, Mapping):
        table = pa.table(dict(data))
    elif isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        table = pa.Table.from_pylist([dict(row) for row in data])
    else:
        raise Failure(
            f"A {type(data).__name__} cannot be made into a table; "
            "return a pandas DataFrame, a pyarrow Table or a list of dicts."
        )
    repeated = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if repeated:
        raise Failure(
            "A table needs different column names, and these are repeated: "
            + ", ".join(f"`{name}`" for name in repeated)
        )
    return table


def _from_pandas(data: Any) -> pa.Table:
    if getattr(data, "ndim", 2) == 1:
        data = data.to_frame(name=data.name if data.name is not None else "value")
    if data.index.name is not None or data.index.nlevels > 1:
        # A named index is data (groupby makes one); an unnamed one is only row numbers.
        data = data.reset_index()
    if getattr(data.columns, "nlevels", 1) > 1:
        data = data.set_axis(["_".join(map(str, labels)) for labels in data.columns], axis=1)
    else:
        data = data.set_axis([str(label) for label in data.columns], axis=1)
    if not data.columns.is_unique:
        repeated = sorted(set(data.columns[data.columns.duplicated()]))
        raise Failure(
            "A table needs different column names, and these are repeated: "
            + ", ".join(f"`{name}`" for name in repeated)
        )
    try:
        table = pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise Failure(
            f"The table cannot be stored, because a column's values have no common type: {error}"
        ) from error
    return table.replace_schema_metadata(None)
