"""What a wait's spec must say: what it waits for decides the rest."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, properties

#: What can be waited for, and the parameters that say what exactly.
FOR: Mapping[str, tuple[str, ...]] = {
    "time": ("until", "for"),
    "run": ("pipeline", "within", "every", "timeout"),
    "file": ("path", "every", "timeout"),
    "url": ("url", "status", "every", "timeout"),
}
#: The engine itself waits for these; for the others a step looks from time to time.
WITHOUT_STEP = frozenset({"time", "run"})
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "for"],
    "properties": {"for": {"enum": list(FOR), "title": "What it waits for"}},
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("wait", FORM, fields, icon="hourglass")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec)
    what = spec.implementation.get("for")
    if what not in FOR:
        message = f"a wait is `for` one of {', '.join(FOR)}"
        field = "implementation.for"
        problems.append(Problem(code="bad_implementation", message=message, field=field))
    elif missing := [name for name in FOR[str(what)] if name not in properties(spec)]:
        message = f"a wait for a {what} lacks the parameters {', '.join(missing)}"
        problems.append(Problem(code="bad_implementation", message=message, field="parameters"))
    return problems


def preload(spec: Mapping[str, Any]) -> str:
    """Addresses are asked with httpx."""
    return "http" if (spec.get("implementation") or {}).get("for") == "url" else "lean"
