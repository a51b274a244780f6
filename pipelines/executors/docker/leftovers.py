"""Containers that nobody watches any more, and how they go.

Each container carries two labels: the directory that its worker works in, by an id which is kept in
there, and the worker's own part of it, which the worker holds a lock on for as long as it lives.
"""

import contextlib
import fcntl
import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from .daemon import Daemon, Missing, Refused, Unreachable

logger = logging.getLogger(__name__)

LABEL_WORKDIR = "penstock.workdir"
LABEL_OWNER = "penstock.owner"
_ID_FILE = ".id"
_LOCK = ".lock"
_EVERY_SECONDS = 30.0


class Leftovers:
    """Of dead workers that had the same `workdir`, and those of our own that did not go."""

    def __init__(self, daemon: Daemon, workdir: Path, owner: str) -> None:
        self._daemon = daemon
        self._workdir = workdir
        self._owner = owner
        self._id = _id_of(workdir)
        self._own: set[str] = set()
        self._swept_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def labels(self) -> Mapping[str, str]:
        """For every container of this worker."""
        return {LABEL_WORKDIR: self._id, LABEL_OWNER: self._owner}

    def add(self, container: str) -> None:
        """One of our own that could not be removed."""
        with self._lock:
            self._own.add(container)

    def sweep(self, *, at_once: bool = False) -> None:
        """Remove what is left over. Quick, and of no effect when that was done a moment ago."""
        with self._lock:
            now = time.monotonic()
            if now - self._swept_at < _EVERY_SECONDS and not at_once:
                return
            self._swept_at = now
            own = set(self._own)
        try:
            found = self._daemon.ask(
                "containers", all=True, filters={"label": f"{LABEL_WORKDIR}={self._id}"}
            )
            for container in found:
                owner = container["Labels"].get(LABEL_OWNER, "")
                if container["Id"] in own or self._is_dead(owner):
                    self._remove(container["Id"], owner)
        except (Unreachable, Refused) as error:
            logger.warning("Containers that were left over cannot be looked for now: %s", error)

    def _remove(self, container: str, owner: str) -> None:
        logger.warning("Removing container %s, which %s left behind", container[:12], owner)
        with contextlib.suppress(Missing):
            self._daemon.ask("remove_container", container, force=True, v=True)
        with self._lock:
            self._own.discard(container)

    def _is_dead(self, owner: str) -> bool:
        """Whether nobody holds the lock on a worker's part of the directory."""
        if owner == self._owner or not owner or "/" in owner:
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
