"""Branches, maps, loops, exits, sub-pipelines and outputs: what makes sense, and what is told."""

from typing import Any

import pytest

from pipelines import library
from pipelines.core.checks import check
from pipelines.core.document import Definition, allowed_failures, parse_allowed_failures
from pipelines.core.interface import cases_of, pipeline_spec
from pipelines.core.nesting import included
from pipelines.core.plan import pin, plan
from pipelines.core.serialize import content_hash, to_document

from .catalogue import CATALOG, MemoryCatalog, document, spec

CONTROL = {f"{each.full_name}@1": each for each in library.load() if each.namespace == "control"}
LISTS = spec("lists", outputs=["items:list", "one:json", "text:text"])
SCORE = spec(
    "score",
    ["row:json", "table:table?"],
    ["score:number", "table:table"],
    parameters={"type": "object", "properties": {"rate": {"type": "number"}, "note": {}}},
)
GATHER = spec("gather", ["tables:table*", "scores:number*"], ["table:table"])
INNER = Definition.model_validate(
    document(
        {"id": "given", "component": "control/parameter@1", "params": {"name": "data"}},
        parameters=[
            {"name": "data", "type": "table", "required": True},
            {"name": "rate", "type": "number", "default": 0.1, "minimum": 0},
        ],
        outputs=[{"name": "loss", "from": "given.value"}],
    )
)
TRAIN = pipeline_spec("train", INNER, {"loss": "number"}, {})
KNOWN = MemoryCatalog(
    {
        **CATALOG.specs,
        **CONTROL,
        "test/lists@1": LISTS,
        "test/score@1": SCORE,
        "test/gather@1": GATHER,
        "pipeline:train@1": TRAIN,
    }
)

LIST = "list test/lists@1"


def found(raw: Any, slug: str | None = None) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in check(raw, KNOWN, slug=slug)]


def node(node_id: str, component: str, **more: Any) -> dict[str, Any]:
    key = "pipeline" if "/" not in component else "component"
    return {"id": node_id, key: component, **more}


# Branches


def switch(*cases: tuple[str, str]) -> dict[str, Any]:
    rows = [{"name": name, "when": when} for name, when in cases]
    return node("pick", "control/switch@1", params={"cases": rows})


def test_a_case_leads_to_nodes_and_into_ports() -> None:
    raw = document(
        LIST,
        switch(("big", "inputs.value > 3"), ("small", "nodes.list.outputs.one == 1")),
        "a test/clean@1",
        "b test/tell@1",
        edges=["list.one -> pick.value", "pick.big -> a.data", "pick.otherwise -> b"],
    )
    assert found(raw) == []
    assert cases_of(KNOWN.specs["control/switch@1"], raw["nodes"][1]["params"]) == (
        "big", "small", "otherwise",
    )  # fmt: skip


def test_only_a_branch_leads_from_a_port_to_a_whole_node() -> None:
    raw = document(LIST, "b test/tell@1", edges=["list.one -> b"])
    assert [code for code, _ in found(raw)] == ["mixed_edge"]


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([("a b", "1 > 0")], "`pick`: `a b` cannot name a case; write a letter or _, then letters, digits and _."),
        ([("a", "1 > 0"), ("a", "1 > 1")], "`pick` has 2 cases named `a`; give each its own name."),
        ([("otherwise", "1 > 0")], "`pick`: `otherwise` is there already and cannot name a case; choose another name."),
    ],
)  # fmt: skip
def test_cases_have_names_of_their_own(cases: Any, message: str) -> None:
    assert ("bad_case", message) in found(document(switch(*cases)))


def test_the_conditions_of_cases_are_checked_like_others() -> None:
    raw = document(switch(("a", "inputs.nothing > 1"), ("b", "1 +"), ("c", "each.value > 1")))
    assert found(raw) == [
        ("bad_expression", "`pick`, `params.cases.1.when`: `1 +` is not an expression: at character 4, it ends too early."),
        ("unknown_reference", "`pick`, `params.cases.0.when`: `inputs.nothing` is not an input of this node (`value`)."),
        ("unknown_reference", "`pick`, `params.cases.2.when`: `each.value` is known only in the parameters of a node that maps over a list."),
    ]  # fmt: skip


def test_what_the_engine_does_itself_has_no_timeout_and_no_cache() -> None:
    raw = document({**switch(("a", "1 > 0")), "timeout": "1m", "cache": True})
    assert found(raw) == [
        ("no_attempts", "`pick`: `timeout` means nothing for a branch; remove it and use its own parameters."),
        ("no_attempts", "`pick`: `cache` means nothing for a branch; remove it."),
    ]  # fmt: skip


