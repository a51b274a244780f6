"""From anything at all to a Definition, with every flaw said in words a person understands."""

import difflib
import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from .document import (
    MAX_BYTES,
    MAX_NODES,
    Backoff,
    Definition,
    Edge,
    Loop,
    Map,
    Node,
    Output,
    Parameter,
    Resources,
    Retry,
    RunIf,
)
from .problems import Problem
from .serialize import canonical_json, too_large_message

_MODELS: dict[tuple[str, ...], tuple[type[BaseModel], str]] = {
    (): (Definition, "the document"),
    ("parameters",): (Parameter, "a parameter"),
    ("nodes",): (Node, "a node"),
    ("nodes", "retry"): (Retry, "`retry`"),
    ("nodes", "retry", "backoff"): (Backoff, "`backoff`"),
    ("nodes", "resources"): (Resources, "`resources`"),
    ("nodes", "map"): (Map, "`map`"),
    ("nodes", "loop"): (Loop, "`loop`"),
    ("edges",): (Edge, "an edge"),
    ("outputs",): (Output, "an output"),
}
_WANTED = {
    "id": "an id: a letter or _, then letters, digits and _, at most 63",
    "name": "a name: a letter or _, then letters, digits and _, at most 63",
    "component": "a component: `namespace/name` or `namespace/name@3`",
    "pipeline": "a pipeline: its short name, such as `score-model` or `score-model@4`",
    "over": "the name of an input or a parameter",
    "queue": "a queue: small letters, digits, - and _",
    "pool": "a pool: small letters, digits, - and _",
}
_LISTS = ("nodes", "edges", "parameters", "outputs")
#: Without these a node is none.
_NODE_NEEDS = ("id", "component", "pipeline")
_TYPES = {
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
}


class Parsed:
    """What could be read. `definition` leaves out the broken parts, so that the rest is checked.

    `dropped` are ids of nodes that are there but too broken to read; edges may still name them.
    """

    def __init__(
        self, definition: Definition | None, problems: list[Problem], dropped: frozenset[str]
    ) -> None:
        self.definition = definition
        self.problems = problems
        self.dropped = dropped


def parse_leniently(raw: Any) -> Parsed:
    """Read what can be read. `definition` is None only where nothing could be."""
    unreadable = _unreadable(raw)
    if unreadable:
        return Parsed(None, unreadable, frozenset())
    try:
        return Parsed(Definition.model_validate(raw), [], frozenset())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=True)
    problems = [_problem(raw, each) for each in errors] + list(_using_nothing(raw, errors))
    rest, dropped = _without(raw, [each["loc"] for each in errors])
    try:
        return Parsed(Definition.model_validate(rest), problems, dropped)
    except ValidationError:
        return Parsed(None, problems, frozenset())


def _using_nothing(raw: dict[str, Any], errors: list[Any]) -> Iterator[Problem]:
    """Nodes without a component that have other flaws too, for which nobody looked at that."""
    told = {error["loc"] for error in errors if error["type"] == "value_error"}
    broken = sorted(
        {loc[1] for loc in (error["loc"] for error in errors) if loc[:1] == ("nodes",) and loc[1:]}
    )
    for index in broken:
        entry = raw["nodes"][index]
        if (
            isinstance(entry, dict)
            and ("nodes", index) not in told
            and not any(entry.get(key) is not None for key in ("component", "pipeline"))
        ):
            error = {"loc": ("nodes", index, "component"), "type": "missing", "msg": "missing"}
            yield _problem(raw, error)


def _unreadable(raw: Any) -> list[Problem]:
    if not isinstance(raw, dict):
        return [
            Problem(
                code="malformed",
                message="The document must be a mapping with `name`, `nodes` and `edges`.",
            )
        ]
    nodes = raw.get("nodes")
    if isinstance(nodes, list) and len(nodes) > MAX_NODES:
        return [
            Problem(
                code="too_many_nodes",
                message=f"The pipeline has {len(nodes):,} nodes; at most {MAX_NODES:,} are allowed. "
                "Split it into several pipelines.",
            )
        ]
    try:
        size = len(canonical_json(raw).encode())
    except ValueError as error:
        return [Problem(code="malformed", message=f"The document cannot be stored: {error}.")]
    if size > MAX_BYTES:
        return [Problem(code="too_large", message=too_large_message(size))]
    return []


