"""Control groups: the kernel itself keeps a step's limits of memory and processor time.

Steps that have such a limit get a group of their own, where we may make one: in version 2 beside the
worker's own group, as a group with processes cannot have others below it; in version 1 below it.
Elsewhere the shepherd looks at the memory again and again, and `cpu` only counts when nodes are chosen.
"""

import contextlib
import os
import time
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_PERIOD = 100_000
_GONE_SECONDS = 1.0

#: By version: the files of the limits, of what was used at most, and of what the kernel killed.
_MEMORY = {1: "memory.limit_in_bytes", 2: "memory.max"}
_SWAP = {1: "memory.memsw.limit_in_bytes", 2: "memory.swap.max"}
_PEAK = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}
_EVENTS = {1: "memory.oom_control", 2: "memory.events"}


class Groups:
    """Where groups can be made, by controller, and in which version; found by trying."""

    def __init__(self) -> None:
        self.version = 2 if (_ROOT / "cgroup.controllers").exists() else 1
        self.places: dict[str, Path] = {}
        for controller, file in (("memory", _MEMORY[self.version]), ("cpu", self._quota)):
            place = self._place(controller)
            if place is not None and _may_make(place, file):
                self.places[controller] = place
                _remove_those_of_the_dead(place)

    @property
    def _quota(self) -> str:
        return "cpu.max" if self.version == 2 else "cpu.cfs_quota_us"

    def _place(self, controller: str) -> Path | None:
        for line in _OWN.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if self.version == 2 and not controllers and path != "/":
                return _ROOT / path.strip("/") / ".."
            if self.version == 1 and controller in controllers.split(","):
                return _ROOT / controller / path.strip("/")
        return None

    def make(self, name: str, memory: int | None, cpu: float | None) -> "Group | None":
        """A group with these limits; None where nothing is to be limited, or can be.

        Raises OSError when the kernel refuses.
        """
        wanted = {"memory": memory, "cpu": cpu}
        paths = {
            controller: place / name
            for controller, place in self.places.items()
            if wanted[controller] is not None
        }
        if not paths:
            return None
        group = Group(self.version, list(dict.fromkeys(path.resolve() for path in paths.values())))
        try:
            if memory is not None and "memory" in paths:
                group.limit_memory(paths["memory"], memory)
            if cpu is not None and "cpu" in paths:
                self._limit_cpu(paths["cpu"], cpu)
        except OSError:
            group.remove()
            raise
        return group

    def _limit_cpu(self, path: Path, cpu: float) -> None:
        quota = max(1000, round(cpu * _PERIOD))
        if self.version == 2:
            (path / "cpu.max").write_text(f"{quota} {_PERIOD}")
        else:
            (path / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (path / "cpu.cfs_quota_us").write_text(str(quota))


class Group:
    """One step's group, which may be a directory for each controller."""

    def __init__(self, version: int, paths: list[Path]) -> None:
        self._version = version
        self._paths = paths
        self._memory: Path | None = None
        for path in paths:
            path.mkdir()

    def limit_memory(self, path: Path, limit: int) -> None:
        self._memory = path
        (path / _MEMORY[self._version]).write_text(str(limit))
        with contextlib.suppress(OSError):  # a kernel that does not count swap
            (path / _SWAP[self._version]).write_text(str(limit if self._version == 1 else 0))

    def add(self, pid: int) -> None:
        """All that this process starts from here on belongs to the group as well."""
        for path in self._paths:
            (path / "cgroup.procs").write_text(str(pid))

    def peak(self) -> int:
        """The most memory that it has used, in bytes; 0 where that is not known."""
        return _number(self._memory, _PEAK[self._version])

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of it because of its limit."""
        return _number(self._memory, _EVENTS[self._version], "oom_kill") > 0

    def remove(self) -> None:
        """When all its processes are gone, which the kernel notices a moment later."""
        deadline = time.monotonic() + _GONE_SECONDS
        for path in self._paths:
            while True:
                try:
                    path.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        break  # an empty group costs nothing, and the next boot removes it
                    time.sleep(0.002)
                else:
                    break


def _may_make(place: Path, file: str) -> bool:
    probe = place / f"penstock-probe-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    try:
        return os.access(probe / file, os.W_OK)
    finally:
        probe.rmdir()


def _remove_those_of_the_dead(place: Path) -> None:
    """Groups are named after their worker's directory of steps, and that after the worker."""
    for group in place.glob("penstock-steps-*"):
        worker = group.name.split("-")[2]
        if not os.path.exists(f"/proc/{worker}"):
            with contextlib.suppress(OSError):
                group.rmdir()


def _number(place: Path | None, file: str, field: str = "") -> int:
    """The number in a file, or after a word in it."""
    if place is None:
        return 0
    try:
        for line in (place / file).read_text().splitlines():
            words = line.split()
            if not field or words[0] == field:
                return int(words[-1])
    except (OSError, ValueError, IndexError):
        pass  # a kernel that does not tell
    return 0
