"""The step contract from the inside: what a step was given, and where its results go.

Only the standard library, because every step of every kind imports it after the fork.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One attempt, as its own process sees it. `inputs` are still as they came over the wire.

    `secrets` are those of parameters that take a list of names, by their names; a parameter that
    names one secret has its value in `params`.
    """

    spec: Mapping[str, Any]
    inputs: Mapping[str, Any]
    params: Mapping[str, Any]
    artifacts: Path
    outputs_file: Path
    error_file: Path | None
    key: str
    attempt: int
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return f"{self.spec.get('namespace', '')}/{self.spec.get('name', '')}"

    @property
    def implementation(self) -> Mapping[str, Any]:
        implementation: Mapping[str, Any] = self.spec.get("implementation") or {}
        return implementation

    def write_outputs(self, outputs: Mapping[str, Any]) -> None:
        _write_json(self.outputs_file, outputs)


class StepFailed(Exception):
    """Ends the step as failed. `kind` is one of the error kinds of the executor's protocol.

    `retry_after` is for the kind `not_yet`: seconds until the step wants to look again. `exit_code`
    is that of the step's process. `permanent` is for what trying again cannot mend, such as wrong
    code.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        traceback: str = "",
        line: int | None = None,
        retry_after: float | None = None,
        exit_code: int = 1,
        permanent: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.line = line
        self.retry_after = retry_after
        self.exit_code = exit_code
        self.permanent = permanent

    def write(self, path: Path | None) -> None:
        if path is not None:
            error = {
                "kind": self.kind,
                "message": self.message,
                "traceback": self.traceback,
                "line": self.line,
                "retry_after": self.retry_after,
                "permanent": self.permanent,
            }
            _write_json(path, error)


def read_step(spec: Mapping[str, Any], environ: Mapping[str, str]) -> Step:
    """The attempt that the environment describes.

    Raises StepFailed of kind `setup` when a variable is missing or the inputs cannot be read.
    """
    missing = [
        name
        for name in ("PENSTOCK_INPUTS", "PENSTOCK_OUTPUTS", "PENSTOCK_ARTIFACTS")
        if not environ.get(name)
    ]
    if missing:
        raise StepFailed("setup", f"the step's environment lacks {', '.join(missing)}")
    try:
        with open(environ["PENSTOCK_INPUTS"], "rb") as stream:
            given = json.loads(stream.read())
        inputs, params = dict(given.get("inputs") or {}), dict(given.get("params") or {})
        secrets = dict(given.get("secrets") or {})
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StepFailed("setup", f"the step's inputs cannot be read: {error}") from error
    error_file = environ.get("PENSTOCK_ERROR")
    return Step(
        spec=spec,
        inputs=inputs,
        params=params,
        artifacts=Path(environ["PENSTOCK_ARTIFACTS"]),
        outputs_file=Path(environ["PENSTOCK_OUTPUTS"]),
        error_file=Path(error_file) if error_file else None,
        key=environ.get("PENSTOCK_KEY", ""),
        attempt=int(environ.get("PENSTOCK_ATTEMPT") or 1),
        secrets=secrets,
    )


def _write_json(path: Path, value: Any) -> None:
    # A step that is killed half-way must not leave half a file that looks whole.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    partial = f"{path}.partial"
    with open(partial, "wb") as stream:
        stream.write(text.encode())
    os.replace(partial, path)
