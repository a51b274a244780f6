"""Questions about runs, answered as JSON where the API and the live view share the words."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404

from pipelines.artifacts.models import Artifact
from pipelines.teams.access import Person, within
from pipelines.teams.models import Team

from . import decisions, results, scheduling, shapes
from .environments import queries as environments
from .models import TRIED, Attempt, Event, Limit, Metric, NodeRun, Run


def list_runs(user: Person) -> QuerySet[Run]:
    """The runs of the person's teams, newest first, ready to be filtered and paged.

    Child runs stand with the node that they belong to, tries with the draft that was tried.
    """
    rows = Run.objects.filter(parent=None, removed_at=None).exclude(trigger=TRIED)
    rows = rows.select_related(*shapes.READS_WITHOUT_PARENT)
    return within(rows.defer("version__definition", "pipeline__draft"), user)


def waiting_for_approval(runs: QuerySet[Run], waiting: bool = True) -> QuerySet[Run]:
    """Those of the runs in which a node waits for a person, in them or in a child run of theirs; or
    those in which none does.
    """
    top = Coalesce("node_run__run__root", "node_run__run")
    asked = decisions.open_approvals().annotate(top=top).values("top")
    return runs.filter(pk__in=asked) if waiting else runs.exclude(pk__in=asked)


def rows(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Runs as they stand in lists."""
    return [shapes.run(run, run.node_counts) for run in runs]


def item_counts(run_id: UUID, node: str) -> dict[str, int]:
    """How many items of a mapped node are in which state."""
    items = NodeRun.objects.filter(run_id=run_id, parent=node, item__isnull=False).order_by()
    return dict(items.values_list("state").annotate(Count("pk")))


def _all_item_counts(run_id: UUID) -> tuple[int, dict[str, dict[str, int]]]:
    """The number of the run's newest event, and for each mapped node how many of its items were in
    which state at that moment, which only a single statement can tell. Raises Run.DoesNotExist.
    """
    items = FilteredRelation("node_runs", condition=Q(node_runs__item__isnull=False))
    found = list(
        Run.objects.filter(pk=run_id)
        .annotate(items=items)
        .order_by()
        .values_list("last_seq", "items__parent", "items__state")
        .annotate(Count("items__pk"))
    )
    if not found:
        raise Run.DoesNotExist(f"run {run_id} does not exist")
    counts: dict[str, dict[str, int]] = {}
    for _, parent, state, count in found:
        if parent is not None:
            counts.setdefault(parent, {})[state] = count
    return found[0][0], counts


def items(run: Run, node: str) -> QuerySet[NodeRun]:
    """The items of a mapped node, in order. Raises Http404 for an unknown node."""
    node_run(run, node)
    return NodeRun.objects.filter(run=run, parent=node, item__isnull=False).order_by("item")


def item(row: NodeRun) -> dict[str, Any]:
    """An item of a mapped node."""
    return {**shapes.node(row), "item": row.item, "value": shapes.small(row.plan.get("value"))}


def child_runs(run: Run, node: str) -> QuerySet[Run]:
    """The child runs of a sub-pipeline, the newest try first, its rounds in order.

    Raises Http404 for an unknown node.
    """
    rows = Run.objects.select_related(*shapes.RUN_READS)
    rows = rows.defer("version__definition", "pipeline__draft")
    return rows.filter(parent=node_run(run, node)).order_by("-tried", "round")


def snapshot(run: Run | UUID) -> dict[str, Any]:
    """The whole run as JSON. The events after its `last_seq` bring it up to date.

    Run and nodes are read after that number: what changes in between is told twice, never missed.
    Of items the events tell how one moves from state to state, which counts each time it is told.
    """
    run_id = run.pk if isinstance(run, Run) else run
    last, items = _all_item_counts(run_id)
    fresh = (
        Run.objects.select_related(*shapes.RUN_READS)
        .defer("version__definition", "pipeline__draft")
        .get(pk=run_id)
    )
    fresh.last_seq = last
    rows = list(NodeRun.objects.filter(run_id=run_id, item=None))
    nodes = [
        {**shapes.node(row), "items": items.get(row.node, {}) if row.items_total else {}}
        for row in rows
    ]
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node["state"]] = counts.get(node["state"], 0) + 1
    return {**shapes.run(fresh, counts), "nodes": nodes}


