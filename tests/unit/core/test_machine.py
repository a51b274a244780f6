"""The machine, one behaviour at a time."""

from dataclasses import replace

import pytest

from pipelines.core.document import Backoff
from pipelines.core.machine import (
    CancelRequested,
    Claimed,
    ConditionFalse,
    Due,
    Enqueue,
    Failed,
    KillRunning,
    Lost,
    Released,
    Reused,
    Settled,
    Started,
    Stopped,
    Succeeded,
)
from pipelines.core.states import IllegalTransition, NodeState, RunState
from tests.unit.core.simulation import START, Simulation, simulate


def run_one(world: Simulation, node: str, event=None) -> None:
    world.feed(Claimed(node))
    world.feed(event or Succeeded(node))


def test_only_roots_are_queued_at_the_start():
    world = simulate([("a", "b"), ("c", "b")])
    assert world.states() == {"a": "queued", "b": "pending", "c": "queued"}
    assert world.run.state is RunState.PENDING


def test_the_first_claim_starts_the_run():
    world = simulate([("a", "b")])
    world.feed(Claimed("a"))
    assert world.run.state is RunState.RUNNING
    assert world.views["a"].attempt == 1


def test_a_node_is_queued_when_its_last_upstream_node_succeeded():
    world = simulate([("a", "c"), ("b", "c")])
    run_one(world, "a")
    assert world.views["c"].state is NodeState.PENDING
    world.feed(Claimed("b"))
    answer = world.feed(Succeeded("b"))
    assert answer.commands == (Enqueue(("c",)),)
    run_one(world, "c")
    assert world.run.state is RunState.SUCCESS
    assert world.run.open_nodes == 0


def test_finishing_a_node_loads_its_own_edges_only():
    edges = [(f"n{i}", f"n{i + 1}") for i in range(100)]
    world = simulate(edges)
    world.feed(Claimed("n0"))
    world.feed(Succeeded("n0"))
    assert world.asked == {"n0", "n1"}
    assert not world.swept


def test_a_failure_skips_what_follows_with_the_reason():
    world = simulate([("load", "train"), ("train", "deploy")], on_failure="continue")
    run_one(world, "load", Failed("load", "no such file"))
    assert world.views["load"].reason == "no such file"
    assert world.views["train"].reason == "upstream `load` failed"
    assert world.views["deploy"].reason == "upstream `train` was skipped"
    assert (world.run.state, world.run.reason) == (RunState.FAILED, "`load` failed")


def test_stop_skips_the_rest_but_lets_running_nodes_finish():
    world = simulate([("a", "b"), ("c", "d"), ("e", "f")])
    world.feed(Claimed("a"))
    world.feed(Claimed("c"))
    world.feed(Failed("a", "boom"))
    assert world.views["b"].reason == "upstream `a` failed"
    assert world.views["e"].reason == world.views["d"].reason == "the run stopped after `a` failed"
    assert world.run.state is RunState.RUNNING
    world.feed(Succeeded("c"))
    assert world.run.state is RunState.FAILED


def test_continue_runs_the_branches_that_do_not_depend_on_the_failure():
    world = simulate([("a", "b"), ("c", "d")], on_failure="continue")
    run_one(world, "a", Failed("a", "boom"))
    run_one(world, "c")
    run_one(world, "d")
    assert world.states() == {"a": "failed", "b": "skipped", "c": "success", "d": "success"}
    assert world.run.state is RunState.FAILED


def test_several_failures_are_counted_in_the_reason():
    world = simulate([], nodes="abc", on_failure="continue")
    for node in "abc":
        run_one(world, node, Failed(node, "boom"))
    assert world.run.reason == "`a` failed, and 2 more nodes"


