"""Connections on their way to a step: which parameters of a component name one, and what is given.

A parameter `{"type": "string", "format": "connection", "x-connection-types": ["postgresql"]}` holds the
*name* of a connection of the team that runs the pipeline. Only the standard library: steps import it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = "connection"
TYPES = "x-connection-types"


@dataclass(frozen=True)
class Connection:
    """A connection that a step is given. No text of it shows the secret fields."""

    name: str
    type: str
    version: int
    fields: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        return {"type": self.type, "fields": {**self.fields, **self.secrets}}


@dataclass(frozen=True)
class Mention:
    """One parameter of a node that names a connection, and the types that it takes, empty for any."""

    parameter: str
    name: str
    types: tuple[str, ...]


def connection_parameters(schema: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The parameters that name connections, with the types that they take; empty for any."""
    properties = schema.get("properties")
    return {
        name: tuple(part.get(TYPES) or ())
        for name, part in (properties if isinstance(properties, Mapping) else {}).items()
        if isinstance(part, Mapping) and part.get("format") == FORMAT
    }


def mentions(schema: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[Mention]:
    """The connections that the parameters of a node name."""
    for parameter, types in connection_parameters(schema).items():
        name = params.get(parameter)
        if isinstance(name, str) and name:
            yield Mention(parameter, name, types)


def schema_complaints(kind: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with how a component asks for connections: pairs of parameter and complaint."""
    for name in connection_parameters(schema):
        part = schema["properties"][name]
        if part.get("type") != "string":
            yield name, "names a connection, so that its type must be string"
        if part.get("default") not in (None, ""):
            yield (
                name,
                "names a connection of whoever uses the component, so that it cannot have a default",
            )
        if kind in ("shell", "container"):
            yield name, f"names a connection, which a {kind} component cannot use; ask for a secret"