def test_inputs_are_known_only_inside_a_branch() -> None:
    raw = document(node("a", "test/tell@1", when="inputs.text == 'x'"))
    ((code, message),) = found(raw)
    assert code == "unknown_reference"
    assert "known only inside a branch or an approval" in message


def test_a_plan_names_the_neighbours_that_hang_on_cases_alone() -> None:
    raw = document(
        switch(("big", "1 > 0")),
        "a test/clean@1",
        "b test/tell@1",
        "c test/tell@1",
        "r test/read@1",
        edges=[
            "pick.big -> a", "pick.otherwise -> b", "pick.big -> b", "pick.big -> c", "pick -> c",
            "r.table -> a.data",
        ],
    )  # fmt: skip
    (first, *_) = [each for each in planned(raw) if each.id == "pick"]
    assert first.cases == {"a": ["big"], "b": ["otherwise", "big"]}


def planned(raw: Any) -> Any:
    assert found(raw) == []
    definition = pin(Definition.model_validate(raw), KNOWN.latest)
    specs = {each.ref: KNOWN.spec(each.ref_name, each.ref_version) for each in definition.nodes}
    return plan(definition, specs)


# Maps


def mapped(**more: Any) -> dict[str, Any]:
    return node("score", "test/score@1", map={"over": "row", **more})


def test_a_mapped_port_takes_a_list_and_outputs_become_lists() -> None:
    raw = document(
        LIST,
        mapped(max_parallel=4, allow_failures="10%"),
        "gather test/gather@1",
        "again test/lists@1",
        edges=[
            "list.items -> score.row",
            "score.table -> gather.tables",
            "score.score -> gather.scores",
        ],
    )
    assert found(raw) == []
    by_id = {each.id: each for each in planned(raw)}
    assert [source.spread for source in by_id["gather"].inputs["tables"]] == [True]
    assert [source.spread for source in by_id["score"].inputs["row"]] == [False]


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ("list.text -> score.row", "`score` at `row` takes a list, but `text` of `list` is text; put a component between them that makes a list."),
        ("score.table -> clean.data", "`clean` at `data` takes a table, but `table` of `score` is a list; put a component between them that makes a table."),
    ],
)  # fmt: skip
def test_what_is_no_list_does_not_fit(edge: str, message: str) -> None:
    edges = ["list.items -> score.row", edge] if "score.table" in edge else [edge]
    raw = document(LIST, mapped(), "clean test/clean@1", edges=edges)
    assert ("type_mismatch", message) in found(raw)


def test_a_node_maps_over_a_parameter_that_is_a_list() -> None:
    def over(rate: Any) -> dict[str, Any]:
        params = {"rate": rate, "note": "row ${{ each.index }} of ${{ each.value }}"}
        score = node("score", "test/score@1", map={"over": "rate"}, params=params)
        return document(LIST, score, edges=["list.one -> score.row"])

    assert found(over([0.1, 0.2])) == []
    assert found(over("${{ nodes.list.outputs.items }}")) == []
    assert [code for code, _ in found(over(0.1))] == ["invalid_parameter"]
    assert "element 1 of `rate` must be a number" in found(over([0.1, "x"]))[0][1]


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        (document(mapped()), "missing_input", "nothing is connected to it"),
        (document(node("s", "test/score@1", map={"over": "nothing"})), "bad_map", "neither an input nor a parameter"),
        (document(node("s", "test/gather@1", map={"over": "tables"})), "bad_map", "takes several edges already"),
        (document(node("s", "test/score@1", map={"over": "rate"})), "missing_parameter", "give it a list"),
        (document(node("s", "control/if@1", map={"over": "value"}, params={"condition": "true"})), "bad_map", "is a branch and cannot map"),
    ],
)  # fmt: skip
def test_maps_that_make_no_sense_are_told(raw: Any, code: str, words: str) -> None:
    assert any(found_code == code and words in message for found_code, message in found(raw))


@pytest.mark.parametrize(
    ("given", "total", "most"),
    [(0, 10, 0), (3, 10, 3), ("10%", 30, 3), ("10%", 9, 0), ("100%", 7, 7), (" 2.5 % ", 200, 5)],
)
def test_allowed_failures_are_a_number_or_a_share(given: Any, total: int, most: int) -> None:
    assert allowed_failures(parse_allowed_failures(given), total) == most


@pytest.mark.parametrize("given", ["", "x", "101%", -1, True, 1.5, None, "-3%"])
def test_other_words_for_failures_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="is no number of failures"):
        parse_allowed_failures(given)


