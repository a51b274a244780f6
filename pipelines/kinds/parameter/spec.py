"""What the spec of a parameter node must say. The engine itself gives the value; there is no step."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, properties

FORM: dict[str, Any] = {"type": "object", "required": ["name"], "properties": {}}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("parameter", FORM, fields, icon="variable")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec)
    if [port.name for port in spec.outputs] != ["value"] or spec.inputs:
        message = "a parameter node has no inputs and the one output `value`"
        problems.append(Problem(code="bad_implementation", message=message, field="outputs"))
    if "name" not in properties(spec):
        message = "a parameter node needs the parameter `name`: which one it gives"
        problems.append(Problem(code="bad_implementation", message=message, field="parameters"))
    return problems
