"""What a shell component's spec must say, and how one is made from a form."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem

from ..checks import build_from_form, common_problems, parameter_source_problems

#: Output types that a command can give. A model is made by Python alone.
OUTPUT_TYPES = frozenset(
    {
        "text",
        "string",
        "number",
        "integer",
        "boolean",
        "json",
        "list",
        "file",
        "table",
        "image",
        "any",
    }
)
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "command"],
    "properties": {
        "command": {
            "type": "string",
            "title": "Command",
            "description": "Run by bash, which stops at the first error. Each input is "
            "$INPUT_NAME (a value, or the path of a file), each parameter $PARAM_NAME; write each "
            "output to the file $OUTPUT_NAME. An output named stdout is what the command prints.",
            "format": "code",
            "language": "shell",
        },
        "tables": {
            "type": "string",
            "enum": ["csv", "parquet"],
            "default": "csv",
            "title": "Tables as",
            "description": "The format in which the command sees its input tables",
        },
    },
}
#: What an author begins with in the browser: it can be published and run as it is.
START: dict[str, Any] = {
    "name": "count-lines",
    "title": "Count lines",
    "summary": "Count the lines of a text.",
    "command": 'echo "Counting lines with $PARAM_WORD in them"\n'
    'grep -c -- "$PARAM_WORD" "$INPUT_TEXT" > "$OUTPUT_COUNT" || true\n',
    "inputs": [{"name": "text", "type": "file", "help": "A text file."}],
    "outputs": [{"name": "count", "type": "integer", "help": "How many lines have the word."}],
    "parameters": {
        "type": "object",
        "properties": {"word": {"type": "string", "title": "Word", "default": ""}},
        "additionalProperties": False,
    },
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("shell", FORM, fields, icon="terminal")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = common_problems(spec) + parameter_source_problems(spec, "command")
    problems += [
        Problem(
            code="bad_component",
            message=f"a command cannot give a {port.type}; let the output `{port.name}` be a file",
            port=port.name,
        )
        for port in spec.outputs
        if port.type not in OUTPUT_TYPES
    ]
    if spec.implementation.get("tables", "csv") not in ("csv", "parquet"):
        problems.append(
            Problem(
                code="bad_implementation",
                message="`tables` is csv or parquet",
                field="implementation.tables",
            )
        )
    return problems


def preload(spec: Mapping[str, Any]) -> str:
    """`data` when tables must be turned into CSV or back."""
    ports = [*(spec.get("inputs") or ()), *(spec.get("outputs") or ())]
    return "data" if any(port.get("type") == "table" for port in ports) else "lean"
