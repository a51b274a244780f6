"""Writing a backup, while everything goes on."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections, transaction

from pipelines import __version__
from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.teams import audit

from . import keys, tables
from .archive import Manifest, Writer

Say = Callable[[str], None]
_ALIAS = "default"
_EVERY = 1000


@dataclass(frozen=True)
class Written:
    """What is in the file. `missing` are artifacts of which the store has no or other bytes."""

    rows: int
    artifacts: int
    bytes: int
    missing: list[str]


def write(
    path: Path, *, with_artifacts: bool = True, with_keys: bool = True, say: Say = lambda line: None
) -> Written:
    """Back everything up into a new file that only its owner may read.

    The rows are all of one moment. Files are read after them: what an artifact holds never changes.
    Raises FileExistsError, and leaves nothing behind when it fails.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already; choose another name, or move it away")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as stream, _one_moment() as using:
            written = _write(Writer(stream), using, with_artifacts, with_keys, say)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
    audit.record(
        "penstock.backup",
        team=None,
        user=None,
        name=path.name,
        after={"rows": written.rows, "artifacts": written.artifacts, "keys": with_keys},
    )
    return Written(written.rows, written.artifacts, path.stat().st_size, written.missing)


def _write(archive: Writer, using: str, with_artifacts: bool, with_keys: bool, say: Say) -> Written:
    counts = {tables.label(each): tables.count(each, using) for each in tables.everything()}
    found = keys.read() if with_keys else {}
    archive.manifest(
        Manifest(
            penstock=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            database=connections[using].vendor,
            migrations=tables.migrations(using),
            tables=counts,
            artifacts=with_artifacts,
            keys=sorted(found),
        )
    )
    for name, content in sorted(found.items()):
        archive.key(name, content)
    for table in tables.everything():
        if rows := archive.table(tables.label(table), tables.lines(table, using)):
            say(f"{tables.label(table):32} {rows:>12,} rows")
    kept, missing = 0, []
    if with_artifacts:
        for digest, size in _artifacts(using):
            if _add(archive, digest, size):
                kept += 1
            else:
                missing.append(digest)
            if (kept + len(missing)) % _EVERY == 0:
                say(f"{'artifacts':32} {kept:>12,} files so far")
        say(f"{'artifacts':32} {kept:>12,} files")
    archive.end(missing)
    return Written(sum(counts.values()), kept, 0, missing)


def _artifacts(using: str) -> Iterator[tuple[str, int]]:
    """Each digest once; several teams may know it."""
    rows = Artifact.objects.using(using).order_by("digest").values_list("digest", "size")
    before = ""
    for digest, size in rows.iterator(chunk_size=1000):
        if digest != before:
            yield digest, size
        before = digest


def _add(archive: Writer, digest: str, size: int) -> bool:
    try:
        with store.open(digest) as content:
            return archive.artifact(digest, size, content)
    except store.ArtifactMissing:
        return False


@contextmanager
def _one_moment() -> Iterator[str]:
    """Another connection in the place of this thread's own, whose one transaction sees the database
    as it is now. It takes no lock that a writer would wait for.
    """
    own = connections[_ALIAS]
    options = dict(own.settings_dict["OPTIONS"])
    if own.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    made = connections.create_connection(_ALIAS)
    made.settings_dict = {**own.settings_dict, "OPTIONS": options}
    connections[_ALIAS] = made
    try:
        with transaction.atomic():
            if own.vendor == "postgresql":
                with made.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield _ALIAS
    finally:
        made.close()
        connections[_ALIAS] = own
