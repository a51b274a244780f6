"""Results of earlier node runs: which may be used again, and what is said about that."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.core.cache import Earlier, KeyParts, why_missed
from pipelines.core.states import NodeState

from . import plans, shapes
from .models import NodeRun, Run
from .prepare import RunFacts


def cached(facts: RunFacts, key: str, max_age: float | None) -> NodeRun | None:
    """The newest success of the team under this key, with all its artifacts still there.

    `max_age` is how many seconds ago it may have ended.
    """
    rows = NodeRun.objects.filter(
        cache_key=key, state=NodeState.SUCCESS, run__team_id=facts.team_id
    )
    if max_age is not None:
        rows = rows.filter(ended_at__gte=timezone.now() - timedelta(seconds=max_age))
    found = rows.select_related("run__pipeline").order_by("-ended_at").first()
    if found is None or gone(facts.team_id, digests(found.outputs)):
        return None
    return found


def kept_item(node: str, plan: plans.Plan) -> NodeRun | None:
    """The same item in the run that this one takes up, if it succeeded with the same element and all
    its artifacts are still there.
    """
    item = plan["item"]
    if item["index"] in plan["items_anew"]:
        return None
    rows = NodeRun.objects.filter(run=plan["items_of"], node=node, state=NodeState.SUCCESS)
    found = rows.select_related("run").first()
    if found is None or _json(found.plan.get("value")) != _json(item["value"]):
        return None
    return None if gone(found.run.team_id, digests(found.outputs)) else found


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def digests(outputs: Mapping[str, Any]) -> set[str]:
    """The artifacts among a node's outputs, also those in lists."""
    found = set()
    for value in outputs.values():
        for item in value if isinstance(value, list) else [value]:
            if shapes.is_reference(item):
                found.add(item["artifact"])
    return found


def gone(team_id: UUID, wanted: Iterable[str]) -> set[str]:
    """Those artifacts that the team does not know any more, or whose bytes are lost."""
    wanted = set(wanted)
    if not wanted:
        return set()
    known: set[str] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), 500):
        rows = Artifact.objects.filter(team_id=team_id, digest__in=ordered[start : start + 500])
        known.update(rows.values_list("digest", flat=True))
    return (wanted - known) | store.missing(known)


def origin(row: NodeRun) -> dict[str, Any]:
    """Where outputs were made, as it is told of every node run that uses them again.

    Of a row that took them from another one itself, that is the other one.
    """
    if row.reused_from is not None:
        known: dict[str, Any] = row.reused_from
        return known
    return {
        "run": str(row.run_id),
        "number": row.run.number,
        "pipeline": str(row.run.pipeline_id),
        "node": row.node,
        "at": shapes.moment(row.ended_at),
    }


def said(row: NodeRun, facts: RunFacts) -> str:
    """The reason of a node that is ended by a cached result. Its pipeline is named when it is
    another one, since runs are numbered in each pipeline from 1.
    """
    whose = f" of `{row.run.pipeline.name}`" if row.run.pipeline_id != facts.pipeline_id else ""
    return f"reused from run #{row.run.number}{whose}"


def cache_story(row: NodeRun) -> dict[str, Any] | None:
    """Whether the cache was asked about a node run, and why it had no answer; None for not."""
    plan = plans.own(row)
    if not plan["cache"] or row.cache_parts is None:
        return None
    if row.cached:
        return {"hit": True, "why": []}
    earlier = _earlier(row)
    if earlier is None and _some_are_gone(row.run):
        words = "runs before this one were removed by retention, and their results with them"
        return {"hit": False, "why": [words]}
    why = why_missed(
        KeyParts.from_json(row.cache_parts),
        plan["component"],
        earlier,
        looked_at=row.queued_at or row.started_at or timezone.now(),
        max_age=plan.get("cache_max_age"),
    )
    return {"hit": False, "why": why}


def _some_are_gone(run: Run) -> bool:
    """Whether runs of the pipeline before this one are not there any more."""
    before = Run.objects.filter(pipeline_id=run.pipeline_id, number__lt=run.number)
    return before.count() < run.number - 1


def _earlier(row: NodeRun) -> Earlier | None:
    """The last run of the same node in earlier runs of the pipeline that noted its key's parts."""
    last = (
        NodeRun.objects.filter(
            run__pipeline_id=row.run.pipeline_id,
            run__number__lt=row.run.number,
            node=row.node,
            cache_parts__isnull=False,
        )
        .select_related("run")
        .order_by("-run__number")
        .first()
    )
    if last is None or last.cache_parts is None:
        return None
    made_at = last.ended_at
    if last.reused_from is not None:
        made_at = shapes.from_moment(last.reused_from.get("at")) or made_at
    return Earlier(
        number=last.run.number,
        parts=KeyParts.from_json(last.cache_parts),
        component=plans.own(last)["component"],
        succeeded=last.state == NodeState.SUCCESS,
        ended_at=made_at,
        artifacts_exist=not gone(row.run.team_id, digests(last.outputs)),
    )
