"""Every problem at once, each with its place and the way out."""

import copy
import sys
from typing import Any

import pytest

from pipelines.core.checks import check, component_refs, parse
from pipelines.core.document import Definition

from .catalogue import CATALOG, MemoryCatalog, chain, document, spec


def found(raw: Any, catalog: MemoryCatalog = CATALOG) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in check(raw, catalog)]


def with_params(**params: Any) -> dict[str, Any]:
    return document({"id": "read", "component": "test/read@1", "params": params})


def test_a_right_pipeline_has_no_problems() -> None:
    assert found(chain()) == []
    assert found(Definition.model_validate(chain())) == []


def test_all_problems_are_told_at_once() -> None:
    raw = document(
        "a test/clean@1",
        "b test/clean@1",
        "b test/tell@1",
        "c test/nothing",
        {"id": "d", "component": "test/read@9", "when": "1 +"},
        {"id": "e", "component": "test/read@1", "params": {"limit": -1, "colour": "red"}},
        edges=[
            "a.table -> b.data",
            "b.table -> a.data",
            "e.table -> ghost.data",
            "e.rows -> b.data",
        ],
    )
    assert {code for code, _ in found(raw)} == {
        "duplicate_id",
        "unknown_component",
        "unknown_version",
        "bad_expression",
        "invalid_parameter",
        "unknown_parameter",
        "missing_parameter",
        "unknown_node",
        "type_mismatch",
        "port_taken",
        "cycle",
    }


def test_a_broken_part_does_not_hide_what_is_wrong_elsewhere() -> None:
    raw = chain()
    raw["nodes"][0]["retry"] = {"max_attempts": 0}
    raw["nodes"].append({"id": "odd", "component": "no component", "params": {}})
    raw["edges"] += [{"from": "join.table", "to": "clean.data"}, {"from": "odd.x", "to": "clean"}]
    raw["edges"].append({"from": "a.b.c", "to": "join"})
    codes = [code for code, _ in found(raw)]
    assert codes == ["malformed", "malformed", "malformed", "port_taken", "mixed_edge", "cycle"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda raw: raw.update(nodes=[], edges=[]),
            ("empty", "The pipeline has no nodes; add a component to begin."),
        ),
        (
            lambda raw: raw["nodes"][1].update(component="test/ghost@1"),
            (
                "unknown_component",
                "`clean` uses `test/ghost`, which is not in the catalog; "
                "choose another component, or publish this one first.",
            ),
        ),
        (
            lambda raw: raw["nodes"][0].update(component="test/read@7", title="Read sales"),
            (
                "unknown_version",
                "`Read sales` uses version 7 of `test/read`, which does not exist; "
                "the newest is 2.",
            ),
        ),
        (
            lambda raw: raw["edges"].pop(),
            (
                "missing_input",
                "`join` needs an edge into `tables`; connect an output that gives a table.",
            ),
        ),
        (
            lambda raw: raw["edges"].append({"from": "ghost", "to": "join"}),
            (
                "unknown_node",
                "The edge `ghost -> join` names `ghost`, and there is no such node; "
                "remove the edge or add the node.",
            ),
        ),
        (
            lambda raw: raw["nodes"].append(raw["nodes"][0]),
            ("duplicate_id", "2 nodes have the id `read`; give each its own."),
        ),
    ],
    ids=["empty", "component", "version", "input", "edge to nowhere", "id"],
)
def test_the_message_names_the_thing_and_the_way_out(change: Any, expected: Any) -> None:
    raw = copy.deepcopy(chain())
    change(raw)
    assert found(raw) == [expected]


