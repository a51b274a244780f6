"""What an approval's spec must say. The engine itself asks and waits; there is no step."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, properties

CASES = ["approved", "rejected"]
FORM: dict[str, Any] = {"type": "object", "required": ["name"], "properties": {}}
_NEEDED = ("message", "form", "role", "deadline", "on_deadline")


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    spec = build_from_form("approval", FORM, fields, icon="user-check")
    return spec.model_copy(update={"implementation": {"cases": CASES}})


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec)
    if spec.implementation.get("cases") != CASES:
        message = "the cases of an approval are [approved, rejected]"
        problems.append(_problem(message, "implementation.cases"))
    if missing := [name for name in _NEEDED if name not in properties(spec)]:
        message = f"an approval lacks the parameters {', '.join(missing)}"
        problems.append(_problem(message, "parameters"))
    if [port.name for port in spec.outputs] != ["values", "decided_by"]:
        message = "besides its cases an approval has the outputs `values` and `decided_by`"
        problems.append(_problem(message, "outputs"))
    return problems


def _problem(message: str, field: str) -> Problem:
    return Problem(code="bad_implementation", message=message, field=field)
