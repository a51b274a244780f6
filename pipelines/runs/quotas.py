"""Whether a team may start one more run. Child runs are part of the run that they belong to."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from pipelines.artifacts import usage
from pipelines.designs.models import Pipeline
from pipelines.teams import policies
from pipelines.teams.models import Team

from .models import Run, RunState


def check(team: Team, now: datetime) -> None:
    """Raises QuotaExceeded. In the transaction that writes the run: two that start at the same time
    cannot both be the last one.

    A quota that is not set asks nothing of the database; one that is set counts no further than
    to itself. Storage that is full stops new runs, never one that is at work.
    """
    held = policies.held(team.pk)
    if limit := held["open_runs"]:
        policies.check(team, "open_runs", limit, _up_to(open_runs(team), limit))
    if limit := held["runs_per_day"]:
        policies.check(team, "runs_per_day", limit, _up_to(runs_today(team, now), limit))
    if limit := held["storage_bytes"]:
        policies.check(team, "storage_bytes", limit, usage.of(team.pk).bytes)


def use(team: Team, now: datetime) -> dict[str, int]:
    """What the team has of everything that has a quota."""
    stored = usage.of(team.pk)
    return {
        "storage_bytes": stored.bytes,
        "artifacts": stored.artifacts,
        "open_runs": open_runs(team).count(),
        "runs_per_day": runs_today(team, now).count(),
        "pipelines": Pipeline.objects.filter(team=team, archived_at=None).count(),
    }


def open_runs(team: Team) -> QuerySet[Run]:
    """The runs of the team that are not over."""
    states = [RunState.PENDING, RunState.RUNNING]
    return Run.objects.filter(team=team, parent=None, state__in=states).order_by()


def runs_today(team: Team, now: datetime) -> QuerySet[Run]:
    """The runs of the team that were started since midnight UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Run.objects.filter(team=team, parent=None, created_at__gte=midnight).order_by()


def _up_to(rows: QuerySet[Any], limit: int) -> int:
    return len(rows.values_list("pk", flat=True)[: limit + 1])
