"""Bytes by their SHA-256, in whatever object storage django-storages is set to."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.utils import timezone

from . import usage
from .models import Artifact

#: What was stored within this time counts as just stored.
_FRESH = timedelta(hours=1)
_CHUNK = 1024 * 1024
#: How many questions a storage across the network is asked at the same time.
_AT_ONCE = 16
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: A cached copy that was asked for within this time is never thrown away: a step may be reading it.
_CACHE_KEEP_SECONDS = 24 * 3600


class ArtifactMissing(FileNotFoundError):
    """The storage does not hold the bytes that a row or a reference names."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"The storage holds no artifact {digest[:12]}…. It was removed from the storage, or "
            "STORAGE_URL points to another one than when the artifact was made."
        )


@dataclass(frozen=True)
class Stored:
    """Bytes that are in the storage: their SHA-256 in hex, and how many they are."""

    digest: str
    size: int


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def key(digest: str) -> str:
    """Where the storage keeps the bytes: `sha256/ab/abcd…`. Raises ValueError for no digest."""
    if not is_digest(digest):
        raise ValueError(f"`{digest[:80]}` is not a SHA-256 digest in lower-case hex")
    return f"sha256/{digest[:2]}/{digest}"


def digest_of(content: bytes) -> str:
    """The SHA-256 in hex under which these bytes would be stored."""
    return hashlib.sha256(content).hexdigest()


def digest_of_file(path: Path) -> str:
    """The SHA-256 in hex of a file's bytes."""
    with path.open("rb") as source:
        return _hash(source).digest


def upload(path: Path) -> Stored:
    """Put a file into the storage under its hash. Bytes that are there already are kept as is."""
    folder = _local_folder()
    return _copy_in(path, folder) if folder is not None else _send(path)


def record(
    team_id: Any,
    stored: Stored,
    *,
    type: str,
    name: str = "",
    media_type: str = "",
    facts: dict[str, Any] | None = None,
    user: Any = None,
) -> Artifact:
    """Make stored bytes known to a team.

    Bytes that the team knows already keep their row; what was known only as a plain `file` takes
    the more telling type and facts.
    """
    told = {"type": type, "media_type": media_type[:120], "facts": facts or {}}
    with transaction.atomic():
        artifact, created = Artifact.objects.get_or_create(
            team_id=team_id,
            digest=stored.digest,
            defaults={**told, "name": name[:255], "size": stored.size, "created_by": user},
        )
        if created:
            usage.add(team_id, stored.size)
            return artifact
        changed: dict[str, Any] = {}
        if artifact.type == "file" and type != "file":
            changed = dict(told)
        if artifact.unused_since or timezone.now() - artifact.stored_at > _FRESH:
            # The clean-up looks at it again before it deletes: what is wanted anew stays.
            changed |= {"stored_at": timezone.now(), "unused_since": None}
        if changed:
            for field, value in changed.items():
                setattr(artifact, field, value)
            if not Artifact.objects.filter(pk=artifact.pk).update(**changed):
                artifact.pk = None  # it was cleaned up this very moment
                artifact.save(force_insert=True)
                usage.add(team_id, stored.size)
    return artifact


def reference(
    artifact: Artifact, *, type: str | None = None, name: str | None = None
) -> dict[str, Any]:
    """How an artifact stands in a node's outputs; `type` and `name` say how that port calls it."""
    return {
        "artifact": artifact.digest,
        "type": type or artifact.type,
        "size": artifact.size,
        "name": artifact.name if name is None else name,
    }


def local_path(digest: str) -> Path:
    """A file on this machine with the bytes: the stored file itself, else a copy in the cache.

    Raises ArtifactMissing. The file must not be written to.
    """
    folder = _local_folder()
    if folder is not None:
        path = folder / key(digest)
        if not path.is_file():
            raise ArtifactMissing(digest)
        return path
    return _cached(digest)


def open(digest: str) -> IO[bytes]:
    """The bytes as a stream. Raises ArtifactMissing."""
    try:
        stream: IO[bytes] = default_storage.open(key(digest), "rb")
    except FileNotFoundError as error:
        raise ArtifactMissing(digest) from error
    return stream


def missing(digests: Iterable[str]) -> set[str]:
    """Those of which the storage does not hold the bytes."""
    wanted = sorted(set(digests))
    folder = _local_folder()
    if folder is not None:
        return {digest for digest in wanted if not (folder / key(digest)).is_file()}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="penstock-store") as pool:
        there = pool.map(lambda digest: default_storage.exists(key(digest)), wanted)
        return {digest for digest, exists in zip(wanted, there, strict=True) if not exists}


def discard(digest: str) -> None:
    """Take the bytes out of the storage. For whoever knows that nobody needs them."""
    default_storage.delete(key(digest))


def _local_folder() -> Path | None:
    if isinstance(default_storage, FileSystemStorage):
        return Path(default_storage.location)
    return None


def _copy_in(path: Path, folder: Path) -> Stored:
    """Hash while copying, then rename: readers see the whole file or none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(descriptor, "wb") as target, path.open("rb") as source:
            stored = _hash(source, target)
        final = folder / key(stored.digest)
        if final.is_file() and final.stat().st_size == stored.size and _renewed(final):
            return stored
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(temporary, 0o600)
        os.replace(temporary, final)
        return stored
    finally:
        Path(temporary).unlink(missing_ok=True)


def _send(path: Path) -> Stored:
    with path.open("rb") as source:
        stored = _hash(source)
    name = key(stored.digest)
    if not default_storage.exists(name) or _is_old(name):
        with path.open("rb") as source:
            default_storage.save(name, File(source))
    return stored


def _renewed(path: Path) -> bool:
    """Tell the sweep of orphans that somebody has just stored the bytes of this file again; False
    when it was quicker.
    """
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _is_old(name: str) -> bool:
    """Whether the sweep of orphans could take an object soon, which has to be sent anew then."""
    age = timezone.now() - default_storage.get_modified_time(name)
    return age.total_seconds() > settings.PENSTOCK_ORPHAN_GRACE_SECONDS / 2


def _hash(source: IO[bytes], target: IO[bytes] | None = None) -> Stored:
    hasher, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        hasher.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return Stored(hasher.hexdigest(), size)


def _cached(digest: str) -> Path:
    folder = Path(settings.HOME) / "cache" / "artifacts"
    path = folder / key(digest)
    try:
        os.utime(path)
        return path
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(descriptor, "wb") as target, open(digest) as source:
            stored = _hash(source, target)
        if stored.digest != digest:
            raise ArtifactMissing(digest)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    _prune(folder, settings.PENSTOCK_CACHE_BYTES)
    return path


def _prune(folder: Path, limit: int) -> None:
    """Throw away the copies that were not asked for the longest, until the cache fits its limit."""
    files = []
    for path in folder.glob("sha256/*/*"):
        try:
            files.append((path.stat().st_mtime, path.stat().st_size, path))
        except FileNotFoundError:
            continue
    total = sum(size for _, size, _ in files)
    for used, size, path in sorted(files):
        if total <= limit or time.time() - used < _CACHE_KEEP_SECONDS:
            return
        path.unlink(missing_ok=True)
        total -= size
