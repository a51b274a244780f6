"""Running again what was run: what is kept, what runs, and that history stays as it was."""

import copy
from pathlib import Path

import pytest

from pipelines.artifacts import store
from pipelines.catalog import actions as catalog
from pipelines.core.problems import InvalidDefinition
from pipelines.core.reuse import Mode
from pipelines.designs import actions as designs
from pipelines.executors.protocol import OutputFile
from pipelines.runs import actions, queries, reruns
from pipelines.runs.models import Event, NodeRun, Run
from pipelines.runs.reruns import Asked, RunNotOver
from tests.support.fake_executor import Fails, fail, give
from tests.support.replay import apply_events

CHAIN = ["a.result -> b.data", "b.result -> c.data", "c.result -> d.data"]


def again(world, origin, mode="resume", *nodes, work=True, **asked):
    """Start a rerun; what was told beforehand must be what the rows then say."""
    want = Asked(Mode(mode), frozenset(nodes), **asked)
    told = reruns.preview(origin.pipeline, origin, want).as_json()
    run = reruns.start(origin.pipeline, origin, want, world.ann)
    fates = {each["id"]: each["fate"] for each in told["nodes"]}
    rows = {row.node: row for row in run.node_runs.all()}
    for node, fate in fates.items():
        row = rows[node]
        if fate == "run":
            assert (row.reused_from, row.reason[:9] == "left out:") == (None, False), node
        elif fate == "keep":
            assert row.reused_from["run"], node
        else:
            assert (row.state, row.reason[:9]) == ("skipped", "left out:"), node
    if work:
        world.work(run)
    return run


def failed_chain(world):
    run = world.start({"a": {}, "b": {}, "c": {}, "d": {}}, CHAIN)
    world.executor.behaviours |= {"a": give(result=5), "b": give(result=6), "c": fail()}
    world.work(run)
    del world.executor.behaviours["c"]
    return run


def test_resume_runs_what_did_not_succeed_with_what_was_kept(world):
    first = failed_chain(world)
    rows_before = list(first.node_runs.order_by("pk").values())
    second = again(world, first)
    assert (second.state, second.trigger, second.mode) == ("success", "resume", "resume")
    assert second.origin == first
    assert {name: world.executor.starts(name) for name in "abcd"} == {
        "a": 1,
        "b": 1,
        "c": 2,
        "d": 1,
    }
    assert world.executor.requests["c"][1].inputs == {"data": 6}
    kept = world.node(second, "b")
    assert (kept.state, kept.reason, kept.outputs) == (
        "success",
        "kept from run #1",
        {"result": 6},
    )
    assert kept.attempts.count() == 0
    assert kept.reused_from["run"] == str(first.pk)
    first.refresh_from_db()
    assert first.state == "failed"
    assert list(first.node_runs.order_by("pk").values()) == rows_before
    shown = queries.snapshot(second)
    assert shown["origin"] == {"id": str(first.pk), "number": 1}
    assert shown["node_counts"] == {"success": 4}
    numbers = list(Event.objects.filter(run=second).values_list("seq", flat=True))
    assert numbers == list(range(1, second.last_seq + 1))


def test_a_cancelled_run_is_resumed_and_a_running_one_is_not(world):
    run = world.start("ab", ["a -> b"])
    with pytest.raises(RunNotOver, match=r"Run #1 is pending\. Wait for its end or cancel it"):
        again(world, run)
    actions.cancel(run, world.ann)
    run.refresh_from_db()
    assert again(world, run).state == "success"


def test_a_resumed_run_is_resumed_and_names_who_did_the_work(world):
    first = failed_chain(world)
    world.executor.behaviours["c"] = fail()
    second = again(world, first)
    del world.executor.behaviours["c"]
    third = again(world, second)
    assert third.state == "success"
    assert world.node(third, "a").reason == "kept from run #1"
    assert third.origin == second


def test_a_node_that_was_stopped_by_the_failure_of_another_runs(world):
    run = world.start(
        {"a": {}, "b": {}, "c": {"when": "nodes.b.outputs.result > 100"}, "d": {}},
        ["a -> d", "b -> c"],
    )
    world.executor.behaviours["a"] = fail()
    world.work(run)
    assert world.states(run) == {"a": "failed", "b": "skipped", "c": "skipped", "d": "skipped"}
    assert "stopped after" in world.node(run, "b").reason
    del world.executor.behaviours["a"]
    second = again(world, run)
    assert world.states(second) == {"a": "success", "b": "success", "c": "skipped", "d": "success"}
    world.executor.behaviours["d"] = fail()
    third = again(world, second, "from", "d")
    assert world.node(third, "c").reason.startswith("condition was false")
    assert world.executor.starts("b") == 1


