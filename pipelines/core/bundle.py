"""A run in one file: what a rerun bundle holds, and what it may be called inside.

A bundle is a zip with `manifest.json` and the files that it names. Everything in it is named by
reference or by digest, so that reading it means asking for known names, never taking what is there.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .document import PIPELINE_PREFIX, Definition, Node
from .parameters import ARTIFACT_PREFIX, is_artifact

SCHEMA: Literal[1] = 1
MANIFEST = "manifest.json"
DEFINITION = "definition.json"
#: What each node of the run gave, to compare with: not read when the bundle is run again.
RESULTS = "results.json"
MEDIA_TYPE = "application/zip"

_DIGEST = r"^[0-9a-f]{64}$"
_NAME = re.compile(
    r"manifest\.json|definition\.json|results\.json"
    r"|components/[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}@[1-9]\d{0,8}\.json"
    r"|pipelines/[a-z0-9][a-z0-9-]{0,62}@[1-9]\d{0,8}\.json"
    r"|environments/[0-9a-f]{64}\.json"
    r"|artifacts/[0-9a-f]{64}"
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class From(_Part):
    """The run that the bundle was made of."""

    pipeline: str
    number: int
    version: int
    state: str
    run: str


class Input(_Part):
    """An artifact that the run was given. `included`: its bytes are in the bundle."""

    type: str
    name: str = ""
    size: int
    included: bool = False


class Environment(_Part):
    """The lock of an environment; `text` is what is installed from, and what the digest is of."""

    key: str = Field(pattern=_DIGEST)
    python: str = Field(max_length=20)
    platform: str = Field(max_length=60)
    requirements: list[str] = []
    added: list[str] = []
    text: str


class Manifest(_Part):
    """`components` and `pipelines` map each reference to the digest of what it names.

    `environments` maps the nodes that ran in an environment of their own to its lock's digest.
    """

    schema_: Literal[1] = Field(SCHEMA, alias="schema")
    penstock: str
    made_of: From
    parameters: dict[str, Any] = {}
    node_params: dict[str, dict[str, Any]] = {}
    components: dict[str, str] = {}
    pipelines: dict[str, str] = {}
    environments: dict[str, str] = {}
    inputs: dict[str, Input] = {}


def component_file(ref: str) -> str:
    """`core/sql@1` -> `components/core/sql@1.json`."""
    return f"components/{ref}.json"


def pipeline_file(ref: str) -> str:
    """`pipeline:score@4` -> `pipelines/score@4.json`."""
    return f"pipelines/{ref.removeprefix(PIPELINE_PREFIX)}.json"


def environment_file(digest: str) -> str:
    return f"environments/{digest}.json"


def artifact_file(digest: str) -> str:
    return f"artifacts/{digest}"


def may_be_named(name: str) -> bool:
    """Whether a bundle may hold a file of this name. There are no folders and no other names."""
    return _NAME.fullmatch(name) is not None


def artifacts_in(value: Any) -> Iterator[str]:
    """The digests that `artifact:…` texts and references anywhere in a value name."""
    if isinstance(value, str):
        if is_artifact(value):
            yield value.removeprefix(ARTIFACT_PREFIX)
    elif isinstance(value, Mapping):
        if is_artifact(value):
            yield str(value["artifact"])
        for part in value.values():
            yield from artifacts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from artifacts_in(part)


def with_refs(definition: Definition, known_as: Mapping[str, str]) -> Definition:
    """The definition with each `Node.ref` as it is called elsewhere."""

    def renamed(node: Node) -> Node:
        ref = known_as.get(node.ref, node.ref)
        if node.pipeline is not None:
            return node.model_copy(update={"pipeline": ref.removeprefix(PIPELINE_PREFIX)})
        return node.model_copy(update={"component": ref})

    return definition.model_copy(update={"nodes": [renamed(node) for node in definition.nodes]})
