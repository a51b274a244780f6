"""What a component version promises: its ports, its parameters and how it is run."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .document import Identifier

PortType = Literal[
    "string", "number", "integer", "boolean", "json", "list",
    "table", "file", "image", "model", "text", "any",
]  # fmt: skip

#: Types whose values always travel as artifacts; the others are JSON values up to 1 MiB.
ARTIFACT_TYPES: frozenset[str] = frozenset({"table", "file", "image", "model"})


class _Part(BaseModel):
    # The stored JSON has every field, so readers may rely on those with defaults as well.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class InputPort(_Part):
    """`multiple` ports take any number of edges; the step then receives a list, in edge order."""

    name: Identifier
    type: PortType = "any"
    required: bool = True
    multiple: bool = False
    help: str = ""


class OutputPort(_Part):
    name: Identifier
    type: PortType = "any"
    help: str = ""


class Example(_Part):
    """A worked use: parameter values, and where inputs come from in words or as JSON values."""

    title: str = ""
    params: dict[str, Any] = {}
    inputs: dict[str, Any] = {}


class ComponentSpec(_Part):
    """Everything that is published as one immutable component version.

    `parameters` is a JSON Schema (draft 2020-12) of type object. `implementation` belongs to the
    kind: `{"source": ..., "function": ...}` for python, `{"command": ...}` for shell, and so on.
    """

    namespace: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    title: str = Field("", max_length=200)
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    category: str = Field("other", max_length=60)
    icon: str = Field("box", max_length=60)
    summary: str = Field("", max_length=300)
    docs: str = Field("", max_length=100_000)
    inputs: list[InputPort] = []
    outputs: list[OutputPort] = []
    parameters: dict[str, Any] = {"type": "object", "properties": {}}
    implementation: dict[str, Any] = {}
    examples: list[Example] = []

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    def input(self, name: str) -> InputPort | None:
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> OutputPort | None:
        return next((port for port in self.outputs if port.name == name), None)
