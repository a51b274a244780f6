"""A last look at the parameter values, inside the step.

Values that were written down were checked against the JSON Schema when the pipeline was; what an
expression gave is known only now. The full JSON Schema library would take longer to import than
most steps run, so this reads the few keywords that forms use.
"""

from collections.abc import Mapping
from typing import Any

from .contract import StepFailed

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def check(schema: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """Raises StepFailed of kind `setup`, naming the parameter and what is wrong with its value.

    The same values are given to every attempt, so that it is permanent.
    """
    properties: Mapping[str, Any] = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in params:
            raise _wrong(f"the parameter `{name}` has no value")
    for name, value in params.items():
        if name not in properties:
            raise _wrong(f"there is no parameter `{name}`")
        complaint = _complaint(properties[name], value)
        if complaint:
            raise _wrong(f"the parameter `{name}` {complaint}, not {value!r:.80}")


def _wrong(message: str) -> StepFailed:
    return StepFailed("setup", message, permanent=True)


def _complaint(schema: Any, value: Any) -> str:
    if not isinstance(schema, Mapping):
        return ""
    kinds = schema.get("type")
    names = [kinds] if isinstance(kinds, str) else list(kinds or ())
    if names and not any(_is(name, value) for name in names):
        return f"must be {' or '.join(names)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"must be one of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _range_complaint(schema, value)
    if isinstance(value, list):
        return next(filter(None, (_complaint(schema.get("items"), item) for item in value)), "")
    return ""


def _range_complaint(schema: Mapping[str, Any], value: float) -> str:
    if "minimum" in schema and value < schema["minimum"]:
        return f"must be at least {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        return f"must be at most {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        return f"must be more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        return f"must be less than {schema['exclusiveMaximum']}"
    return ""


def _is(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))
