"""Retention: what goes, what stays because somebody or something wants it, and quotas."""

import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import JSONField
from django.utils import timezone

from pipelines.artifacts import store, uploads, usage
from pipelines.artifacts.models import Artifact, TeamStorage
from pipelines.core.reuse import Mode
from pipelines.designs import actions as designs
from pipelines.executors.protocol import OutputFile
from pipelines.runs import actions, queries, reruns
from pipelines.runs.models import Attempt, CleanUp, Event, LogChunk, NodeRun, Run
from pipelines.runs.reruns import Asked
from pipelines.runs.retention import cleaning, pins, references
from pipelines.runs.retention.cleaner import Cleaner
from pipelines.runs.retention.freed import Freed
from pipelines.teams import policies
from pipelines.teams.models import AuditEntry
from tests.support.fake_executor import give


def keep(world, **values):
    policies.change(world.team, values, world.ann)


def clean(world):
    for each in cleaning.everything(timezone.now(), [world.team]):
        if each.team_id:
            return each.freed
    return None


def old_run(world, pipeline, **options):
    """A run that ended a hundred days ago."""
    run = actions.start(pipeline, user=world.ann, **options)
    world.work(run)
    ago = timezone.now() - timedelta(days=100)
    Run.objects.filter(pk=run.pk).update(created_at=ago, ended_at=ago)
    return run


def there(*runs):
    left = set(Run.objects.values_list("pk", flat=True))
    return [run.pk in left for run in runs]


def test_old_runs_go_and_what_is_pinned_new_at_work_or_the_newest_stays(world):
    pipeline = world.pipeline("ab", ["a.result -> b.data"])
    gone, pinned, cloned, last = (old_run(world, pipeline) for _ in range(4))
    clone = actions.clone(cloned, user=world.ann)  # is at work, and says where it comes from
    other = old_run(world, world.pipeline("a", name="other"))  # the newest of its pipeline
    pins.pin(pinned, "the paper's numbers", world.ann)
    LogChunk.objects.create(
        attempt=Attempt.objects.get(node_run__run=gone, node_run__node="a"),
        offset=0, first_line=0, lines=1, text="old\n",
    )  # fmt: skip
    Attempt.objects.filter(node_run__run=gone, node_run__node="a").update(log_bytes=4)
    assert clean(world)["runs"] == 0, "without a policy everything stays for ever"

    keep(world, runs_days=30, runs_newest=1)
    told = cleaning.preview(world.team)
    freed = clean(world)
    assert there(gone, pinned, cloned, last, clone, other) == [False, True, True, False, True, True]
    assert (told["runs"], told["referenced"]) == (freed["runs"], 1) == (2, 1)
    assert (freed["log_bytes"], freed["pipelines"]) == (4, {"test": 2})
    assert not NodeRun.objects.filter(run__in=[gone.pk, last.pk]).exists()
    assert not Event.objects.filter(run__in=[gone.pk, last.pk]).exists()
    entry = AuditEntry.objects.filter(action="team.clean_up").latest("pk")
    assert '"runs":2' in entry.after

    pins.unpin(pinned, world.ann)
    world.work(clone)
    clean(world)
    assert there(pinned, cloned) == [False, True], "the clone that is kept refers to it"


def test_a_run_that_only_others_refer_to_that_go_as_well_goes_with_them(world):
    pipeline = world.pipeline({"a": {"cache": True}})
    first, user = old_run(world, pipeline), old_run(world, pipeline)
    assert world.node(user, "a").reused_from["run"] == str(first.pk)
    newest = actions.start(pipeline, user=world.ann, use_cache=False)
    world.work(newest)
    keep(world, runs_days=30, runs_newest=1)
    Run.objects.filter(pk=user.pk).update(ended_at=timezone.now())
    assert clean(world)["runs"] == 0, "the first one's result is used by the second"
    Run.objects.filter(pk=user.pk).update(ended_at=timezone.now() - timedelta(days=99))
    assert clean(world)["runs"] == 2
    assert there(first, user, newest) == [False, False, True]
    assert newest.number == 3
    assert actions.start(pipeline, user=world.ann).number == 4