def test_a_title_that_is_used_twice_is_told_apart_by_the_id() -> None:
    raw = chain()
    for node in raw["nodes"][1:]:
        node["title"] = "Tidy"
    raw["edges"].append({"from": "join", "to": "clean"})
    assert found(raw) == [
        (
            "cycle",
            "`Tidy (clean)` → `Tidy (join)` → `Tidy (clean)` is a cycle; "
            "remove one of these edges.",
        )
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"path": "x", "limit": "${{ params.limit }}"}, []),
        ({}, [("missing_parameter", "`read` needs a value for `path`.")]),
        (
            {"path": 3},
            [("invalid_parameter", "`read`: `path` must be text, not 3.")],
        ),
        (
            {"path": "x", "limit": -1},
            [("invalid_parameter", "`read`: `limit` must be 0 or more, not -1.")],
        ),
        (
            {"path": "x", "mode": "quick"},
            [
                (
                    "invalid_parameter",
                    "`read`: `mode` must be one of `fast`, `safe`, not `quick`.",
                )
            ],
        ),
        (
            {"path": ""},
            [("missing_parameter", "`read` needs a value for `path`.")],
        ),
        (
            {"path": "x", "sep": ";"},
            [
                (
                    "unknown_parameter",
                    "`read` has no parameter `sep`; `test/read` has `path`, `limit`, `mode`.",
                )
            ],
        ),
    ],
)
def test_parameter_values_fit_the_schema(params: Any, expected: Any) -> None:
    raw = with_params(**params) | {"parameters": [{"name": "limit", "type": "integer"}]}
    assert found(raw) == expected


def test_a_parameter_is_called_what_its_field_is_called() -> None:
    titled = {"type": "integer", "title": "Number of rows"}
    schema = {"type": "object", "properties": {"n": titled, "m": titled}, "required": ["m"]}
    catalog = MemoryCatalog({"test/top@1": spec("top", parameters=schema)})
    raw = document({"id": "top", "component": "test/top", "params": {"n": "five"}})
    assert [message for _, message in found(raw, catalog)] == [
        "`top`: `Number of rows` (n) must be a whole number, not `five`.",
        "`top` needs a value for `Number of rows` (m).",
    ]


def test_parameters_that_are_tied_together_are_checked_together() -> None:
    schema = {
        "type": "object",
        "properties": {
            "url": {"$ref": "#/$defs/text"},
            "file": {"$ref": "#/$defs/text"},
        },
        "$defs": {"text": {"type": "string"}},
        "oneOf": [{"required": ["url"]}, {"required": ["file"]}],
    }
    catalog = MemoryCatalog({"test/get@1": spec("get", parameters=schema)})

    def codes(**params: Any) -> list[str]:
        raw = document({"id": "get", "component": "test/get", "params": params})
        return [code for code, _ in found(raw, catalog)]

    assert codes(url="u") == []
    assert codes() == ["invalid_parameter"]
    assert codes(url="u", file="f") == ["invalid_parameter"]
    assert codes(url=3) == ["invalid_parameter"]
    assert codes(url="${{ run.id }}", file="f") == []


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("params.day == 'monday'", None, ""),
        ("nodes.read.outputs.rows > 10 && nodes['read'].state == 'success'", None, ""),
        ("has(nodes.read.outputs.rows) || run.number > 1", None, ""),
        ("params.month == 1", "unknown_reference", "`params.month` is not a parameter"),
        ("nodes.ghost.state == 'x'", "unknown_reference", "a node that does not exist"),
        ("nodes.read.outputs.lines > 1", "unknown_reference", "is not an output of `read`"),
        ("nodes.read.result > 1", "unknown_reference", "write `nodes.read.outputs.…`"),
        ("nodes.tell.state == 'x'", "unreachable_reference", "`tell` is not upstream of `clean`"),
        ("nodes.clean.state == 'x'", "unreachable_reference", "`clean` is not upstream"),
        ("run.owner == 'me'", "unknown_reference", "there are `run.id` and `run.number`"),
        ("nodes[params.day].state == 'x'", "bad_expression", "followed by the id of a node"),
        ("params.day = 'monday'", "bad_expression", "write `==` instead of `=`"),
        ("${{ params.day }}", "bad_expression", "without `${{ }}`"),
    ],
)
def test_expressions_look_only_at_what_is_there_and_upstream(
    expression: str, code: str | None, words: str
) -> None:
    raw = chain() | {"parameters": [{"name": "day"}]}
    raw["nodes"].append({"id": "tell", "component": "test/tell@1"})
    raw["nodes"][1]["when"] = expression
    problems = check(raw, CATALOG)
    assert [problem.code for problem in problems] == ([code] if code else [])
    for problem in problems:
        assert words in problem.message
        assert (problem.node, problem.field) == ("clean", "when")


