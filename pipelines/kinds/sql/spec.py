"""What an sql component's spec must say, and how one is made from a form."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import Problem
from pipelines.sdk.sqltext import binds

from ..checks import (
    build_from_form,
    common_problems,
    parameter_source_problems,
    properties,
)

#: What an output may be, by its type: the rows, all rows as JSON, or a number.
OUTPUT_TYPES = frozenset({"table", "json", "list", "integer", "number", "string", "any"})
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "query"],
    "properties": {
        "database": {
            "type": "string",
            "title": "Database",
            "description": "postgresql://user@host/name or sqlite:////path/to/file.db",
        },
        "database_parameter": {
            "type": "string",
            "title": "Or the parameter with the database",
            "description": "Name of a parameter whose value is the database's URL",
        },
        "connection_parameter": {
            "type": "string",
            "title": "Or the parameter with the connection",
            "description": "Name of a parameter of the format `connection`",
        },
        "query": {
            "type": "string",
            "title": "SQL",
            "description": "One statement; :name is bound to a parameter or a value input",
            "format": "code",
            "language": "sql",
        },
    },
}
#: What an author begins with in the browser: it can be published and run as it is.
START: dict[str, Any] = {
    "name": "query",
    "title": "Query",
    "summary": "Ask a database.",
    "database_parameter": "database",
    "query": "select :least as least, :least * 2 as twice\n",
    "outputs": [{"name": "table", "type": "table", "help": "The rows."}],
    "parameters": {
        "type": "object",
        "properties": {
            "database": {"type": "string", "title": "Database", "default": "sqlite:///:memory:"},
            "least": {"type": "integer", "title": "Least", "default": 1},
        },
        "additionalProperties": False,
    },
}


def build(fields: Mapping[str, Any]) -> ComponentSpec:
    """A spec of a filled-in form. Raises InvalidDefinition."""
    return build_from_form("sql", FORM, fields, icon="database")


def check(spec: ComponentSpec) -> list[Problem]:
    """What is wrong with a spec, whoever wrote it. An empty list means that it can run."""
    problems = [
        *common_problems(spec),
        *(
            parameter_source_problems(spec, "connection")
            if "connection_parameter" in spec.implementation
            else parameter_source_problems(spec, "database")
        ),
        *parameter_source_problems(spec, "query"),
        *_unknown_binds(spec),
    ]
    problems += [
        Problem(
            code="bad_component",
            message=f"a query cannot give a {port.type}; let the output `{port.name}` be a table",
            port=port.name,
        )
        for port in spec.outputs
        if port.type not in OUTPUT_TYPES
    ]
    return problems


def preload(spec: Mapping[str, Any]) -> str:
    """Rows become tables by pyarrow, so the pool that has it."""
    return "data"


def _unknown_binds(spec: ComponentSpec) -> list[Problem]:
    query = spec.implementation.get("query")
    if not isinstance(query, str):
        return []
    known = {*properties(spec), *(port.name for port in spec.inputs)}
    return [
        Problem(
            code="bad_implementation",
            message=f"`:{name}` in the query is neither a parameter nor an input of the component",
            field="implementation.query",
        )
        for name in binds(query)
        if name not in known
    ]