def test_a_kept_skip_counts_for_those_that_run_after_it(world):
    run = world.start(
        {"a": {"when": "1 > 2"}, "b": {}, "c": {"run_if": "none_failed"}, "d": {}},
        ["a -> c", "b -> c", "a -> d", "b -> d"],
    )
    world.work(run)
    assert world.states(run) == {"a": "skipped", "b": "success", "c": "success", "d": "skipped"}
    second = again(world, run, "from", "c", "d")
    assert world.states(second) == world.states(run)
    assert world.node(second, "d").reason == "upstream `a` was skipped"
    assert second.state == "success"


def test_run_from_here(world):
    run = failed_chain(world)
    second = again(world, again(world, run), "from", "b")
    assert {name: world.executor.starts(name) for name in "abcd"} == {
        "a": 1,
        "b": 2,
        "c": 3,
        "d": 2,
    }
    assert (second.trigger, second.mode, second.chosen) == ("rerun", "from", ["b"])


def test_run_to_here_leaves_the_rest_and_a_resume_takes_it_up(world):
    run = world.start({"a": {}, "b": {}, "c": {}, "d": {}}, CHAIN)
    world.work(run)
    second = again(world, run, "to", "b")
    assert world.states(second) == {
        "a": "success",
        "b": "success",
        "c": "skipped",
        "d": "skipped",
    }
    assert world.node(second, "c").reason == "left out: it is not on the way to `b`"
    assert second.state == "success"
    third = again(world, second)
    assert world.states(third) == dict.fromkeys("abcd", "success")
    assert {name: world.executor.starts(name) for name in "abcd"} == {
        "a": 1,
        "b": 2,
        "c": 2,
        "d": 2,
    }


def test_run_to_here_without_an_earlier_run(world):
    pipeline = world.pipeline({"a": {}, "b": {}, "c": {}}, CHAIN[:2])
    asked = Asked(Mode.TO, frozenset("b"))
    told = reruns.preview(pipeline, None, asked).as_json()
    assert (told["origin"], told["counts"]) == (None, {"keep": 0, "run": 2, "leave": 1})
    run = reruns.start(pipeline, None, asked, world.ann)
    world.work(run)
    assert world.states(run) == {"a": "success", "b": "success", "c": "skipped"}


def test_run_only_these(world):
    run = world.start({"a": {}, "b": {}, "c": {}, "d": {}}, CHAIN)
    world.work(run)
    second = again(world, run, "only", "c")
    assert [world.executor.starts(name) for name in "abcd"] == [1, 1, 2, 1]
    assert world.node(second, "d").reason == "left out: only `c` was to run"
    with pytest.raises(InvalidDefinition, match="`d` needs `c`, whose result"):
        again(world, run, "only", "b", "d")
    assert Run.objects.count() == 2


def test_retry_with_other_parameters_is_for_that_run_alone_and_is_recorded(world):
    run = world.start({"a": {}, "b": {"params": {"x": 1}}, "c": {}}, CHAIN[:2])
    world.work(run)
    second = again(world, run, "retry", "b", params={"b": {"x": "${{ run.number }}"}})
    assert [request.params["x"] for request in world.executor.requests["b"]] == [1, 2]
    assert [world.executor.starts(name) for name in "abc"] == [1, 2, 2]
    assert second.node_params == {"b": {"x": "${{ run.number }}"}}
    assert second.version == run.version
    # A clone and a rerun of it are of the same work.
    clone = actions.clone(second, {}, world.ann)
    world.work(clone)
    assert world.executor.requests["b"][-1].params["x"] == 3
    assert clone.node_params == second.node_params
    third = again(world, second, "from", "c")
    assert world.executor.starts("b") == 3
    assert world.node(third, "b").reason == "kept from run #2"


