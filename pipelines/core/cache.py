"""The key under which a node's outputs may be used again, and why it was another one this time."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Self

#: Raised when the way the key is made changes, so that no old entry is ever taken for a new one.
VERSION = 2
#: A value whose JSON is longer is kept as its hash alone.
MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What a deterministic step depends on, each value as its JSON, or as its hash if that is long.

    `component` and `environment` are digests.
    """

    component: str
    environment: str
    params: Mapping[str, str]
    inputs: Mapping[str, str]

    @classmethod
    def of(
        cls,
        component: str,
        params: Mapping[str, Any],
        inputs: Mapping[str, Any],
        environment: str = "",
    ) -> Self:
        """`inputs` maps each port to a value, a reference `{"artifact": digest, ...}`, or a list of
        those. Of a reference only digest and type count: the same bytes under another name are the
        same input.
        """
        return cls(
            component,
            environment,
            {name: _short(value) for name, value in params.items()},
            {port: _short(_essence(value)) for port, value in inputs.items()},
        )

    def key(self) -> str:
        """SHA-256 in hex."""
        return _sha256(_json({"version": VERSION, **asdict(self)}))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last run of the same node before this one. `component` names it, `core/sql@1`."""

    number: int
    parts: KeyParts
    component: str
    succeeded: bool
    ended_at: datetime | None
    artifacts_exist: bool = True


def why_missed(
    parts: KeyParts,
    component: str,
    earlier: Earlier | None,
    *,
    looked_at: datetime,
    max_age: float | None,
) -> list[str]:
    """Why the result of `earlier` could not be used by a node of these parts: never empty.

    `looked_at` is when it was looked for; `max_age` is seconds.
    """
    if max_age == 0:
        return ["this run was started without looking for earlier results"]
    if earlier is None:
        return ["it never ran before with its results kept"]
    if differences := list(_differences(parts, component, earlier)):
        return differences
    run = f"run #{earlier.number}"
    if earlier.ended_at is None or earlier.ended_at > looked_at:
        return [f"{run} had not ended it yet"]
    if not earlier.succeeded:
        return [f"it did not succeed in {run}"]
    if max_age is not None and looked_at - earlier.ended_at > timedelta(seconds=max_age):
        return [f"the last result, of {run}, is older than {age_in_words(max_age)}"]
    if not earlier.artifacts_exist:
        return [f"the artifacts of {run} are gone"]
    return [f"the result of {run} could not be used when this run looked for it"]


def age_in_words(seconds: float) -> str:
    """`7 days`, `1 hour`, `90 minutes`: in the largest unit that goes into it."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds:g} second{'s' if seconds != 1 else ''}"


def _differences(parts: KeyParts, component: str, earlier: Earlier) -> Iterator[str]:
    if parts.component != earlier.parts.component:
        named = component != earlier.component
        yield (
            f"its component was `{earlier.component}`, now `{component}`"
            if named
            else "its component is another version"
        )
    if parts.environment != earlier.parts.environment:
        yield "its environment differs: other packages, or other versions of them"
    for sort, before, now in (
        ("parameter", earlier.parts.params, parts.params),
        ("input", earlier.parts.inputs, parts.inputs),
    ):
        for name in sorted(before.keys() | now.keys()):
            if name not in before:
                yield f"its {sort} `{name}` is new"
            elif name not in now:
                yield f"its {sort} `{name}` is gone"
            elif before[name] != now[name]:
                yield _changed(f"its {sort} `{name}`", before[name], now[name])


def _changed(what: str, before: str, now: str) -> str:
    if _is_hash(before) or _is_hash(now) or '"artifact"' in before + now:
        return f"{what} differs"
    old, new = json.loads(before), json.loads(now)
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        return f"{what} differs in line {_differing_line(old, new)}"
    return f"{what} was {before}, now {now}"


def _differing_line(old: str, new: str) -> str:
    """The number, and what stood and stands there, of the first line in which two texts differ."""
    pairs = enumerate(zip_longest(old.split("\n"), new.split("\n")), 1)
    number, (was, now) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    return f"{number}: it was {_line(was)}, now {_line(now)}"


def _line(text: str | None) -> str:
    return "not there" if text is None else f"`{text}`" if text.strip() else "empty"


def _short(value: Any) -> str:
    text = _json(value)
    return text if len(text) <= MAX_TEXT else f"sha256:{_sha256(text)}"


def _is_hash(text: str) -> bool:
    # No JSON begins with an `s`.
    return text.startswith("sha256:")


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _essence(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("artifact"), str):
        return {"artifact": value["artifact"], "type": value.get("type")}
    if isinstance(value, list):
        return [_essence(item) for item in value]
    return value
