"""Whose containers are whose, so that those of a worker that died can be told from the others.

Two labels say it: the directory that a worker works in, by an id which is kept in there, and the
worker's own part of it, which the worker holds a lock on for as long as it lives.
"""

import contextlib
import fcntl
import os
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

_ID_FILE = ".id"
_LOCK = ".lock"
#: How often one may look for what is left over.
_EVERY_SECONDS = 30.0


class Owner:
    """One worker's executor: `name` is its part of `workdir`."""

    def __init__(self, workdir: Path, name: str) -> None:
        self._workdir = workdir
        self.name = name
        self.workdir_id = _id_of(workdir)
        self._own: set[str] = set()
        self._swept_at = float("-inf")
        self._lock = threading.Lock()

    def remember(self, left_over: str) -> None:
        """Something of our own that could not be removed, and is to be removed later."""
        with self._lock:
            self._own.add(left_over)

    def forget(self, left_over: str) -> None:
        with self._lock:
            self._own.discard(left_over)

    def may_sweep(self, *, at_once: bool) -> bool:
        """Whether it is time to look for what is left over; the time counts from the last yes."""
        with self._lock:
            now = time.monotonic()
            if now - self._swept_at < _EVERY_SECONDS and not at_once:
                return False
            self._swept_at = now
            return True

    def is_left_over(self, what: str, owner: str) -> bool:
        """Whether nobody watches `what`, which carries the label of `owner`."""
        with self._lock:
            if what in self._own:
                return True
        return owner != self.name and self._is_dead(owner)

    def _is_dead(self, owner: str) -> bool:
        """Whether nobody holds the lock on a worker's part of the directory."""
        if not owner or "/" in owner:
            return False
        try:
            lock = os.open(self._workdir / owner / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True

    @property
    def labels(self) -> Mapping[str, str]:
        """By their last parts; each executor puts its own prefix before them."""
        return {"workdir": self.workdir_id, "owner": self.name}


def _id_of(workdir: Path) -> str:
    """The directory's id, made by whoever comes first: the same path is another on another host."""
    file = workdir / _ID_FILE
    if not file.exists():
        new = workdir / f"{_ID_FILE}-{uuid.uuid4().hex}"
        new.write_text(uuid.uuid4().hex)
        with contextlib.suppress(FileExistsError):
            os.link(new, file)  # whole, or somebody else's
        new.unlink()
    return file.read_text()
