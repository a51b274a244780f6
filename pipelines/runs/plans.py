"""The plan of a node run: its own row's, or for an item of a mapped node its parent's."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from .models import NodeRun

Plan = Mapping[str, Any]


def own(row: NodeRun) -> Plan:
    """The plan by which `row` is run. For an item it holds `item`, its index and value."""
    if row.item is None:
        plan: Plan = row.plan
        return plan
    return {
        **_of_item(row.run_id, row.parent),
        "item": {"index": row.item, "value": row.plan.get("value")},
    }


@lru_cache(maxsize=256)
def _of_item(run_id: UUID, parent: str) -> Plan:
    """What all items of a mapped node have in common. Plans never change."""
    plan = NodeRun.objects.values_list("plan", flat=True).get(run_id=run_id, node=parent)
    return {
        **plan,
        "map": None,
        "mapped": plan["map"],
        "downstream": [],
        "upstream": [],
        "cases": {},
    }
