"""How the steps of one executor are kept apart: what they see, and whose they are."""

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..forkserver.isolation import Wanted


class StepUsers:
    """User ids for steps. They need no entry in /etc/passwd.

    The first is for all steps that have namespaces of their own; each of the others is taken by one
    step of this machine at a time. That is done by binding an abstract socket of its name, which the
    kernel ends with the worker. The group, of the first's number, is the same for all: it owns what
    steps have in common, the directories `shared`.
    """

    def __init__(self, first: int, last: int, shared: Sequence[Path] = ()) -> None:
        self.first, self.last = first, last
        self.group = first
        self._shared = shared
        self._next = first + 1
        self._free: list[int] = []
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def take(self) -> int:
        """Raises OSError when all are in use."""
        with self._lock:
            if self._free:
                return self._free.pop()
            while self._next <= self.last:
                user = self._next
                self._next += 1
                held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                try:
                    held.bind(f"\0penstock-step-user-{user}")
                except OSError:
                    held.close()  # another worker's
                    continue
                self._sockets.append(held)
                return user
        raise OSError(
            f"all user ids for steps, {self.first} to {self.last}, are in use; give more with "
            "PENSTOCK_STEP_USERS"
        )

    def give_back(self, user: int) -> None:
        """When nothing of the step is left, its files included."""
        with self._lock:
            self._free.append(user)

    def share_what_is_left_by(self, user: int) -> None:
        """Let the other steps write to what this one made in the shared directories.

        Programs choose the mode of their files: SQLite's are for the owner to write to, and no
        other.
        """
        for place in self._shared:
            for directory, names, files in os.walk(place):
                for name in (*names, *files):
                    path = os.path.join(directory, name)
                    with contextlib.suppress(FileNotFoundError):
                        found = os.lstat(path)
                        if found.st_uid == user and not stat.S_ISLNK(found.st_mode):
                            os.chown(path, 0, self.group)
                            os.chmod(path, stat.S_IMODE(found.st_mode) | 0o660)

    def close(self) -> None:
        for held in self._sockets:
            with contextlib.suppress(OSError):
                held.close()


@dataclass(frozen=True)
class Separation:
    """`covered` is hidden from steps but for what is `shown` and their own place below `steps`.

    Where the machine allows it each step is one of `users`.
    """

    wanted: Wanted
    steps: Path
    covered: Path
    shown: Sequence[Path] = field(default=())
    users: StepUsers | None = None

    def as_options(self) -> dict[str, object]:
        """For the fork server."""
        return {
            "steps": str(self.steps),
            "covered": str(self.covered),
            "shown": [str(path) for path in self.shown],
            "user": self.users.first if self.users else None,
            "group": self.users.group if self.users else None,
        }