def test_what_a_kept_rerun_took_up_stays_and_a_broken_off_removal_goes_on(world, monkeypatch):
    pipeline = world.pipeline("ab", ["a.result -> b.data"])
    origin, gone = old_run(world, pipeline), old_run(world, pipeline)
    rerun = reruns.start(pipeline, origin, Asked(Mode.FROM, frozenset("b")), world.ann)
    world.work(rerun)
    keep(world, runs_days=30, runs_newest=1)
    steps = cleaning.clean_team(world.team.pk, timezone.now(), Freed())
    while Run.objects.filter(removed_at__isnull=False).count() == 0:
        next(steps)
    steps.close()  # the process dies
    assert not queries.list_runs(world.ann).filter(pk=gone.pk).exists(), "hidden from the start"
    assert clean(world)["runs"] == 1
    assert there(origin, gone, rerun) == [True, False, True]


def test_child_runs_go_with_their_root(world):
    child = world.pipeline("x", name="inner")
    parent = world.pipeline({"sub": {"pipeline": f"{child.slug}@1"}}, name="outer")
    first, second = old_run(world, parent), old_run(world, parent)
    keep(world, runs_days=30, runs_newest=1)
    assert clean(world)["runs"] == 1
    assert there(first, second) == [False, True]
    assert list(Run.objects.filter(pipeline=child).values_list("number", flat=True)) == [2]


def test_logs_go_before_their_run_and_it_says_so(world):
    run = old_run(world, world.pipeline("a"))
    attempt = Attempt.objects.get(node_run__run=run)
    LogChunk.objects.create(attempt=attempt, offset=0, first_line=0, lines=1, text="hello\n")
    Attempt.objects.filter(pk=attempt.pk).update(log_bytes=6)
    keep(world, logs_days=200)
    assert clean(world)["logs"] == 0
    keep(world, logs_days=7)
    assert cleaning.preview(world.team)["log_bytes"] == 6
    assert (clean(world)["log_bytes"], LogChunk.objects.count()) == (6, 0)
    assert queries.snapshot(run)["logs_cleaned_at"] is not None
    assert clean(world)["logs"] == 0, "once"


def stored(world, text: str, tmp_path: Path, days: float = 50) -> Artifact:
    """An upload of so many days ago."""
    file = tmp_path / "note.txt"
    file.write_text(text)
    made = uploads.take(file, name="note.txt", team=world.team, user=world.ann)
    at = timezone.now() - timedelta(days=days)
    Artifact.objects.filter(pk=made.pk).update(stored_at=at, created_at=at)
    os.utime(store.local_path(made.digest), (at.timestamp(), at.timestamp()))
    return made


def test_artifacts_go_days_after_the_last_thing_that_named_them(world, tmp_path):
    produced = tmp_path / "t.parquet"
    produced.write_bytes(b"rows")
    world.executor.behaviours["a"] = give(
        result=1, file=OutputFile(produced, "table", "t.parquet", "application/x-parquet", {})
    )
    run = old_run(world, world.pipeline("a"))
    made = world.node(run, "a").outputs["file"]["artifact"]
    in_draft, alone, fresh = (stored(world, text, tmp_path) for text in ("draft", "alone", "new"))
    draft = {"name": "d", "nodes": [], "edges": [], "note": f"artifact:{in_draft.digest}"}
    designs.create(world.team, draft, world.ann)
    Artifact.objects.filter(pk=fresh.pk).update(stored_at=timezone.now())
    Artifact.objects.filter(digest=made).update(stored_at=timezone.now() - timedelta(days=50))
    before = usage.of(world.team.pk)
    assert (before.artifacts, before.bytes) == (4, 4 + 5 + 5 + 3)

    keep(world, artifacts_days=10)
    assert clean(world)["artifacts"] == 0, "found unused today, for the first time"
    unused = Artifact.objects.filter(unused_since__isnull=False)
    assert [each.digest for each in unused] == [alone.digest]
    unused.update(unused_since=timezone.now() - timedelta(days=11))
    assert cleaning.preview(world.team)["artifact_bytes"] == 5
    out = StringIO()
    call_command("clean_up", team="acme", dry_run=True, stdout=out)
    assert "1 artifacts (5 bytes)" in out.getvalue()
    path = store.local_path(alone.digest)
    freed = clean(world)
    assert (freed["artifacts"], freed["artifact_bytes"]) == (1, 5)
    after = usage.of(world.team.pk)
    assert (after.artifacts, after.bytes) == (3, 12)
    for _ in cleaning.everything(timezone.now(), []):
        assert not path.exists(), "no team knows the bytes any more"
    assert store.local_path(made)
    assert store.local_path(in_draft.digest)


