"""Runs a shell component: bash, variables in, files out, output passed on line by line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from pipelines.core.secrets import secret_parameters
from pipelines.sdk import File, Handle, Table

from ..contract import Step, StepFailed
from ..inputs import decode
from ..outputs import encode_all

_SECOND = 1.0


def run(step: Step) -> Mapping[str, Any]:
    """Run the command and collect its outputs.

    `$INPUT_X` is a value (JSON, unless it is text) or the path of a file, `$PARAM_X` a parameter, or
    where that names a secret the path of a private file with it; `$SECRET_X` is the path of the
    file with the secret `x` of a list; what the command writes to the file `$OUTPUT_X` is the output `x`; the output `stdout` is what
    it prints. Raises StepFailed of kind `exit` when the command fails.
    """
    parameter = step.implementation.get("command_parameter")
    command = str(step.params.get(parameter) if parameter else step.implementation["command"])
    results = {
        str(port["name"]): Path.cwd() / "outputs" / str(port["name"]) for port in _ports(step)
    }
    (Path.cwd() / "outputs").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        **{f"INPUT_{_upper(name)}": text for name, text in _inputs(step).items()},
        **{f"PARAM_{_upper(name)}": _text(value) for name, value in step.params.items()},
        **_secrets(step),
        **{f"OUTPUT_{_upper(name)}": str(path) for name, path in results.items()},
    }
    printed = _execute(command, environment, keep="stdout" in results)
    values: dict[str, Any] = {}
    for port in _ports(step):
        name, kind = str(port["name"]), str(port.get("type", "any"))
        if name == "stdout" and not results[name].exists():
            values[name] = printed
        else:
            values[name] = _result(name, kind, results[name])
    return encode_all(step, values)


def _ports(step: Step) -> list[Mapping[str, Any]]:
    return list(step.spec.get("outputs") or ())


def _upper(name: str) -> str:
    return name.upper()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _secrets(step: Step) -> dict[str, str]:
    """Where each secret is written down: variables can be seen by others, private files cannot."""
    single = [
        name
        for name, many in secret_parameters(step.spec.get("parameters") or {}).items()
        if not many
    ]
    files = {f"PARAM_{_upper(name)}": step.params.get(name) for name in single}
    files |= {f"SECRET_{_upper(name)}": value for name, value in step.secrets.items()}
    found = {}
    for variable, value in files.items():
        if not value:
            found[variable] = ""
            continue
        place = Path.cwd() / ".secrets" / variable.lower()
        place.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(str(value))
        found[variable] = str(place)
    return found


def _inputs(step: Step) -> dict[str, str]:
    as_csv = step.implementation.get("tables", "csv") == "csv"
    texts = {}
    for name, raw in step.inputs.items():
        value = decode(name, raw, "handle")
        if isinstance(value, list) and value and all(isinstance(v, Handle) for v in value):
            texts[name] = "\n".join(_path(item, as_csv) for item in value)
        else:
            texts[name] = _path(value, as_csv) if isinstance(value, Handle) else _text(value)
    for port in step.spec.get("inputs") or ():
        texts.setdefault(str(port["name"]), "")
    return texts


def _path(handle: Handle, as_csv: bool) -> str:
    if not (as_csv and isinstance(handle, Table)):
        return str(handle.path)
    import pyarrow.csv

    target = Path.cwd() / "inputs" / f"{handle.path.stem[:40]}-{handle.path.stat().st_ino}.csv"
    target.parent.mkdir(exist_ok=True)
    pyarrow.csv.write_csv(handle.to_arrow(), target)
    return str(target)


def _execute(command: str, environment: Mapping[str, str], *, keep: bool) -> str:
    """Run to the end, passing both streams on, and give back what was printed if it is kept."""
    bash = shutil.which("bash", path=environment.get("PATH"))
    shell = [bash, "-euo", "pipefail"] if bash else ["/bin/sh", "-eu"]
    process = subprocess.Popen(
        [*shell, "-c", command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
    )
    printed: list[str] = []
    last_words: list[str] = []

    def pass_on(source: IO[str], target: IO[str], kept: list[str], only_last: bool) -> None:
        for line in source:
            target.write(line)
            if only_last:
                kept[:] = [line]
            elif keep:
                kept.append(line)

    if process.stdout is None or process.stderr is None:
        raise AssertionError("both streams are pipes")
    threads = [
        threading.Thread(target=pass_on, args=(process.stdout, sys.stdout, printed, False)),
        threading.Thread(target=pass_on, args=(process.stderr, sys.stderr, last_words, True)),
    ]
    for thread in threads:
        thread.start()
    code = process.wait()
    for thread in threads:
        # A background job of the command may hold the pipes open for ever; the executor ends it.
        thread.join(_SECOND)
    if code != 0:
        how = f"ended with exit code {code}" if code > 0 else f"was ended by {_signal(-code)}"
        why = f": {last_words[0].strip()[:500]}" if last_words else ""
        # As a shell tells its own caller: 128 and the signal's number.
        exit_code = code if code > 0 else 128 - code
        raise StepFailed("exit", f"the command {how}{why}", exit_code=exit_code)
    return "".join(printed)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _result(name: str, kind: str, path: Path) -> Any:
    """What the command wrote to `$OUTPUT_NAME`, as the port's type asks."""
    if not path.exists():
        if kind == "any":
            return None
        raise StepFailed(
            "output",
            f"the command did not write its output `{name}`; write it to the file "
            f"$OUTPUT_{_upper(name)}",
        )
    if kind in ("file", "image", "any"):
        return File(path) if kind != "any" else (Table(path) if _is_parquet(path) else File(path))
    if kind == "table":
        return Table(path) if _is_parquet(path) else _csv(name, path)
    content = path.read_text(encoding="utf-8", errors="backslashreplace")
    if kind in ("text", "string"):
        return content if kind == "text" else content.rstrip("\n")
    try:
        return json.loads(content)
    except ValueError as error:
        raise StepFailed(
            "output", f"output `{name}` should be {kind}, but the command wrote: {content[:80]!r}"
        ) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _csv(name: str, path: Path) -> Any:
    import pyarrow
    import pyarrow.csv

    try:
        return pyarrow.csv.read_csv(path)
    except pyarrow.ArrowInvalid as error:
        raise StepFailed(
            "output", f"output `{name}` is neither CSV with a header nor Parquet: {error}"
        ) from error