# Sub-pipelines and loops


def test_a_sub_pipeline_has_the_ports_and_parameters_of_its_definition() -> None:
    assert [(port.name, port.type, port.required) for port in TRAIN.inputs] == [
        ("data", "table", True)
    ]
    assert TRAIN.parameters["properties"] == {
        "rate": {"type": "number", "default": 0.1, "minimum": 0.0}
    }
    raw = document(
        "read test/read@1",
        node("train", "train@1", params={"rate": 0.5}),
        edges=["read.table -> train.data"],
    )
    assert found(raw) == []
    raw["nodes"][1]["params"] = {"rate": -1}
    assert [code for code, _ in found(raw)] == ["invalid_parameter"]


def test_a_loop_looks_at_outputs_and_rounds_and_is_for_sub_pipelines() -> None:
    def loop(until: str, component: str = "train@1", **more: Any) -> list[tuple[str, str]]:
        made = node("train", component, loop={"until": until}, **more)
        edges = ["read.table -> train.data"]
        return found(document("read test/read@1", made, edges=edges))

    assert loop("outputs.loss < 0.1 || round.number > 3") == []
    assert "known" in loop("outputs.gain < 0.1")[0][1]
    assert "known only in the condition of a loop" in found(
        document(node("a", "test/tell@1", when="round.number > 1"))
    )[0][1]  # fmt: skip
    assert [code for code, _ in loop("true", "test/clean@1")] == ["bad_loop"]
    assert [code for code, _ in loop("true", map={"over": "rate"}, params={"rate": [1]})] == [
        "bad_loop"
    ]


def test_a_node_uses_one_thing() -> None:
    for fields in ({}, {"component": "test/tell@1", "pipeline": "train@1"}):
        ((code, message),) = found(document({"id": "a", **fields}))
        assert code == "malformed"
        assert "either a `component` or a `pipeline`" in message


def test_a_pipeline_that_includes_itself_is_told_with_the_way() -> None:
    outer = Definition.model_validate(document(node("train", "train@1")))
    ways = included(outer, {"pipeline:train@1": TRAIN})
    assert ways == {"train": ["train@1"]}
    specs = {**KNOWN.specs, "pipeline:outer@3": pipeline_spec("outer", outer, {}, ways)}
    raw = document(node("sub", "outer@3"))
    problems = check(raw, MemoryCatalog(specs), slug="train")
    assert [problem.code for problem in problems] == ["inclusion"]
    assert "`train` → `outer@3` → `train@1`" in problems[0].message


# Exits and outputs


def test_exits_stand_apart_and_know_how_the_run_went() -> None:
    bye = node("bye", "test/read@1", on_exit=True, params={"path": "${{ run.state }}"})
    raw = document(LIST, bye, {**bye, "id": "late", "when": "nodes.list.state == 'failed'"},
                   edges=["bye -> late"])  # fmt: skip
    assert found(raw) == []
    raw["edges"].append({"from": "list", "to": "bye"})
    assert [code for code, _ in found(raw)] == ["exit_edge"]
    early = document(node("a", "test/read@1", params={"path": "${{ run.state }}"}))
    assert "known only when the run is over" in found(early)[0][1]
    assert "exit_only" in [code for code, _ in found(document(bye))]


def test_outputs_come_from_ports_that_exist() -> None:
    def outputs(*texts: str) -> list[tuple[str, str]]:
        rows = [dict(zip(("name", "from"), text.split(" < "), strict=True)) for text in texts]
        return found(document(LIST, outputs=rows))

    assert outputs("a < list.items", "b < list.one") == []
    assert [code for code, _ in outputs("a < list.one", "a < list.one")] == ["duplicate_id"]
    for text in ("a < list.nothing", "a < ghost.one", "a < list"):
        assert [code for code, _ in outputs(text)] == ["bad_output"]


def test_the_new_fields_belong_to_the_meaning_and_survive_a_round_trip() -> None:
    raw = document(
        LIST,
        mapped(allow_failures="10%"),
        edges=["list.items -> score.row"],
        outputs=[{"name": "o", "from": "score.score"}],
    )
    definition = Definition.model_validate(raw)
    assert Definition.model_validate(to_document(definition)) == definition
    for change in ({"map": {"over": "row", "allow_failures": 1}}, {"on_exit": True}):
        other = {**raw, "nodes": [raw["nodes"][0], {**raw["nodes"][1], **change}]}
        assert content_hash(other) != content_hash(raw)