def test_references_inside_parameters_are_found_at_any_depth() -> None:
    free = spec("free", parameters={"type": "object", "properties": {"deep": {}}})
    catalog = MemoryCatalog({**CATALOG.specs, "test/free@1": free})
    deep = {"deep": [{"text": "rows: ${{ nodes.read.outputs.rows }} and ${{ params.x }"}]}
    raw = document("read test/read@1", {"id": "free", "component": "test/free", "params": deep})
    assert [(code, field) for code, field in found(raw, catalog)] == [
        (
            "bad_expression",
            "`free`, `params.deep`: `${{ params.x }` opens with `${{` and is never closed; "
            "add `}}`.",
        )
    ]
    deep["deep"] = [{"text": "rows: ${{ nodes.read.outputs.rows }}"}]
    assert [code for code, _ in found(raw, catalog)] == ["unreachable_reference"]


def test_a_catalog_can_fetch_everything_that_a_document_names_at_once() -> None:
    assert component_refs(chain()) == {("test/read", 2), ("test/clean", None), ("test/join", 1)}
    assert component_refs("nonsense") == set()


def test_parse_gives_a_definition_or_its_problems() -> None:
    definition, problems = parse(chain())
    assert definition is not None
    assert problems == []
    definition, problems = parse({"name": "x", "nodes": [{"id": "a"}]})
    assert definition is None
    assert [problem.node for problem in problems] == ["a"]


def big(size: int = 10_000) -> dict[str, Any]:
    """Nodes in a row with values, templates, references to far away nodes: 10,000 are about 1 MiB."""
    nodes = [
        {"id": f"n{i}", "component": "test/step", "params": {"p": f"v{i}"}} for i in range(size)
    ]
    for i in range(1, size, 10):
        nodes[i]["params"]["r"] = f"${{{{ nodes.n{i // 2}.outputs.n }}}}"
        nodes[i + 1]["when"] = f"nodes.n{i}.outputs.n > {i}"
    edges = [f"n{i}.t -> n{i + 1}.a" for i in range(size - 1)]
    return document(*nodes, edges=edges)


def test_checks_take_time_that_grows_with_the_nodes_and_not_with_their_pairs() -> None:
    schema = {
        "type": "object",
        "properties": {"p": {"type": "string"}, "r": {"type": "number"}},
        "required": ["p"],
    }
    step = spec("step", ["a:table?"], ["t:table", "n:number"], parameters=schema)
    catalog = MemoryCatalog({"test/step@1": step})

    def calls(size: int) -> int:
        """How many functions of Python are called: the same on each machine, busy or not."""
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        raw = big(size)
        sys.setprofile(counted)
        try:
            problems = check(raw, catalog)
        finally:
            sys.setprofile(None)
        assert problems == []
        return count

    assert calls(2_000) < 12 * calls(200)


def test_more_than_ten_thousand_nodes_or_a_mebibyte_are_refused() -> None:
    raw = big()
    raw["nodes"].append({"id": "one_more", "component": "test/step"})
    assert found(raw) == [
        (
            "too_many_nodes",
            "The pipeline has 10,001 nodes; at most 10,000 are allowed. "
            "Split it into several pipelines.",
        )
    ]
    assert [code for code, _ in found(chain() | {"description": "x" * 2**20})] == ["too_large"]
