"""A node that maps over a list: one row for each item, and their results in order."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pipelines.artifacts import store
from pipelines.core import machine

from .. import claims, ledger, outcomes, shapes
from ..models import NodeRun
from ..outcomes import Outcome
from ..outputs import MAX_VALUE_BYTES
from ..prepare import CannotPrepare, spec_of
from .work import Work

MAX_ITEMS = 100_000
#: Rows for each transaction: it must not hold up others for long.
_BATCH = 1000
#: So many items are queued at a time where the document sets no limit.
_PARALLEL = 256


def hand_out(work: Work) -> Outcome:
    """Make the items' rows, then let them run."""
    claim, plan = work.claim, work.claim.plan
    elements = work.preparation.elements()
    if len(elements) > MAX_ITEMS:
        raise CannotPrepare(
            f"`{plan['map']['over']}` holds {len(elements):,} items; a node maps over at most "
            f"{MAX_ITEMS:,}. Let an item stand for several"
        )
    if not elements:
        return outcomes.success(claim, {port["name"]: [] for port in spec_of(plan)["outputs"]})
    parent = NodeRun.objects.get(pk=claim.node_run_id)
    for start in range(0, len(elements), _BATCH):
        _make(work, parent, start, elements[start : start + _BATCH])
    parallel = plan["map"]["max_parallel"] or _PARALLEL
    return outcomes.no_try(machine.HandedOut(claim.node, "items", len(elements), parallel))


def _make(work: Work, parent: NodeRun, start: int, elements: Sequence[Any]) -> None:
    """Rows that an earlier try of ours made stay. Raises TooLate when the node is not ours."""
    rows = [
        NodeRun(
            run_id=parent.run_id,
            node=machine.item_id(parent.node, index),
            parent=parent.node,
            item=index,
            plan={"value": value},
            **{name: getattr(parent, name) for name in _INHERITED},
        )
        for index, value in enumerate(elements, start)
    ]
    with ledger.opened(work.claim.run_id) as book:
        claims.held_row(book, work.claim)
        NodeRun.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)


#: What an item's row has in common with its node's.
_INHERITED = ("position", "queue", "on_exit", "lane_id")


def collect(work: Work) -> Outcome:
    """Every output as a list, in the order of the items; null where an item gave nothing."""
    claim = work.claim
    ports = [port["name"] for port in spec_of(claim.plan)["outputs"]]
    lists: dict[str, list[Any]] = {port: [] for port in ports}
    items = NodeRun.objects.filter(run=claim.run_id, parent=claim.node, item__isnull=False)
    for given in items.order_by("item").values_list("outputs", flat=True).iterator(2000):
        for port in ports:
            lists[port].append(given.get(port))
    kept = {port: _kept(port, values, work.facts.team_id) for port, values in lists.items()}
    return outcomes.success(claim, kept)


def _kept(port: str, values: list[Any], team_id: UUID) -> Any:
    """The list itself, or an artifact that holds it when it is larger than a value may be."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    if len(text.encode()) <= MAX_VALUE_BYTES:
        return values
    with tempfile.TemporaryDirectory(prefix="penstock-map-") as directory:
        path = Path(directory) / f"{port}.json"
        path.write_text(text, encoding="utf-8")
        artifact = store.record(
            team_id,
            store.upload(path),
            type="list",
            name=path.name,
            media_type="application/json",
            facts={"items": len(values)},
        )
    reference = store.reference(artifact, type="list", name=path.name)
    holds = any(shapes.is_reference(value) for value in values)
    return {**reference, "holds": "artifacts"} if holds else reference
