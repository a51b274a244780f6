"""Disks that can be filled: small ones of our own, where the kernel lets us mount them.

Without that right something else stands in for each, so that writes fail in the same places.
"""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from pipelines.executors.forkserver import linux

_BALLAST = ".ballast"


def private_mounts() -> bool:
    """Let this process and its children mount things that nobody else sees, and that end with them.

    Call it while there is one thread. False where neither root nor a user namespace allows it.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        if user == 0:
            linux.unshare(linux.CLONE_NEWNS)
        else:
            linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    except OSError:
        return False
    return True


class Disk:
    """A file system in memory, mounted on a directory."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        path.mkdir(parents=True)
        linux.mount("none", str(path), "tmpfs", 0, f"size={size},mode=755")

    def fill(self) -> None:
        with (self.path / _BALLAST).open("wb", buffering=0) as file:
            for piece in (1024 * 1024, 4096):
                try:
                    while file.write(bytes(piece)) == piece:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.path / _BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)


class Absent:
    """Stands in for a disk of artifacts: for a while there is no directory to write to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._away = path.with_name(f"{path.name}.away")
        path.mkdir(parents=True)

    def fill(self) -> None:
        self.path.rename(self._away)
        self.path.touch()

    def free(self) -> None:
        self.path.unlink()
        self._away.rename(self.path)

    def close(self) -> None:
        """Nothing is mounted."""


class Limited:
    """Stands in for a disk of the database: its writers may not write to files for a while."""

    def __init__(self, path: Path, writers: Callable[[], Iterable[int]]) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._writers = writers
        self._limits: dict[int, str] = {}

    def fill(self) -> None:
        for pid in self._writers():
            if limits := _read(f"/proc/{pid}/limits"):
                (line,) = (each for each in limits.splitlines() if each.startswith(_FILE_SIZE))
                self._limits[pid] = line.removeprefix(_FILE_SIZE).split()[0]
                _limit(pid, "0")

    def free(self) -> None:
        for pid, was in self._limits.items():
            _limit(pid, was)
        self._limits.clear()

    def close(self) -> None:
        """Nothing is mounted."""


_FILE_SIZE = "Max file size"


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _limit(pid: int, size: str) -> None:
    """As the process's own user, who may always do so. One that has ended needs no limit."""
    with contextlib.suppress(FileNotFoundError):
        user = Path(f"/proc/{pid}").stat().st_uid
        command = ["prlimit", f"--fsize={size}:", f"--pid={pid}"]
        subprocess.run(command, user=user, stderr=subprocess.DEVNULL, check=False)