def test_storing_again_what_is_about_to_go_keeps_it(world, tmp_path):
    made = stored(world, "wanted", tmp_path)
    Artifact.objects.update(unused_since=timezone.now() - timedelta(days=90))
    keep(world, artifacts_days=10)
    again = uploads.take(tmp_path / "note.txt", name="n", team=world.team, user=world.ann)
    assert again.pk == made.pk
    assert clean(world)["artifacts"] == 0
    # Bytes without a row, as between an upload and its row: young ones are no orphans.
    Artifact.objects.all().delete()
    path = store.local_path(made.digest)
    for _ in cleaning.everything(timezone.now(), []):
        assert path.exists()
    os.utime(path, (0, 0))
    store.upload(tmp_path / "note.txt")
    assert time.time() - path.stat().st_mtime < 60, "young again"
    os.utime(path, (0, 0))
    for _ in cleaning.everything(timezone.now(), []):
        assert not path.exists()


def test_the_scheduler_cleans_once_a_day_and_when_it_is_asked(world, settings):
    settings.PENSTOCK_CLEAN_UP_HOUR = 0
    keep(world, runs_days=30, runs_newest=1)
    pipeline = world.pipeline("a")
    gone, _ = old_run(world, pipeline), old_run(world, pipeline)
    cleaner = Cleaner()
    while not CleanUp.objects.filter(team=None, ended_at__isnull=False).exists():
        cleaner.work()
    assert there(gone) == [False]
    list(cleaning.steps(timezone.now()))
    assert CleanUp.objects.filter(day__isnull=False).count() == 2, "the team's and the storage's"
    asked = cleaning.ask(world.team, world.ann)
    assert cleaning.ask(world.team, world.ann).pk == asked.pk
    list(cleaning.steps(timezone.now()))
    asked.refresh_from_db()
    assert asked.ended_at
    assert asked.freed["runs"] == 0


def test_quotas_refuse_what_would_be_too_much_and_say_whom_to_ask(world, tmp_path):
    pipeline = world.pipeline("a")
    keep(world, open_runs=1)
    first = actions.start(pipeline, user=world.ann)
    with pytest.raises(policies.QuotaExceeded, match=r"may have 1 runs at the same time and has 1"):
        actions.start(pipeline, user=world.ann)
    world.work(first)
    keep(world, open_runs=5, runs_per_day=2)
    world.work(actions.start(pipeline, user=world.ann))
    with pytest.raises(policies.QuotaExceeded, match="ask an administrator of this Penstock"):
        actions.start(pipeline, user=world.ann)
    assert Run.objects.count() == 2
    keep(world, runs_per_day=0, storage_bytes=8)
    stored(world, "12345", tmp_path)
    with pytest.raises(policies.QuotaExceeded, match="8 bytes of storage and has 5"):
        stored(world, "6789", tmp_path)
    TeamStorage.objects.update(bytes=8)
    with pytest.raises(policies.QuotaExceeded):
        actions.start(pipeline, user=world.ann)
    keep(world, storage_bytes=None, pipelines=1)
    with pytest.raises(policies.QuotaExceeded):
        designs.create(world.team, {"name": "two", "nodes": []}, world.ann)


def test_every_json_column_is_looked_at_for_artifacts_or_known_to_have_none():
    columns = {
        f"{field.model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("pipelines.")
        for field in model._meta.concrete_fields
        if isinstance(field, JSONField)
    }
    assert columns <= references.SOURCES | references.NO_SOURCES
