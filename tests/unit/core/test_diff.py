"""What differs between two definitions, checked by putting it into the first one."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.diff import Field, Part, diff, same

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=5,
)  # fmt: skip
IDS = st.sampled_from("abcd")
ENDS = st.builds("{}.{}".format, IDS, st.sampled_from("xy")) | IDS


def parts(key: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {key: IDS}, optional={"component": st.sampled_from("uv"), "params": VALUES, "title": VALUES}
    )
    return st.lists(one, max_size=4, unique_by=lambda each: each[key])


DOCUMENTS = st.fixed_dictionaries(
    {
        "name": st.text("ab", max_size=2),
        "nodes": parts("id"),
        "edges": st.lists(st.fixed_dictionaries({"from": ENDS, "to": ENDS}), max_size=4),
    },
    optional={
        "parameters": parts("name"),
        "outputs": parts("name"),
        "on_failure": st.sampled_from(["stop", "continue"]),
        "layout": st.dictionaries(IDS, st.just([1, 2])),
    },
)


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS, st.randoms())
def test_nothing_differs_from_itself_however_it_is_laid_out(document: Any, random: Any) -> None:
    moved = deepcopy(document)
    moved["layout"] = {"a": [9, 9]}
    random.shuffle(moved["nodes"])
    assert diff(document, moved).empty


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_what_differs_makes_the_second_of_the_first(before: Any, after: Any) -> None:
    found = diff(before, after)
    assert found.empty == (found == diff(after, before) == diff(before, before))
    for name, key, changed in (
        ("nodes", "id", found.nodes),
        ("parameters", "name", found.parameters),
        ("outputs", "name", found.outputs),
    ):
        made = _with_parts(_by(before, name, key), changed)
        assert same(made, _by(after, name, key))
    edges = [f"{each['from']} -> {each['to']}" for each in before["edges"]]
    for each in found.edges:
        edges.remove(each.edge) if each.change == "removed" else edges.append(each.edge)
    assert sorted(edges) == sorted(f"{each['from']} -> {each['to']}" for each in after["edges"])


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_the_way_back_is_the_way_there_turned_round(before: Any, after: Any) -> None:
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    there, back = diff(before, after), diff(after, before)
    assert {(p.name, turned[p.change]) for p in there.nodes} == {
        (p.name, p.change) for p in back.nodes
    }
    assert {(tuple(f.path), turned[f.change]) for f in there.settings} == {
        (tuple(f.path), f.change) for f in back.settings
    }


def test_a_change_is_told_by_its_path() -> None:
    before = {"nodes": [{"id": "a", "component": "core/sql@1", "params": {"query": "x", "n": 1}}]}
    after = {
        "nodes": [{"id": "a", "component": "core/sql@2", "params": {"query": "y", "n": 1.0}}],
        "on_failure": "continue",
    }
    found = diff(before, after)
    assert found.nodes == [
        Part(
            "a",
            "changed",
            [
                Field(["component"], "changed", "core/sql@1", "core/sql@2"),
                Field(["params", "query"], "changed", "x", "y"),
            ],
        )
    ]
    assert found.settings == [Field(["on_failure"], "added", None, "continue")]


def test_another_order_of_edges_into_one_port_is_a_change_and_other_orders_are_none() -> None:
    edges = [{"from": "a.x", "to": "c.list"}, {"from": "b.x", "to": "c.list"}]
    others = [{"from": "a.x", "to": "d.y"}]
    assert diff({"edges": edges + others}, {"edges": others + edges}).empty
    assert not diff({"edges": edges}, {"edges": edges[::-1]}).empty


def test_drafts_that_are_no_definitions_are_compared_all_the_same() -> None:
    assert diff({"nodes": None, "edges": [3]}, {"nodes": [{"id": 4}, "x"]}).empty


def _by(document: Any, name: str, key: str) -> dict[str, Any]:
    return {
        each[key]: {k: v for k, v in each.items() if k != key} for each in document.get(name, [])
    }


def _with_parts(parts: dict[str, Any], changed: list[Part]) -> dict[str, Any]:
    made = deepcopy(parts)
    for part in changed:
        if part.change == "removed":
            del made[part.name]
            continue
        target = made.setdefault(part.name, {})
        for field in part.fields:
            *way, last = field.path
            inner = target
            for step in way:
                inner = inner[step]
            if field.change == "removed":
                del inner[last]
            else:
                inner[last] = field.after
    return made
