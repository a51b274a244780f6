"""A branch: the first case whose condition holds is taken, else the last one."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.interface import OTHERWISE

from .. import outcomes
from ..outcomes import Outcome
from ..prepare import spec_of
from .work import Work


def choose(work: Work) -> Outcome:
    """What came in goes out of the branch that is taken."""
    plan = work.claim.plan
    implementation: Mapping[str, Any] = spec_of(plan)["implementation"]
    inputs = work.preparation.inputs()
    if "cases_parameter" in implementation:
        rows = plan["params"][implementation["cases_parameter"]]
        taken = next(
            (row["name"] for row in rows if work.preparation.holds(row["when"], inputs)), OTHERWISE
        )
    else:
        condition = plan["params"][implementation["condition_parameter"]]
        yes, no = implementation["cases"]
        taken = yes if work.preparation.holds(condition, inputs) else no
    return outcomes.success(work.claim, {taken: inputs.get("value")}, frozenset({taken}))
