"""Who gets to run a node, and whose result counts."""

import logging
import time
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from pipelines.runs import claims, commits, identity, ledger, live, sweep, worker
from pipelines.runs.models import Attempt, Event, NodeRun
from tests.support.fake_executor import Gate, wait_until


def test_a_doubled_message_changes_nothing(world):
    run = world.start("a")
    pk = world.node(run, "a").pk
    first = claims.claim(pk, world.driver.taker)
    assert first is not None
    assert claims.claim(pk, world.new_driver("w2").taker) is None
    assert Attempt.objects.count() == 1


def test_two_slots_that_race_for_one_node_make_one_attempt(world):
    run = world.start("a")
    pk = world.node(run, "a").pk
    slots = [
        world.in_thread(lambda name=name: world.new_driver(name).execute(pk))
        for name in ("w1", "w2", "w3", "w4")
    ]
    for slot in slots:
        slot.join(20)
    assert world.executor.starts("a") == 1
    assert world.states(run) == {"a": "success"}


def test_a_message_for_a_node_that_is_gone_is_ignored(world):
    assert world.driver.execute(123456) == 0


def test_an_expired_lease_is_taken_over_and_the_late_result_is_refused(world, caplog):
    run = world.start("a")
    gate = world.executor.behaviours["a"] = Gate()
    slow = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    NodeRun.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep.free_expired_leases() == 1
    node = world.node(run, "a")
    assert (node.state, node.losses) == ("queued", 1)
    assert "stopped answering" in node.reason
    del world.executor.behaviours["a"]
    world.work(run, driver=world.new_driver("w2"))
    assert run.state == "success"

    with caplog.at_level(logging.WARNING):
        gate.opened.set()
        slow.join(10)
    assert "its late result is refused" in caplog.text
    assert list(Attempt.objects.values_list("number", "state")) == [(1, "lost"), (2, "success")]
    successes = Event.objects.filter(run=run, kind="node.state", data__state="success")
    assert successes.count() == 1


def test_a_lease_that_was_renewed_meanwhile_is_left_alone(world):
    run = world.start("a")
    claim = claims.claim(world.node(run, "a").pk, world.driver.taker)
    stale = world.node(run, "a")
    NodeRun.objects.filter(pk=claim.node_run_id).update(lease_expires_at=claims.lease_end())
    assert claims.lose(stale, "worker w1 stopped answering") is False
    assert world.states(run) == {"a": "running"}


def test_work_of_a_dead_process_of_this_machine_is_freed_without_waiting(world):
    run = world.start("a")
    me = identity.own()
    dead = identity.Identity(me.host, me.pid, me.machine, str(int(me.start) + 1))
    claims.claim(world.node(run, "a").pk, world.taker(str(dead)))
    assert sweep.free_leases_of_dead_workers() == 1
    assert world.states(run) == {"a": "queued"}


def test_work_of_living_and_of_foreign_processes_is_not_freed(world):
    me = identity.own()
    elsewhere = identity.Identity("other", 1, "00000000", "1")
    for name in (str(me), str(elsewhere), "not an identity"):
        assert not identity.is_dead(name)
        run = world.start("a")
        claims.claim(world.node(run, "a").pk, world.taker(name))
    assert sweep.free_leases_of_dead_workers() == 0


def test_leases_are_renewed_together(world):
    held = []
    for _ in range(3):
        run = world.start("a")
        claim = claims.claim(world.node(run, "a").pk, world.driver.taker)
        held.append(live.Held(run.pk, claim.token, deadline=time.monotonic()))
        live.hold(held[-1])
    soon = timezone.now() + timedelta(seconds=1)
    NodeRun.objects.update(lease_expires_at=soon)
    worker.look_after_leases(renew=True)
    assert NodeRun.objects.filter(lease_expires_at__gt=soon).count() == 3
    assert all(each.deadline > time.monotonic() + 5 for each in held)
    assert all(each.killed is None for each in held)
    for each in held:
        live.let_go(each.token)


def test_a_step_whose_lease_was_taken_is_killed(world):
    run = world.start("a")
    gate = world.executor.behaviours["a"] = Gate()
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    NodeRun.objects.update(token=uuid.uuid4())
    worker.look_after_leases(renew=False)
    slot.join(10)
    assert not world.executor.running


def test_a_step_is_killed_when_its_lease_cannot_be_renewed_in_time(world):
    run = world.start("a")
    gate = world.executor.behaviours["a"] = Gate()
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    wait_until(live.all_held)
    for held in live.all_held():
        held.deadline = time.monotonic() - 1
    live.kill_overdue()
    slot.join(10)
    assert not world.executor.running
    assert world.states(run) == {"a": "running"}  # for the reaper to take


@pytest.mark.parametrize("vanished", [OperationalError, InterfaceError, DatabaseError])
def test_a_database_that_is_away_for_a_moment_costs_nothing(world, monkeypatch, vanished):
    run = world.start("a")
    tries = []
    commit = commits.Commits._commit

    def flaky(self, batch, mine):
        tries.append(1)
        if len(tries) < 3:
            raise vanished("server closed the connection")
        return commit(self, batch, mine)

    monkeypatch.setattr(commits.Commits, "_commit", flaky)
    world.work(run)
    assert run.state == "success"
    assert world.executor.starts("a") == 1


def test_a_claim_that_no_slot_of_its_worker_holds_is_freed_without_waiting_for_the_lease(world):
    held, forgotten, fresh = (world.start("a") for _ in range(3))
    made = [
        claims.claim(world.node(run, "a").pk, world.driver.taker)
        for run in (held, forgotten, fresh)
    ]
    mine = live.Held(held.pk, made[0].token, deadline=time.monotonic() + 10)
    live.hold(mine)
    earlier = timezone.now() - timedelta(seconds=2)
    NodeRun.objects.exclude(run=fresh).update(started_at=earlier)
    assert sweep.free_forgotten_claims("w2") == 0
    assert sweep.free_forgotten_claims("w1") == 1
    live.let_go(mine.token)
    assert [world.states(run)["a"] for run in (held, forgotten, fresh)] == [
        "running",
        "queued",
        "running",
    ]


def test_a_transaction_that_holds_a_run_may_not_rest_for_long(world):
    """Else a machine that pauses in the middle of one would hold up the run, and the sweep with it."""
    asked = {
        "postgresql": "SHOW idle_in_transaction_session_timeout",
        "sqlite": "SELECT '5s'",  # it has one writer, and a pause of the machine is one of them all
    }
    run = world.start("a")
    with ledger.opened(run.pk), connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        assert cursor.fetchone() == ("5s",)
