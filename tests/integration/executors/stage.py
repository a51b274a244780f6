"""What tests of the process executor share: specs, a listener, and a look at the process table."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.executors.protocol import Limits, StepRequest, StepResult
from pipelines.kinds import registry as kinds


class Heard:
    """A Listener that remembers."""

    def __init__(self) -> None:
        self.text = ""
        self.metrics: list[tuple[str, float, int | None]] = []
        self.fractions: list[float] = []

    def log(self, text: str) -> None:
        self.text += text

    def metric(self, name: str, value: float, step: int | None) -> None:
        self.metrics.append((name, value, step))

    def progress(self, fraction: float) -> None:
        self.fractions.append(fraction)


def python(source: str) -> dict[str, Any]:
    return kinds.build("python", {"source": source}).model_dump()


def raw(body: str, **outputs: str) -> dict[str, Any]:
    """A python step whose ports are stated apart from its code, which may break the contract."""
    source = "def step():\n" + "".join(f"    {line}\n" for line in body.strip().splitlines())
    spec = python(source + "    import os\n    os._exit(0)\n")
    spec["outputs"] = [{"name": name, "type": kind} for name, kind in outputs.items()]
    return spec


def asked(spec: dict[str, Any], limits: Limits | None = None, **inputs: Any) -> StepRequest:
    return StepRequest(
        key="run:node:1",
        attempt=1,
        spec=spec,
        params={},
        inputs=inputs,
        limits=limits or Limits(seconds=60),
    )


def run(executor: Any, request: StepRequest, heard: Heard | None = None) -> StepResult:
    return executor.start(request, heard or Heard()).wait()  # type: ignore[no-any-return]


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still not true after {seconds}s"
        time.sleep(0.01)


def processes(marker: str) -> list[int]:
    """Living processes that carry the marker in their command line or first environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            marked = any(
                marker.encode() in (entry / file).read_bytes() for file in ("cmdline", "environ")
            )
            if marked and state(int(entry.name)) not in ("Z", "X"):
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def named(name: str, marker: str) -> list[int]:
    """Those of `processes(marker)` that the process list shows as `penstock-<name>`."""
    return [pid for pid in processes(marker) if _comm(pid) == f"penstock-{name}"]


def at_work(name: str, marker: str) -> list[int]:
    """Those of `named` that have a request: a spare holds no pipe of a step yet."""
    return [pid for pid in named(name, marker) if _has_request(pid)]


def _has_request(pid: int) -> bool:
    """A step has changed to its directory; a shepherd holds the control socket as well."""
    try:
        if _comm(pid) == "penstock-step":
            return Path(os.readlink(f"/proc/{pid}/cwd")).name == "work"
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return any(_has_request(int(child)) for child in children if _comm(int(child)))
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