def test_parameters_of_nodes_are_checked_like_those_of_a_draft(world):
    run = world.start({"a": {}, "b": {}})
    world.work(run)
    for params, said in (
        ({"b": {"path": 3}}, "must be text"),
        ({"b": {"colour": 3}}, "no parameter `colour`"),
        ({"b": {"x": "${{ nodes.a.outputs.result }}"}}, "not upstream"),
        ({"q": {"x": 1}}, "no node `q`"),
    ):
        with pytest.raises(InvalidDefinition, match=said):
            again(world, run, "retry", "b", params=params)
    assert Run.objects.count() == 1


def test_another_parameter_reaches_those_that_look_at_it(world):
    pipeline = world.pipeline(
        {"a": {}, "b": {"params": {"x": "${{ params.size }}"}}, "c": {}},
        ["a -> b", "a -> c"],
        parameters=[{"name": "size", "type": "integer", "default": 1}],
    )
    run = actions.start(pipeline, user=world.ann)
    world.work(run)
    second = again(world, run, parameters={"size": 2})
    assert [world.executor.starts(name) for name in "abc"] == [1, 2, 1]
    assert second.parameters == {"size": 2}


def test_a_newer_version_keeps_what_is_unchanged(world):
    run = failed_chain(world)
    pipeline = run.pipeline
    draft = dict(pipeline.draft)
    draft["nodes"] = [dict(node) for node in draft["nodes"]]
    draft["nodes"][2]["params"] = {"x": "mended"}
    draft["nodes"][0]["title"] = "Another title"
    designs.save_draft(pipeline, draft, pipeline.draft_revision, world.ann)
    told = reruns.preview(pipeline, run, Asked(Mode.RESUME, version="draft")).as_json()
    assert (told["version"], told["counts"]) == (None, {"keep": 2, "run": 2, "leave": 0})
    pipeline.refresh_from_db()
    assert pipeline.latest_version == 1
    second = again(world, run, version="draft")
    assert second.version.number == 2
    assert [world.executor.starts(name) for name in "abcd"] == [1, 1, 2, 1]
    assert world.executor.requests["c"][-1].params["x"] == "mended"


def test_a_refused_rerun_of_a_draft_publishes_nothing(world):
    run = world.start("ab", ["a -> b"])
    world.work(run)
    pipeline = run.pipeline
    draft = {**pipeline.draft, "nodes": [{"id": "z", "component": "acme/step"}], "edges": []}
    designs.save_draft(pipeline, draft, pipeline.draft_revision, world.ann)
    with pytest.raises(InvalidDefinition, match="no node `b`"):
        reruns.start(pipeline, run, Asked(Mode.FROM, frozenset("b"), "draft"), world.ann)
    pipeline.refresh_from_db()
    assert pipeline.latest_version == 1


def test_a_kept_node_whose_file_is_gone_runs_again(world, tmp_path: Path):
    produced = tmp_path / "t.parquet"
    produced.write_bytes(b"rows")
    file = OutputFile(produced, "table", "t.parquet", "application/x-parquet", {})
    run = world.start("ab", ["a.file -> b.table"])
    world.executor.behaviours |= {"a": give(result=1, file=file), "b": fail()}
    world.work(run)
    store.local_path(world.node(run, "a").outputs["file"]["artifact"]).unlink()
    told = reruns.preview(run.pipeline, run, Asked(Mode.RESUME)).as_json()
    assert told["nodes"][0]["why"] == "its artifacts are gone"
    del world.executor.behaviours["b"]
    assert again(world, run).state == "success"
    assert world.executor.starts("a") == 2


def test_nothing_to_run_is_refused(world):
    run = world.start("ab", ["a -> b"])
    world.work(run)
    with pytest.raises(InvalidDefinition, match="there is nothing to run"):
        again(world, run)


def test_a_rerun_reads_as_much_for_a_large_run_as_for_a_small_one(
    world, django_assert_max_num_queries
):
    names = [f"n{i}" for i in range(300)]
    run = world.start({name: {} for name in names})
    run.node_runs.update(state="success", outputs={"result": 1})
    run.node_runs.filter(node="n7").update(state="failed")
    Run.objects.filter(pk=run.pk).update(state="failed", ended_at=run.created_at)
    run.refresh_from_db()
    with django_assert_max_num_queries(30):
        second = reruns.start(run.pipeline, run, Asked(Mode.RESUME), world.ann)
    assert second.open_nodes == 1


