"""Small values that somebody typed, stored as the artifacts that a step takes."""

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.teams.models import Team, User

from . import uploads
from .models import Artifact


class NoSample(ValueError):
    """What was typed is not what it is said to be."""


def table_of_csv(text: str, *, name: str, team: Team, user: User | None) -> Artifact:
    """A table of CSV with a line of names. Raises NoSample."""
    # Imported late: a web process that is sent no table needs none of its memory.
    import pyarrow as pa
    from pyarrow import csv

    try:
        table = csv.read_csv(io.BytesIO(text.encode()))
    except pa.ArrowException as error:
        raise NoSample(f"it is no CSV with a line of column names: {error}") from error
    return _store(lambda path: _write(table, path), f"{name}.parquet", "table", team, user)


def table_of_rows(rows: Any, *, name: str, team: Team, user: User | None) -> Artifact:
    """A table of JSON objects, one for each row. Raises NoSample."""
    import pyarrow as pa

    is_rows = isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows)
    if not is_rows or not rows:
        raise NoSample('a table is written as CSV, or as a list of rows: [{"column": 1}, …]')
    try:
        table = pa.Table.from_pylist(list(rows))
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise NoSample(f"the rows are no table: {error}") from error
    return _store(lambda path: _write(table, path), f"{name}.parquet", "table", team, user)


def file_of_text(text: str, *, name: str, team: Team, user: User | None) -> Artifact:
    """A file with this text in it."""

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return _store(write, f"{name}.txt", "file", team, user)


def _write(table: Any, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


def _store(
    write: Callable[[Path], None], name: str, kind: str, team: Team, user: User | None
) -> Artifact:
    with tempfile.TemporaryDirectory(prefix="penstock-sample-") as folder:
        path = Path(folder) / name
        write(path)
        return uploads.take(path, name=name, team=team, user=user, type=kind)
