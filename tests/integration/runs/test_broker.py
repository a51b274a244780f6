"""A broker that is away, or that a worker no longer hears, costs time and nothing else."""

import logging
import threading
import time

import pytest
from kombu.exceptions import OperationalError

from pipelines.config.celery import app
from pipelines.runs import broker, hints
from pipelines.runs.celery_worker import DEAF_SECONDS, Canary


class Slots:
    """What the canary looks at."""

    messages = 0
    slots_in_use = 0


def test_a_broker_that_is_away_holds_nobody_up_and_is_said_once(world, monkeypatch, caplog):
    refusing, refused = threading.Event(), []

    def refuse(*args, **kwargs):
        refusing.wait(60)
        refused.append(args)
        raise ConnectionError("connection refused")

    monkeypatch.setattr(app, "send_task", refuse)
    with caplog.at_level(logging.WARNING):
        runs = [world.start("ab", ["a -> b"]) for _ in range(5)]
        assert refused == [], "a start waited until the broker had answered"
        refusing.set()
        world.work()
        hints.drain(5)
        monkeypatch.undo()
        world.start("a")
        hints.drain(5)
    for run in runs:
        run.refresh_from_db()
        assert run.state == "success"
    said = [record.message for record in caplog.records if "Workers" in record.message]
    assert [text.split(" (")[0] for text in said] == [
        "Workers could not be told",
        "Workers can be told again.",
    ]


def test_a_worker_that_leaves_messages_lying_with_a_free_slot_is_deaf(monkeypatch):
    slots, lying = Slots(), [0]
    monkeypatch.setattr(broker, "waiting", lambda queue: lying[0])
    canary = Canary(slots, ["default"], slots=2)
    now = time.monotonic()

    def looks(seconds):
        return [canary.is_deaf(now + second) for second in seconds]

    assert looks([3, 60]) == [False, False], "nothing waits"
    lying[0] = 1
    assert looks([61, 70, 60 + DEAF_SECONDS + 1]) == [False, False, True]
    slots.slots_in_use = 2
    assert looks([100, 200]) == [False, False], "no slot is free"
    slots.slots_in_use = 1
    assert looks([201, 210]) == [False, False]
    slots.messages += 1
    assert looks([230, 240]) == [False, False], "it has just heard one"
    assert looks([230 + DEAF_SECONDS + 1]) == [True]


def test_a_redis_that_is_away_has_no_messages(settings, monkeypatch):
    broker._client.cache_clear()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert broker.waiting("default") == 0
    assert not broker.answers()
    broker._client.cache_clear()


def test_a_worker_looks_for_its_lost_broker_every_two_seconds(monkeypatch):
    pauses = []

    def refuse():
        raise ConnectionRefusedError("nobody there")

    def wait(error, interval):
        pauses.append(interval)

    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    with app.connection_for_read() as connection:
        monkeypatch.setattr(connection, "_connection_factory", refuse)
        with pytest.raises(OperationalError):
            connection.ensure_connection(wait, max_retries=8)
    assert pauses == pytest.approx([0.2, 0.8, 1.4, 2.0, 2.0, 2.0, 2.0, 2.0])
