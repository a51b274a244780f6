"""The definition document: one JSON/YAML document is the pipeline.

The models here say what a well-formed document looks like. Whether it also makes sense (acyclic,
known components, matching ports) is the question of `checks`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

SCHEMA: Literal[1] = 1
MAX_NODES = 10_000
MAX_BYTES = 1024 * 1024

IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: Any) -> float:
    """Seconds in `90`, `1.5`, `"10s"`, `"1h30m"`.

    Raises ValueError for anything else, for negative numbers and for infinity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a duration is a number of seconds or text such as 10s, 5m, 1h30m")
    if isinstance(value, str):
        text = value.strip()
        parts = _DURATION_PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"`{value}` is not a duration; write 10s, 5m, 1h30m or 2d")
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    if not 0 <= value < float("inf"):
        raise ValueError("a duration must be a finite number of seconds, zero or more")
    return float(value)


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back to the same number: `90` -> `1m30s`."""
    if seconds != int(seconds):
        milliseconds = seconds * 1000
        return f"{int(milliseconds)}ms" if milliseconds == int(milliseconds) else f"{seconds!r}s"
    rest, text = int(seconds), ""
    for unit in ("d", "h", "m"):
        size = int(_UNIT_SECONDS[unit])
        if rest >= size:
            text, rest = f"{text}{rest // size}{unit}", rest % size
    return f"{text}{rest}s" if rest or not text else text


Duration = Annotated[
    float, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


ParameterType = Literal["string", "number", "integer", "boolean", "json"]


class Parameter(_Part):
    """A value that the person who starts a run may choose."""

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


class Node(_Part):
    """One use of one component version. `component` is `namespace/name` or `namespace/name@3`."""

    id: Identifier
    component: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}(@[1-9]\d{0,8})?$"
    )
    title: str = Field("", max_length=200)
    params: dict[str, Any] = {}
    when: str | None = None
    run_if: RunIf = "all_success"
    retry: Retry = Retry()
    timeout: Duration | None = None
    #: None: as the whole pipeline does.
    cache: CachePolicy | None = None
    resources: Resources = Resources()
    queue: Label | None = None
    pool: Label | None = None
    priority: Priority = 0

    @property
    def component_name(self) -> str:
        return self.component.partition("@")[0]

    @property
    def component_version(self) -> int | None:
        _, _, version = self.component.partition("@")
        return int(version) if version else None


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
    """`from: load.table, to: train.data` carries data; `from: load, to: train` is order alone."""

    source: _End = Field(alias="from")
    target: _End = Field(alias="to")

    @property
    def is_data(self) -> bool:
        return self.source.port is not None and self.target.port is not None

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}"


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
    on_failure: Literal["stop", "continue"] = "stop"
    max_parallel: int | None = Field(None, ge=1, le=MAX_NODES)
    cache: CachePolicy = False
    layout: dict[str, Position] = {}
