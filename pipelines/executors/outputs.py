"""Reads what a step wrote, strictly: nothing gets in that could not be stored or shown."""

import errno
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from pipelines.core.component import ARTIFACT_TYPES

from .protocol import Json, OutputFile

#: JSON values travel as values up to this size; larger ones must be files.
LARGEST_VALUE = 1024 * 1024
DEEPEST = 100
#: Of the whole outputs file, whatever the number of ports.
LARGEST_FILE = 64 * 1024 * 1024

_FILE_KEYS = frozenset({"path", "type", "name", "media_type", "facts"})
#: Value types that a step may also hand over as a file of the same type, when they are large.
_VALUES_AS_FILES = frozenset({"text", "json", "list"})
_WORDS: Mapping[str, str] = {
    "string": "a string",
    "text": "text",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "list": "a list",
}


class BadOutput(ValueError):
    """The step's outputs cannot be used; the message says which and why."""


def read(
    file: Path, artifacts: Path, ports: Mapping[str, str], limit: int
) -> dict[str, Json | OutputFile]:
    """The outputs by port name. `ports` gives each declared port's type.

    Every declared port must be there and no other. `limit` is the number of bytes that all
    output files may have together. Raises BadOutput.
    """
    found = load(file)
    if found is None:
        if ports:
            raise BadOutput(
                f"the step ended without writing any outputs; it should write {_names(ports)}"
            )
        found = {}
    return check(found, artifacts, ports, limit)


def check(
    found: Mapping[str, Any],
    artifacts: Path,
    ports: Mapping[str, str],
    limit: int,
    seen_at: PurePath | None = None,
) -> dict[str, Json | OutputFile]:
    """The outputs of a step out of what it wrote down; see `read`.

    `seen_at` is where the step saw the directory `artifacts`, if it did not see it where it is.
    """
    missing = [name for name in ports if name not in found]
    if missing:
        raise BadOutput(
            f"the step ended without writing its output{'s' * (len(missing) > 1)} "
            f"{_names(missing)}; write every declared output"
        )
    extra = [name for name in found if name not in ports]
    if extra:
        raise BadOutput(
            f"the step wrote {_names(extra)}, which the component does not declare; it declares "
            f"{_names(ports) if ports else 'no outputs'}"
        )
    place = _Place(artifacts.resolve(), seen_at)
    outputs = {name: _output(name, found[name], ports[name], place) for name in ports}
    total = sum(
        output.path.stat().st_size for output in outputs.values() if isinstance(output, OutputFile)
    )
    if total > limit:
        raise BadOutput(f"the step's output files have {total:,} bytes; {limit:,} are allowed")
    return outputs


