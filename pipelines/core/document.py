"""The definition document: one JSON/YAML document is the pipeline.

The models here say what a well-formed document looks like. Whether it also makes sense (acyclic,
known components, matching ports) is the question of `checks`.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from .durations import format_duration, parse_duration

SCHEMA: Literal[1] = 1
MAX_NODES = 10_000
MAX_BYTES = 1024 * 1024

IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]

Duration = Annotated[
    float, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


ParameterType = Literal[
    "string", "number", "integer", "boolean", "json", "list",
    "table", "file", "image", "model", "text", "any",
]  # fmt: skip


class Parameter(_Part):
    """A value that whoever starts a run may choose.

    `table`, `file`, `image` and `model` take an artifact, `artifact:DIGEST`.
    """

    name: Identifier
    type: ParameterType = "string"
    default: Any = None
    required: bool = False
    title: str = ""
    description: str = ""
    enum: list[Any] | None = None
    minimum: float | None = None
    maximum: float | None = None


class Backoff(_Part):
    initial: Duration = 1.0
    factor: float = Field(2.0, ge=1, le=100)
    max: Duration = 300.0


class Retry(_Part):
    """`max_attempts` counts the first try: 3 means one try and two retries."""

    max_attempts: int = Field(1, ge=1, le=100)
    backoff: Backoff = Backoff()


RunIf = Literal["all_success", "all_done", "one_success", "one_failed", "none_failed", "always"]


_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*(|[KMGT]i?)B?$")
_UNIT_BYTES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNIT_BYTES |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def parse_size(value: str | int) -> int:
    """Bytes in `1048576`, `"512Mi"`, `"4G"`. Raises ValueError for anything else and for zero."""
    found = _SIZE.match(str(value).strip())
    size = int(float(found[1]) * _UNIT_BYTES[found[2]]) if found else 0
    if size <= 0:
        raise ValueError(f"`{value}` is not an amount of memory; write bytes, 512Mi or 4Gi")
    return size


def _checked_size(value: str | int | None) -> str | int | None:
    if value is not None:
        parse_size(value)
    return value


class Resources(_Part):
    """What one attempt takes, and may not exceed.

    `cpu` is cores, also parts of one; `memory` is bytes or `512Mi`, `4Gi`; `gpu` whole devices.
    """

    cpu: float | None = Field(None, gt=0, le=1024)
    memory: Annotated[str | int | None, AfterValidator(_checked_size)] = None
    gpu: int = Field(0, ge=0, le=64)

    @property
    def memory_bytes(self) -> int | None:
        return None if self.memory is None else parse_size(self.memory)


#: The name of a queue or of a pool.
Label = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
#: Higher goes first.
Priority = Annotated[int, Field(ge=-100, le=100)]


class Cache(_Part):
    """Results of earlier runs are used again, unless they are older than `max_age` seconds."""

    max_age: Duration | None = None


def _checked_cache(value: Any) -> Any:
    """What `true`, `false` and `{max_age: 7d}` say. Raises ValueError with one sentence for all."""
    if value is None or isinstance(value, bool | Cache):
        return value
    if not isinstance(value, dict) or set(value) - {"max_age"}:
        raise ValueError("`cache` must be true, false, or an age limit such as {max_age: 7d}")
    return Cache(max_age=parse_duration(value["max_age"])) if value else True


CachePolicy = Annotated[bool | Cache, BeforeValidator(_checked_cache)]

_SHARE = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")


def parse_allowed_failures(value: Any) -> int | str:
    """A number of items, or a share of them such as `"10%"`. Raises ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SHARE.match(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError(
            f"`{value}` is no number of failures; write how many items may fail, such as 3, or "
            "their share, such as 10%"
        )
    return f"{found[1]}%"


def allowed_failures(allowed: int | str, total: int) -> int:
    """How many of `total` items may fail, rounded down."""
    if isinstance(allowed, int):
        return allowed
    return int(float(allowed.removesuffix("%")) * total / 100)


class Map(_Part):
    """The node runs once for each element of a list that is known only when the run gets there.

    `over` names the input port or the parameter that gets the list; each item's run gets one
    element in its place. Every output becomes a list, in the order of the items.
    """

    over: Identifier
    max_parallel: int | None = Field(None, ge=1, le=10_000)
    allow_failures: Annotated[int | str, BeforeValidator(parse_allowed_failures)] = 0


class Loop(_Part):
    """A sub-pipeline runs again and again until `until` holds, at most `max_iterations` times.

    `until` sees the round's `outputs` and `round.number` (1, 2, 3 ...). Outputs of a round feed
    the parameters of the same name in the next one.
    """

    until: str
    max_iterations: int = Field(10, ge=1, le=10_000)


_COMPONENT = r"^[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}(@[1-9]\d{0,8})?$"
_PIPELINE = r"^[a-z0-9][a-z0-9-]{0,62}(@[1-9]\d{0,8})?$"
#: Before the name of a pipeline where a node's component is named in text.
PIPELINE_PREFIX = "pipeline:"


class Node(_Part):
    """One use of one component version, or of one pipeline version as a sub-pipeline.

    `component` is `namespace/name` or `namespace/name@3`; `pipeline` is `score-model@4`.
    """

    id: Identifier
    component: str | None = Field(None, pattern=_COMPONENT)
    pipeline: str | None = Field(None, pattern=_PIPELINE)
    title: str = Field("", max_length=200)
    params: dict[str, Any] = {}
    when: str | None = None
    run_if: RunIf = "all_success"
    map: Map | None = None
    loop: Loop | None = None
    on_exit: bool = False
    retry: Retry = Retry()
    timeout: Duration | None = None
    #: None: as the whole pipeline does.
    cache: CachePolicy | None = None
    resources: Resources = Resources()
    queue: Label | None = None
    pool: Label | None = None
    priority: Priority = 0

    @model_validator(mode="after")
    def _uses_one_thing(self) -> Self:
        if (self.component is None) == (self.pipeline is None):
            raise ValueError(
                "a node uses either a `component` or a `pipeline`; name one of them"
                if self.component is None
                else "a node uses either a `component` or a `pipeline`, not both; remove one"
            )
        return self

    @property
    def ref(self) -> str:
        """What the node uses, in one text: `core/sql@1`, or `pipeline:score-model@4`."""
        return self.component or f"{PIPELINE_PREFIX}{self.pipeline}"

    @property
    def ref_name(self) -> str:
        return self.ref.partition("@")[0]

    @property
    def ref_version(self) -> int | None:
        _, _, version = self.ref.partition("@")
        return int(version) if version else None

    def pinned(self, number: int) -> Self:
        """The same node with a version of what it uses."""
        field = "component" if self.component is not None else "pipeline"
        name = getattr(self, field).partition("@")[0]
        return self.model_copy(update={field: f"{name}@{number}"})


class End(BaseModel):
    """One end of an edge: a node, and for a data edge one of its ports."""

    model_config = ConfigDict(frozen=True)

    node: str
    port: str | None = None

    @classmethod
    def parse(cls, value: Any) -> "End":
        if isinstance(value, End):
            return value
        if not isinstance(value, str):
            raise ValueError("an edge end is text: `node` or `node.port`")
        node, dot, port = value.partition(".")
        if not node or (dot and not port) or "." in port:
            raise ValueError(f"`{value}` is not an edge end; write `node` or `node.port`")
        return cls(node=node, port=port or None)

    def __str__(self) -> str:
        return f"{self.node}.{self.port}" if self.port else self.node


_End = Annotated[End, BeforeValidator(End.parse), PlainSerializer(str, return_type=str)]


class Edge(_Part):
    """How two nodes hang together.

    `from: load.table, to: train.data` carries data; `from: load, to: train` is order alone, and
    `from: check.yes, to: train` is order that holds only when the branch `check` takes `yes`.
    """

    source: _End = Field(alias="from")
    target: _End = Field(alias="to")

    @property
    def is_data(self) -> bool:
        return self.source.port is not None and self.target.port is not None

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}"


class Output(_Part):
    """What a pipeline gives to whoever uses it as a node: an output port of one of its nodes."""

    name: Identifier
    source: _End = Field(alias="from")


Position = Annotated[list[float], Field(min_length=2, max_length=2)]


class Definition(_Part):
    """A whole pipeline. `layout` is how it looks, never what it means.

    At most `max_parallel` of a run's nodes run at the same time.
    """

    schema_: Literal[1] = Field(SCHEMA, alias="schema")
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=10_000)
    parameters: list[Parameter] = []
    nodes: list[Node] = []
    edges: list[Edge] = []
    outputs: list[Output] = []
    on_failure: Literal["stop", "continue"] = "stop"
    max_parallel: int | None = Field(None, ge=1, le=MAX_NODES)
    cache: CachePolicy = False
    layout: dict[str, Position] = {}
