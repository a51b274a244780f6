"""Which warm pools a run will need, so that a worker can start them ahead of their first step."""

from collections.abc import Mapping, Sequence

from pipelines.core.component import ComponentSpec
from pipelines.core.plan import NodePlan
from pipelines.kinds import registry as kinds


def with_pools(plans: Sequence[NodePlan], specs: Mapping[str, ComponentSpec]) -> list[NodePlan]:
    """The plans, which come upstream first, with the pools of each node and all that follow it.

    What has requirements runs in the pool of its environment, which only its worker knows.
    """
    own = {
        ref: kinds.preload(spec)
        for ref, spec in specs.items()
        if kinds.is_step(spec) and not spec.implementation.get("requirements")
    }
    needed: dict[str, frozenset[str]] = {}
    for node in reversed(plans):
        later = (needed[following] for following in node.downstream)
        mine = {own[node.component]} if node.component in own else set()
        needed[node.id] = frozenset(mine).union(*later)
    return [node.model_copy(update={"pools": sorted(needed[node.id])}) for node in plans]
