"""The clean-up: of one team, of the storage, and the daily round through all of them."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from pipelines.artifacts.models import Artifact
from pipelines.teams import audit, policies
from pipelines.teams.models import Team, User

from ..models import CleanUp
from . import ended_runs, old_logs, unused_artifacts
from .freed import Freed

logger = logging.getLogger(__name__)

#: A clean-up that began so long ago and has not ended was broken off.
_BROKEN_OFF = timedelta(hours=6)
#: So many runs that are old enough are looked at for a preview; the clean-up itself looks at all.
_MOST_PREVIEWED = 2_000


def preview(team: Team) -> dict[str, Any]:
    """What a clean-up would take away now. Writes nothing.

    Of artifacts it tells those that the last clean-up found unused long enough ago; what the runs
    that go now leave unused counts from then on.
    """
    now, held = timezone.now(), policies.policy(team.pk)
    runs, referenced, complete = 0, 0, True
    by_pipeline: dict[str, int] = {}
    if held["runs_days"]:
        for page in ended_runs.pages(
            team.pk,
            days=held["runs_days"],
            newest=held["runs_newest"],
            now=now,
            reused=_reused(team.pk),
        ):
            runs, referenced = runs + len(page.doomed), referenced + page.referenced
            for run in page.doomed:
                by_pipeline[run.pipeline.name] = by_pipeline.get(run.pipeline.name, 0) + 1
            if runs + referenced >= _MOST_PREVIEWED:
                complete = False
                break
    logs = log_bytes = 0
    if held["logs_days"]:
        due = old_logs.due(team.pk, days=held["logs_days"], now=now)
        due = due.filter(node_runs__attempts__log_bytes__gt=0).distinct()
        logs, log_bytes = due.count(), old_logs.size(due)
    artifacts: QuerySet[Artifact] = Artifact.objects.none()
    if held["artifacts_days"]:
        artifacts = unused_artifacts.due(team.pk, days=held["artifacts_days"], now=now)
    return {
        "runs": runs,
        "complete": complete,
        "referenced": referenced,
        "pipelines": dict(sorted(by_pipeline.items(), key=lambda each: -each[1])[:50]),
        "logs": logs,
        "log_bytes": log_bytes,
        "artifacts": artifacts.count(),
        "artifact_bytes": artifacts.aggregate(bytes=Sum("size"))["bytes"] or 0,
    }


def ask(team: Team, by: User) -> CleanUp:
    """Let the scheduler clean up soon. Who asks again before it began gets the same one."""
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).only("pk").get(pk=team.pk)
        waiting = CleanUp.objects.filter(team=team, day=None, ended_at=None).first()
        if waiting is not None:
            return waiting
        made = CleanUp.objects.create(team=team, asked_by=by)
        audit.record("team.clean_up_asked", team, team=team.pk, user=by)
    return made


def steps(now: datetime) -> Iterator[None]:
    """All clean-ups that are to be done at `now`, bit by bit: those that people asked for, those
    that were broken off, and from the hour on that is set the one of the day for each team.
    """
    for each in _waiting(now):
        yield from _carried_out(each, now)
    day = now.astimezone(UTC)
    if day.hour < settings.PENSTOCK_CLEAN_UP_HOUR:
        return
    if CleanUp.objects.filter(team=None, day=day.date()).exists():
        return
    for team_id in list(Team.objects.order_by().values_list("pk", flat=True)):
        made = _of_day(team_id, day)
        if made is not None:
            yield from _carried_out(made, now)
    made = _of_day(None, day)  # the storage comes last, and closes the day
    if made is not None:
        yield from _carried_out(made, now)
        _forget_old(now)


def everything(now: datetime, teams: list[Team]) -> Iterator[CleanUp]:
    """Clean up now, at once and to the end: what `manage.py clean_up` does."""
    for team in [*teams, None]:
        each = CleanUp.objects.create(team=team)
        for _ in _carried_out(each, now):
            pass
        each.refresh_from_db()
        yield each


def clean_team(team_id: UUID, now: datetime, freed: Freed) -> Iterator[None]:
    """What the team's policy says: runs, then logs, then artifacts that the runs have left."""
    held = policies.policy(team_id)
    for run in ended_runs.half_removed(team_id):
        yield from ended_runs.remove(run, freed)
    if held["runs_days"]:
        reused: dict[str, set[str]] = {}
        for some in ended_runs.reuse_of(team_id):
            _merge(reused, some)
            yield
        for page in ended_runs.pages(
            team_id,
            days=held["runs_days"],
            newest=held["runs_newest"],
            now=now,
            reused=reused,
        ):
            for run in page.doomed:
                if ended_runs.begin_removal(run, now):
                    yield from ended_runs.remove(run, freed)
            yield
    yield from old_logs.clean(team_id, days=held["logs_days"], now=now, freed=freed)
    yield from unused_artifacts.clean(team_id, days=held["artifacts_days"], now=now, freed=freed)


def _carried_out(each: CleanUp, now: datetime) -> Iterator[None]:
    claimed = CleanUp.objects.filter(pk=each.pk, started_at=each.started_at, ended_at=None)
    if not claimed.update(started_at=now):
        return  # another scheduler was quicker
    freed = Freed()
    if each.team_id is None:
        yield from unused_artifacts.sweep_files(freed)
    else:
        yield from clean_team(each.team_id, now, freed)
    with transaction.atomic():
        CleanUp.objects.filter(pk=each.pk).update(ended_at=timezone.now(), freed=freed.as_json())
        if freed.anything() or each.asked_by_id is not None:
            audit.record(
                "team.clean_up" if each.team_id else "storage.clean_up",
                each.team,
                team=each.team_id,
                user=each.asked_by,
                after=freed.as_json(),
                name=None if each.team_id else "the storage",
            )
    if freed.anything():
        logger.info("%s freed %s", each, freed.as_json())


def _waiting(now: datetime) -> list[CleanUp]:
    asked = Q(day=None, started_at=None, asked_by__isnull=False)
    rows = CleanUp.objects.filter(
        asked | Q(started_at__lt=now - _BROKEN_OFF), ended_at=None
    ).select_related("team", "asked_by")
    return list(rows.order_by(F("asked_at").asc())[:100])


def _of_day(team_id: UUID | None, day: datetime) -> CleanUp | None:
    """The day's clean-up of a team, if nobody has begun it."""
    try:
        with transaction.atomic():
            return CleanUp.objects.create(team_id=team_id, day=day.date())
    except IntegrityError:
        return None


def _forget_old(now: datetime) -> None:
    """What it freed stands in the audit log; the rows are for the page."""
    CleanUp.objects.filter(ended_at__lt=now - timedelta(days=90)).delete()


def _reused(team_id: UUID) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for some in ended_runs.reuse_of(team_id):
        _merge(found, some)
    return found


def _merge(into: dict[str, set[str]], some: dict[str, set[str]]) -> None:
    for source, users in some.items():
        into.setdefault(source, set()).update(users)
