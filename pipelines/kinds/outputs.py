"""From what a component returned to what goes over the wire, port by port."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.sdk import Failure, Handle, Image, Model, Table, new_file

from .contract import Step, StepFailed
from .jsonable import jsonable

#: JSON values up to this size travel as values; larger ones become artifacts of the same type.
MAX_VALUE_BYTES = 1024 * 1024

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".joblib": "application/x-joblib",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_TABLE_PACKAGES = frozenset({"pandas", "pyarrow", "duckdb", "_duckdb", "polars"})
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
}


def encode_all(step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole content of the outputs file. Raises StepFailed of kind `output`."""
    return {
        port["name"]: encode(step, port["name"], port.get("type", "any"), values[port["name"]])
        for port in step.spec.get("outputs") or ()
        if port["name"] in values
    }


def encode(step: Step, port: str, kind: str, value: Any) -> Any:
    """One output: a JSON value, or a description of a file inside the artifact directory.

    Raises StepFailed of kind `output`, naming the port, when the value is not what it promises.
    """
    try:
        if kind == "any":
            kind = _kind_of(value)
        if kind == "table":
            return _file(step, port, kind, _table(port, value))
        if kind == "model":
            return _file(step, port, kind, _model(port, value))
        if kind == "image":
            return _file(step, port, kind, _image(port, value))
        if kind == "file":
            return _file(step, port, kind, _some_file(port, value))
    except Failure as failure:
        raise StepFailed("output", f"output `{port}`: {failure}") from failure
    return _value(step, port, kind, value)


def _kind_of(value: Any) -> str:
    """The most telling port type for a value whose port takes anything."""
    if isinstance(value, Handle):
        return value.type
    package = type(value).__module__.partition(".")[0]
    if package in _TABLE_PACKAGES and hasattr(value, "columns"):
        return "table"
    if package == "pandas" and getattr(value, "ndim", 0) == 1:
        return "table"
    if package in ("matplotlib", "PIL"):
        return "image"
    if hasattr(value, "fit") and hasattr(value, "predict"):
        return "model"
    if isinstance(value, os.PathLike):
        return "file"
    if isinstance(value, bytes):
        return "file"
    return "text" if isinstance(value, str) else "json"


def _table(port: str, value: Any) -> Handle:
    from pipelines.sdk import tables

    if isinstance(value, Handle):
        if not value.facts:
            return Table(value.path, name=value.name, facts=tables.facts_of_file(value.path))
        return value
    if isinstance(value, str | os.PathLike):
        return Table(value, facts=tables.facts_of_file(value))
    return tables.write(value, f"{port}.parquet")


def _model(port: str, value: Any) -> Handle:
    if isinstance(value, Handle):
        return value
    if isinstance(value, str | os.PathLike):
        return Model(value)
    if not hasattr(value, "predict") and not hasattr(value, "transform"):
        raise Failure(f"a {type(value).__name__} is no model; return a fitted estimator")
    return Model.of(value)


def _image(port: str, value: Any) -> Handle:
    if isinstance(value, Handle):
        return value
    if isinstance(value, str | os.PathLike):
        return Image(value)
    path = new_file(f"{port}.png")
    if isinstance(value, bytes):
        path.write_bytes(value)
    elif hasattr(value, "savefig"):
        value.savefig(path, format="png", dpi=150, bbox_inches="tight")
    elif hasattr(value, "save"):
        value.save(path, format="PNG")
    else:
        raise Failure(
            f"a {type(value).__name__} is no picture; return a matplotlib figure or a path"
        )
    return Image(path, media_type="image/png")


def _some_file(port: str, value: Any) -> Handle:
    if isinstance(value, Handle):
        return value
    if isinstance(value, str | os.PathLike):
        return Handle(value)
    if isinstance(value, bytes):
        path = new_file(port)
        path.write_bytes(value)
        return Handle(path)
    raise Failure(f"a {type(value).__name__} is no file; return a path")


def _file(step: Step, port: str, kind: str, handle: Handle) -> dict[str, Any]:
    path = handle.path if handle.path.is_absolute() else Path.cwd() / handle.path
    if not path.is_file():
        raise StepFailed("output", f"output `{port}`: there is no file {handle.path}")
    resolved = path.resolve()
    if not resolved.is_relative_to(step.artifacts.resolve()):
        target = new_file(handle.name)
        if resolved.is_relative_to(Path.cwd().resolve()):
            shutil.move(resolved, target)
        else:
            # An input that is handed on lies in the shared store and must stay there.
            shutil.copyfile(resolved, target)
        resolved = target
    return {
        "path": str(resolved),
        "type": kind,
        "name": handle.name,
        "media_type": handle.media_type
        or _MEDIA_TYPES.get(resolved.suffix.lower(), "application/octet-stream"),
        "facts": jsonable(port, handle.facts),
    }


def _value(step: Step, port: str, kind: str, value: Any) -> Any:
    if isinstance(value, Handle) and kind in ("text", "string"):
        value = value.path.read_text(encoding="utf-8")
    plain = jsonable(port, value)
    wanted = _SCALARS.get("string" if kind == "text" else kind)
    if (
        plain is not None
        and wanted
        and (not isinstance(plain, wanted) or (isinstance(plain, bool) and kind != "boolean"))
    ):
        raise StepFailed(
            "output",
            f"output `{port}` should be {kind}, but the component returned "
            f"a {type(value).__name__}: {plain!r:.80}",
        )
    is_text = isinstance(plain, str)
    content = (plain if is_text else json.dumps(plain, ensure_ascii=False)).encode()
    if len(content) <= MAX_VALUE_BYTES:
        return plain
    if kind not in ("text", "json", "list", "any"):
        raise StepFailed(
            "output",
            f"output `{port}` holds {len(content):,} bytes, more than a {kind} may "
            f"({MAX_VALUE_BYTES:,}); give the output the type Text, Json or File",
        )
    path = new_file(f"{port}.{'txt' if is_text else 'json'}")
    path.write_bytes(content)
    return {
        "path": str(path),
        "type": kind,
        "name": path.name,
        "media_type": "text/plain" if is_text else "application/json",
        "facts": {},
    }
