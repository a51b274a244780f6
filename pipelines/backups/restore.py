"""Reading a backup into an empty Penstock: all of it, or nothing."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, connection, models, transaction

from pipelines import __version__
from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.teams import audit, chain

from . import keys, tables
from .archive import ARTIFACT, KEY, PART, BadArchive, Manifest, Member, Reader

Say = Callable[[str], None]
_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 8 * 1024 * 1024
_EVERY = 1000


class CannotRestore(RuntimeError):
    """Nothing was written; says why, and what to do."""


@dataclass
class Restored:
    """What came of it. `missing` are artifacts that are in no store; `warnings` are for people."""

    rows: int = 0
    artifacts: int = 0
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read(path: Path, *, say: Say = lambda line: None) -> Restored:
    """Restore into the database and the store of the settings, whose tables must be there, empty.

    Raises CannotRestore and BadArchive; then the database is as it was, and so is the store.
    """
    with path.open("rb") as stream:
        reader = Reader(stream)
        manifest = reader.manifest()
        _check_schema(manifest)
        _check_empty()
        work = _Restore(reader, manifest, say)
        try:
            with transaction.atomic():
                done = work.run()
        except BaseException:
            work.undo()
            raise
        work.put_keys()
    return done


def _check_schema(manifest: Manifest) -> None:
    here = set(tables.migrations())
    newer, older = set(manifest.migrations) - here, here - set(manifest.migrations)
    if not newer and not older:
        return
    what = f"has {', '.join(sorted(newer))}" if newer else f"lacks {', '.join(sorted(older))}"
    raise CannotRestore(
        f"The backup is of Penstock {manifest.penstock}, with another schema than this {__version__}: "
        f"it {what}. Restore it with the release that made it, then upgrade that."
    )


def _check_empty() -> None:
    found = [
        f"{rows:,} in {tables.label(table)}"
        for table in tables.everything()
        if tables.label(table) not in tables.MADE_BY_MIGRATE
        and (rows := tables.count(table, "default"))
    ]
    if found:
        raise CannotRestore(
            f"This Penstock is not empty: there are rows ({', '.join(found[:6])}"
            f"{', …' if len(found) > 6 else ''}). Restore into a new one: choose another "
            "PENSTOCK_HOME, and another DATABASE_URL if you set one."
        )


class _Restore:
    def __init__(self, reader: Reader, manifest: Manifest, say: Say) -> None:
        self._reader, self._manifest, self._say = reader, manifest, say
        self._tables = {tables.label(table): table for table in tables.everything()}
        if unknown := manifest.tables.keys() - self._tables.keys():
            raise BadArchive(f"it has tables that this Penstock has not: {', '.join(unknown)}")
        self._rows = dict.fromkeys(self._tables, 0)
        self._keys: dict[str, str] = {}
        self._stored: list[str] = []
        self._sizes: dict[str, int] | None = None
        self.done = Restored()

    def run(self) -> Restored:
        """Read every member, then check that it was all."""
        for label in sorted(tables.MADE_BY_MIGRATE, reverse=True):
            self._tables[label]._base_manager.all().delete()
        for member in self._reader.members():
            if found := KEY.fullmatch(member.name):
                self._key(found[1], member)
            elif found := PART.fullmatch(member.name):
                self._part(found[1], member)
            elif found := ARTIFACT.fullmatch(member.name):
                self._artifact(found[1], member)
            else:
                raise BadArchive(f"`{member.name}` is not where it belongs")
        self._check()
        self._finish()
        return self.done

    def undo(self) -> None:
        """Take out of the store what was put there; the database forgets by itself."""
        for digest in self._stored:
            store.discard(digest)

    def put_keys(self) -> None:
        for name, content in self._keys.items():
            keys.write(name, content)
        for variable in keys.differing(self._keys):
            self.done.warnings.append(
                f"{variable} is set here, and is not what the backup has: set it to the content of "
                "the file in the data directory, or unset it."
            )

    def _key(self, name: str, member: Member) -> None:
        if name not in keys.KEYS or name not in self._manifest.keys or name in self._keys:
            raise BadArchive(f"it holds a key `{name}` that Penstock does not have")
        try:
            self._keys[name] = member.small().decode().strip()
        except UnicodeDecodeError as error:
            raise BadArchive(f"the key `{name}` is no text") from error

    def _part(self, label: str, member: Member) -> None:
        table = self._tables.get(label)
        if table is None:
            raise BadArchive(f"it has a table `{label}` that this Penstock has not")
        rows: list[models.Model] = []
        size = 0
        for line in member.lines(tables.LONGEST_ROW):
            try:
                rows.append(tables.row(table, line))
            except tables.BadRow as error:
                raise BadArchive(f"`{member.name}`: {error}") from error
            size += len(line)
            if len(rows) >= _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE:
                self._insert(label, rows)
                rows, size = [], 0
        self._insert(label, rows)

    def _insert(self, label: str, rows: list[models.Model]) -> None:
        before = self._rows[label]
        self._rows[label] += len(rows)
        if self._rows[label] > self._manifest.tables.get(label, 0):
            raise BadArchive(f"it has more rows of `{label}` than it says")
        if not rows:
            return
        try:
            tables.insert(self._tables[label], rows, "default")
        except DatabaseError as error:
            raise CannotRestore(
                f"The database did not take the rows {before + 1:,} to {self._rows[label]:,} of "
                f"`{label}`: {error}"
            ) from error
        self.done.rows += len(rows)
        if self._rows[label] == self._manifest.tables[label]:
            self._say(f"{label:32} {self._rows[label]:>12,} rows")

    def _artifact(self, digest: str, member: Member) -> None:
        """Only what a row names, with the size that it says, and with the bytes that it says."""
        if Artifact.objects.filter(digest=digest, size=member.size).first() is None:
            raise BadArchive(f"no row has the artifact {digest} with {member.size:,} bytes")
        was_there = not store.missing([digest])
        with tempfile.NamedTemporaryFile(prefix="penstock-restore-") as copy:
            while chunk := member.stream.read(1024 * 1024):
                copy.write(chunk)
            copy.flush()
            if store.digest_of_file(Path(copy.name)) != digest:
                raise BadArchive(f"the artifact {digest} does not hold what its name says")
            if not was_there:
                self._stored.append(digest)
            store.upload(Path(copy.name))
        self.done.artifacts += 1
        if self.done.artifacts % _EVERY == 0:
            self._say(f"{'artifacts':32} {self.done.artifacts:>12,} files so far")

    def _check(self) -> None:
        told = {label: rows for label, rows in self._manifest.tables.items() if rows}
        found = {label: rows for label, rows in self._rows.items() if rows}
        if told != found:
            wrong = sorted({*told.items()} ^ {*found.items()})[0][0]
            raise BadArchive(
                f"it says {told.get(wrong, 0):,} rows of `{wrong}` and has {found.get(wrong, 0):,}"
            )
        try:
            connection.check_constraints()
        except DatabaseError as error:
            raise BadArchive(f"its rows do not belong together: {error}") from error

    def _finish(self) -> None:
        tables.reset_sequences(list(self._tables.values()), "default")
        for wrong in chain.verify():
            self.done.warnings.append(f"The audit log was not whole when it was backed up: {wrong}")
        audit.record(
            "penstock.restore",
            team=None,
            user=None,
            name=f"backup of {self._manifest.made_at}",
            after={"rows": self.done.rows, "artifacts": self.done.artifacts},
        )
        self.done.missing = self._reader.missing
        if self._manifest.artifacts:
            self._say(f"{'artifacts':32} {self.done.artifacts:>12,} files")
        else:
            self.done.warnings.append(
                "The backup is without artifacts: point STORAGE_URL to the store that has them."
            )
        if not self._manifest.keys:
            self.done.warnings.append(
                "The backup is without keys: secrets can be read only with the encryption keys of "
                "then. Put them into PENSTOCK_ENCRYPTION_KEYS or the file encryption_keys."
            )
