"""A page of a Parquet file, read without loading the rest."""

import base64
import datetime
import decimal
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MAX_COLUMNS = 500
MAX_CELL = 500
#: JavaScript counts exactly up to here; larger integers travel as text.
_MAX_EXACT = 2**53 - 1


def facts(path: Path) -> dict[str, Any]:
    """Rows and columns, from the file's footer. Raises pyarrow's errors for a broken file."""
    metadata = pq.read_metadata(path)
    columns = [
        {"name": field.name, "type": str(field.type)} for field in metadata.schema.to_arrow_schema()
    ]
    return {"rows": metadata.num_rows, "columns": columns}


def read(path: Path, page: int, page_size: int) -> dict[str, Any]:
    """Columns with their types, the rows of page `page` (from 1), and how many rows there are.

    Raises pyarrow's errors for a broken file.
    """
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        shown = list(range(min(len(schema.names), MAX_COLUMNS)))
        return {
            "columns": [
                {"name": schema.names[index], "type": str(schema.types[index])} for index in shown
            ],
            "rows": list(_rows(file, shown, (page - 1) * page_size, page_size)),
            "total": file.metadata.num_rows,
            "page": page,
            "page_size": page_size,
        }


def _rows(file: pq.ParquetFile, shown: list[int], skip: int, take: int) -> Iterator[list[Any]]:
    """Only the row groups that hold the wanted rows are opened, and those batch by batch."""
    groups: list[int] = []
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if not groups and skip >= size:
            skip -= size
            continue
        groups.append(group)
        if sum(file.metadata.row_group(each).num_rows for each in groups) >= skip + take:
            break
    if not groups:
        return
    everything = len(file.schema_arrow.names)
    names = None if len(shown) == everything else [file.schema_arrow.names[i] for i in shown]
    for batch in file.iter_batches(
        batch_size=max(take, 1000), row_groups=groups, columns=names, use_threads=False
    ):
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        part = batch.slice(skip, take)
        columns = [[_cell(_value(scalar)) for scalar in column] for column in part.columns]
        yield from (list(row) for row in zip(*columns, strict=True))
        take -= part.num_rows
        skip = 0
        if take <= 0:
            return


def _value(scalar: Any) -> Any:
    """The Python value; as Arrow writes it where Python has none, such as the year 20000."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        try:
            return scalar.cast(pa.string()).as_py()
        except (pa.ArrowException, ValueError):
            return "(unreadable)"


def _cell(value: Any) -> Any:
    """A cell as JSON. Long text is cut; what JSON has no word for becomes text."""
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= _MAX_EXACT else str(value)
        case float():
            if math.isnan(value):
                return None
            return value if math.isfinite(value) else ("∞" if value > 0 else "-∞")
        case str():
            return value if len(value) <= MAX_CELL else value[:MAX_CELL] + "…"
        case bytes():
            shown = base64.b64encode(value[:48]).decode()
            return f"{shown}{'…' if len(value) > 48 else ''} ({len(value)} bytes)"
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta() | decimal.Decimal():
            return str(value)
        case dict():
            return {str(key): _cell(item) for key, item in list(value.items())[:50]}
        case list() | tuple():
            return [_cell(item) for item in value[:50]]
        case _:
            return str(value)[:MAX_CELL]
