"""What a person sees of an artifact without downloading it.

Nothing here loads a whole file, and nothing here unpickles: a model is shown by its facts.
"""

import codecs
import json
from typing import IO, Any

from . import pictures, store, uploads
from .models import Artifact

Json = dict[str, Any]

TEXT_BYTES = 256 * 1024
JSON_BYTES = 1024 * 1024
_JSON_TYPES = frozenset({"json", "list", "string", "number", "integer", "boolean", "any"})


def preview(artifact: Artifact, *, url: str, page: int = 1, page_size: int = 50) -> Json:
    """A page of a table, a picture's address and size, JSON, text, a model's facts, or why none.

    `url` is where the bytes can be shown inline. Raises ArtifactMissing.
    """
    if artifact.type == "model":
        return {"kind": "model", "facts": artifact.facts}
    with store.open(artifact.digest) as stream:
        if uploads.looks_like_parquet(stream):
            return _table(artifact, page, page_size)
        picture = pictures.sniff(stream)
        if picture is not None:
            return {
                "kind": "image",
                "url": url,
                "width": picture.width,
                "height": picture.height,
            }
        return _json_or_text(artifact, stream)


def _table(artifact: Artifact, page: int, page_size: int) -> Json:
    # Imported late: a web process that shows no table needs none of its memory.
    import pyarrow as pa

    from . import table_pages

    path = store.local_path(artifact.digest)
    try:
        return {"kind": "table", **table_pages.read(path, page, page_size)}
    except (pa.ArrowException, OSError, ValueError) as error:
        return _none(f"This Parquet file cannot be read: {str(error)[:300]}")


def _json_or_text(artifact: Artifact, stream: IO[bytes]) -> Json:
    json_like = artifact.type in _JSON_TYPES or artifact.name.lower().endswith(".json")
    if json_like and artifact.size <= JSON_BYTES:
        try:
            value = json.loads(stream.read())
            # What could not be sent again as JSON (NaN, half a surrogate pair) is shown as text.
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
            return {"kind": "json", "value": value}
        except (ValueError, RecursionError):
            stream.seek(0)
    start = stream.read(TEXT_BYTES)
    truncated = artifact.size > len(start)
    try:
        # The cut may go through a character, which the incremental decoder then leaves out.
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=not truncated)
    except UnicodeDecodeError:
        return _none("This is neither text nor a table nor a picture. Download it to look inside.")
    if "\x00" in text:
        return _none("This is binary data. Download it to look inside.")
    return {"kind": "text", "text": text, "truncated": truncated}


def _none(reason: str) -> Json:
    return {"kind": "none", "reason": reason}
