"""What must hold for a component spec of any kind."""

from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import ValidationError

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition, Problem


def make_spec(**fields: Any) -> ComponentSpec:
    """A spec of these fields. Raises InvalidDefinition instead of pydantic's own error."""
    try:
        return ComponentSpec(**fields)
    except ValidationError as error:
        raise InvalidDefinition(
            Problem(
                code="bad_component",
                message=f"`{'.'.join(map(str, found['loc']))}`: {found['msg']}",
                field=".".join(map(str, found["loc"])),
            )
            for found in error.errors()
        ) from error


def common_problems(spec: ComponentSpec) -> list[Problem]:
    """Duplicate ports, and parameters that are no proper JSON Schema of an object."""
    return [
        *_duplicates("input", (port.name for port in spec.inputs)),
        *_duplicates("output", (port.name for port in spec.outputs)),
        *_schema_problems(spec),
    ]


def _duplicates(what: str, names: Iterable[str]) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for name in names:
        if name in seen:
            problems.append(
                Problem(
                    code="duplicate_port",
                    message=f"there are two {what} ports named `{name}`; rename one",
                    port=name,
                )
            )
        seen.add(name)
    return problems


def _schema_problems(spec: ComponentSpec) -> list[Problem]:
    schema = spec.parameters
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = ".".join(["parameters", *(str(part) for part in error.absolute_path)])
        message = f"the parameters are no valid JSON Schema: {error.message} (at {path})"
        return [Problem(code="bad_schema", message=message, field=path)]
    if schema.get("type") != "object":
        message = 'the parameters must be a JSON Schema of type object: {"type": "object", ...}'
        return [Problem(code="bad_schema", message=message, field="parameters.type")]
    properties = schema.get("properties") or {}
    return [
        *_unknown_required(schema.get("required") or [], properties),
        *_bad_defaults(properties),
    ]


def _unknown_required(required: list[str], properties: dict[str, object]) -> list[Problem]:
    return [
        Problem(
            code="bad_schema",
            message=f"`{name}` is required but is no parameter",
            field="parameters.required",
        )
        for name in required
        if name not in properties
    ]


def _bad_defaults(properties: dict[str, object]) -> list[Problem]:
    problems = []
    for name, schema in properties.items():
        if isinstance(schema, dict) and "default" in schema:
            errors = list(Draft202012Validator(schema).iter_errors(schema["default"]))
            problems += [
                Problem(
                    code="bad_default",
                    message=f"the default of the parameter `{name}` breaks its own rules: "
                    f"{error.message}",
                    field=f"parameters.properties.{name}",
                )
                for error in errors
            ]
    return problems
