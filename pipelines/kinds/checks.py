"""What must hold for a component spec of any kind."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import ValidationError
from referencing.exceptions import Unresolvable

from pipelines.core import connections
from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.secrets import schema_complaints

from . import templates


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


def properties(spec: ComponentSpec) -> Mapping[str, Any]:
    """The schema of each parameter; empty when `parameters` is not even of the right form."""
    found = spec.parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


#: What the form of every kind but python asks for, before the kind's own fields.
_COMMON_FORM: dict[str, Any] = {
    "namespace": {"type": "string", "title": "Namespace", "description": "Your team's namespace"},
    "name": {"type": "string", "title": "Name", "description": "Small letters, digits, - and _"},
    "title": {"type": "string", "title": "Title"},
    "summary": {"type": "string", "title": "Summary", "description": "One line for the palette"},
    "docs": {"type": "string", "title": "Docs", "format": "textarea"},
    "category": {"type": "string", "title": "Category"},
    "icon": {"type": "string", "title": "Icon", "description": "A lucide icon's name"},
    "inputs": {"type": "array", "title": "Input ports", "items": {"type": "object"}},
    "outputs": {"type": "array", "title": "Output ports", "items": {"type": "object"}},
    "parameters": {"type": "object", "title": "Parameters, as JSON Schema"},
    "examples": {"type": "array", "title": "Examples", "items": {"type": "object"}},
}


def with_common_fields(form: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's form with the fields that every spec has in front."""
    return {**form, "properties": {**_COMMON_FORM, **form["properties"]}}


def build_from_form(
    kind: str, form: Mapping[str, Any], fields: Mapping[str, Any], *, icon: str
) -> ComponentSpec:
    """A spec whose implementation is the kind's own fields, and the rest its common ones.

    Raises InvalidDefinition for unknown or missing fields, and for values of the wrong form.
    """
    own: Mapping[str, Any] = form["properties"]
    given = {key: value for key, value in fields.items() if value not in (None, "")}
    problems = [
        Problem(code="bad_component", message=f"a {kind} component has no field `{key}`", field=key)
        for key in given
        if key not in own and key not in _COMMON_FORM
    ]
    problems += [
        Problem(code="bad_component", message=f"a {kind} component needs `{key}`", field=key)
        for key in form.get("required", ())
        if key not in given
    ]
    if problems:
        raise InvalidDefinition(problems)
    defaults = {"namespace": "user", "icon": icon, "category": "Code"}
    common = {key: value for key, value in given.items() if key in _COMMON_FORM}
    implementation = {key: value for key, value in given.items() if key in own}
    return make_spec(**{**defaults, **common, "kind": kind, "implementation": implementation})


def parameter_source_problems(spec: ComponentSpec, field: str) -> list[Problem]:
    """The implementation must have `field` as text, or name the parameter that holds it."""
    parameter = spec.implementation.get(f"{field}_parameter")
    if parameter is not None:
        if isinstance(parameter, str) and parameter in properties(spec):
            return []
        message = (
            f"the implementation takes its {field} from the parameter `{parameter}`, "
            "which the component does not have"
        )
        where = f"implementation.{field}_parameter"
    else:
        text = spec.implementation.get(field)
        if isinstance(text, str) and text.strip():
            return []
        message = f"a {spec.kind} component needs `{field}`, which is missing or empty"
        where = f"implementation.{field}"
    return [Problem(code="bad_implementation", message=message, field=where)]


def placeholder_problems(spec: ComponentSpec) -> list[Problem]:
    """Every `{{ name }}` must be a parameter, or an input port."""
    known = {*properties(spec), *(port.name for port in spec.inputs)}
    return [
        Problem(
            code="bad_implementation",
            message=f"`{{{{ {name} }}}}` is neither a parameter nor an input of the component",
            field="implementation",
        )
        for name in dict.fromkeys(templates.names(spec.implementation))
        if name not in known
    ]


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
    return [
        *_unknown_required(schema.get("required") or [], properties(spec)),
        *_bad_defaults(properties(spec)),
        *(
            Problem(
                code="bad_schema",
                message=f"the parameter `{name}` {complaint}",
                field=f"parameters.properties.{name}",
            )
            for name, complaint in (
                *schema_complaints(schema),
                *connections.schema_complaints(spec.kind, schema),
            )
        ),
    ]


def _unknown_required(required: list[str], known: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(
            code="bad_schema",
            message=f"`{name}` is required but is no parameter",
            field="parameters.required",
        )
        for name in required
        if name not in known
    ]


def _bad_defaults(schemas: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for name, schema in schemas.items():
        if not isinstance(schema, Mapping) or "default" not in schema:
            continue
        try:
            errors = [found.message for found in _errors(schema, schema["default"])]
        except (re.error, RecursionError, Unresolvable) as error:
            errors = [f"the rules cannot be applied ({str(error)[:200] or type(error).__name__})"]
        problems += [
            Problem(
                code="bad_default",
                message=f"the default of the parameter `{name}` breaks its own rules: {message}",
                field=f"parameters.properties.{name}",
            )
            for message in errors
        ]
    return problems


def _errors(schema: Mapping[str, Any], value: Any) -> Iterable[Any]:
    return Draft202012Validator(schema).iter_errors(value)