def open_plain(path: Path) -> BinaryIO:
    """A file to be read that is no link, and no pipe that would never end. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a plain file")
    return open(descriptor, "rb")


@dataclass(frozen=True)
class _Place:
    """Where the artifacts are, and where the step saw them."""

    root: Path
    seen_at: PurePath | None

    def of(self, path: str) -> Path:
        if self.seen_at is not None and PurePath(path).is_relative_to(self.seen_at):
            return self.root / PurePath(path).relative_to(self.seen_at)
        return self.root / path


def load(file: Path) -> dict[str, Any] | None:
    """The object that a step wrote to its outputs file; None without one. Raises BadOutput."""
    try:
        with open_plain(file) as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadOutput(f"the step's outputs file cannot be read: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise BadOutput(
            f"the step's outputs file is larger than {LARGEST_FILE:,} bytes; write large values "
            "to files in PENSTOCK_ARTIFACTS"
        )
    found = parse("the step's outputs are not valid JSON", data)
    if not isinstance(found, dict):
        raise BadOutput("the step's outputs must be one JSON object, with a key for each output")
    return found


def parse(complaint: str, data: bytes | str) -> Json:
    """What strict JSON says; BadOutput begins with `complaint` when it is none."""
    try:
        return json.loads(data, parse_constant=_no_constant)
    except RecursionError:
        raise BadOutput(f"the outputs are nested more than {DEEPEST} levels deep") from None
    except ValueError as error:  # BadOutput among them: a constant says more than the decoder
        if isinstance(error, BadOutput):
            raise
        raise BadOutput(f"{complaint}: {error}") from error


def _no_constant(name: str) -> None:
    raise BadOutput(f"the outputs hold {name}, which JSON does not have; write null instead")


def _output(port: str, value: Any, kind: str, place: _Place) -> Json | OutputFile:
    if _is_file(value, kind):
        return _file(port, value, kind, place)
    if kind in ARTIFACT_TYPES:
        raise BadOutput(
            f"output `{port}` must be a {kind} file, written as "
            f'{{"path": …, "type": "{kind}"}}, but is {_shown(value)}'
        )
    return _value(port, value, kind)


def _is_file(value: Any, kind: str) -> bool:
    if not isinstance(value, dict) or not {"path", "type"} <= value.keys() <= _FILE_KEYS:
        return False
    if kind in ARTIFACT_TYPES:
        return True
    if kind == "any":
        return value["type"] in ARTIFACT_TYPES | _VALUES_AS_FILES | {"any"}
    return kind in _VALUES_AS_FILES and value["type"] == kind


def _file(port: str, value: dict[str, Any], kind: str, place: _Place) -> OutputFile:
    path, stated = value["path"], value["type"]
    name, media_type = value.get("name"), value.get("media_type")
    facts = value.get("facts") or {}
    if not isinstance(path, str) or not path or "\0" in path:
        raise BadOutput(f"output `{port}` names no file: its path is {_shown(path)}")
    if not (stated == kind or kind == "any" or (kind == "file" and stated in ARTIFACT_TYPES)):
        raise BadOutput(f"output `{port}` must be a {kind}, but the step wrote a {_shown(stated)}")
    if not isinstance(facts, dict):
        raise BadOutput(f"the facts of output `{port}` must be an object, not {_shown(facts)}")
    _check_value(f"the facts of output `{port}`", facts)
    real = _inside(port, path, place)
    if stated == "table" and not is_parquet(real):
        raise BadOutput(f"output `{port}` is a table, but {real.name} is not a Parquet file")
    return OutputFile(
        path=real,
        type=str(stated),
        name=_text(name) or real.name,
        media_type=_text(media_type) or "application/octet-stream",
        facts=facts,
    )


def _inside(port: str, path: str, place: _Place) -> Path:
    """The file itself, links followed, if it lies in the step's own artifact directory."""
    try:
        real = place.of(path).resolve(strict=True)
    except FileNotFoundError:
        raise BadOutput(f"output `{port}`: there is no file {path}") from None
    except (OSError, RuntimeError) as error:
        raise BadOutput(f"output `{port}`: {path} cannot be read: {error}") from error
    if not real.is_relative_to(place.root):
        raise BadOutput(
            f"output `{port}`: {path} lies outside the step's artifacts; write the file to the "
            "directory PENSTOCK_ARTIFACTS"
        )
    if not real.is_file():
        raise BadOutput(
            f"output `{port}`: {path} is not a file; pack a directory into one file first"
        )
    return real


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet files do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _value(port: str, value: Any, kind: str) -> Json:
    fits = {
        "string": isinstance(value, str),
        "text": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "list": isinstance(value, list),
    }
    if not fits.get(kind, True):
        raise BadOutput(f"output `{port}` must be {_WORDS[kind]}, but is {_shown(value)}")
    _check_value(f"output `{port}`", value)
    return value


def _check_value(what: str, value: Any) -> None:
    for item, depth in _walk(value):
        if depth > DEEPEST:
            raise BadOutput(f"{what} is nested more than {DEEPEST} levels deep; write a file")
        if isinstance(item, float) and not math.isfinite(item):
            raise BadOutput(f"{what} holds a number that is too large for JSON; write a string")
        if isinstance(item, str) and not _is_storable(item):
            raise BadOutput(
                f"{what} holds a character that cannot be stored (NUL or half a surrogate pair): "
                f"{_shown(item)}; remove it or write a file"
            )
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size > LARGEST_VALUE:
        raise BadOutput(
            f"{what} has {size:,} bytes; a value may have {LARGEST_VALUE:,}. Write it to a file "
            "in PENSTOCK_ARTIFACTS"
        )


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    """Every value inside, keys too, with its depth. Not recursive, and so bounded."""
    unread = [(value, 1)]
    while unread:
        item, depth = unread.pop()
        yield item, depth
        if depth > DEEPEST:
            continue
        if isinstance(item, dict):
            for key, inner in item.items():
                unread.append((key, depth))
                unread.append((inner, depth + 1))
        elif isinstance(item, list):
            unread.extend((inner, depth + 1) for inner in item)


def _is_storable(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: Any) -> str:
    return value[:255] if isinstance(value, str) and _is_storable(value) else ""


def _names(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:77]}..."
