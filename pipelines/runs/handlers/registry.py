"""Which nodes the engine carries out itself. A new one is a new file and one row here."""

from collections.abc import Callable, Mapping

from ..claims import Claim
from ..outcomes import Outcome
from . import approvals, branches, maps, parameters, subpipelines, waits
from .work import Work

Handler = Callable[[Work], Outcome]

BY_KIND: Mapping[str, Handler] = {
    "approval": approvals.ask,
    "branch": branches.choose,
    "parameter": parameters.give,
    "pipeline": subpipelines.go_on,
}


def handler_for(claim: Claim) -> Handler | None:
    """What carries the node out; None for a step, which an executor runs."""
    plan = claim.plan
    if plan.get("map"):
        return maps.collect if claim.phase == "collect" else maps.hand_out
    if plan.get("kind") == "wait":
        return waits.handler_for(plan)
    return BY_KIND.get(plan.get("kind", ""))
