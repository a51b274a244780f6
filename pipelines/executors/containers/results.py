"""What a container left behind, as outputs: its JSON file, and a file for each other output."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.core.component import ARTIFACT_TYPES

from .. import outputs
from ..outputs import BadOutput
from ..protocol import Json, OutputFile
from . import layout

#: Value types whose text is taken as it is; the others are read as JSON.
_TEXTS = ("text", "string")
#: Value types that become files when they are too large for values.
_MAY_BE_LARGE = ("text", "json", "list")


def read(
    written: Path, artifacts: Path, ports: Mapping[str, str], limit: int
) -> dict[str, Json | OutputFile]:
    """The outputs by port name, as `executors.outputs.read` gives them.

    `written` is what the container saw as `/penstock/outputs`: outputs.json, and a file for each
    output that is not in there. Raises BadOutput.
    """
    found = outputs.load(written / layout.OUTPUTS_FILE.name) or {}
    for port, kind in ports.items():
        if port in found:
            continue
        path = written / port
        if os.path.lexists(path):
            found[port] = _taken(port, kind, path, artifacts)
        elif kind == "any":
            found[port] = None
        else:
            raise BadOutput(
                f"the container did not write its output `{port}`; write it to the file "
                f"$OUTPUT_{port.upper()}, or with all outputs as JSON to $PENSTOCK_OUTPUTS"
            )
    return outputs.check(found, artifacts, ports, limit, layout.ARTIFACTS)


def _taken(port: str, kind: str, path: Path, artifacts: Path) -> Json:
    """One output's own file, as the port's type asks."""
    try:
        with outputs.open_plain(path) as stream:
            data = stream.read(outputs.LARGEST_VALUE + 1)
    except OSError as error:
        raise BadOutput(
            f"the file for the output `{port}` cannot be read: {error.strerror}"
        ) from error
    if kind == "any":
        kind = "table" if data[:4] == b"PAR1" else "file"
    if kind == "table" and data[:4] != b"PAR1":
        raise BadOutput(
            f"output `{port}` is a table, but the container wrote no Parquet file; write Parquet, or "
            "let the output be a file and read that with another component, such as core/read_csv"
        )
    large = len(data) > outputs.LARGEST_VALUE
    if kind in ARTIFACT_TYPES or (large and kind in _MAY_BE_LARGE):
        return _as_file(port, kind, path, artifacts)
    if large:
        raise BadOutput(
            f"output `{port}` has more than {outputs.LARGEST_VALUE:,} bytes, which is too much for "
            f"a value of type {kind}; let it be a file"
        )
    text = data.decode("utf-8", "replace")
    if kind in _TEXTS:
        return text if kind == "text" else text.rstrip("\n")
    complaint = f"output `{port}` should be {kind}, but the container wrote {text[:80]!r}"
    return outputs.parse(complaint, text)


def _as_file(port: str, kind: str, path: Path, artifacts: Path) -> dict[str, Any]:
    """Moved to the artifacts, under a name that nothing there has."""
    name = f"{port}.parquet" if kind == "table" else port
    target = artifacts / name
    number = 1
    while os.path.lexists(target):
        number += 1
        target = artifacts / f"{number}-{name}"
    os.rename(path, target)
    return {"path": str(layout.ARTIFACTS / target.name), "type": kind, "name": name}
