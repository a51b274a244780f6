"""Memory and processor time of the parts of a running Penstock.

Memory is the PSS of all processes, which counts shared pages once. Another Penstock on the same
machine shares pages with this one and makes the figures smaller than they are alone.

Processor time needs a control group, as steps are gone before anybody could ask them: one that the
kernel lets us make (cgroup 1 with cpuacct, as root). It says the same on a busy machine as on an
idle one, but for what caches do, and so is what changes are judged by.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import descendants
from tests.support.stack import Stack

POOLS = ("lean", "data")
_GROUPS = Path("/sys/fs/cgroup/cpuacct")


def memory(stack: Stack) -> dict[str, float]:
    """MiB by part; a pool is its fork server with the processes that wait for its next step."""
    found: dict[str, float] = {}
    for pid, name in _parts(stack).items():
        found[name] = found.get(name, 0.0) + _pss(pid)
    return dict(sorted(found.items()))


@contextmanager
def processor(stack: Stack) -> Iterator[Mapping[str, float]]:
    """Seconds by part that pass inside; filled in at the end. Empty where it cannot be known."""
    found: dict[str, float] = {}
    groups: dict[str, Path] = {}
    try:
        for pid, name in {**_parts(stack), **_database()}.items():
            group = groups.setdefault(name, _GROUPS / f"penstock-bench-{os.getpid()}-{name}")
            group.mkdir(exist_ok=True)
            with contextlib.suppress(ProcessLookupError):
                (group / "cgroup.procs").write_text(str(pid))
        before = {name: _used(group) for name, group in groups.items()}
    except OSError:
        before = {}
    try:
        yield found
        found.update((name, _used(groups[name]) - used) for name, used in before.items())
    finally:
        for group in groups.values():
            _dissolve(group)


def pools(stack: Stack, pool: str) -> list[int]:
    """The pids of a pool's fork servers: one for each worker."""
    return [pid for pid in descendants(stack.process.pid) if _command(pid) == f"penstock-{pool}"]


def _parts(stack: Stack) -> dict[int, str]:
    """Every process with the name of its part."""
    supervisor = stack.process.pid
    names = {supervisor: "supervisor"} | {pid: name for name, pid in stack.pids().items()}
    everything = descendants(supervisor)
    for pool in POOLS:
        for server in pools(stack, pool):
            names |= dict.fromkeys({server} | descendants(server), f"pool {pool}")
    return {pid: names.get(pid, "others") for pid in {supervisor} | everything}


def _database() -> dict[int, str]:
    """The processes of a PostgreSQL that this measurement has started."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _command(int(entry.name)) == "postgres":
            with contextlib.suppress(OSError):
                if b"pb-" in Path(os.readlink(entry / "cwd")).as_posix().encode():
                    found[int(entry.name)] = "postgres"
    return found


def _used(group: Path) -> float:
    return int((group / "cpuacct.usage").read_text()) / 1e9


def _dissolve(group: Path) -> None:
    with contextlib.suppress(OSError):
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (_GROUPS / "cgroup.procs").write_text(pid)
        group.rmdir()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
    return int(match.group(1)) / 1024 if match else 0.0
