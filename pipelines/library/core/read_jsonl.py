import gzip
import json
from typing import Annotated

import pandas as pd

from pipelines.sdk import Failure, Param, component
from pipelines.sdk.reading import fetch, is_gzip


@component(title="Read JSON Lines", category="Data in", icon="file-json")
def read_jsonl(
    *,
    path: Annotated[
        str, Param(title="File", help="An upload, a path or a URL; gzip is unpacked", format="file")
    ],
    flatten: Annotated[
        bool, Param(title="Flatten", help='Make {"a": {"b": 1}} the column a.b')
    ] = True,
) -> pd.DataFrame:
    """Read a table from JSON Lines (one JSON object per line) or from a JSON array of objects.

    Keys become columns; where an object lacks a key, its value is missing.

    Returns:
        One row per object.

    Examples:
        One object per line:
            params:
                path: weather.jsonl
    """
    file = fetch(path)
    raw = file.read_bytes()
    try:
        text = (gzip.decompress(raw) if is_gzip(file) else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Failure(f"`{file.name}` is not UTF-8 text: {error}") from error
    records = []
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except ValueError as error:
            raise Failure(f"`{file.name}` is not valid JSON: {error}") from error
    else:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                try:
                    records.append(json.loads(line))
                except ValueError as error:
                    raise Failure(f"`{file.name}`, line {number}: not JSON ({error})") from error
    if not records:
        raise Failure(f"`{file.name}` has no objects.")
    other = next((record for record in records if not isinstance(record, dict)), None)
    if other is not None:
        raise Failure(f"`{file.name}` should hold objects, but has {json.dumps(other)[:80]}.")
    frame = pd.json_normalize(records) if flatten else pd.DataFrame(records)
    for column in frame.columns:
        nested = frame[column].map(lambda value: isinstance(value, dict | list))
        if nested.any():
            frame[column] = frame[column].map(
                lambda value: json.dumps(value) if isinstance(value, dict | list) else value
            )
    print(f"read {len(frame):,} rows and {len(frame.columns)} columns from {file.name}")
    return frame
