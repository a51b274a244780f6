"""What a container component's spec must say, and how one is made from a form."""

import re
from collections.abc import Mapping, Set
from typing import Any

from jsonschema import Draft202012Validator

from pipelines.core.component import ComponentSpec
from pipelines.core.expressions import has_template
from pipelines.core.problems import Problem

from .. import templates
from ..checks import build_from_form, common_problems, placeholder_problems, properties
from .image import parse_image

#: Who can run it; a worker uses the first of them that it has.
EXECUTORS = ("docker", "kubernetes")
PULL_POLICIES = ("missing", "always", "never")
NETWORKS = ("default", "none")
_HINT = "{{ name }} stands for a parameter or an input"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
USER = re.compile(r"[0-9]{1,10}(?::[0-9]{1,10})?")

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "image"],
    "properties": {
        "image": {
            "type": "string",
            "minLength": 1,
            "title": "Image",
            "description": f"As for docker pull, such as python:3.12-slim; {_HINT}",
        },
        "command": {
            "type": ["array", "string"],
            "items": {"type": "string"},
            "title": "Command",
            "description": f"Instead of the image's entrypoint: a list of words, or one line; {_HINT}. "
            "No shell reads it; for one write sh -c '…'",
        },
        "args": {
            "type": ["array", "string"],
            "items": {"type": "string"},
            "title": "Arguments",
            "description": f"Instead of the image's own arguments; {_HINT}. Write each output to the "
            "file $OUTPUT_NAME, or all of them as JSON to $PENSTOCK_OUTPUTS",
        },
        "env": {
            "type": ["object", "string"],
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "title": "Environment",
            "description": f"Variables by name; {_HINT}",
        },
        "working_dir": {
            "type": "string",
            "title": "Working directory",
            "description": "An absolute path; without one the image's own",
        },
        "user": {
            "type": "string",
            "title": "User",
            "description": "A number, or two as user:group; without one the worker's own user",
        },
        "pull": {
            "type": "string",
            "enum": list(PULL_POLICIES),
            "default": "missing",
            "title": "Pull the image",
            "description": "When it is missing, always, or never",
        },
        "network": {
            "type": "string",
            "enum": list(NETWORKS),
            "default": "default",
            "title": "Network",
            "description": "What the worker gives to containers, or none",
        },
    },
}
#: What an author begins with in the browser: it can be published and run as it is.
START: dict[str, Any] = {
    "name": "in-a-container",
    "title": "In a container",
    "summary": "Run a command in an image.",
    "image": "python:3.12-slim",
    "command": ["sh", "-c", 'echo "Hello, {{ name }}" > "$OUTPUT_GREETING"'],
    "outputs": [{"name": "greeting", "type": "text", "help": "What was said."}],
    "parameters": {
        "type": "object",
        "properties": {"name": {"type": "string", "title": "Name", "default": "world"}},
        "additionalProperties": False,
    },
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("container", FORM, fields, icon="container")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec) + placeholder_problems(spec)
    own = {**FORM, "required": ["image"], "additionalProperties": False}
    found = list(Draft202012Validator(own).iter_errors(spec.implementation))
    for error in found:
        path = ".".join(["implementation", *(str(part) for part in error.absolute_path)])
        problems.append(Problem(code="bad_implementation", message=error.message, field=path))
    for name, schema in properties(spec).items():
        if isinstance(schema, Mapping) and schema.get("format") == "file":
            message = (
                f"the parameter `{name}` is a file, which a container would not find; make it an "
                "input port"
            )
            where = f"parameters.properties.{name}"
            problems.append(Problem(code="bad_component", message=message, field=where))
    if not found:
        problems += [_bad(field, message) for field, message in _complaints(spec.implementation)]
    return problems


def check_node(spec: ComponentSpec, params: Mapping[str, Any], fed: Set[str]) -> list[Problem]:
    """What is wrong with an image or a command line that a node brings along as a parameter.

    One with an expression in it is known only when the node runs.
    """
    problems = []
    for field, complain in (
        ("image", _image_complaint),
        ("command", _unreadable),
        ("args", _unreadable),
    ):
        template = spec.implementation.get(field)
        if not isinstance(template, str) or not templates.is_placeholder(template):
            continue
        parameter = next(templates.names(template))
        value = params.get(parameter)
        if (
            isinstance(value, str)
            and value
            and not has_template(value)
            and (why := complain(value))
        ):
            found = Problem(code="invalid_parameter", message=why, field=f"params.{parameter}")
            problems.append(found)
    return problems


def preload(spec: Mapping[str, Any]) -> str:
    """No warm pool runs it; the smallest is the one to name."""
    return "lean"


def _complaints(implementation: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs (field, what is wrong with it), for what a JSON Schema does not say."""
    found: list[tuple[str, str]] = []
    image = implementation["image"]
    if not any(templates.names(image)) and (complaint := _image_complaint(image)):
        found.append(("image", complaint))
    for field in ("command", "args"):
        value = implementation.get(field)
        if isinstance(value, str) and (complaint := _unreadable(value)):
            found.append((field, complaint))
    env = implementation.get("env")
    if isinstance(env, str) and not templates.is_placeholder(env):
        found.append(
            ("env", "`env` is an object of variables, or one {{ name }} for such an object")
        )
    for name in env if isinstance(env, Mapping) else ():
        if complaint := variable_complaint(name):
            found.append((f"env.{name}", complaint))
    directory = implementation.get("working_dir")
    if directory and not directory.startswith("/") and not any(templates.names(directory)):
        found.append(("working_dir", f"the working directory `{directory}` is no absolute path"))
    user = implementation.get("user")
    if user and not USER.fullmatch(user):
        found.append(("user", f"the user `{user}` is not a number, nor two as in 1000:1000"))
    return found


def variable_complaint(name: str) -> str:
    """What is wrong with the name of a variable; empty when nothing is."""
    if not _VARIABLE.fullmatch(name):
        return f"`{name}` is no name of a variable; use letters, digits and _"
    if name.startswith("PENSTOCK_"):
        return f"`{name}` cannot be set: names that begin with PENSTOCK_ are Penstock's own"
    return ""


def _image_complaint(image: str) -> str:
    try:
        parse_image(image)
    except ValueError as error:
        return str(error)
    return ""


def _unreadable(line: str) -> str:
    try:
        templates.split(line)
    except ValueError as error:
        return f"`{line[:80]}` cannot be split into words: {error}"
    return ""


def _bad(field: str, message: str) -> Problem:
    return Problem(code="bad_implementation", message=message, field=f"implementation.{field}")
