"""Who a worker is, so that its leases can be freed the moment it is known to be dead.

A name is `host:pid@machine.start`: `machine` tells apart process namespaces that share a host
name, `start` tells a process from a later one with the same number.
"""

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NAME = re.compile(r"(?P<host>.*):(?P<pid>\d+)@(?P<machine>[0-9a-f]{8})\.(?P<start>\d+)")


@dataclass(frozen=True)
class Identity:
    host: str
    pid: int
    machine: str
    start: str

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}@{self.machine}.{self.start}"

    @classmethod
    def parse(cls, name: str) -> "Identity | None":
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        return cls(found["host"], int(found["pid"]), found["machine"], found["start"])


def own() -> Identity:
    """This process's identity."""
    pid = os.getpid()
    return Identity(socket.gethostname(), pid, _machine() or "0" * 8, _start_time(pid) or "0")


def is_dead(name: str) -> bool:
    """Whether the worker is known to be gone. False for workers that cannot be seen from here."""
    identity = Identity.parse(name)
    if identity is None or not (machine := _machine()) or identity.machine != machine:
        return False
    start = _start_time(identity.pid)
    return start != identity.start if start else _is_gone(identity.pid)


@cache
def _machine() -> str | None:
    """This boot of this machine and this process namespace; None where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        return None
    text = f"{socket.gethostname()} {boot} {namespace}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _start_time(pid: int) -> str | None:
    """Clock ticks from boot to the start of a living process; None when none can be seen."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold anything, spaces and parentheses too.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _is_gone(pid: int) -> bool:
    """Whether no process has this number, or only a corpse: /proc may hide those of others."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return Path(f"/proc/{pid}/stat").exists()
