"""What a step gave back, made fit for the database and the artifact store."""

import errno
import json
import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pipelines.artifacts import store
from pipelines.executors.protocol import OutputFile

MAX_VALUE_BYTES = 1024 * 1024
MAX_DEPTH = 100


class BadOutput(ValueError):
    """A step gave something that cannot be kept. The message is for people."""


class CannotStore(RuntimeError):
    """The artifact storage did not take a file. The message is for people."""


def stored(outputs: Mapping[str, Any], team_id: UUID) -> dict[str, Any]:
    """Values checked, files uploaded and turned into references. Slow: not for a transaction.

    Raises BadOutput, CannotStore.
    """
    kept: dict[str, Any] = {}
    for port, value in outputs.items():
        if isinstance(value, OutputFile):
            kept[port] = _stored_file(port, value, team_id)
        else:
            kept[port] = _checked(port, value)
    return kept


def _stored_file(port: str, file: OutputFile, team_id: UUID) -> dict[str, Any]:
    try:
        uploaded = store.upload(file.path)
    except OSError as error:
        todo = "Make room there" if error.errno == errno.ENOSPC else "See to the storage"
        raise CannotStore(
            f"the output `{port}` could not be stored among the artifacts: "
            f"{error.strerror or error}. {todo}, then run it again"
        ) from error
    artifact = store.record(
        team_id,
        uploaded,
        type=file.type,
        name=clean(file.name),
        media_type=file.media_type,
        facts=clean(dict(file.facts)),
    )
    return store.reference(artifact, type=file.type, name=clean(file.name))


def _checked(port: str, value: Any) -> Any:
    try:
        value = clean(value)
        size = len(json.dumps(value, allow_nan=False))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadOutput(f"the output `{port}` is not JSON that can be kept: {error}") from error
    if size > MAX_VALUE_BYTES:
        raise BadOutput(
            f"the output `{port}` is {size / 1024**2:.1f} MiB of JSON; values may have up to "
            f"{MAX_VALUE_BYTES // 1024**2} MiB. Write it to a file and give that back"
        )
    return value


def clean(value: Any, depth: int = 0) -> Any:
    """The value without what databases refuse: zero bytes and half characters in text.

    Raises ValueError for numbers that are not finite and for nesting beyond MAX_DEPTH.
    """
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number for JSON")
        return value
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [clean(part, depth + 1) for part in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def clean_text(text: str) -> str:
    """PostgreSQL keeps no zero byte, and UTF-8 has no lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
