"""What passes between the worker, the fork servers and the shepherds.

Sockets keep message borders (SOCK_SEQPACKET); messages are small JSON objects and may carry open
files. Everything large lies in the request file of the step's directory.

worker -> fork server   {"step": id, "directory": ...}  + stdout, stderr, control
fork server -> worker   {"ready": level} once; for each step {"forked": id} + pidfd of its shepherd
                        or {"refused": id, "why": ...}; {"swept": id} in answer to {"sweep": id}
fork server -> shepherd the message about a step, as it came
shepherd -> fork server {"free": true} when it waits for another step
worker -> shepherd      {"cancel": true}
shepherd -> step        {"directory": ...} + stdout, stderr
step -> shepherd        Done, when nothing but its exit is left
shepherd -> worker      Report, once, as the last thing
"""

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LARGEST = 64 * 1024
_MOST_FILES = 8

REQUEST_FILE = "request.json"
INPUTS_FILE = "inputs.json"
OUTPUTS_FILE = "outputs.json"
ERROR_FILE = "error.json"
WORK, TEMPORARY, ARTIFACTS, INPUTS = "work", "tmp", "artifacts", "inputs"


class Closed(Exception):
    """The other side is gone."""


@dataclass(frozen=True)
class Bounds:
    """What a step's shepherd needs to know.

    `read_only` are pairs (file, place in the step's directory): the file is mounted there read-only,
    or linked where that is not possible. `hidden` are paths that the step must not see.
    """

    read_only: list[tuple[str, str]]
    hidden: list[str]
    seconds: float | None
    memory_bytes: int | None
    cpu: float | None
    processes: int | None
    output_bytes: int

    @classmethod
    def read(cls, directory: str) -> "Bounds":
        with open(os.path.join(directory, REQUEST_FILE), "rb") as stream:
            return cls(**json.loads(stream.readline()))


@dataclass(frozen=True)
class Request:
    """One step. Its file has two lines, so that a shepherd need not read what is not for it."""

    bounds: Bounds
    spec: dict[str, Any]
    environ: dict[str, str]

    def write(self, directory: str) -> None:
        lines = (vars(self.bounds), {"spec": self.spec, "environ": self.environ})
        with open(f"{directory}/{REQUEST_FILE}", "wb") as stream:
            stream.write("\n".join(map(json.dumps, lines)).encode())

    @classmethod
    def read(cls, directory: str) -> "Request":
        with open(f"{directory}/{REQUEST_FILE}", "rb") as stream:
            bounds, rest = stream.read().split(b"\n")
        return cls(Bounds(**json.loads(bounds)), **json.loads(rest))


@dataclass(frozen=True)
class Report:
    """How a step ended: `status` as from wait(2), `cause` why the shepherd ended it, if it did.

    `cause` is one of `cancelled`, `timeout`, `memory`, `processes`, `output`, `setup`; `detail`
    says more about a failed setup.
    """

    status: int | None
    cause: str = ""
    detail: str = ""
    cpu_seconds: float = 0.0
    peak_memory: int = 0


@dataclass(frozen=True)
class Done:
    """What a step's process says before it exits."""

    code: int
    cpu_seconds: float
    peak_memory: int


def send(connection: socket.socket, message: Any, files: Sequence[int] = ()) -> None:
    """Raises OSError (a broken pipe) when the other side is gone."""
    if files:
        socket.send_fds(connection, [json.dumps(message).encode()], files)
    else:
        connection.send(json.dumps(message).encode())


def receive(connection: socket.socket) -> tuple[Any, list[int]]:
    """The next message and its files, which are closed on exec. Raises Closed at the end."""
    try:
        data, files, _, _ = socket.recv_fds(
            connection, _LARGEST, _MOST_FILES, socket.MSG_CMSG_CLOEXEC
        )
    except ConnectionError as error:
        raise Closed from error
    if not data:
        raise Closed
    return json.loads(data), files


def close_all(files: Sequence[int]) -> None:
    for descriptor in files:
        os.close(descriptor)