def test_a_first_node_that_may_not_start_is_skipped_with_its_reason(world):
    run = world.start({"a": {"run_if": "one_failed"}, "b": {}}, ["a -> b"])
    world.work(run)
    assert world.states(run) == {"a": "skipped", "b": "skipped"}
    assert world.node(run, "a").reason == "no upstream node failed"
    assert (run.state, run.open_nodes) == ("success", 0)
    assert run.ended_at


def test_a_kept_branch_leads_where_it_led(world):
    catalog.install_library()
    run = world.start(
        {
            "a": {},
            "check": {"component": "control/if", "params": {"condition": "inputs.value > 10"}},
            "yes": {},
            "no": {},
            "join": {"run_if": "none_failed"},
        },
        [
            "a.result -> check.value",
            "check.yes -> yes",
            "check.no -> no",
            "yes -> join",
            "no -> join",
        ],
    )
    world.executor.behaviours |= {"a": give(result=5), "no": fail()}
    world.work(run)
    assert world.states(run) == {
        "a": "success",
        "check": "success",
        "yes": "skipped",
        "no": "failed",
        "join": "skipped",
    }
    del world.executor.behaviours["no"]
    second = again(world, run)
    assert world.states(second) == {
        "a": "success",
        "check": "success",
        "yes": "skipped",
        "no": "success",
        "join": "success",
    }
    assert world.node(second, "yes").reason == world.node(run, "yes").reason
    third = again(world, second, "from", "yes")
    assert world.states(third)["yes"] == "skipped"
    assert "`no`" in world.node(third, "yes").reason


def test_a_mapped_node_is_kept_or_run_again_as_a_whole(world):
    nodes = {"a": {}, "m": {"map": {"over": "data"}}, "z": {}}
    run = world.start(nodes, ["a.result -> m.data", "m.result -> z.data"])
    world.executor.behaviours |= {"a": give(result=[1, 2, 3]), "z": fail()}
    world.work(run)
    assert world.node(run, "m").state == "success"
    del world.executor.behaviours["z"]
    second = again(world, run)
    assert second.state == "success"
    assert world.executor.requests["z"][-1].inputs == {"data": [1, 1, 1]}
    assert not second.node_runs.filter(parent="m").exists()
    third = again(world, second, "from", "m")
    assert third.node_runs.filter(parent="m", state="success").count() == 3


def test_nodes_on_exit_run_at_the_end_of_each_run(world):
    run = world.start({"a": {}, "b": {}, "tidy": {"on_exit": True}}, ["a -> b"])
    world.executor.behaviours["b"] = fail()
    world.work(run)
    assert world.node(run, "tidy").state == "success"
    del world.executor.behaviours["b"]
    second = again(world, run)
    assert world.states(second) == dict.fromkeys(["a", "b", "tidy"], "success")
    assert [world.executor.starts(name) for name in ("a", "b", "tidy")] == [1, 2, 2]
    with pytest.raises(InvalidDefinition, match="nothing to run"):
        again(world, second)


def test_a_parameter_node_runs_again_when_its_parameter_changed(world):
    catalog.install_library()
    pipeline = world.pipeline(
        {"size": {"component": "control/parameter", "params": {"name": "size"}}, "b": {}, "c": {}},
        ["size.value -> b.data"],
        parameters=[{"name": "size", "type": "integer", "default": 1}],
    )
    run = actions.start(pipeline, user=world.ann)
    world.work(run)
    again(world, run, parameters={"size": 2})
    assert [request.inputs["data"] for request in world.executor.requests["b"]] == [1, 2]
    assert world.executor.starts("c") == 1


def test_a_sub_pipeline_that_changed_inside_is_another_one(world):
    inner = world.pipeline({"x": {"params": {"x": 1}}}, name="inner")
    inner.refresh_from_db()
    outer = world.pipeline({"s": {"pipeline": inner.slug}}, name="outer")
    run = actions.start(outer, user=world.ann)
    world.work(run)
    assert run.node_runs.get(node="s").state == "success"
    run.refresh_from_db()
    draft = {**inner.draft, "nodes": [{**inner.draft["nodes"][0], "params": {"x": 2}}]}
    designs.save_draft(inner, draft, inner.draft_revision, world.ann)
    designs.publish(inner, "", world.ann)
    told = reruns.preview(outer, run, Asked(Mode.RESUME, version="draft")).as_json()
    assert told["nodes"][0]["why"] == (
        f"its component was `pipeline:{inner.slug}@1`, now `pipeline:{inner.slug}@2`"
    )


