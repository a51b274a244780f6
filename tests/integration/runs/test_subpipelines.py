"""Pipelines as nodes: values in and out, loops, failures, cancellation, nesting."""

import pytest
from django.utils import timezone

from pipelines.core.problems import InvalidDefinition
from pipelines.designs import actions as designs
from pipelines.designs.models import Pipeline
from pipelines.runs import actions, queries, sweep
from pipelines.runs.models import NodeRun, Run
from tests.support.fake_executor import Gate, fail, give

DOUBLE = {
    "name": "Double it",
    "parameters": [
        {"name": "n", "type": "number", "default": 1},
        {"name": "data", "type": "list"},
    ],
    "outputs": [{"name": "n", "from": "work.result"}, {"name": "data", "from": "given.value"}],
}


def inner(world, **top):
    """A pipeline `double-it` that gives 2n, and the list that it got."""
    return world.pipeline(
        {
            "given": {"component": "control/parameter", "params": {"name": "data"}},
            "work": {"params": {"x": "${{ params.n }}"}},
        },
        ["given.value -> work.data"],
        **{**DOUBLE, **top},
    )


def double(request, listener):
    return {"result": request.params["x"] * 2, "file": None}


def children(run, node="sub"):
    return list(Run.objects.filter(parent__run=run, parent__node=node).order_by("tried", "round"))


def test_a_published_pipeline_is_a_node_with_its_parameters_and_outputs(world):
    inner(world)
    world.executor.behaviours |= {"list": give(result=[1, 2], file=None), "work": double}
    run = world.start(
        {
            "list": {},
            "wrap": {"component": "acme/step"},
            "sub": {"pipeline": "double-it", "params": {"n": 4}},
            "z": {},
        },
        ["list.result -> sub.data", "sub.n -> z.data"],
    )
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "sub").outputs == {"n": 8.0, "data": [1, 2]}
    assert world.executor.requests["z"][0].inputs == {"data": 8.0}
    (child,) = children(run)
    assert (child.state, child.trigger, child.round) == ("success", "pipeline", 1)
    assert child.parameters == {"n": 4.0, "data": [1, 2]}
    assert run.version.definition["nodes"][2]["pipeline"] == "double-it@1"


def test_the_node_holds_no_slot_while_its_run_is_at_work(world):
    inner(world)
    gate = Gate(double)
    world.executor.behaviours["work"] = gate
    run = world.start({"sub": {"pipeline": "double-it", "params": {"n": 1}}})
    thread = world.in_thread(lambda: world.work())
    assert gate.entered.wait(10)
    node = world.node(run, "sub")
    assert (node.state, node.phase, node.token, node.lease_expires_at) == (
        "running", "child", None, None,
    )  # fmt: skip
    gate.opened.set()
    thread.join(20)
    world.work(run)
    assert run.state == "success"


def test_a_failed_child_fails_the_node_and_says_which_run(world):
    inner(world)
    world.executor.behaviours["work"] = fail("no disk")
    run = world.start({"sub": {"pipeline": "double-it"}})
    world.work(run)
    (child,) = children(run)
    assert run.state == "failed"
    assert world.node(run, "sub").reason == (
        f"run #{child.number} of Double it failed: `work` failed"
    )


def test_a_retry_starts_a_new_child(world):
    inner(world)
    world.executor.behaviours["work"] = fail("no disk")
    policy = {"max_attempts": 3, "backoff": {"initial": 0}}
    run = world.start({"sub": {"pipeline": "double-it", "retry": policy}})
    world.work(run)
    assert [(child.tried, child.state) for child in children(run)] == [
        (1, "failed"), (2, "failed"), (3, "failed"),
    ]  # fmt: skip
    assert world.node(run, "sub").attempt == 3


def test_a_loop_repeats_until_its_condition_holds_and_feeds_outputs_back(world, monkeypatch):
    inner(world)
    planned: list[int] = []
    real = actions.plans_for
    monkeypatch.setattr(actions, "plans_for", lambda *of: planned.append(1) or real(*of))
    world.executor.behaviours["work"] = double
    loop = {"until": "outputs.n > 20.0", "max_iterations": 9}
    run = world.start({"sub": {"pipeline": "double-it", "params": {"n": 3}, "loop": loop}})
    world.work(run)
    assert run.state == "success"
    assert [(child.round, child.parameters["n"]) for child in children(run)] == [
        (1, 3.0), (2, 6.0), (3, 12.0),
    ]  # fmt: skip
    assert world.node(run, "sub").outputs["n"] == 24.0
    assert len(planned) == 2  # the run itself, and all rounds at once


def test_a_loop_ends_after_its_last_round(world):
    inner(world)
    world.executor.behaviours["work"] = double
    loop = {"until": "false", "max_iterations": 2}
    run = world.start({"sub": {"pipeline": "double-it", "params": {"n": 1}, "loop": loop}})
    world.work(run)
    assert run.state == "success"
    assert len(children(run)) == 2


