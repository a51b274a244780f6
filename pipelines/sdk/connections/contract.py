"""What a type of connections is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.core.addresses import Reach


class CannotConnect(Exception):
    """Why a test failed, in words that say what to try."""


@dataclass(frozen=True)
class Tested:
    """That it works, in words: what answered, and which version of it."""

    message: str


@dataclass(frozen=True)
class Type:
    """`schema` is a JSON Schema of the fields; those that are `writeOnly` are secret.

    `target` are the fields that say where it leads: once they change, the secrets have to be given
    anew, so that nobody sends a stored password elsewhere. `test` raises CannotConnect, or the
    Failure of the guard.
    """

    name: str
    title: str
    summary: str
    icon: str
    schema: Mapping[str, Any]
    target: tuple[str, ...]
    test: Callable[[Mapping[str, Any], Reach], Tested]

    @property
    def secret_fields(self) -> frozenset[str]:
        properties = self.schema["properties"]
        return frozenset(name for name, part in properties.items() if part.get("writeOnly"))
