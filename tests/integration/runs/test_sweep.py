"""What was forgotten is found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.runs import broker, hints, sweep
from pipelines.runs.models import NodeRun, Run
from tests.support.fake_executor import fail_times


@pytest.fixture
def told(monkeypatch):
    """The ids that workers were told of."""
    ids: list[int] = []
    monkeypatch.setattr(broker, "waiting", lambda queue: 0)
    monkeypatch.setattr(broker, "answers", lambda: True)
    monkeypatch.setattr(
        hints._workers,
        "add",
        lambda by_queue: ids.extend(pk for q in by_queue.values() for pk in q),
    )
    return ids


def age(**fields):
    NodeRun.objects.update(**{name: timezone.now() - timedelta(seconds=60) for name in fields})


def test_starting_tells_workers_of_the_first_nodes_only_and_not_of_hundreds(world, told):
    run = world.start({f"n{i}": {} for i in range(100)}, ["n0 -> n1"])
    assert len(told) == hints.MAX_BURST
    assert world.node(run, "n0").pk in told
    assert world.node(run, "n1").pk not in told


def test_a_queued_node_that_nobody_claimed_is_published_again(world, told):
    run = world.start("ab", ["a -> b"])
    told.clear()
    assert sweep.publish_again() == 0
    age(published_at=1)
    assert sweep.publish_again() == 1
    assert told == [world.node(run, "a").pk]
    assert sweep.publish_again() == 0


def test_workers_are_told_at_once_when_redis_is_back(world, told, monkeypatch):
    world.start("a")
    age(published_at=1)
    told.clear()
    monkeypatch.setattr(broker, "answers", lambda: False)
    assert (sweep.publish_again(), told) == (0, [])
    monkeypatch.setattr(broker, "answers", lambda: True)
    assert (sweep.publish_again(), len(told)) == (1, 1)


def test_a_queue_that_is_full_of_messages_gets_no_more(world, told, monkeypatch):
    world.start("a")
    age(published_at=1)
    monkeypatch.setattr(broker, "waiting", lambda queue: 1000)
    assert sweep.publish_again() == 0


def test_a_retry_starts_when_it_is_due_and_not_before(world, told):
    run = world.start({"a": {"retry": {"max_attempts": 2, "backoff": {"initial": "1h"}}}})
    world.executor.behaviours["a"] = fail_times(1)
    world.driver.execute(world.node(run, "a").pk)
    assert sweep.start_due_retries() == 0
    node = world.node(run, "a")
    assert 290 < (node.run_at - timezone.now()).total_seconds() <= 300
    age(run_at=1)
    told.clear()
    assert sweep.start_due_retries() == 1
    assert told == [node.pk]
    assert world.states(run) == {"a": "queued"}


def test_a_run_that_was_left_open_is_ended(world):
    run = world.start("a")
    Run.objects.filter(pk=run.pk).update(open_nodes=0)
    NodeRun.objects.filter(run=run).update(state="success")
    assert sweep.end_stuck_runs() == 1
    run.refresh_from_db()
    assert run.state == "success"


def test_what_a_cancelled_run_has_left_over_is_cancelled(world):
    run = world.start("ab", ["a -> b"])
    Run.objects.filter(pk=run.pk).update(cancel_requested=True, reason="cancelled by ann")
    assert sweep.end_stuck_runs() == 1
    run.refresh_from_db()
    assert (run.state, run.reason) == ("cancelled", "cancelled by ann")
    assert world.states(run) == {"a": "cancelled", "b": "cancelled"}


def test_one_run_that_cannot_be_put_right_does_not_stop_the_sweep(world, caplog):
    broken, fine = (
        world.start({"a": {"retry": {"max_attempts": 2}}}),
        world.start({"a": {"retry": {"max_attempts": 2}}}),
    )
    world.executor.behaviours["a"] = fail_times(2)
    for run in (broken, fine):
        world.driver.execute(world.node(run, "a").pk)
    age(run_at=1)
    NodeRun.objects.filter(run=broken).update(plan={})
    sweep.sweep()
    assert world.states(fine) == {"a": "queued"}
    assert f"Run {broken.pk} could not be put right" in caplog.text
