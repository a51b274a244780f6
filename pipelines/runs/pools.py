"""Which warm pools a run will need, so that a worker can start them ahead of their first step."""

from collections.abc import Mapping, Sequence

from pipelines.core.component import ComponentSpec
from pipelines.core.plan import NodePlan
from pipelines.kinds import registry as kinds


def with_pools(plans: Sequence[NodePlan], specs: Mapping[str, ComponentSpec]) -> list[NodePlan]:
    """The plans, which come upstream first, with the pools of each node and all that follow it."""
    own = {component: kinds.preload(spec) for component, spec in specs.items()}
    needed: dict[str, frozenset[str]] = {}
    for node in reversed(plans):
        later = (needed[following] for following in node.downstream)
        needed[node.id] = frozenset({own[node.component]}).union(*later)
    return [node.model_copy(update={"pools": sorted(needed[node.id])}) for node in plans]