def _without(
    raw: dict[str, Any], places: list[tuple[int | str, ...]]
) -> tuple[Any, frozenset[str]]:
    """A copy without the broken parts: the smallest part that can go, the whole entry if not."""
    rest: dict[str, Any] = {key: value for key, value in raw.items() if key in _fields(Definition)}
    rest["schema"] = 1
    for key in _LISTS:
        entries = rest.get(key, [])
        rest[key] = [
            dict(entry) if isinstance(entry, dict) else entry
            for entry in (entries if isinstance(entries, list) else [])
        ]
    gone: dict[str, set[int]] = {key: set() for key in _LISTS}
    for place in places:
        if len(place) >= 3 and place[0] == "nodes" and place[2] not in _NODE_NEEDS:
            rest["nodes"][place[1]].pop(place[2], None)
        elif len(place) >= 2 and place[0] in gone:
            gone[str(place[0])].add(int(place[1]))
        elif place[0] == "name":
            rest["name"] = "untitled"
        elif place[0] not in gone:
            rest.pop(str(place[0]), None)
    dropped = frozenset(
        entry["id"]
        for index in gone["nodes"]
        if isinstance(entry := rest["nodes"][index], dict) and isinstance(entry.get("id"), str)
    )
    for key, indexes in gone.items():
        rest[key] = [entry for index, entry in enumerate(rest[key]) if index not in indexes]
    rest.setdefault("name", "untitled")
    return rest, dropped


def _problem(raw: dict[str, Any], error: Any) -> Problem:
    place: tuple[int | str, ...] = error["loc"]
    inside = tuple(part for part in place if isinstance(part, str))
    if len(place) < 2 or not isinstance(place[1], int):
        owner, node, edge, field = "The pipeline", None, None, ".".join(map(str, place))
    else:
        entry = raw[str(place[0])][place[1]]
        owner, node, edge = _owner(str(place[0]), place[1], entry)
        field = ".".join(map(str, place[2:] if node else place))
    name = str(place[-1]) if place else ""
    message = f"{owner}: {_sentence(inside, name, error)}"
    return Problem(code="malformed", message=message, node=node, edge=edge, field=field or None)


def _owner(kind: str, index: int, entry: Any) -> tuple[str, str | None, str | None]:
    """How to call an entry in a message, its node id, and its text form if it is an edge."""
    values = entry if isinstance(entry, dict) else {}
    if kind == "nodes":
        node = values.get("id")
        name = values.get("title") or node
        if isinstance(name, str) and isinstance(node, str):
            return f"`{name}`", node, None
        return f"Node number {index + 1}", None, None
    if kind == "edges":
        ends = (values.get("from"), values.get("to"))
        if all(isinstance(end, str) for end in ends):
            return f"The edge `{ends[0]} -> {ends[1]}`", None, f"{ends[0]} -> {ends[1]}"
        return f"Edge number {index + 1}", None, None
    if kind in ("parameters", "outputs") and isinstance(values.get("name"), str):
        return f"The {kind[:-1]} `{values['name']}`", None, None
    return f"Entry number {index + 1} of `{kind}`", None, None


def _sentence(inside: tuple[str, ...], name: str, error: Any) -> str:
    kind, message = error["type"], error["msg"]
    path = ".".join(inside[1:]) or name
    if kind == "missing":
        return f"`{path}` is missing; add it."
    if kind == "extra_forbidden":
        return _unknown_field(inside[:-1], name)
    if kind == "string_pattern_mismatch":
        wanted = _WANTED.get(name, "allowed here")
        return f"`{_short(error['input'])}` is not {wanted}."
    if kind == "literal_error" and name == "schema":
        return "`schema` must be 1; this document was made for another version of Penstock."
    if kind == "literal_error" and name == "run_if":
        return (
            f"`run_if` must be one of {', '.join(get_args(RunIf))}, not `{_short(error['input'])}`."
        )
    if name == "cpu":
        return f"`{path}` is a number of cores over 0, such as 2 or 0.5, {_not(error)}."
    if name == "gpu":
        return f"`{path}` is a number of whole devices, 0 to 64, {_not(error)}."
    if name == "max_parallel":
        return f"`{path}` is a whole number from 1 on, {_not(error)}; leave it out for no limit."
    if name == "priority":
        return f"`{path}` is a whole number from -100 to 100, {_not(error)}; higher goes first."
    if kind == "value_error":
        return f"{message.removeprefix('Value error, ')}."
    text = _TYPES.get(kind) or message.replace("Input should be", "must be").replace(
        "Input should", "must"
    )
    return f"`{path}` {text[:1].lower()}{text[1:]}, not `{_short(error['input'])}`."


def _unknown_field(inside: tuple[str, ...], name: str) -> str:
    model, said = _MODELS.get(inside, (None, "this part"))
    known = sorted(_fields(model)) if model else []
    close = difflib.get_close_matches(name, known, 1)
    way_out = f"did you mean `{close[0]}`?" if close else f"{said} has {', '.join(known)}."
    return f"`{name}` is not a field of {said}; {way_out}"


def _fields(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _not(error: Any) -> str:
    return f"not `{_short(error['input'])}`"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
