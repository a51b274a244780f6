"""What an http component's spec must say, and how one is made from a form."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, placeholder_problems

#: What an output may be taken from; without a word, an output's name says it, else its type.
SOURCES = ("text", "json", "file", "table", "status", "headers")
_HINT = "{{ name }} stands for a parameter or an input"
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "url"],
    "properties": {
        "method": {"type": "string", "title": "Method", "default": "GET"},
        "url": {"type": "string", "title": "URL", "minLength": 1, "description": _HINT},
        "headers": {"type": ["object", "string"], "title": "Headers", "description": _HINT},
        "bearer": {
            "type": "string",
            "title": "Bearer token",
            "description": f"Sent as `Authorization: Bearer …`; {_HINT}, such as a secret",
        },
        "query": {"type": ["object", "string"], "title": "Query", "description": _HINT},
        "body": {"title": "Body", "description": f"Text, or JSON; {_HINT}"},
        "connection_parameter": {
            "type": "string",
            "title": "Parameter with the connection",
            "description": "Name of a parameter of the format `connection`",
        },
        "timeout": {
            "type": ["number", "string"],
            "title": "Timeout",
            "description": "Seconds without an answer",
            "default": 30,
        },
        "expect": {
            "type": ["array", "string"],
            "items": {"type": "integer"},
            "title": "Statuses that are fine",
            "description": "Without any, everything below 400",
        },
        "read": {
            "type": "object",
            "title": "Outputs from",
            "description": f"Output name to one of {', '.join(SOURCES)}, or json.a.b for a part",
        },
    },
}
#: What an author begins with in the browser: it can be published and run as it is.
START: dict[str, Any] = {
    "name": "get-json",
    "title": "Get JSON",
    "summary": "Ask an address for JSON.",
    "method": "GET",
    "url": "{{ url }}",
    "outputs": [{"name": "json", "type": "json", "help": "What was answered."}],
    "parameters": {
        "type": "object",
        "properties": {
            "url": {"type": "string", "title": "Address", "default": "https://httpbin.org/json"}
        },
        "additionalProperties": False,
    },
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("http", FORM, fields, icon="globe")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec) + placeholder_problems(spec)
    own = {**FORM, "required": ["url"], "additionalProperties": False}
    for error in Draft202012Validator(own).iter_errors(spec.implementation):
        path = ".".join(["implementation", *(str(part) for part in error.absolute_path)])
        problems.append(Problem(code="bad_implementation", message=error.message, field=path))
    problems += [
        Problem(
            code="bad_component",
            message=f"a request cannot give a {port.type}; let the output `{port.name}` be a file",
            port=port.name,
        )
        for port in spec.outputs
        if port.type == "model"
    ]
    read = spec.implementation.get("read")
    for name, source in (read if isinstance(read, dict) else {}).items():
        if spec.output(name) is None or str(source).partition(".")[0] not in SOURCES:
            message = (
                f"`read` says that `{name}` is `{source}`, but it must name an output and one of "
                f"{', '.join(SOURCES)}"
            )
            problems.append(
                Problem(code="bad_implementation", message=message, field="implementation.read")
            )
    return problems


def preload(spec: Mapping[str, Any]) -> str:
    """`data` when a table goes in or comes out."""
    ports = [*(spec.get("inputs") or ()), *(spec.get("outputs") or ())]
    return "data" if any(port.get("type") == "table" for port in ports) else "http"
