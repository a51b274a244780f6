"""Secrets on their way to a step: the value, and which parameters of a component take one.

A parameter `{"type": "string", "format": "secret"}` holds the *name* of a secret of the team that runs
the pipeline, an array of such strings several names. Documents, rows and events only ever hold names.
Only the standard library: steps import it, in environments of their own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The format of a parameter that names a secret.
FORMAT = "secret"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Secret:
    """A secret that a step is given. No text of it shows the value."""

    name: str
    version: int
    value: str = field(repr=False)


@dataclass(frozen=True)
class Mention:
    """One place of a parameter that names a secret."""

    parameter: str
    name: str


def secret_parameters(schema: Mapping[str, Any]) -> dict[str, bool]:
    """The parameters that name secrets, by name; True for those that take a list of names."""
    properties = schema.get("properties")
    found = {}
    for name, part in (properties if isinstance(properties, Mapping) else {}).items():
        if not isinstance(part, Mapping):
            continue
        items = part.get("items")
        if part.get("format") == FORMAT:
            found[name] = False
        elif isinstance(items, Mapping) and items.get("format") == FORMAT:
            found[name] = True
    return found


def mentions(schema: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[Mention]:
    """The secrets that the parameters of a node name."""
    for parameter in secret_parameters(schema):
        value = params.get(parameter)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and NAME.fullmatch(name):
                yield Mention(parameter, name)


def schema_complaints(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with how a component asks for secrets: pairs of parameter and complaint."""
    for name, many in secret_parameters(schema).items():
        part = schema["properties"][name]
        kind = part["items"].get("type") if many else part.get("type")
        if kind != "string":
            yield name, "names a secret, so that its type must be string"
        if part.get("default") not in (None, "", []):
            yield (
                name,
                "names a secret of whoever uses the component, so that it cannot have a default",
            )
    for name, part in (schema.get("properties") or {}).items():
        if name not in secret_parameters(schema) and _has_format(part):
            yield name, "asks for secrets inside of a value; let them be parameters of their own"


def _has_format(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return schema.get("format") == FORMAT or any(map(_has_format, schema.values()))
    return isinstance(schema, list) and any(map(_has_format, schema))