@pytest.mark.parametrize(
    ("rule", "first", "second", "expected"),
    [
        ("all_success", "success", "success", "queued"),
        ("all_success", "success", "failed", "skipped"),
        ("all_success", "success", "skipped", "skipped"),
        ("none_failed", "success", "skipped", "queued"),
        ("none_failed", "skipped", "failed", "skipped"),
        ("one_success", "failed", "success", "queued"),
        ("one_success", "failed", "skipped", "skipped"),
        ("one_failed", "failed", "success", "queued"),
        ("one_failed", "skipped", "success", "skipped"),
        ("all_done", "failed", "skipped", "queued"),
        ("always", "failed", "failed", "queued"),
    ],
)
def test_run_if(rule, first, second, expected):
    world = simulate([("a", "c"), ("b", "c")], on_failure="continue", run_if={"c": rule})
    for node, outcome in (("a", first), ("b", second)):
        assert world.views["c"].state is NodeState.PENDING
        if outcome == "skipped":
            world.feed(ConditionFalse(node, "1 > 2"))
        else:
            run_one(world, node, Failed(node, "boom") if outcome == "failed" else None)
    assert world.views["c"].state == expected


def test_a_failed_upstream_is_named_before_a_skipped_one():
    world = simulate([("a", "c"), ("b", "c")], on_failure="continue")
    world.feed(ConditionFalse("a", "false"))
    run_one(world, "b", Failed("b", "boom"))
    assert world.views["c"].reason == "upstream `b` failed"


@pytest.mark.parametrize("rule", ["one_failed", "all_done", "always"])
def test_nodes_that_are_there_for_failures_start_in_a_stopping_run(rule):
    world = simulate([("a", "alarm"), ("a", "b")], run_if={"alarm": rule})
    run_one(world, "a", Failed("a", "boom"))
    assert world.states() == {"a": "failed", "alarm": "queued", "b": "skipped"}
    run_one(world, "alarm")
    assert world.run.state is RunState.FAILED


@pytest.mark.parametrize("rule", ["one_failed", "all_done", "always"])
def test_nodes_that_are_there_for_failures_are_tried_again_in_a_stopping_run(rule):
    policy = {"max_attempts": {"alarm": 2}, "backoff": Backoff(initial=0)}
    world = simulate([("a", "alarm")], run_if={"alarm": rule}, **policy)
    run_one(world, "a", Failed("a", "boom"))
    run_one(world, "alarm", Lost("alarm", "worker w vanished"))
    assert world.views["alarm"].state is NodeState.QUEUED
    run_one(world, "alarm", Failed("alarm", "flaky"))
    assert world.views["alarm"].state is NodeState.QUEUED
    run_one(world, "alarm")
    assert world.states() == {"a": "failed", "alarm": "success"}


def test_retries_wait_longer_each_time_and_then_fail():
    backoff = Backoff(initial=10, factor=2, max=30)
    world = simulate([], nodes="a", max_attempts={"a": 4}, backoff=backoff)
    waits = []
    for _ in range(3):
        run_one(world, "a", Failed("a", "boom"))
        assert world.views["a"].state is NodeState.PENDING
        waits.append((world.views["a"].run_at - START).total_seconds())
        assert "trying again in" in world.views["a"].reason
        world.feed(Due(("a",)))
    assert waits == [10, 20, 30]
    run_one(world, "a", Failed("a", "boom"))
    assert (world.views["a"].state, world.views["a"].attempt) == (NodeState.FAILED, 4)


def test_a_permanent_failure_is_not_tried_again():
    world = simulate([], nodes="a", max_attempts={"a": 4})
    run_one(world, "a", Failed("a", "unknown name `x`", permanent=True))
    assert world.run.state is RunState.FAILED
    assert world.views["a"].reason == (
        "unknown name `x`; not tried again, because it would end the same way"
    )


def test_a_lost_attempt_is_tried_again_at_once_but_not_for_ever():
    world = simulate([], nodes="a")
    for _ in range(2):
        run_one(world, "a", Lost("a", "worker w vanished"))
        assert world.views["a"].state is NodeState.QUEUED
    run_one(world, "a", Lost("a", "worker w vanished"))
    assert world.views["a"].state is NodeState.FAILED
    assert world.views["a"].reason.endswith("given up after its worker was lost 3 times")


def test_losses_and_releases_do_not_use_up_retries():
    world = simulate([], nodes="a", max_attempts={"a": 2}, backoff=Backoff(initial=0))
    run_one(world, "a", Lost("a", "gone"))
    for _ in range(5):
        run_one(world, "a", Released("a", "the worker was stopped"))
    run_one(world, "a", Failed("a", "boom"))
    assert world.views["a"].state is NodeState.QUEUED
    run_one(world, "a", Failed("a", "boom"))
    assert world.views["a"].state is NodeState.FAILED


