"""JSON Schema (draft 2020-12) for component parameters, compiled once per component."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

#: Keywords of the whole object that no single parameter can be checked for.
_WHOLE = frozenset(
    {
        "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "dependentRequired",
        "dependentSchemas", "propertyNames", "minProperties", "maxProperties",
    }
)  # fmt: skip
_TYPE_WORDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


class ParameterSchema:
    """A component's parameters. Nothing is ever fetched: a `$ref` stays inside the schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.properties: dict[str, Any] = schema.get("properties") or {}
        self.required: tuple[str, ...] = tuple(schema.get("required") or ())
        self.open = bool(schema.get("additionalProperties", False))
        self.defaults = {
            name: part["default"]
            for name, part in self.properties.items()
            if isinstance(part, dict) and "default" in part
        }
        self._root = Draft202012Validator(schema, registry=Registry())
        self._parts = {
            name: self._root.evolve(schema=part) for name, part in self.properties.items()
        }
        self._whole = bool(_WHOLE.intersection(schema))
        self._known_good: set[tuple[str, type, Any]] = set()

    def label(self, name: str) -> str:
        """What a person reads over the field, and the name where that is something else."""
        part = self.properties.get(name)
        title = part.get("title") if isinstance(part, dict) else None
        if not title or str(title).lower() == name:
            return f"`{title or name}`"
        return f"`{title}` ({name})"

    def problem(self, name: str, value: Any) -> str | None:
        """What is wrong with the value of one known parameter; None when nothing is."""
        key = (name, type(value), value) if isinstance(value, str | int | float) else None
        if key in self._known_good:
            return None
        try:
            error = next(self._parts[name].iter_errors(value), None)
        except Unresolvable:
            return "cannot be checked: the component's schema refers to something outside itself"
        if error is not None:
            return explain(error)
        if key is not None and len(self._known_good) < 10_000:
            self._known_good.add(key)
        return None

    def problems_together(self, values: dict[str, Any]) -> Iterator[str]:
        """What is wrong with the values as a whole, for schemas that tie parameters together."""
        if not self._whole:
            return
        filled = {**self.defaults, **values}
        try:
            for error in self._root.iter_errors(filled):
                if not error.absolute_path and error.validator in _WHOLE:
                    yield explain(error)
        except Unresolvable:
            yield "cannot be checked: the component's schema refers to something outside itself"


def outside_reference(schema: dict[str, Any]) -> str | None:
    """The first `$ref` that leads out of the schema; following it would fetch from the network."""
    return next((ref for ref in _references(schema) if not ref.startswith("#")), None)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(part, str):
                yield part
            else:
                yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def explain(error: ValidationError) -> str:
    """A jsonschema error as the end of a sentence that begins with the parameter's name."""
    limit: Any = error.validator_value
    value = _short(error.instance)
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    inside = f"at `{where.lstrip('.')}` " if where else ""
    match error.validator:
        case "type":
            types = limit if isinstance(limit, list) else [limit]
            said = " or ".join(_TYPE_WORDS.get(name, str(name)) for name in types)
            text = f"must be {said}, not {value}"
        case "enum":
            text = f"must be one of {', '.join(_short(choice) for choice in limit)}, not {value}"
        case "const":
            text = f"must be {_short(limit)}, not {value}"
        case "minimum":
            text = f"must be {limit} or more, not {value}"
        case "maximum":
            text = f"must be {limit} or less, not {value}"
        case "exclusiveMinimum":
            text = f"must be more than {limit}, not {value}"
        case "exclusiveMaximum":
            text = f"must be less than {limit}, not {value}"
        case "minLength":
            text = "must not be empty" if limit == 1 else f"must have {limit} characters or more"
        case "maxLength":
            text = f"must have {limit} characters or less"
        case "minItems":
            text = "must not be empty" if limit == 1 else f"must have {limit} entries or more"
        case "maxItems":
            text = f"must have {limit} entries or less"
        case "pattern":
            text = f"must look like {limit}, unlike {value}"
        case "uniqueItems":
            text = "must not hold the same entry twice"
        case "required":
            text = error.message.replace("'", "`")
        case _:
            text = f"is not right: {error.message}"
    return inside + text


def _short(value: Any) -> str:
    text = f"`{value}`" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
