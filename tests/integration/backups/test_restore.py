"""A backup into an empty Penstock: all of it or nothing, and the next row gets a new number."""

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.core.management import call_command
from django.db import connection

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.backups import backup, restore, tables
from pipelines.backups.archive import BadArchive
from pipelines.runs.models import Event
from pipelines.teams import audit, chain
from pipelines.teams.models import Team
from tests import people as cast
from tests.support import sample as samples

Rows = dict[str, list[Any]]


def rows() -> Rows:
    """Everything, as it is told in a backup."""
    return {
        tables.label(table): [json.loads(line) for line in tables.lines(table, "default")]
        for table in tables.everything()
    }


@pytest.fixture
def filled(transactional_db: None, tmp_path: Path, settings: Any) -> samples.Sample:
    """A Penstock with a run, a log, an artifact and a sealed audit log; its own data directory."""
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    (settings.HOME / "secret_key").write_text("k" * 40)
    # Every migrated database has them; an earlier test may have emptied this one.
    create_permissions(apps.get_app_config("teams"), verbosity=0)
    people = cast.gather()
    made = samples.make(people, tmp_path)
    while chain.seal():
        pass
    return made


def emptied(made: samples.Sample) -> None:
    call_command("flush", interactive=False, verbosity=0)
    store.discard(made.artifact.digest)


def test_everything_is_back_and_numbers_go_on(filled: samples.Sample, settings: Any) -> None:
    file = settings.HOME / "all.tar"
    before = rows()
    written = backup.write(file)
    assert (written.artifacts, written.missing) == (1, [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError, match="is there already"):
        backup.write(file)
    with pytest.raises(restore.CannotRestore, match=r"not empty.*teams\.user"):
        restore.read(file)

    emptied(filled)
    (settings.HOME / "secret_key").write_text("another")
    done = restore.read(file)
    assert (done.warnings, done.missing) == ([], [])
    found = rows()
    # The restoring itself is told in the log.
    told = found["teams.auditentry"].pop()
    assert told["action"] == "penstock.restore"
    found["teams.auditpending"].pop()
    assert found == before
    assert len(found["runs.logchunk"]) == 1
    assert len(found["auth.permission"]) > 0
    assert store.open(filled.artifact.digest).read() == b"some text"
    assert (settings.HOME / "secret_key").read_text().strip() == "k" * 40
    assert stat.S_IMODE((settings.HOME / "secret_key").stat().st_mode) == 0o600

    while chain.seal():
        pass
    assert list(chain.verify()) == []
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
    made = Event.objects.create(run_id=filled.run.pk, seq=900, kind="x")
    assert made.pk > newest
    audit.record("thing.do", team=None, user=None)


def test_a_backup_sees_one_moment_and_writers_go_on(
    filled: samples.Sample, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Rows that are written while it is made are not in it, and nobody waits."""
    everything = tables.lines

    def late() -> None:
        Team.objects.create(name="Late", slug="late")
        connection.close()

    def slow(table: Any, using: str) -> Iterator[str]:
        if tables.label(table) == "teams.team":
            with ThreadPoolExecutor(1) as another:
                another.submit(late).result(10)
        return everything(table, using)

    monkeypatch.setattr(tables, "lines", slow)
    file = settings.HOME / "all.tar"
    backup.write(file, with_artifacts=False, with_keys=False)
    monkeypatch.undo()
    assert Team.objects.filter(slug="late").exists()
    assert not list(settings.HOME.glob(".all.tar*"))

    emptied(filled)
    done = restore.read(file)
    assert not Team.objects.filter(slug="late").exists()
    assert ["artifacts" in done.warnings[0], "keys" in done.warnings[1]] == [True, True]


def test_nothing_is_left_of_a_backup_that_is_refused(
    filled: samples.Sample, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    file = settings.HOME / "all.tar"
    backup.write(file)
    Artifact.objects.update(size=8)
    # Whoever forges rows and sums alike must still fit what the database says.
    other = settings.HOME / "other.tar"
    with monkeypatch.context() as forged:
        forged.setattr(backup, "_artifacts", lambda using: iter([(filled.artifact.digest, 9)]))
        backup.write(other)
    (settings.HOME / "secret_key").write_text("mine")

    emptied(filled)
    was = rows()
    with pytest.raises(BadArchive, match="no row has the artifact"):
        restore.read(other)
    monkeypatch.setattr(chain, "verify", _broken)
    with pytest.raises(RuntimeError, match="no power"):
        restore.read(file)
    assert rows() == was
    assert store.missing([filled.artifact.digest])
    assert (settings.HOME / "secret_key").read_text() == "mine"


def _broken() -> Iterator[str]:
    raise RuntimeError("no power")


def test_another_schema_is_named(filled: samples.Sample, settings: Any) -> None:
    file = settings.HOME / "all.tar"
    with pytest.MonkeyPatch.context() as later:
        later.setattr(tables, "migrations", lambda using="default": ["runs.9999_later"])
        backup.write(file)
    emptied(filled)
    with pytest.raises(restore.CannotRestore, match=r"runs\.9999_later.*made it, then upgrade"):
        restore.read(file)
