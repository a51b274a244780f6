"""The inside of the step contract: runs one step of any kind in the current process.

The executor calls `main` in a freshly forked child, so this module imports nothing that costs
time; each kind's runner is imported by name when it is needed.
"""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from . import parameters
from .contract import Step, StepFailed, read_step

Runner = Callable[[Step], Mapping[str, Any]]

#: Kind name to `module:function`. A runner takes a Step and returns encoded outputs.
RUNNERS: dict[str, str] = {
    "python": "pipelines.kinds.python.run:run",
    "shell": "pipelines.kinds.shell.run:run",
    "http": "pipelines.kinds.http.run:run",
    "sql": "pipelines.kinds.sql.run:run",
    "wait": "pipelines.kinds.wait.run:run",
}


def main(spec: Mapping[str, Any]) -> int:
    """Run one step and return its exit code: 0 and an outputs file, or another and an error file.

    Only what the executor asked for by signal (KeyboardInterrupt) gets past this function.
    """
    error_file = None
    try:
        step = read_step(spec, os.environ)
        error_file = step.error_file
        _line_buffered()
        parameters.check(spec.get("parameters") or {}, step.params)
        if step.secrets:
            from pipelines.sdk import secrets

            secrets.give(step.secrets)
        step.write_outputs(_runner(str(spec.get("kind")))(step))
        code = 0
    except StepFailed as failure:
        text = failure.traceback or f"Error: {failure.message}"
        print(text.rstrip(), file=sys.stderr)
        failure.write(error_file)
        code = failure.exit_code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _runner(kind: str) -> Runner:
    target = RUNNERS.get(kind)
    if target is None:
        raise StepFailed(
            "setup", f"there is no kind `{kind}`; the kinds are {', '.join(sorted(RUNNERS))}"
        )
    module, _, function = target.partition(":")
    runner: Runner = getattr(importlib.import_module(module), function)
    return runner


def _line_buffered() -> None:
    """Whoever follows the log must see a line when it is printed, not when a buffer is full."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