def list_limits(user: Person) -> QuerySet[Limit]:
    """The limits that a person may see: of all pools and queues, and of that person's teams."""
    mine = Q(team=None) | Q(team__in=within(Team.objects.all(), user, team="pk").values("pk"))
    if user.is_staff:
        mine = Q()
    return Limit.objects.select_related("team").filter(mine)


def limits(rows: Iterable[Limit]) -> list[dict[str, Any]]:
    """Limits as JSON, with how many nodes are at work under each."""
    busy = scheduling.busy()
    return [
        {
            "id": row.pk,
            "scope": row.scope,
            "name": row.team.slug if row.team else row.name,
            "slots": row.slots,
            "busy": busy.get(scheduling.key_of(row), 0),
        }
        for row in rows
    ]


def events_after(run_id: UUID, seq: int = 0, limit: int = 500) -> list[dict[str, Any]]:
    """The run's events after number `seq`, in order, at most `limit`."""
    found = Event.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq")[:limit]
    return [shapes.event(event) for event in found]


def last_seq(run_id: UUID) -> int:
    """The number of the run's newest event."""
    return Run.objects.values_list("last_seq", flat=True).get(pk=run_id)


def node(run: Run, node_id: str, person: Person) -> dict[str, Any]:
    """One node with its attempts and metrics, and its outputs in full. Raises Http404."""
    row = node_run(run, node_id)
    attempts = list(row.attempts.all())
    metrics = Metric.objects.filter(attempt__node_run=row).select_related("attempt").order_by("pk")
    return {
        **shapes.node(row),
        "items": item_counts(run.pk, row.node) if row.items_total else {},
        "outputs": row.outputs,
        "cache": results.cache_story(row),
        "approval": decisions.approval_json(row, person),
        "environment": environments.of_node(row),
        "attempts": [attempt_json(attempt) for attempt in attempts],
        "metrics": [
            {
                "name": metric.name,
                "value": metric.value,
                "step": metric.step,
                "attempt": metric.attempt.number,
            }
            for metric in metrics
        ],
    }


def node_run(run: Run, node_id: str) -> NodeRun:
    """The row of one node. Raises Http404."""
    row = NodeRun.objects.select_related("run").filter(run=run, node=node_id).first()
    if row is None:
        raise Http404
    return row


def attempt(run: Run, node_id: str, number: int | None = None) -> Attempt | None:
    """One attempt of a node, the newest when no number is given; None while there is none.

    Raises Http404 for an unknown node or number.
    """
    attempts = Attempt.objects.filter(node_run=node_run(run, node_id)).order_by("-number")
    if number is None:
        return attempts.first()
    found = attempts.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "state": attempt.state,
        "worker": attempt.worker,
        "started_at": shapes.moment(attempt.started_at),
        "ended_at": shapes.moment(attempt.ended_at),
        "exit_code": attempt.exit_code,
        "signal": attempt.signal,
        "error": attempt.error,
        "inputs": attempt.inputs,
        "params": attempt.params,
        "cpu_seconds": attempt.cpu_seconds,
        "peak_memory": attempt.peak_memory,
        "log_bytes": attempt.log_bytes,
        "log_lines": attempt.log_lines,
        "log_truncated": attempt.log_truncated,
        "environment": attempt.environment,
        "secrets": attempt.secrets,
    }


def artifacts(run: Run) -> list[dict[str, Any]]:
    """Every artifact that the run's nodes gave, with node and port, in the order of the nodes."""
    found = [
        (node_id, port, value)
        for node_id, outputs in NodeRun.objects.filter(run=run, item=None).values_list(
            "node", "outputs"
        )
        for port, value in outputs.items()
        if shapes.is_reference(value)
    ]
    digests = {value["artifact"] for _, _, value in found}
    known = {
        artifact.digest: artifact
        for artifact in Artifact.objects.filter(team_id=run.team_id, digest__in=digests)
    }
    return [
        {
            "node": node_id,
            "port": port,
            "digest": value["artifact"],
            "type": value.get("type") or artifact.type,
            "size": artifact.size,
            "name": value.get("name") or artifact.name,
            "media_type": artifact.media_type,
            "facts": artifact.facts,
            "created_at": shapes.moment(artifact.created_at),
        }
        for node_id, port, value in found
        if (artifact := known.get(value["artifact"])) is not None
    ]
