"""What differs between two definitions, for people: nodes, edges, parameters, settings, field by field.

Works on documents as they are stored, valid or not, since drafts may be unfinished. The layout is
no part of it: a node that was moved has not changed. A node is the same as another by its id, a
parameter and an output by its name.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Change = Literal["added", "removed", "changed"]

_NOT_COMPARED = frozenset({"schema", "layout", "nodes", "edges", "parameters", "outputs"})


@dataclass(frozen=True)
class Field:
    """One value that differs: `path` leads to it (`["params", "query"]`).

    What was added has no `before`, what was removed no `after`: they are None.
    """

    path: list[str]
    change: Change
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Part:
    """A node, parameter or output that was added or removed, or in which `fields` differ."""

    name: str
    change: Change
    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True)
class EdgeChange:
    """`edge` is `load.table -> train.data`; the order of edges into one port counts as well."""

    edge: str
    change: Literal["added", "removed"]


@dataclass(frozen=True)
class Diff:
    nodes: list[Part]
    edges: list[EdgeChange]
    parameters: list[Part]
    outputs: list[Part]
    settings: list[Field]

    @property
    def empty(self) -> bool:
        return not (self.nodes or self.edges or self.parameters or self.outputs or self.settings)

    def as_json(self) -> Json:
        return asdict(self)


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Diff:
    """What makes `after` of `before`. Empty when both mean the same."""
    return Diff(
        nodes=_parts(before, after, "nodes", "id"),
        edges=_edges(before, after),
        parameters=_parts(before, after, "parameters", "name"),
        outputs=_parts(before, after, "outputs", "name"),
        settings=fields(_settings(before), _settings(after)),
    )


def fields(before: Any, after: Any) -> list[Field]:
    """The values that differ in two mappings, nested ones by their paths, lists as a whole."""
    return _fields(before, after, [])


def _fields(before: Any, after: Any, path: list[str]) -> list[Field]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[Field] = []
        for key in sorted({*before, *after}, key=str):
            place = [*path, str(key)]
            if key not in before:
                found.append(Field(place, "added", None, after[key]))
            elif key not in after:
                found.append(Field(place, "removed", before[key], None))
            else:
                found += _fields(before[key], after[key], place)
        return found
    return [] if same(before, after) else [Field(path, "changed", before, after)]


def same(before: Any, after: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(same(before[k], after[k]) for k in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return bool(before == after)


def _settings(document: Mapping[str, Any]) -> Json:
    return {key: value for key, value in document.items() if key not in _NOT_COMPARED}


def _parts(before: Mapping[str, Any], after: Mapping[str, Any], name: str, key: str) -> list[Part]:
    old, new = _by(before.get(name), key), _by(after.get(name), key)
    found = [
        Part(each, "changed", changed)
        if each in old
        else Part(each, "added", fields({}, new[each]))
        for each in new
        if each not in old or (changed := fields(old[each], new[each]))
    ]
    return found + [Part(each, "removed", fields(old[each], {})) for each in old if each not in new]


def _by(values: Any, key: str) -> dict[str, Json]:
    """Parts by their key, which is left out of them. What has none cannot be named."""
    if not isinstance(values, list):
        return {}
    found = {}
    for each in values:
        if isinstance(each, Mapping) and isinstance(each.get(key), str):
            found[each[key]] = {name: value for name, value in each.items() if name != key}
    return found


def _edges(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[EdgeChange]:
    old, new = _edge_texts(before), _edge_texts(after)
    gone, come = Counter(old), Counter(new)
    found = [EdgeChange(each, "added") for each in (come - gone).elements()]
    found += [EdgeChange(each, "removed") for each in (gone - come).elements()]
    if not found and _by_target(old) != _by_target(new):
        # The same edges into one port in another order: a list input gets them in that order.
        moved = [each for each in new if _into(old, each) != _into(new, each)]
        found = [EdgeChange(each, "removed") for each in moved]
        found += [EdgeChange(each, "added") for each in moved]
    return found


def _edge_texts(document: Mapping[str, Any]) -> list[str]:
    edges = document.get("edges")
    return [
        f"{each['from']} -> {each['to']}"
        for each in (edges if isinstance(edges, list) else [])
        if isinstance(each, Mapping) and "from" in each and "to" in each
    ]


def _by_target(edges: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in edges:
        found.setdefault(each.partition(" -> ")[2], []).append(each)
    return found


def _into(edges: list[str], edge: str) -> list[str]:
    return _by_target(edges)[edge.partition(" -> ")[2]]