def test_what_runs_again_uses_the_locks_of_the_run_it_goes_on_from(world):
    run = failed_chain(world)
    run.node_runs.filter(node__in="bc").update(environment="ab" * 32)
    world.executor.behaviours["c"] = fail()
    second = again(world, run)
    assert world.node(second, "b").environment == "ab" * 32
    assert world.node(second, "c").plan["environment"] == "ab" * 32
    second.node_runs.filter(node="c").update(environment="ab" * 32)
    third = again(world, second)
    assert {node: world.executor.starts(node) for node in "abc"} == {"a": 1, "b": 1, "c": 3}
    assert world.node(third, "c").plan["environment"] == "ab" * 32


def failed_map(world, **options):
    """`m` maps over 1, 2, 4 and 3, and fails with the last; `z` gets what it gave."""
    world.executor.behaviours["list"] = give(result=[1, 2, 4, 3], file=None)
    world.executor.behaviours["m"] = not_three
    edges = ["list.result -> m.data", "m.result -> z.data"]
    nodes = {"list": {}, "m": {"map": {"over": "data", **options}}, "z": {}}
    run = world.start(nodes, edges)
    world.work(run)
    world.executor.behaviours["m"] = lambda request, listener: {
        "result": request.inputs["data"] * 100,
        "file": None,
    }
    world.executor.requests.clear()
    return run


def not_three(request, listener):
    if request.inputs["data"] == 3:
        raise Fails
    return {"result": request.inputs["data"] * 10, "file": None}


def elements(world):
    made = [each for node, each in world.executor.requests.items() if node.startswith("m[")]
    return sorted(request.inputs["data"] for requests in made for request in requests)


def test_resume_runs_only_those_items_of_a_map_that_did_not_succeed(world):
    first = failed_map(world, max_parallel=4)
    assert first.state == "failed"
    told = reruns.preview(first.pipeline, first, Asked(Mode.RESUME)).as_json()["nodes"]
    assert [each["why"] for each in told if each["id"] == "m"] == [
        "it failed in run #1; its items that succeeded keep their results"
    ]
    second = again(world, first, work=False)
    before = queries.snapshot(second)
    world.work(second)
    assert second.state == "success"
    assert elements(world) == [3]
    assert world.node(second, "m").outputs["result"] == [10, 20, 40, 300]
    assert world.node(second, "m").items_failed == 0
    kept = world.node(second, "m[0]")
    assert (kept.reason, kept.cached, kept.attempts.count()) == ("kept from run #1", False, 0)
    assert (kept.reused_from["run"], kept.reused_from["node"]) == (str(first.pk), "m[0]")
    events = queries.events_after(second.pk)
    assert apply_events(before, events) == queries.snapshot(second)


def test_an_item_runs_again_alone(world):
    first = failed_map(world, allow_failures=1)
    assert first.state == "success"
    second = again(world, first, "from", "m[3]")
    assert (elements(world), world.node(second, "z").state) == ([3], "success")
    assert world.node(second, "m").outputs["result"] == [10, 20, 40, 300]
    third = again(world, second, "from", "m[0]")
    assert elements(world) == [1, 3]
    assert world.node(third, "m").outputs["result"] == [100, 20, 40, 300]
    assert world.node(third, "m[1]").reused_from["number"] == 1
    again(world, third, "from", "m")
    assert elements(world) == [1, 1, 2, 3, 3, 4]


def test_an_item_with_another_element_runs(world):
    first = failed_map(world)
    world.executor.behaviours["list"] = give(result=[1, 5, 4, 3], file=None)
    again(world, first, "from", "list")
    assert elements(world) == [1, 3, 4, 5]
    NodeRun.objects.filter(run=first, node="m[1]").update(plan={"value": 7})
    world.executor.requests.clear()
    again(world, first)
    assert elements(world) == [2, 3]


def test_another_version_that_lets_items_fail_keeps_the_others(world):
    first = failed_map(world)
    pipeline = first.pipeline
    draft = copy.deepcopy(pipeline.draft)
    draft["nodes"][1]["map"]["allow_failures"] = "50%"
    designs.save_draft(pipeline, draft, pipeline.draft_revision, world.ann)
    world.executor.behaviours["m"] = not_three
    second = again(world, first, version="draft")
    assert (second.state, elements(world)) == ("success", [3])
    assert world.node(second, "m").outputs["result"] == [10, 20, 40, None]