def test_a_sub_pipeline_maps_over_a_list(world):
    inner(world)
    world.executor.behaviours |= {"list": give(result=[1, 2, 3], file=None), "work": double}
    run = world.start(
        {
            "list": {},
            "sub": {
                "pipeline": "double-it",
                "map": {"over": "n"},
                "params": {"n": "${{ nodes.list.outputs.result }}"},
            },
        },
        ["list -> sub"],
    )
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "sub").outputs["n"] == [2, 4, 6]
    assert Run.objects.filter(parent__run=run, state="success").count() == 3


def test_cancelling_reaches_every_child(world):
    inner(world)
    gate = Gate()
    world.executor.behaviours["work"] = gate
    run = world.start({"sub": {"pipeline": "double-it"}})
    thread = world.in_thread(lambda: world.work())
    assert gate.entered.wait(10)
    actions.cancel(run, world.ann)
    thread.join(20)
    world.work(run)
    assert run.state == "cancelled"
    assert [child.state for child in children(run)] == ["cancelled"]


def test_a_child_that_takes_too_long_is_cancelled_and_fails_its_node(world):
    inner(world)
    gate = Gate()
    world.executor.behaviours["work"] = gate
    run = world.start({"sub": {"pipeline": "double-it", "timeout": "1h"}})
    thread = world.in_thread(lambda: world.work())
    assert gate.entered.wait(10)
    assert sweep.look_after_children() == 0
    NodeRun.objects.filter(run=run).update(run_at=timezone.now())
    assert sweep.look_after_children() == 1
    thread.join(20)
    world.work(run)
    assert run.state == "failed"
    assert world.node(run, "sub").reason.endswith("was cancelled: it took longer than 1h")


def test_a_parent_that_was_not_told_is_told_by_the_sweep(world, monkeypatch):
    inner(world)
    monkeypatch.setattr("pipelines.runs.children.tell_parent", lambda pk: False)
    world.executor.behaviours["work"] = double
    run = world.start({"sub": {"pipeline": "double-it"}})
    world.work(run)
    assert run.state == "running"
    monkeypatch.undo()
    assert sweep.look_after_children() == 1
    world.work(run)
    assert run.state == "success"


def test_a_child_belongs_to_its_node_and_stands_in_no_list(world):
    inner(world)
    world.executor.behaviours["work"] = double
    run = world.start({"sub": {"pipeline": "double-it"}})
    world.work(run)
    assert list(queries.list_runs(world.ann)) == [run]
    assert [child.pk for child in queries.child_runs(run, "sub")] == [children(run)[0].pk]


def publish(pipeline: Pipeline, nodes, **top):
    definition = {"schema": 1, "name": pipeline.name, "nodes": nodes, "edges": [], **top}
    designs.save_draft(pipeline, definition, pipeline.draft_revision, None)
    return designs.publish(pipeline, "", None)


def test_a_pipeline_cannot_include_itself_over_any_number_of_others(world):
    a = world.pipeline({"x": {}}, name="Alpha")
    world.pipeline({"sub": {"pipeline": "alpha"}}, name="Beta")
    with pytest.raises(InvalidDefinition) as refused:
        publish(a, [{"id": "sub", "pipeline": "beta"}])
    (problem,) = refused.value.problems
    assert problem.code == "inclusion"
    assert "`alpha` → `beta` → `alpha@1`" in problem.message


def test_nesting_has_a_limit(world):
    world.pipeline({"x": {}}, name="Level 1")
    for level in range(2, 10):
        world.pipeline({"sub": {"pipeline": f"level-{level - 1}"}}, name=f"Level {level}")
    with pytest.raises(InvalidDefinition, match="at most 8 are allowed"):
        world.pipeline({"sub": {"pipeline": "level-9"}}, name="Level 10")


def test_unknown_pipelines_parameters_and_outputs_are_problems(world):
    inner(world)
    with pytest.raises(InvalidDefinition) as refused:
        world.pipeline(
            {
                "a": {"pipeline": "nothing"},
                "b": {"pipeline": "double-it@7"},
                "c": {"pipeline": "double-it", "params": {"m": 1, "n": "x"}},
                "d": {},
            },
            ["c.loss -> d.data"],
            outputs=[{"name": "o", "from": "c.loss"}],
        )
    codes = [problem.code for problem in refused.value.problems]
    assert codes == [
        "unknown_pipeline", "unknown_version", "unknown_parameter", "invalid_parameter",
        "unknown_port", "bad_output",
    ]  # fmt: skip


def test_rows_of_children_do_not_count_among_the_nodes_of_their_parent(world):
    inner(world)
    world.executor.behaviours["work"] = double
    run = world.start({"sub": {"pipeline": "double-it"}})
    world.work(run)
    assert NodeRun.objects.filter(run=run).count() == 1
    assert queries.snapshot(run)["node_counts"] == {"success": 1}


def test_a_parameter_for_a_table_that_nobody_gave_is_no_input(world):
    pipeline = world.pipeline(
        {"given": {"component": "control/parameter", "params": {"name": "table"}}, "z": {}},
        ["given.value -> z.table", "given.value -> z.data"],
        parameters=[{"name": "table", "type": "table"}],
    )
    run = actions.start(pipeline, user=world.ann)
    world.work(run)
    assert run.state == "success"
    # Where JSON is taken, nothing is a value as well.
    assert world.executor.requests["z"][0].inputs == {"data": None}
