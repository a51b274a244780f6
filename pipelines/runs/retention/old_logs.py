"""Logs that are older than a team keeps them. What a step wrote goes; what it did stays told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet, Sum

from pipelines.core.states import ENDED_RUN

from ..models import Attempt, LogChunk, Run
from .ended_runs import delete
from .freed import Freed

_PAGE = 100


def due(team_id: UUID, *, days: int, now: datetime) -> QuerySet[Run]:
    """The runs whose logs have to go: over for `days` days, and not pinned, themselves or their
    root.
    """
    return Run.objects.filter(
        team_id=team_id,
        state__in=list(ENDED_RUN),
        ended_at__lt=now - timedelta(days=days),
        logs_cleaned_at=None,
        removed_at=None,
        pinned_at=None,
        root__pinned_at=None,
    ).order_by()


def size(runs: QuerySet[Run]) -> int:
    """How many bytes of log they have."""
    attempts = Attempt.objects.filter(node_run__run__in=runs.values("pk"))
    return int(attempts.aggregate(bytes=Sum("log_bytes"))["bytes"] or 0)


def clean(team_id: UUID, *, days: int, now: datetime, freed: Freed) -> Iterator[None]:
    """Delete the logs. A run says that they are gone once all of them are."""
    if not days:
        return
    runs = due(team_id, days=days, now=now)
    while ids := list(runs.values_list("pk", flat=True)[:_PAGE]):
        for run_id in ids:
            written = size(Run.objects.filter(pk=run_id))
            if written:
                yield from delete(LogChunk.objects.filter(attempt__node_run__run=run_id))
                freed.log_bytes += written
                freed.logs += 1
            Run.objects.filter(pk=run_id).update(logs_cleaned_at=now)
        yield
