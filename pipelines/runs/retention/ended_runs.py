"""Which runs retention takes away, and how they go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Model, Q, QuerySet, Sum

from pipelines.core.states import ENDED_RUN

from ..models import Approval, Attempt, Event, Lane, LogChunk, Metric, NodeRun, Run
from .freed import Freed

#: Roots that are looked at together, and rows that one transaction deletes.
_PAGE, _ROWS = 50, 500


@dataclass
class Sorted:
    """What became of a page of runs that are old enough: `doomed`, or kept for a reason."""

    doomed: list[Run] = field(default_factory=list)
    referenced: int = 0


def reuse_of(team_id: UUID) -> Iterator[dict[str, set[str]]]:
    """For each run whose results others use, the runs (their roots) that use them, bit by bit."""
    for ids in _pages(Run.objects.filter(team_id=team_id, removed_at=None).order_by("pk"), 200):
        found: dict[str, set[str]] = defaultdict(set)
        rows = NodeRun.objects.filter(run_id__in=ids, reused_from__isnull=False).order_by()
        for run, root, source in rows.values_list("run_id", "run__root_id", "reused_from"):
            found[str((source or {}).get("run"))].add(str(root or run))
        yield found


def pages(
    team_id: UUID, *, days: int, newest: int, now: datetime, reused: dict[str, set[str]]
) -> Iterator[Sorted]:
    """The runs that ended more than `days` days ago, newest first: so a run that only others refer
    to that go as well goes with them.

    Kept are: what is pinned, the `newest` of each pipeline (at least the one, whose number the next
    run counts on from), and what a run that stays was cloned from, resumes or uses results of.
    """
    if not days:
        return
    floors: dict[UUID, int] = {}
    highest: dict[UUID, int] = {}
    going: set[str] = set()
    old = Run.objects.filter(
        team_id=team_id,
        parent=None,
        pinned_at=None,
        removed_at=None,
        state__in=list(ENDED_RUN),
        ended_at__lt=now - timedelta(days=days),
    ).select_related("pipeline")
    old = old.only("pk", "number", "created_at", "pipeline__name").order_by("-created_at", "-pk")
    place = Q()
    while rows := list(old.filter(place)[:_PAGE]):
        last = rows[-1]
        place = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        rows = [row for row in rows if row.number < _floor(row.pipeline_id, newest, floors)]
        yield _sort(rows, reused, going, highest)


def begin_removal(run: Run, now: datetime) -> bool:
    """Take a run out of every list, with its child runs; False when somebody pinned it meanwhile."""
    with transaction.atomic():
        mine = Run.objects.filter(
            pk=run.pk, pinned_at=None, removed_at=None, state__in=list(ENDED_RUN)
        )
        if not mine.update(removed_at=now):
            return False
        Run.objects.filter(root=run.pk).update(removed_at=now)
    return True


def half_removed(team_id: UUID) -> list[Run]:
    """Runs that a clean-up has begun to remove and did not come to the end with."""
    rows = Run.objects.filter(team_id=team_id, parent=None, removed_at__isnull=False)
    return list(rows.select_related("pipeline"))


def remove(run: Run, freed: Freed) -> Iterator[None]:
    """Delete the rows of a run whose removal has begun, what depends on others first."""
    inside = Run.objects.filter(root=run.pk).order_by("-created_at", "-pk")
    for member in [*inside.values_list("pk", flat=True), run.pk]:
        attempts = Attempt.objects.filter(node_run__run=member)
        freed.log_bytes += (
            attempts.filter(node_run__run__logs_cleaned_at=None).aggregate(bytes=Sum("log_bytes"))[
                "bytes"
            ]
            or 0
        )
        for rows in (
            LogChunk.objects.filter(attempt__node_run__run=member),
            Metric.objects.filter(attempt__node_run__run=member),
            attempts,
            Approval.objects.filter(node_run__run=member),
            Event.objects.filter(run=member),
            NodeRun.objects.filter(run=member),
            Lane.objects.filter(run=member),
        ):
            yield from delete(rows)
        Run.objects.filter(pk=member, removed_at__isnull=False).delete()
        yield
    freed.runs += 1
    freed.by_pipeline[run.pipeline.name] += 1


def delete(rows: QuerySet[Any]) -> Iterator[None]:
    """Delete rows, some hundred in a transaction."""
    model: type[Model] = rows.model
    while ids := list(rows.order_by().values_list("pk", flat=True)[:_ROWS]):
        model._default_manager.filter(pk__in=ids).delete()
        yield


def _sort(
    rows: Sequence[Run], reused: dict[str, set[str]], going: set[str], highest: dict[UUID, int]
) -> Sorted:
    answer = Sorted()
    members: dict[str, list[str]] = {str(row.pk): [str(row.pk)] for row in rows}
    newest_child: set[str] = set()
    inside = Run.objects.filter(root__in=[row.pk for row in rows]).order_by()
    for pk, root, pipeline, number in inside.values_list("pk", "root", "pipeline", "number"):
        members[str(root)].append(str(pk))
        if number >= _highest(pipeline, highest):
            newest_child.add(str(root))
    users = _clones_of([each for group in members.values() for each in group])
    nobody: set[str] = set()
    for row in rows:
        own = str(row.pk)
        by: set[str] = set()
        for each in members[own]:
            by |= users.get(each, nobody) | reused.get(each, nobody)
        if own in newest_child or by - going - {own}:
            answer.referenced += 1
        else:
            going.add(own)
            answer.doomed.append(row)
    return answer


def _clones_of(ids: Sequence[str]) -> dict[str, set[str]]:
    """Of each run the runs (their roots) that were cloned from it or took up its results."""
    found: dict[str, set[str]] = defaultdict(set)
    for start in range(0, len(ids), _ROWS):
        some = set(ids[start : start + _ROWS])
        rows = Run.objects.filter(Q(cloned_from__in=some) | Q(origin__in=some), removed_at=None)
        for pk, root, *sources in rows.order_by().values_list(
            "pk", "root", "cloned_from", "origin"
        ):
            for source in sources:
                if source is not None and str(source) in some:
                    found[str(source)].add(str(root or pk))
    return found


def _floor(pipeline: UUID, newest: int, known: dict[UUID, int]) -> int:
    """The number from which on the runs of a pipeline are among its newest."""
    if pipeline not in known:
        numbers = Run.objects.filter(pipeline=pipeline, parent=None).order_by("-number")
        kept = list(numbers.values_list("number", flat=True)[: max(newest, 1)])
        known[pipeline] = min(kept, default=0)
    return known[pipeline]


def _highest(pipeline: UUID, known: dict[UUID, int]) -> int:
    if pipeline not in known:
        found = Run.objects.filter(pipeline=pipeline).aggregate(n=Max("number"))["n"]
        known[pipeline] = found or 0
    return known[pipeline]


def _pages(rows: QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """The keys of rows that are ordered by them, page by page."""
    last = None
    while ids := list(
        (rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:size]
    ):
        yield ids
        last = ids[-1]


def pages_of(rows: QuerySet[Any], size: int = 200) -> Iterable[list[Any]]:
    """The keys of rows, page by page."""
    return _pages(rows.order_by("pk"), size)
