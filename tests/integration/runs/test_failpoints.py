"""A process that dies, or loses its database, between any two things that belong together."""

import os
import signal
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from pipelines.runs import actions, failpoints, hints, identity, queries, sweep
from pipelines.runs.models import Run
from tests.support import invariants
from tests.support.fake_executor import fail_times


@pytest.fixture
def armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Arms a point with an action; the file that it answers is gone once somebody came by."""
    monkeypatch.setenv("PENSTOCK_FAILPOINTS", str(tmp_path))
    monkeypatch.setattr(failpoints, "hit", failpoints._look)

    def arm(point: str, action: str) -> Path:
        file = tmp_path / point
        file.write_text(action)
        return file

    return arm


@pytest.fixture
def graph(world):
    """A diamond, one of whose nodes fails at first."""
    world.executor.behaviours["b"] = fail_times(1)
    retry = {"max_attempts": 2, "backoff": {"initial": "0s"}}
    return world.pipeline(
        {"a": {}, "b": {"retry": retry}, "c": {}, "d": {}},
        ["a -> b", "a -> c", "b -> d", "c -> d"],
    )


def start(world, pipeline) -> Run:
    """As a client does that hears no answer: it asks again with its key."""
    while True:
        try:
            return actions.start(pipeline, user=world.ann, idempotency_key="once")
        except OperationalError:
            continue


def to_the_end(world, pipeline, name: str = "w1") -> Run:
    """Messages, sweeps and whatever else a Penstock does until the run is over."""
    run = start(world, pipeline)
    driver = world.new_driver(name)
    while True:
        try:
            sweep.sweep()
            sweep.free_forgotten_claims(name)
            world.work(run, driver)
        except OperationalError:
            continue
        if run.state in ("success", "failed"):
            return run


def check(world, run: Run) -> None:
    first = queries.snapshot(run)
    assert invariants.look_at({run.pk: first}).wrong == []
    assert (run.state, Run.objects.count()) == ("success", 1)


@pytest.mark.parametrize("point", failpoints.POINTS)
def test_a_process_that_is_killed_loses_nothing_and_doubles_nothing(
    world, graph, armed, redis_url, point
):
    file = armed(point, "kill")
    connections.close_all()  # a connection must not be shared with the child
    pid = os.fork()
    if pid == 0:
        try:
            to_the_end(world, graph, str(identity.own()))
            hints.drain()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"nothing came by {point}"
    assert not file.exists()
    check(world, to_the_end(world, graph))


@pytest.mark.parametrize("point", failpoints.POINTS)
def test_a_connection_that_breaks_loses_nothing_and_doubles_nothing(
    world, graph, armed, redis_url, point, monkeypatch
):
    monkeypatch.setattr(sweep, "FORGOTTEN_SECONDS", 0.0)
    file = armed(point, "error")
    run = to_the_end(world, graph, str(identity.own()))
    hints.drain()
    assert not file.exists(), f"nothing came by {point}"
    check(world, run)
