"""A node that gives the value of a parameter of its pipeline to others, by edges."""

from .. import outcomes
from ..outcomes import Outcome
from ..prepare import as_reference
from .work import Work


def give(work: Work) -> Outcome:
    name = work.claim.plan["params"]["name"]
    value = as_reference(work.facts.parameters.get(name), work.facts.team_id)
    return outcomes.success(work.claim, {"value": value})