def test_a_stopping_run_makes_no_retry():
    world = simulate([], nodes="abc", max_attempts={"b": 3, "c": 3})
    for node in "abc":
        world.feed(Claimed(node))
    world.feed(Failed("b", "flaky"))
    world.feed(Failed("a", "boom"))
    assert world.views["b"].state is NodeState.FAILED
    assert "the run stopped after `a` failed before the next" in world.views["b"].reason
    world.feed(Failed("c", "flaky"))
    assert world.views["c"].reason == (
        "flaky; not tried again, because the run stopped after `a` failed"
    )
    assert world.run.reason == "`a` failed, and 2 more nodes"


def test_cancel_ends_what_has_not_started_and_kills_the_rest():
    world = simulate([("a", "b"), ("b", "c"), ("d", "c")])
    world.feed(Claimed("a"))
    answer = world.feed(CancelRequested("cancelled by ann"))
    assert answer.commands == (KillRunning(),)
    assert world.states() == {"a": "running", "b": "cancelled", "c": "cancelled", "d": "cancelled"}
    world.feed(Stopped("a"))
    assert (world.run.state, world.run.reason) == (RunState.CANCELLED, "cancelled by ann")


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Succeeded("a"), "success"),
        (Failed("a", "boom"), "failed"),
        (Lost("a", "gone"), "cancelled"),
        (Released("a", "gone"), "cancelled"),
    ],
)
def test_whatever_a_running_node_does_a_cancelled_run_ends_cancelled(event, state):
    world = simulate([("a", "b")], max_attempts={"a": 3})
    world.feed(Claimed("a"))
    world.feed(CancelRequested())
    world.feed(event)
    assert world.views["a"].state == state
    assert world.run.state is RunState.CANCELLED


def test_settling_ends_what_a_cancelled_run_has_left_over():
    world = simulate([("a", "b")])
    world.run = replace(world.run, cancel_requested=True, reason="cancelled by ann")
    world.feed(Settled())
    assert world.states() == {"a": "cancelled", "b": "cancelled"}
    assert world.run.state is RunState.CANCELLED


def test_an_ended_run_cannot_be_cancelled():
    world = simulate([], nodes="a")
    run_one(world, "a")
    with pytest.raises(IllegalTransition, match="the run is success"):
        world.feed(CancelRequested())


def test_a_reused_node_succeeds_without_an_attempt():
    world = simulate([("a", "b")])
    world.feed(Reused("a", "reused from run #3"))
    assert (world.views["a"].state, world.views["a"].attempt) == (NodeState.SUCCESS, 0)
    assert world.views["b"].state is NodeState.QUEUED


def test_a_false_condition_says_so():
    world = simulate([("a", "b")])
    world.feed(ConditionFalse("a", "params.go"))
    assert world.views["a"].reason == "condition was false: `params.go`"
    assert world.views["b"].reason == "upstream `a` was skipped"
    assert world.run.state is RunState.SUCCESS


def test_a_queued_node_that_cannot_be_prepared_fails_without_an_attempt():
    world = simulate([], nodes="a", max_attempts={"a": 3})
    world.feed(Failed("a", "bad expression", permanent=True))
    assert (world.views["a"].state, world.views["a"].attempt) == (NodeState.FAILED, 0)
    assert world.views["a"].reason == "bad expression"


@pytest.mark.parametrize(
    "event", [Succeeded("a"), Failed("b", "x"), Lost("a", "x"), Claimed("b"), Due(("a",))]
)
def test_what_cannot_happen_raises_with_the_node_and_its_state(event):
    world = simulate([("a", "b")])
    with pytest.raises(IllegalTransition, match=r"node `[ab]` is (queued|pending)"):
        world.feed(event)


def test_a_step_is_only_stopped_by_a_cancellation():
    world = simulate([], nodes="a")
    world.feed(Claimed("a"))
    with pytest.raises(IllegalTransition, match="was not cancelled"):
        world.feed(Stopped("a"))


def test_an_empty_run_succeeds_at_once():
    world = simulate([])
    world.run = world.run.__class__()
    world.feed(Started())
    assert world.run.state is RunState.SUCCESS
