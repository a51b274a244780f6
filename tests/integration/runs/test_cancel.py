"""Cancelling."""

import time

import pytest

from pipelines.runs import actions, live
from pipelines.runs.models import Run
from pipelines.runs.worker import Worker, look_after_leases
from tests.support.fake_executor import Gate, fail, wait_until


def test_cancel_ends_what_waits_and_kills_what_runs_in_this_process_at_once(world):
    run = world.start("abc", ["a -> b", "b -> c"])
    gate = world.executor.behaviours["a"] = Gate()
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    wait_until(live.all_held)
    actions.cancel(run, world.ann)
    slot.join(5)
    assert not slot.is_alive()
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "cancelled by ann")
    assert set(world.states(run).values()) == {"cancelled"}
    assert world.node(run, "a").attempts.get().state == "cancelled"


def test_a_worker_elsewhere_hears_of_it_at_its_next_beat(world):
    run = world.start("a")
    gate = world.executor.behaviours["a"] = Gate()
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    look_after_leases(renew=False)
    slot.join(5)
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_run_that_is_over_cannot_be_cancelled_and_asking_twice_is_no_error(world):
    run = world.start("a")
    world.work(run)
    with pytest.raises(actions.RunEnded, match="is over"):
        actions.cancel(run)
    other = world.start("a")
    assert actions.cancel(other).state == "cancelled"
    with pytest.raises(actions.RunEnded):
        actions.cancel(other)


def test_a_retry_that_waits_is_cancelled_too(world):
    run = world.start({"a": {"retry": {"max_attempts": 9, "backoff": {"initial": "1h"}}}})
    world.executor.behaviours["a"] = fail()
    world.driver.execute(world.node(run, "a").pk)
    assert actions.cancel(run).state == "cancelled"


def test_a_worker_that_is_stopped_gives_its_steps_back(world):
    run = world.start("ab", ["a -> b"])
    gate = world.executor.behaviours["a"] = Gate()
    worker = Worker(["default"], 2, world.executor)
    worker.start()
    slot = world.in_thread(lambda: worker.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    began = time.monotonic()
    worker.stop(grace=0.1)
    slot.join(5)
    worker.close()
    assert time.monotonic() - began < 3
    node = world.node(run, "a")
    assert (node.state, node.releases, node.losses) == ("queued", 1, 0)
    del world.executor.behaviours["a"]
    world.work(run)
    assert run.state == "success"


def test_a_worker_that_is_stopped_lets_short_steps_finish_and_takes_no_more(world):
    run = world.start("ab", ["a -> b"])
    gate = world.executor.behaviours["a"] = Gate()
    worker = Worker(["default"], 2, world.executor)
    worker.start()
    slot = world.in_thread(lambda: worker.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    stopping = world.in_thread(lambda: worker.stop(grace=5))
    wait_until(lambda: not worker.driver.accepting)
    gate.opened.set()
    slot.join(5)
    stopping.join(5)
    worker.close()
    assert world.states(run) == {"a": "success", "b": "queued"}
