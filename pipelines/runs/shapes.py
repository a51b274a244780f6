"""Rows as JSON. Snapshots and events share these words, so that a client can lay one over the other."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from . import plans
from .models import Event, NodeRun, Run

#: A larger value stays out of snapshots and events; the node's own page has it in full.
MAX_VALUE_BYTES = 4096

#: Field of the node's JSON -> fields of the row that it is made of.
NODE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "state": ("state",),
    "reason": ("reason",),
    "attempt": ("attempt",),
    "max_attempts": ("losses", "releases"),
    "cached": ("cached",),
    "reused_from": ("reused_from",),
    "progress": ("progress",),
    "queued_at": ("queued_at",),
    "started_at": ("started_at",),
    "ended_at": ("ended_at",),
    "outputs": ("outputs",),
    "error": ("error",),
    "phase": ("phase",),
    "items_total": ("items_total",),
}


def moment(value: datetime | None) -> str | None:
    """`2026-11-23T07:00:00.123456Z`"""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def is_reference(value: Any) -> bool:
    """Whether a value stands for an artifact."""
    return isinstance(value, dict) and isinstance(value.get("artifact"), str)


def small(value: Any) -> Any:
    """The value, or for a large one `{"large": true, "type", "size"}` in its place."""
    if value is None or isinstance(value, bool | int | float) or is_reference(value):
        return value
    size = len(value) if isinstance(value, str) else len(json.dumps(value))
    if size <= MAX_VALUE_BYTES:
        return value
    kind = "string" if isinstance(value, str) else "list" if isinstance(value, list) else "json"
    return {"large": True, "type": kind, "size": size}


def small_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        port: [small(item) for item in value] if _is_list_of_references(value) else small(value)
        for port, value in values.items()
    }


def _is_list_of_references(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(is_reference(v) for v in value)


def node_field(row: NodeRun, name: str) -> Any:
    """One field of the node's JSON."""
    match name:
        case "max_attempts":
            policy = plans.own(row)["retry"]["max_attempts"]
            return max(policy + row.losses + row.releases, row.attempt)
        case "outputs":
            return small_values(row.outputs)
        case "queued_at" | "started_at" | "ended_at":
            return moment(getattr(row, name))
        case _:
            return getattr(row, name)


def node(row: NodeRun) -> dict[str, Any]:
    """A node run as it stands in the run's JSON."""
    plan = plans.own(row)
    return {
        "id": row.node,
        "title": plan["title"],
        "component": plan["component"],
        "kind": plan.get("kind", ""),
        "items": {},
        **{name: node_field(row, name) for name in NODE_FIELDS},
    }


def node_change(row: NodeRun, touched: Iterable[str]) -> dict[str, Any]:
    """The data of a `node.state` event: what changed, and always state and attempt."""
    fields = {"state", "attempt", *touched}
    return {
        name: node_field(row, name)
        for name, sources in NODE_FIELDS.items()
        if not fields.isdisjoint(sources)
    }


def run_change(run: Run) -> dict[str, Any]:
    """The data of a `run.state` event."""
    return {
        "state": run.state,
        "reason": run.reason,
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
    }


def started(run: Run) -> dict[str, Any]:
    """What the audit log keeps about the start of a run."""
    origin = run.cloned_from_id or run.origin_id
    return {
        "pipeline": str(run.pipeline_id),
        "number": run.number,
        "version": run.version.number,
        "trigger": run.trigger,
        "parameters": run.parameters,
        "origin": str(origin) if origin else None,
    }


#: What `run` reads beside the run itself.
READS_WITHOUT_PARENT = ("pipeline", "version", "created_by", "origin", "cloned_from", "pinned_by")
RUN_READS = (*READS_WITHOUT_PARENT, "parent__run__pipeline")


def _parent(node: NodeRun) -> dict[str, Any]:
    pipeline = node.run.pipeline
    return {
        "run": str(node.run_id),
        "number": node.run.number,
        "pipeline": {"id": str(pipeline.pk), "name": pipeline.name},
        "node": node.node,
    }


def pin(row: Run) -> dict[str, Any] | None:
    """Who pinned a run, and why."""
    if row.pinned_at is None:
        return None
    return {
        "at": moment(row.pinned_at),
        "by": row.pinned_by.get_username() if row.pinned_by else None,
        "reason": row.pin_reason,
    }


def run(row: Run, node_counts: Mapping[str, int]) -> dict[str, Any]:
    """A run without its nodes. Reads what `RUN_READS` names: select them along."""
    who = row.created_by
    return {
        "id": str(row.id),
        "number": row.number,
        "team": str(row.team_id),
        "pipeline": {"id": str(row.pipeline_id), "name": row.pipeline.name},
        "version": row.version.number,
        **run_change(row),
        "parameters": row.parameters,
        "trigger": row.trigger,
        "parent": _parent(row.parent) if row.parent else None,
        "round": row.round,
        "cloned_from": str(row.cloned_from_id) if row.cloned_from_id else None,
        "clone_of": (
            {"id": str(row.cloned_from_id), "number": row.cloned_from.number}
            if row.cloned_from
            else None
        ),
        "origin": {"id": str(row.origin_id), "number": row.origin.number} if row.origin else None,
        "mode": row.mode,
        "chosen": row.chosen,
        "node_params": row.node_params,
        "priority": row.priority,
        "max_parallel": row.max_parallel,
        "cache": row.use_cache,
        "created_by": {"id": who.pk, "username": who.get_username()} if who else None,
        "started_with": {
            "service": bool(who and who.service_of_id),
            "token": row.started_token,
        },
        "created_at": moment(row.created_at),
        "pinned": pin(row),
        "logs_cleaned_at": moment(row.logs_cleaned_at),
        "last_seq": row.last_seq,
        "node_counts": dict(node_counts),
    }


def event(row: Event) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "kind": row.kind,
        "node": row.node,
        "data": row.data,
        "at": moment(row.at),
    }
