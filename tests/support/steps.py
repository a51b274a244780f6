"""Runs one step as its own process, by the step contract, forked from a warm parent."""

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.core.component import ComponentSpec

_WARM = [
    "__main__",
    "pandas",
    "pipelines.kinds.http.run",
    "pipelines.kinds.python.run",
    "pipelines.kinds.shell.run",
    "pipelines.kinds.sql.run",
    "pipelines.sdk.duck",
    "pipelines.sdk.learning",
    "pipelines.sdk.plots",
    "sqlalchemy.dialects.sqlite",
]


@dataclass
class StepRun:
    """What one step left behind."""

    code: int
    outputs: dict[str, Any]
    error: dict[str, Any] | None
    stdout: str
    stderr: str
    artifacts: Path
    records: list[dict[str, Any]] = field(default_factory=list)

    def as_input(self, port: str) -> Any:
        """An output as another step's input: artifacts keep only path, type and name."""
        value = self.outputs[port]
        if isinstance(value, dict) and "path" in value and "type" in value:
            return {key: value[key] for key in ("path", "type", "name")}
        return value


def run_step(
    spec: ComponentSpec | Mapping[str, Any],
    directory: Path,
    *,
    inputs: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None,
    timeout: float = 60,
    reach: Sequence[str] = ("127.0.0.0/8",),
    connections: Mapping[str, Any] | None = None,
) -> StepRun:
    """Run `spec` in a fresh folder under `directory`. `files` lie in its working directory."""
    plain = spec.model_dump(mode="json") if isinstance(spec, ComponentSpec) else dict(spec)
    home = directory / f"step-{len(list(directory.glob('step-*'))) + 1}"
    work, artifacts = home / "work", home / "artifacts"
    work.mkdir(parents=True)
    artifacts.mkdir()
    for name, content in (files or {}).items():
        (work / name).write_bytes(content)
    given = {
        "inputs": dict(inputs or {}),
        "params": dict(params or {}),
        "reach": list(reach),
        "connections": dict(connections or {}),
    }
    (home / "inputs.json").write_text(json.dumps(given))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_WARM)
    process = context.Process(target=_child, args=(str(home), plain))
    process.start()
    process.join(timeout)
    if process.is_alive():
        process.kill()
        process.join()
        raise TimeoutError(f"the step still ran after {timeout} s: {_read(home / 'stderr')}")
    stdout = _read(home / "stdout")
    return StepRun(
        code=int(process.exitcode or 0),
        outputs=_json(home / "outputs.json") or {},
        error=_json(home / "error.json"),
        stdout=stdout,
        stderr=_read(home / "stderr"),
        artifacts=artifacts,
        records=[json.loads(line) for line in stdout.splitlines() if line.startswith('{"')],
    )


def _child(home: str, spec: dict[str, Any]) -> None:
    base = Path(home)
    os.environ.update(
        PENSTOCK_INPUTS=str(base / "inputs.json"),
        PENSTOCK_OUTPUTS=str(base / "outputs.json"),
        PENSTOCK_ARTIFACTS=str(base / "artifacts"),
        PENSTOCK_ERROR=str(base / "error.json"),
        PENSTOCK_DATA=str(base.parent / "data"),
        PENSTOCK_KEY="run:node:1",
        PENSTOCK_ATTEMPT="1",
    )
    os.chdir(base / "work")
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(base / name, os.O_WRONLY | os.O_CREAT, 0o600), number)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    from pipelines.kinds.step import main

    code = main(spec)
    os._exit(code)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes()) if path.exists() else None
