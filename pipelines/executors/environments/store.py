"""The environments on this machine's disk, shared by all its workers.

    <root>/<digest>/            an environment, complete
    <root>/.building-<digest>/  one that is being made, or was when its worker was killed
    <root>/locks/<digest>       locked exclusively to build or remove, shared to use
    <root>/cache/               uv's, cleared when the disk gets tight

The kernel lets go of the locks when a process dies, however it dies.
"""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .locks import Lock
from .uv import Log, Stopped, Uv

logger = logging.getLogger(__name__)

_BUILDING, _REMOVING, _RESOLVING = ".building-", ".removing-", ".resolving-"
_CACHE = "cache"
_LOOK_SECONDS = 0.2
_ABANDONED_SECONDS = 24 * 3600


class NotBuilt(Exception):
    """The environment is not on this machine, or is being built or removed at the moment."""


class Hold:
    """An environment in use: nobody removes it before `release`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    def release(self) -> None:
        """Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class EnvironmentStore:
    """`max_bytes` is what all environments and uv's cache may take; those in use stay regardless."""

    def __init__(self, root: Path, *, max_bytes: float, uv: Uv | None = None) -> None:
        self.root = root.absolute()
        self._max_bytes = max_bytes
        self._locks = self.root / "locks"
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An empty configuration here keeps uv from reading those of directories above.
        (self.root / "uv.toml").touch()
        self.uv = uv or Uv(self.root)
        self._sweep()

    def path(self, digest: str) -> Path:
        return self.root / digest

    def is_built(self, digest: str) -> bool:
        """False also for one whose base Python is gone since, after an upgrade say."""
        return (self.path(digest) / "bin" / "python").exists()

    def hold(self, digest: str) -> Hold:
        """Keep an environment from being removed. Raises NotBuilt."""
        descriptor = self._try_lock(digest, fcntl.LOCK_SH)
        if descriptor is None:
            raise NotBuilt(digest)
        if not self.is_built(digest):
            os.close(descriptor)
            raise NotBuilt(digest)
        os.utime(self.path(digest))  # the least recently used goes first
        return Hold(self.path(digest), descriptor)

    def lock(self, requirements: Sequence[str], log: Log) -> Lock:
        """Choose versions. Slow. Raises BuildFailed, Stopped."""
        with self._using_cache():
            return self.uv.lock(requirements, log)

    def build(self, lock: Lock, log: Log) -> None:
        """Make the environment, unless it is there; wait for another process that makes it.

        Slow. Raises BuildFailed, Stopped.
        """
        digest = lock.digest
        with self._locked(digest, log):
            if self.is_built(digest):
                return
            partial = self.root / f"{_BUILDING}{digest}"
            _remove(partial)
            try:
                with self._using_cache():
                    self.uv.install(lock, partial, log)
                _remove(self.path(digest))
                partial.rename(self.path(digest))
            finally:
                _remove(partial)
        self.make_room(keep=digest)

    def make_room(self, keep: str = "") -> list[str]:
        """Clear uv's cache, then remove what was used the longest ago, until the rest is small enough.

        Returns the digests that were removed.
        """
        removed: list[str] = []
        if self._size() <= self._max_bytes:
            return removed
        self._clear_cache()
        for digest in self._by_last_use():
            if self._size() <= self._max_bytes:
                break
            if digest != keep and self._remove_unused(digest):
                logger.info("the environment %s was removed to make room", digest)
                removed.append(digest)
        return removed

    def _by_last_use(self) -> list[str]:
        found = []
        for path in self.root.iterdir():
            if len(path.name) == 64 and path.is_dir():
                try:
                    found.append((path.stat().st_mtime_ns, path.name))
                except FileNotFoundError:
                    continue  # another worker has just removed it
        return [digest for _, digest in sorted(found)]

    def _remove_unused(self, digest: str) -> bool:
        descriptor = self._try_lock(digest, fcntl.LOCK_EX)
        if descriptor is None:
            return False
        try:
            away = self.root / f"{_REMOVING}{digest}"
            _remove(away)
            self.path(digest).rename(away)
            _remove(away)
        except FileNotFoundError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _size(self) -> int:
        """Bytes on disk, each file once however many environments share it."""
        seen: set[tuple[int, int]] = set()
        total = 0
        for directory, _, names in os.walk(self.root):
            for name in names:
                try:
                    status = os.lstat(os.path.join(directory, name))
                except FileNotFoundError:
                    continue
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    total += status.st_blocks * 512
        return total

    def _clear_cache(self) -> None:
        if self.uv.cache is None:
            return
        descriptor = self._try_lock(_CACHE, fcntl.LOCK_EX)
        if descriptor is None:
            return  # a build needs it now; the next one makes room again
        try:
            _remove(self.uv.cache)
        finally:
            os.close(descriptor)

    @contextmanager
    def _using_cache(self) -> Iterator[None]:
        with self._locked(_CACHE, lambda text: None, fcntl.LOCK_SH):
            yield

    @contextmanager
    def _locked(self, name: str, log: Log, how: int = fcntl.LOCK_EX) -> Iterator[None]:
        """Wait for a lock, unless the worker ends meanwhile. Raises Stopped."""
        told = False
        while (descriptor := self._try_lock(name, how)) is None:
            if self.uv.stopped:
                raise Stopped
            if not told:
                log("Another worker of this machine is at it; waiting …\n")
                told = True
            time.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            os.close(descriptor)

    def _try_lock(self, name: str, how: int) -> int | None:
        descriptor = os.open(self._locks / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _sweep(self) -> None:
        """Remove what workers that were killed left half done."""
        for prefix in (_BUILDING, _REMOVING):
            for path in self._hidden(prefix):
                descriptor = self._try_lock(path.name.removeprefix(prefix), fcntl.LOCK_EX)
                if descriptor is not None:
                    _remove(path)
                    os.close(descriptor)
        for path in self._hidden(_RESOLVING):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                _remove(path)

    def _hidden(self, prefix: str) -> list[Path]:
        return list(self.root.glob(f"{prefix}*"))


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
