"""Nodes that wait: for a person, a time, another run; and nodes that run on exit."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from pipelines.core.problems import InvalidDefinition
from pipelines.runs import actions, decisions, sweep
from pipelines.runs.models import Approval, Attempt, NodeRun
from pipelines.teams.models import Membership, User
from pipelines.teams.roles import Role
from tests.support.fake_executor import Fails, Gate, fail, give

ASK = {"component": "control/approval", "params": {"message": "Deploy ${{ run.number }}?"}}
PAUSE = {"component": "control/wait_for_time", "params": {"for": "1h"}}


def pass_time(world, run, node):
    """As if the moment had come that the node waits for."""
    NodeRun.objects.filter(run=run, node=node).update(run_at=timezone.now())
    sweep.start_due_retries()


# Approvals


def test_an_approval_waits_without_a_worker_until_a_person_decides(world):
    run = world.start(
        {"a": {}, "ask": ASK, "live": {}, "sorry": {}},
        ["a.result -> ask.value", "ask.approved -> live.data", "ask.rejected -> sorry"],
    )
    world.work(run)
    node = world.node(run, "ask")
    assert (node.state, node.reason, node.token) == ("waiting", "waits for approval", None)
    assert not Attempt.objects.filter(node_run=node).exists()
    assert Approval.objects.get().message == f"Deploy {run.number}?"
    decisions.decide(run, "ask", approved=True, user=world.ann, comment="fine")
    world.work(run)
    assert world.states(run) == {
        "a": "success", "ask": "success", "live": "success", "sorry": "skipped",
    }  # fmt: skip
    assert world.node(run, "ask").outputs == {"approved": 1, "values": {}, "decided_by": "ann"}
    approval = Approval.objects.get()
    assert (approval.approved, approval.decided_by, approval.comment) == (True, world.ann, "fine")


def test_a_rejection_fails_the_node_unless_something_hangs_on_it(world):
    run = world.start({"ask": ASK, "live": {}}, ["ask.approved -> live"])
    world.work(run)
    decisions.decide(run, "ask", approved=False, user=world.ann, comment="too early")
    run.refresh_from_db()
    assert run.state == "failed"
    assert world.node(run, "ask").reason == "ann rejected it: too early"

    run = world.start({"ask": ASK, "sorry": {}}, ["ask.rejected -> sorry"])
    world.work(run)
    decisions.decide(run, "ask", approved=False, user=world.ann)
    world.work(run)
    assert run.state == "success"
    assert world.states(run)["sorry"] == "success"


def test_only_the_right_role_decides_once_and_fills_in_the_form(world):
    form = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "integer"}}}
    params = {**ASK["params"], "role": "admin", "form": form}
    run = world.start({"ask": {**ASK, "params": params}})
    world.work(run)
    with pytest.raises(PermissionDenied, match="you need the role admin or higher"):
        decisions.decide(run, "ask", approved=True, user=world.ann)
    boss = User.objects.create_user("boss")
    Membership.objects.create(team=world.team, user=boss, role=Role.ADMIN)
    with pytest.raises(InvalidDefinition):
        decisions.decide(run, "ask", approved=True, user=boss, values={"rows": "many"})
    decisions.decide(run, "ask", approved=True, user=boss, values={"rows": 3})
    assert world.node(run, "ask").outputs["values"] == {"rows": 3}
    with pytest.raises(decisions.NotWaiting):
        decisions.decide(run, "ask", approved=True, user=boss, values={"rows": 3})


@pytest.mark.parametrize(
    ("rule", "state"), [("fail", "failed"), ("approve", "success"), ("reject", "failed")]
)
def test_after_the_deadline_the_rule_decides(world, rule, state):
    params = {**ASK["params"], "deadline": "2h", "on_deadline": rule}
    run = world.start({"ask": {**ASK, "params": params}})
    world.work(run)
    due = world.node(run, "ask").run_at
    assert timedelta(hours=1.9) < due - timezone.now() <= timedelta(hours=2)
    pass_time(world, run, "ask")
    world.work(run)
    assert run.state == state


def test_a_cancelled_run_asks_nobody_any_more(world):
    run = world.start({"ask": ASK})
    world.work(run)
    actions.cancel(run, world.ann)
    run.refresh_from_db()
    assert (run.state, world.states(run)) == ("cancelled", {"ask": "cancelled"})
    with pytest.raises(decisions.NotWaiting):
        decisions.decide(run, "ask", approved=True, user=world.ann)


# Times, runs, and what a step looks for


def test_a_pause_holds_no_slot_and_keeps_the_moment_of_its_start(world):
    run = world.start({"pause": PAUSE, "z": {}}, ["pause -> z"])
    world.work(run)
    node = world.node(run, "pause")
    assert node.state == "waiting"
    assert node.reason.startswith("waits until ")
    pass_time(world, run, "pause")
    world.work(run)
    again = world.node(run, "pause")
    assert (again.state, again.started_at, again.attempt) == ("waiting", node.started_at, 0)
    NodeRun.objects.filter(pk=node.pk).update(started_at=node.started_at - timedelta(hours=1))
    pass_time(world, run, "pause")
    world.work(run)
    assert run.state == "success"


def test_a_moment_that_cannot_be_read_fails_the_node_in_words(world):
    params = {"until": "tomorrow"}
    run = world.start({"pause": {**PAUSE, "params": params}})
    world.work(run)
    assert run.state == "failed"
    assert "`tomorrow` is no moment" in world.node(run, "pause").reason


def test_a_run_waits_for_another_pipelines_success(world):
    other = world.pipeline("a", name="Daily load")
    wait = {"component": "control/wait_for_run", "params": {"pipeline": "daily-load"}}
    run = world.start({"wait": wait})
    world.work(run)
    assert world.node(run, "wait").reason == "waits for a run of `daily-load` to succeed"
    first = actions.start(other, user=world.ann)
    world.executor.behaviours["a"] = fail()
    world.work(first)
    pass_time(world, run, "wait")
    world.work(run)
    assert world.node(run, "wait").state == "waiting"
    del world.executor.behaviours["a"]
    second = actions.start(other, user=world.ann)
    world.work(second)
    pass_time(world, run, "wait")
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "wait").outputs == {"run": str(second.pk), "number": second.number}


def test_a_step_that_finds_nothing_yet_leaves_its_slot_and_no_trace(world):
    looks = []

    def look(request, listener):
        looks.append(request.attempt)
        if len(looks) < 3:
            raise Fails("waits for the file /data/x.csv", "not_yet")
        return {"path": "/data/x.csv", "size": 1}

    wait = {"component": "control/wait_for_file", "params": {"path": "/data/x.csv"}}
    run = world.start({"wait": wait})
    world.executor.behaviours["wait"] = look
    world.work(run)
    for _ in range(2):
        node = world.node(run, "wait")
        assert (node.state, node.reason) == ("waiting", "waits for the file /data/x.csv")
        pass_time(world, run, "wait")
        world.work(run)
    assert run.state == "success"
    assert looks == [1, 1, 1]
    assert Attempt.objects.filter(node_run=node).count() == 1


def test_patience_ends(world):
    def look(request, listener):
        raise Fails("waits for the file /data/x.csv", "not_yet")

    params = {"path": "/data/x.csv", "timeout": "6h"}
    run = world.start({"wait": {"component": "control/wait_for_file", "params": params}})
    world.executor.behaviours["wait"] = look
    world.work(run)
    late = timezone.now() - timedelta(hours=7)
    NodeRun.objects.filter(run=run).update(started_at=late)
    pass_time(world, run, "wait")
    world.work(run)
    assert run.state == "failed"
    reason = "waits for the file /data/x.csv; given up after 6h"
    assert world.node(run, "wait").reason == reason


# On exit


def test_nodes_on_exit_run_when_all_else_is_over_and_know_how_it_went(world):
    bye = {"on_exit": True, "params": {"x": "${{ run.state }}: ${{ run.reason }}"}}
    for behaviour, state, told in (
        (give(result=1, file=None), "success", "success: "),
        (fail(), "failed", "failed: `a` failed"),
    ):
        run = world.start({"a": {}, "b": {}, "bye": bye, "after": {"on_exit": True}},
                          ["a -> b", "bye -> after"])  # fmt: skip
        world.executor.behaviours["a"] = behaviour
        world.executor.order.clear()
        world.work(run)
        assert run.state == state
        assert world.executor.order[-2:] == ["bye", "after"]
        assert world.executor.requests["bye"][-1].params["x"] == told


def test_a_cancelled_run_still_cleans_up_until_it_is_cancelled_again(world):
    gate, cleaning = Gate(), Gate()
    run = world.start({"a": {}, "bye": {"on_exit": True}})
    world.executor.behaviours |= {"a": gate, "bye": cleaning}
    thread = world.in_thread(lambda: world.work())
    assert gate.entered.wait(10)
    actions.cancel(run, world.ann)
    assert cleaning.entered.wait(10)
    run.refresh_from_db()
    assert (run.state, run.exiting) == ("running", True)
    actions.cancel(run, world.ann)
    thread.join(20)
    run.refresh_from_db()
    assert (run.state, world.states(run)) == ("cancelled", {"a": "cancelled", "bye": "cancelled"})


def test_a_failing_exit_fails_a_run_that_went_well(world):
    run = world.start({"a": {}, "bye": {"on_exit": True}})
    world.executor.behaviours["bye"] = fail("no network")
    world.work(run)
    assert (run.state, run.reason) == ("failed", "`bye` failed")
