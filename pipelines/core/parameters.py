"""The parameters of a pipeline: what is declared, and what a person gives when a run starts."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .component import ARTIFACT_TYPES
from .document import Definition, Parameter
from .problems import InvalidDefinition, Problem
from .serialize import canonical_json

_SAID = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "json": "JSON",
    "list": "a list",
    "text": "text",
    "any": "JSON or an artifact",
    "table": "a table (`artifact:` and its digest)",
    "file": "a file (`artifact:` and its digest)",
    "image": "an image (`artifact:` and its digest)",
    "model": "a model (`artifact:` and its digest)",
}
ARTIFACT_PREFIX = "artifact:"
_ARTIFACT = re.compile(r"artifact:[0-9a-f]{64}")


class InvalidParameters(InvalidDefinition):
    """The values for a run do not fit the pipeline's parameters; `field` names the parameter."""


def resolve(definition: Definition, given: Mapping[str, Any]) -> dict[str, Any]:
    """A value for every declared parameter: the given one, else the default, else null.

    A whole number given for a `number` becomes a float, because CEL never mixes the two.
    Raises InvalidParameters with every problem.
    """
    problems: list[Problem] = []
    declared = {parameter.name: parameter for parameter in definition.parameters}
    for name in given:
        if name not in declared:
            known = ", ".join(f"`{each}`" for each in declared) or "none"
            problems.append(
                Problem(
                    code="unknown_parameter",
                    message=f"The pipeline has no parameter `{name}`; it has {known}.",
                    field=name,
                )
            )
    values: dict[str, Any] = {}
    for parameter in definition.parameters:
        value = given.get(parameter.name, parameter.default)
        if value is None:
            if parameter.required:
                problems.append(
                    Problem(
                        code="missing_parameter",
                        message=f"`{_title(parameter)}` needs a value.",
                        field=parameter.name,
                    )
                )
        elif (wrong := _wrong(parameter, value)) is not None:
            problems.append(
                Problem(
                    code="invalid_parameter",
                    message=f"`{_title(parameter)}` {wrong}.",
                    field=parameter.name,
                )
            )
            continue
        values[parameter.name] = _converted(parameter, value)
    if problems:
        raise InvalidParameters(problems)
    return values


def is_artifact(value: Any) -> bool:
    """Whether a value names an artifact: as people write it, or as nodes hand it on."""
    if isinstance(value, str):
        return _ARTIFACT.fullmatch(value) is not None
    return isinstance(value, dict) and isinstance(value.get("artifact"), str)


def check_declarations(parameters: Sequence[Parameter]) -> Iterator[Problem]:
    """What is wrong with the declared parameters themselves."""
    counts = Counter(parameter.name for parameter in parameters)
    for index, parameter in enumerate(parameters):
        field = f"parameters.{index}"
        if counts[parameter.name] > 1:
            counts[parameter.name] = 0
            yield Problem(
                code="duplicate_id",
                message=f"Several parameters are called `{parameter.name}`; give each its own name.",
                field=f"{field}.name",
            )
        if (
            parameter.minimum is not None
            and parameter.maximum is not None
            and parameter.minimum > parameter.maximum
        ):
            yield Problem(
                code="invalid_parameter",
                message=f"The parameter `{parameter.name}` has a minimum above its maximum; "
                "swap them.",
                field=f"{field}.minimum",
            )
        elif parameter.default is not None and (wrong := _wrong(parameter, parameter.default)):
            yield Problem(
                code="invalid_parameter",
                message=f"The default of the parameter `{parameter.name}` {wrong}.",
                field=f"{field}.default",
            )


def _title(parameter: Parameter) -> str:
    return parameter.title or parameter.name


def _wrong(parameter: Parameter, value: Any) -> str | None:
    """The end of a sentence that begins with the parameter's name; None for a good value."""
    if not _has_type(parameter.type, value):
        return f"must be {_SAID[parameter.type]}, not {_short(value)}"
    if parameter.enum is not None and value not in parameter.enum:
        choices = ", ".join(_short(choice) for choice in parameter.enum) or "nothing"
        return f"must be one of {choices}, not {_short(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if parameter.minimum is not None and value < parameter.minimum:
            return f"must be {parameter.minimum:g} or more, not {_short(value)}"
        if parameter.maximum is not None and value > parameter.maximum:
            return f"must be {parameter.maximum:g} or less, not {_short(value)}"
    return None


def _has_type(wanted: str, value: Any) -> bool:
    if wanted in ARTIFACT_TYPES:
        return is_artifact(value)
    if wanted in ("json", "any", "list"):
        try:
            canonical_json(value)
        except ValueError:
            return False
        return wanted != "list" or isinstance(value, list) or is_artifact(value)
    if wanted == "text" and is_artifact(value):
        return True
    if wanted in ("string", "text"):
        return isinstance(value, str) and _has_type("json", value)
    if wanted == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if wanted == "number":
        return abs(value) < float("inf")
    return isinstance(value, int) or value.is_integer()


def _converted(parameter: Parameter, value: Any) -> Any:
    if parameter.type == "number" and isinstance(value, int):
        return float(value)
    if parameter.type == "integer" and isinstance(value, float):
        return int(value)
    return value


def _short(value: Any) -> str:
    text = f"`{value}`" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
