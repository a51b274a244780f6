"""From what came over the wire to what a component's author works with."""

import json
from pathlib import Path
from typing import Any

from pipelines.sdk import File, Handle, Image, Model, Table, Text

from .contract import StepFailed

_HANDLES: dict[str, type[Handle]] = {"table": Table, "image": Image, "model": Model, "file": File}


def is_file(raw: Any) -> bool:
    """Whether a value is the wire's description of an artifact on this machine's disk."""
    return isinstance(raw, dict) and isinstance(raw.get("path"), str) and "type" in raw


def decode(port: str, raw: Any, wants: str) -> Any:
    """The value for an input port in the form `wants` asks for.

    `wants` is `natural` (a table is a DataFrame, a model its estimator, a file a path, anything
    else its JSON value), `handle` (the sdk's own types), `pandas`, `arrow`, `estimator`, `path`,
    `text` or `value`. A list of a `multiple` port is decoded one by one.
    """
    if isinstance(raw, list) and raw and all(is_file(item) for item in raw):
        return [decode(port, item, wants) for item in raw]
    if not is_file(raw):
        return Text(raw) if wants == "text" and isinstance(raw, str) else raw
    path, kind = Path(raw["path"]), raw["type"]
    if not path.exists():
        raise StepFailed("setup", f"the file for the input `{port}` is not there: {path}")
    if kind in ("json", "list") and wants not in ("path", "handle"):
        return json.loads(path.read_bytes())
    if kind in ("text", "string") and wants not in ("path", "handle"):
        return Text(path.read_text(encoding="utf-8"))
    handle = _HANDLES.get(kind, File)(path, name=raw.get("name") or path.name)
    return _as(handle, kind, wants)


def _as(handle: Handle, kind: str, wants: str) -> Any:
    if isinstance(handle, Table) and wants in ("natural", "pandas"):
        return handle.to_pandas()
    if isinstance(handle, Table) and wants == "arrow":
        return handle.to_arrow()
    if isinstance(handle, Model) and wants in ("natural", "estimator"):
        return handle.load()
    if wants == "path" or (wants == "natural" and kind == "file"):
        return handle.path
    return handle
