"""What a branch's spec must say. The engine itself takes the branch; there is no step."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, properties

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "cases": {
            "type": "array",
            "title": "The two cases",
            "items": {"type": "string"},
            "minItems": 2,
            "maxItems": 2,
            "description": "Taken when the condition holds, and when it does not",
        },
        "condition_parameter": {"type": "string", "title": "Parameter with the condition"},
        "cases_parameter": {"type": "string", "title": "Parameter with a list of cases"},
    },
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("branch", FORM, fields, icon="split")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec)
    own = spec.implementation
    named = "cases_parameter" if "cases_parameter" in own else "condition_parameter"
    if own.get(named) not in properties(spec):
        message = f"a branch needs `{named}`, which names one of its parameters"
        problems.append(_problem(message, f"implementation.{named}"))
    cases = own.get("cases")
    if named == "condition_parameter" and (not isinstance(cases, list) or len(cases) != 2):
        message = "a branch on a condition needs two `cases`, such as [yes, no]"
        problems.append(_problem(message, "implementation.cases"))
    if spec.outputs:
        message = "the outputs of a branch are its cases; declare no others"
        problems.append(_problem(message, "outputs"))
    return problems


def _problem(message: str, field: str) -> Problem:
    return Problem(code="bad_implementation", message=message, field=field)
