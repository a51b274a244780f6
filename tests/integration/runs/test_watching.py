"""Snapshots, events, logs, metrics: what a person sees of a run."""

import time

from pipelines.runs import logs, queries
from pipelines.runs.models import Attempt, LogChunk, Metric
from tests.support.fake_executor import Gate, fail_times, wait_until
from tests.support.replay import apply_events


def test_an_old_snapshot_and_the_events_since_equal_a_fresh_snapshot(world):
    run = world.start(
        {
            "a": {"retry": {"max_attempts": 3}},
            "b": {"when": "nodes.a.outputs.result == 2"},
            "c": {},
            "d": {"run_if": "all_done"},
            "e": {"cache": True},
        },
        ["a -> b", "a -> c", "b -> d", "c -> d", "d -> e"],
        on_failure="continue",
    )

    def chatty(request, listener):
        listener.progress(0.5)
        listener.metric("loss", 0.1, 1)
        time.sleep(0.2)
        return {"result": "y" * 10_000}

    world.executor.behaviours |= {"a": fail_times(2), "c": chatty}
    old = [queries.snapshot(run)]
    while (
        world.driver.execute(
            next(iter(run.node_runs.filter(state="queued").values_list("pk", flat=True)), 0)
        )
        or run.node_runs.filter(run_at__isnull=False).exists()
    ):
        old.append(queries.snapshot(run))
        world.work()
    fresh = queries.snapshot(run)
    assert fresh["state"] == "success"
    assert len(old) > 1
    for snapshot in old:
        events = queries.events_after(run.pk, snapshot["last_seq"])
        assert apply_events(snapshot, events) == fresh
    assert [event["seq"] for event in queries.events_after(run.pk, 3, 4)] == [4, 5, 6, 7]


def test_the_first_line_is_there_at_once_and_the_rest_in_batches(world):
    run = world.start("a")
    gate = Gate()

    def talk(request, listener):
        listener.log("first\n")
        gate(request, listener)
        for number in range(30_000):
            listener.log(f"line {number}\n")
        return {"result": 1}

    world.executor.behaviours["a"] = talk
    slot = world.in_thread(lambda: world.driver.execute(world.node(run, "a").pk))
    assert gate.entered.wait(10)
    wait_until(lambda: LogChunk.objects.filter(text="first\n").exists(), 2)
    piece = logs.read(queries.attempt(run, "a"))
    assert (piece.text, piece.lines, piece.complete) == ("first\n", 1, False)
    began = time.monotonic()
    gate.opened.set()
    slot.join(20)
    assert time.monotonic() - began < 3, "30,000 lines must take less than three seconds"
    attempt = Attempt.objects.get(node_run__run=run)
    assert attempt.log_lines == 30_001
    assert LogChunk.objects.count() < 60
    text = "".join(logs.whole(attempt))
    assert text.startswith("first\nline 0\nline 1\n")
    assert text.endswith("line 29999\n")
    assert attempt.log_bytes == len(text.encode())


def test_a_log_can_be_read_in_pieces_from_any_byte_and_from_its_end(world):
    run = world.start("a")
    text = "".join(f"zeile {n} äöü€\n" for n in range(200))

    def talk(request, listener):
        for start in range(0, len(text), 97):
            listener.log(text[start : start + 97])
        return {"result": 1}

    world.executor.behaviours["a"] = talk
    world.work(run)
    attempt = queries.attempt(run, "a", 1)
    raw = text.encode()
    found, offset = "", 0
    while offset < len(raw):
        piece = logs.read(attempt, offset, limit=100)
        assert piece.offset == offset
        assert piece.first_line == found.count("\n")
        found, offset = found + piece.text, piece.next_offset
    assert found == text
    assert piece.complete
    tail = logs.read(attempt, tail=50)
    assert text.endswith(tail.text)
    assert 46 < len(tail.text.encode()) <= 50
    assert tail.first_line == text[: -len(tail.text)].count("\n")
    inside = raw.index("ä".encode()) + 1
    assert logs.read(attempt, inside, limit=20).offset == inside + 1
    assert logs.read(attempt, 10**9).text == ""


def test_metrics_are_all_kept_and_told_in_batches(world):
    run = world.start("a")

    def train(request, listener):
        for step in range(2000):
            listener.metric("loss", 1 / (step + 1), step)
        listener.metric("nan", float("nan"), None)
        listener.metric("huge step", 1.0, 2**70)
        listener.progress(7)
        return {"result": 1}

    world.executor.behaviours["a"] = train
    world.work(run)
    assert Metric.objects.count() == 2000
    told = [event for event in queries.events_after(run.pk) if event["kind"] == "node.metric"]
    assert 1 <= len(told) <= 20
    assert told[-1]["data"] == {"name": "loss", "value": 1 / 2000, "step": 1999}
    assert world.node(run, "a").progress == 1.0
    assert len(queries.node(run, "a", world.ann)["metrics"]) == 2000


def test_zero_bytes_and_broken_characters_do_not_lose_the_log(world):
    run = world.start("a")

    def talk(request, listener):
        listener.log("a\0b \ud800\n")
        return {"result": 1}

    world.executor.behaviours["a"] = talk
    world.work(run)
    assert logs.read(queries.attempt(run, "a")).text == "a\N{REPLACEMENT CHARACTER}b ?\n"


def test_lists_count_nodes_and_ask_for_runs_alone(world, django_assert_num_queries):
    for _ in range(3):
        world.work(world.start("ab", ["a -> b"]))
    waiting = world.start("ab", ["a -> b"])
    with django_assert_num_queries(1):  # nothing that grows with the nodes of a run
        rows = queries.rows(queries.list_runs(world.ann))
    assert [row["node_counts"] for row in rows] == [{"queued": 1, "pending": 1}] + [
        {"success": 2}
    ] * 3
    assert rows[0]["id"] == str(waiting.pk)
    assert rows[0]["pipeline"]["name"] == "test"


def test_strangers_see_no_runs(world):
    import pytest
    from django.http import Http404

    from pipelines.runs import access
    from pipelines.teams.models import User

    run = world.start("a")
    stranger = User.objects.create_user("eve")
    assert access.run(world.ann, run.pk) == run
    with pytest.raises(Http404):
        access.run(stranger, run.pk)
    assert not queries.list_runs(stranger).exists()
