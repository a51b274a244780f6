"""Files in the storage that no artifact names: what a crash or a clean-up of rows has left.

A file is only taken once it is older than the grace period. Whoever stores bytes that are there
already makes their file young again (`store.upload`), so that what is wanted now is never taken.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from . import store
from .models import Artifact

_BATCH = 500


@dataclass(frozen=True)
class Swept:
    files: int = 0
    bytes: int = 0


def sweep(now: float) -> Iterator[Swept]:
    """Remove what nobody names, a folder at a time. `now` is in seconds since 1970."""
    oldest = now - settings.PENSTOCK_ORPHAN_GRACE_SECONDS
    if isinstance(default_storage, FileSystemStorage):
        yield _half_written(Path(default_storage.location), oldest)
    for folder in sorted(_names("sha256", folders=True)):
        names = [name for name in _names(f"sha256/{folder}") if store.is_digest(name[:64])]
        for start in range(0, len(names), _BATCH):
            yield _sweep(names[start : start + _BATCH], oldest)


def _sweep(names: list[str], oldest: float) -> Swept:
    digests = {name[:64] for name in names}
    known = set(Artifact.objects.filter(digest__in=digests).values_list("digest", flat=True))
    files, size = 0, 0
    for name in sorted(digests - known):
        removed = _remove_local(name, oldest) if _is_local() else _remove_remote(name, oldest)
        if removed is not None:
            files, size = files + 1, size + removed
    return Swept(files, size)


def _remove_local(digest: str, oldest: float) -> int | None:
    """The size of what was removed; None when it stays.

    It is put aside first and looked at again: who stored it at this very moment gets it back.
    """
    path = Path(default_storage.path(store.key(digest)))
    aside = path.with_name(f"{digest}.going")
    try:
        if path.stat().st_mtime > oldest:
            return None
        os.replace(path, aside)
    except FileNotFoundError:
        if not aside.is_file():
            return None  # else a sweep broke off between the two steps
    found = aside.stat()
    if found.st_mtime > oldest or Artifact.objects.filter(digest=digest).exists():
        os.replace(aside, path)
        return None
    aside.unlink()
    return found.st_size


def _remove_remote(digest: str, oldest: float) -> int | None:
    name = store.key(digest)
    if default_storage.get_modified_time(name).timestamp() > oldest:
        return None
    size: int = default_storage.size(name)
    store.discard(digest)
    return size


def _half_written(folder: Path, oldest: float) -> Swept:
    files, size = 0, 0
    for path in folder.glob(".incoming-*"):
        try:
            found = path.stat()
            if found.st_mtime <= oldest:
                path.unlink()
                files, size = files + 1, size + found.st_size
        except FileNotFoundError:
            continue
    return Swept(files, size)


def _names(folder: str, *, folders: bool = False) -> list[str]:
    try:
        found, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return list(found if folders else files)


def _is_local() -> bool:
    return isinstance(default_storage, FileSystemStorage)
