"""The processes of one step, as /proc shows them: who they are, what they use, how they end."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

_MEMORY_FIELDS = (b"RssAnon:", b"RssShmem:", b"VmSwap:")
_SHARED_OUT_FIELDS = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")


class Usage(NamedTuple):
    processes: int
    memory: int


class Tree(Protocol):
    """Everything below the calling process."""

    def pids(self) -> list[int]: ...
    def send(self, number: signal.Signals) -> None: ...


class Namespace:
    """The tree is the caller's own PID namespace, and the kernel knows it exactly."""

    def pids(self) -> list[int]:
        own = os.getpid()
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own]

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)


class Descendants:
    """The tree is what can be reached from the caller through /proc; orphans come back to it."""

    def __init__(self, keep: frozenset[int] = frozenset()) -> None:
        self._keep = keep

    def pids(self) -> list[int]:
        found: list[int] = []
        unread = [pid for pid in children(os.getpid()) if pid not in self._keep]
        while unread:
            pid = unread.pop()
            found.append(pid)
            unread.extend(children(pid))
        return found

    def send(self, number: signal.Signals) -> None:
        pids = self.pids()
        if number == signal.SIGKILL:
            # A whole group at once: what forks faster than we look cannot outrun the kernel.
            for group in {_group(pid) for pid in pids} - {0, os.getpgrp()}:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def usage(tree: Tree) -> Usage:
    """Processes, and the bytes of memory they have written to: shared pages count in each."""
    pids = tree.pids()
    return Usage(len(pids), sum(_sum(pid, "status", _MEMORY_FIELDS) for pid in pids))


def exact_memory(tree: Tree) -> int:
    """As `usage`, but a page that several processes share counts once. Slow: walks all pages."""
    return sum(_exact(pid) for pid in tree.pids())


def threads(pid: int) -> int:
    """How many threads a process has; none when it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except FileNotFoundError:
        return 0


def own_memory() -> int:
    return _sum(os.getpid(), "status", _MEMORY_FIELDS)


def own_data() -> int:
    """The bytes that RLIMIT_DATA counts for the calling process."""
    return _sum(os.getpid(), "status", (b"VmData:",))


def kill_all(tree: Tree, patience: float) -> None:
    """SIGKILL every process of the tree and reap them.

    After `patience` seconds it gives up on those that hang in the kernel (a dead network mount);
    they die when that lets go of them.
    """
    deadline = time.monotonic() + patience
    while True:
        tree.send(signal.SIGKILL)
        if not reap_until_none(time.monotonic() + 0.05):
            return
        if time.monotonic() >= deadline and all(_hangs(pid) for pid in tree.pids()):
            return


def reap_until_none(deadline: float) -> bool:
    """Collect children that ended; True when some are still alive at the deadline."""
    pause = 0.0002
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            if time.monotonic() >= deadline:
                return True
            time.sleep(pause)
            pause = min(pause * 2, 0.01)


def children(pid: int) -> list[int]:
    """The living children of a process; none when it is gone."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []
    found: list[int] = []
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                found.extend(map(int, stream.read().split()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread ended while we looked
    return found


def size_of(directories: Iterator[str] | tuple[str, ...]) -> int:
    """Bytes on disk of all files below, sparse files as what they occupy."""
    total = 0
    unread = list(directories)
    while unread:
        try:
            with os.scandir(unread.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        unread.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except (FileNotFoundError, PermissionError):
            continue  # the step removed or locked it while we looked
    return total


def _exact(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb"):
            return _sum(pid, "smaps_rollup", _SHARED_OUT_FIELDS)
    except PermissionError:
        # A step of its own user, and we may not look into others' processes: count all of it.
        return _sum(pid, "status", _MEMORY_FIELDS)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _sum(pid: int, file: str, fields: tuple[bytes, ...]) -> int:
    try:
        with open(f"/proc/{pid}/{file}", "rb") as stream:
            lines = stream.read().split(b"\n")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0  # ended while we looked, or runs as another user after setuid
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(fields))


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _hangs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return stream.read().rpartition(b")")[2].split()[0] in (b"D", b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return True
