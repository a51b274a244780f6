"""What an executor is asked and what it answers. No ORM: plain values go in and come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pipelines.core.connections import Connection
from pipelines.core.secrets import Secret

Json = Any


@dataclass(frozen=True)
class InputFile:
    """An artifact that a step receives, already on this machine's disk. `digest` is its SHA-256 in
    the store; empty for a file that is not from there.
    """

    path: Path
    type: str
    name: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Limits:
    """What one attempt may use. `None` means no limit of that sort; `cpu` is in cores."""

    seconds: float | None = None
    cpu: float | None = None
    memory_bytes: int | None = None
    processes: int | None = 512
    log_bytes: int = 10 * 1024 * 1024
    output_bytes: int = 10 * 1024**3


@dataclass(frozen=True)
class StepRequest:
    """One attempt to be made.

    `spec` is the component spec as JSON; `params` are the resolved parameter values, an InputFile
    where the step is to get a path, a Secret or a list of them where it names secrets; each input is a JSON value, an InputFile, or for a `multiple`
    port a list of those. `key` is stable over
    retries of the same node run, so that a step can pass it on as an idempotency key.
    `environment` is the digest of the lock of an environment that is built on this machine; empty
    for Penstock's own. `gpus` are the devices that the step may use, as CUDA_VISIBLE_DEVICES names
    them; None where the worker has none to hand out. `reach` is the team's allow list: what steps
    may dial beside the public internet (`pipelines.core.addresses`). `connections` are those that
    the parameters name, by name.
    """

    key: str
    attempt: int
    spec: Mapping[str, Any]
    params: Mapping[str, Json | InputFile | Secret | list[Secret]]
    inputs: Mapping[str, Json | InputFile | list[Json | InputFile]]
    limits: Limits = Limits()
    environment: str = ""
    gpus: tuple[str, ...] | None = None
    reach: tuple[str, ...] = ()
    connections: Mapping[str, Connection] = field(default_factory=dict)

    @property
    def secrets(self) -> list[Secret]:
        """The secrets that the step is given, which nothing that it says may show."""
        found: list[Secret] = []
        for value in self.params.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Secret):
                    found.append(each)
        for connection in self.connections.values():
            found += [
                Secret(f"{connection.name}.{name}", connection.version, value)
                for name, value in connection.secrets.items()
            ]
        return found


@dataclass(frozen=True)
class OutputFile:
    """A file that a step produced; it stays on disk until the result is closed."""

    path: Path
    type: str
    name: str
    media_type: str = "application/octet-stream"
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepError:
    """Why an attempt failed.

    `kind` is one of `exception`, `exit`, `signal`, `timeout`, `memory`, `output`, `cancelled`,
    `lost`, `setup`, `environment`; or `not_yet` for a step that found that what it waits for is not
    there, and wants to look again in `retry_after` seconds. `line` is the line in the user's own
    code, `traceback` only its frames. `permanent` says that trying again would fail the same way,
    as wrong code does.
    """

    kind: str
    message: str
    traceback: str = ""
    line: int | None = None
    retry_after: float | None = None
    permanent: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "message": self.message,
            "traceback": self.traceback,
            "line": self.line,
        }


@dataclass(frozen=True)
class StepResult:
    """How an attempt ended. `outputs` holds JSON values and OutputFiles by port name.

    `peak_memory` is in bytes, and `log_truncated` says that the log was longer than its limit.
    """

    outcome: Literal["success", "failed", "cancelled"]
    outputs: Mapping[str, Json | OutputFile] = field(default_factory=dict)
    error: StepError | None = None
    exit_code: int | None = None
    signal: str = ""
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    log_truncated: bool = False
    close: Callable[[], None] = lambda: None


class Listener(Protocol):
    """Hears a step while it runs. Called from the executor's thread; must return quickly."""

    def log(self, text: str) -> None: ...
    def metric(self, name: str, value: float, step: int | None) -> None: ...
    def progress(self, fraction: float) -> None: ...


class RunningStep(Protocol):
    """A step under way."""

    def wait(self) -> StepResult:
        """Block until the step and all its descendants are gone."""

    def cancel(self, reason: str) -> None:
        """Kill the step and all its descendants. Safe to call at any time, from any thread."""


class Executor(Protocol):
    """Runs steps. One executor serves many threads."""

    @property
    def isolation(self) -> str:
        """How well steps are kept apart: `strong`, `basic` or `none`; empty while unknown."""

    def warm(self, pool: str) -> None:
        """A step of this warm pool is to come. Cheap: it only asks, as often as the caller likes.

        Raises LookupError for a pool that does not exist.
        """

    def start(self, request: StepRequest, listener: Listener) -> RunningStep: ...
    def close(self) -> None: ...
