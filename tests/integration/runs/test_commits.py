"""Outcomes that are committed together, and nodes that are claimed before a slot is free."""

import logging
import uuid

import pytest

from pipelines.catalog import actions as catalog
from pipelines.runs import actions, commits, live, outcomes
from pipelines.runs.models import Attempt, NodeRun
from pipelines.teams.models import Team
from tests.support.fake_executor import Gate, fail, wait_until

from .conftest import STEP

MANY = {f"n{number:02}": {} for number in range(40)}


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many outcomes each transaction committed."""
    found: list[int] = []
    commit = commits.Commits._commit

    def counted(self, batch, mine):
        found.append(len(batch))
        return commit(self, batch, mine)

    monkeypatch.setattr(commits.Commits, "_commit", counted)
    return found


@pytest.fixture
def held_up(world, monkeypatch: pytest.MonkeyPatch):
    """A run of MANY whose slot is inside `n10`, with the next ones claimed ahead for it."""
    monkeypatch.setattr(commits, "STALE_SECONDS", 60.0)
    gate = world.executor.behaviours["n10"] = Gate()

    def start(**top):
        run = world.start(MANY, **top)
        slot = world.in_thread(lambda: world.driver.execute(world.node(run, "n00").pk))
        assert gate.entered.wait(10)
        wait_until(lambda: world.states(run)["n09"] == "success")
        assert claimed(run) > {"n10"}
        return run, gate, slot

    return start


@pytest.fixture
def running_at_each_start(world, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many nodes were claimed whenever a step began."""
    found: list[int] = []
    start = world.executor.start

    def counted(request, listener):
        found.append(NodeRun.objects.filter(state="running").count())
        return start(request, listener)

    monkeypatch.setattr(world.executor, "start", counted)
    return found


def claimed(run) -> set[str]:
    return set(NodeRun.objects.filter(run=run, state="running").values_list("node", flat=True))


def test_short_steps_are_committed_together_and_each_one_once(world, batches):
    run = world.start(MANY)
    world.work(run)
    assert run.state == "success"
    assert sum(batches) == len(MANY)
    assert len(batches) < len(MANY) / 3
    assert set(Attempt.objects.values_list("number", "state")) == {(1, "success")}
    assert all(world.executor.starts(node) == 1 for node in MANY)


def test_a_node_began_when_its_step_did_and_not_when_it_was_claimed(held_up, world):
    run, gate, slot = held_up()
    waiting = world.node(run, "n11")
    assert waiting.state == "running"
    gate.opened.set()
    slot.join(10)
    ended = world.node(run, "n11")
    assert waiting.started_at < ended.started_at <= ended.ended_at
    assert ended.started_at >= world.node(run, "n09").ended_at
    assert ended.attempts.get().started_at == ended.started_at


def test_outcomes_of_a_slot_that_goes_on_do_not_wait_for_its_next_step(held_up, world):
    run, gate, slot = held_up()
    assert [world.states(run)[f"n{number:02}"] for number in range(10)] == ["success"] * 10
    gate.opened.set()
    slot.join(10)


def test_what_was_claimed_ahead_and_does_not_begin_is_left_to_others(world):
    gate = world.executor.behaviours["n10"] = Gate()
    run = world.start(MANY)
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "n00").pk))
    assert gate.entered.wait(10)
    wait_until(lambda: claimed(run) == {"n10"})
    world.work(driver=world.new_driver("w2"))
    states = world.states(run)
    assert states.pop("n10") == "running"
    assert set(states.values()) == {"success"}
    gate.opened.set()
    slot.join(10)
    run.refresh_from_db()
    assert run.state == "success"
    assert all(world.executor.starts(node) == 1 for node in MANY)


def test_a_free_slot_takes_what_was_claimed_for_another(held_up, world):
    run, gate, slot = held_up()
    ahead = claimed(run) - {"n10"}
    world.driver.execute(world.node(run, "n11").pk)
    assert {world.states(run)[node] for node in ahead} == {"success"}
    assert NodeRun.objects.filter(run=run, releases__gt=0).count() == 0
    gate.opened.set()
    slot.join(10)


def test_a_run_that_stops_does_not_start_what_was_claimed_ahead(held_up, world):
    run, gate, slot = held_up()
    ahead = claimed(run) - {"n10"}
    gate.then = fail("boom")
    gate.opened.set()
    slot.join(10)
    run.refresh_from_db()
    assert run.state == "failed"
    assert {world.states(run)[node] for node in ahead} == {"skipped"}
    assert not any(world.executor.starts(node) for node in ahead)


def test_a_cancelled_run_does_not_start_what_was_claimed_ahead(held_up, world):
    run, _, slot = held_up()
    ahead = claimed(run) - {"n10"}
    actions.cancel(run, world.ann)
    slot.join(10)
    wait_until(lambda: not claimed(run))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert {world.states(run)[node] for node in ahead} == {"cancelled"}
    assert not any(world.executor.starts(node) for node in ahead)


def test_a_worker_that_stops_gives_back_what_was_claimed_ahead(held_up, world):
    run, gate, slot = held_up()
    ahead = claimed(run) - {"n10"}
    world.driver.stop()
    assert claimed(run) == {"n10"}
    rows = NodeRun.objects.filter(run=run, node__in=ahead)
    assert set(rows.values_list("state", "releases", "losses")) == {("queued", 1, 0)}
    gate.opened.set()
    slot.join(10)
    assert not live.all_held()
    world.work(run, driver=world.new_driver("w2"))
    assert run.state == "success"


def test_one_outcome_that_comes_too_late_does_not_keep_the_others(held_up, world, caplog):
    run, gate, slot = held_up()
    NodeRun.objects.filter(run=run, node="n12").update(token=uuid.uuid4())
    with caplog.at_level(logging.WARNING):
        gate.opened.set()
        slot.join(10)
    states = world.states(run)
    assert states.pop("n12") == "running"
    assert set(states.values()) == {"success"}
    assert "attempt 1 of node `n12`" in caplog.text


def test_one_outcome_that_cannot_be_committed_does_not_keep_the_others(
    held_up, world, monkeypatch, caplog
):
    run, gate, slot = held_up()
    success = outcomes.success

    def broken(claim, kept, taken=None):
        found = success(claim, kept, taken)
        if claim.node != "n12":
            return found
        return outcomes.Outcome(found.event, found.state, found.node, also=lambda: 1 / 0)

    monkeypatch.setattr(outcomes, "success", broken)
    gate.opened.set()
    slot.join(10)
    states = world.states(run)
    assert states.pop("n12") == "running"  # for the supervisor of this worker to free
    assert set(states.values()) == {"success"}
    assert "The outcome of `n12`" in caplog.text
    assert not live.all_held()


def test_nothing_is_claimed_ahead_while_two_teams_wait(world, running_at_each_start):
    ours = world.start(MANY)
    team = Team.objects.create(name="Bob", slug="bob")
    catalog.publish(STEP.model_copy(update={"namespace": "bob"}), team, world.ann)
    world.team = team
    theirs = world.start({node: {"component": "bob/step"} for node in MANY})
    world.work(ours)
    theirs.refresh_from_db()
    assert {ours.state, theirs.state} == {"success"}
    # The last one has no rival any more.
    assert set(running_at_each_start[: 2 * len(MANY) - 2]) == {1}


def test_long_steps_are_not_claimed_ahead(world, monkeypatch, running_at_each_start):
    monkeypatch.setattr(commits, "HORIZON", 0.0)
    run = world.start(MANY)
    world.work(run)
    assert run.state == "success"
    assert set(running_at_each_start) == {1}
