"""Nodes that map over a list: fan-out, results in order, failures alone, cancellation."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pipelines.runs import actions, hints, prepare, queries
from pipelines.runs.models import Event, NodeRun
from tests.support.fake_executor import Fails, Gate, give, wait_until
from tests.support.replay import apply_events


def items(run, node="m"):
    return list(NodeRun.objects.filter(run=run, parent=node).order_by("item"))


def mapped(**more):
    return {"map": {"over": "data", **more}}


def start(world, values, edges=("list.result -> m.data",), nodes=None, **more):
    world.executor.behaviours["list"] = give(result=values, file=None)
    return world.start({"list": {}, "m": mapped(**more), **(nodes or {})}, list(edges))


def double(request, listener):
    return {"result": request.inputs["data"] * 2, "file": None}


def test_each_element_runs_once_and_the_results_keep_their_order(world):
    run = start(world, [3, 1, 2], ["list.result -> m.data", "m.result -> z.data"], {"z": {}})
    world.executor.behaviours["m"] = double
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "m").outputs["result"] == [6, 2, 4]
    assert world.executor.requests["z"][0].inputs["data"] == [6, 2, 4]
    assert [row.node for row in items(run)] == ["m[0]", "m[1]", "m[2]"]
    assert [row.outputs["result"] for row in items(run)] == [6, 2, 4]
    assert world.node(run, "m").attempt == 1


def test_an_item_does_not_read_the_list(world, monkeypatch):
    asked: list[set[str]] = []
    real = prepare._upstream.of
    monkeypatch.setattr(
        prepare._upstream, "of", lambda run, names: asked.append(names) or real(run, names)
    )
    run = start(world, ["x" * 200] * 100)
    world.executor.behaviours["m"] = double
    world.work(run)
    assert run.state == "success"
    assert sum("list" in names for names in asked) == 1  # by the node, to hand out


def test_an_item_that_takes_the_place_of_another_is_no_news_for_workers(world, monkeypatch):
    told: list[int] = []
    monkeypatch.setattr(
        hints._workers, "add", lambda by_queue: told.extend(by_queue.get("default", ()))
    )
    run = start(world, list(range(40)), nodes={"m": mapped(max_parallel=4)})
    world.executor.behaviours["m"] = double
    world.work(run)
    assert run.state == "success"
    assert len(told) <= 8  # the list, the node, its first four items, the node again


def test_an_empty_list_is_an_empty_success(world):
    run = start(world, [], ["list.result -> m.data", "m.result -> z.data"], {"z": {}})
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "m").outputs == {"result": [], "file": []}
    assert items(run) == []


def test_a_node_maps_over_a_parameter(world):
    run = world.start(
        {"m": {"map": {"over": "x"}, "params": {"x": [1, 2], "path": "row ${{ each.index }}"}}}
    )
    world.executor.behaviours["m"] = lambda request, _: {
        "result": [request.params["x"], request.params["path"]], "file": None,
    }  # fmt: skip
    world.work(run)
    assert world.node(run, "m").outputs["result"] == [[1, "row 0"], [2, "row 1"]]


def test_no_more_run_at_a_time_than_is_allowed(world):
    gate = Gate()
    run = start(world, list(range(6)), max_parallel=2)
    world.executor.behaviours["m"] = gate
    threads = [world.in_thread(lambda: world.work())]
    assert gate.entered.wait(10)
    threads += [world.in_thread(lambda: world.work()) for _ in range(3)]
    wait_until(lambda: len(world.executor.running) == 2)
    states = [row.state for row in items(run)]
    assert states.count("running") == 2
    assert states.count("pending") == 4
    gate.opened.set()
    for thread in threads:
        thread.join(20)
    world.work(run)
    assert run.state == "success"
    assert world.executor.most_running == 2


def fails_for(*values):
    def behaviour(request, listener):
        if request.inputs["data"] in values:
            raise Fails(f"bad value {request.inputs['data']}")
        return double(request, listener)

    return behaviour


def test_some_items_may_fail(world):
    run = start(world, [1, 2, 3, 4], allow_failures="50%")
    world.executor.behaviours["m"] = fails_for(2, 3)
    world.work(run)
    assert run.state == "success"
    assert world.node(run, "m").outputs["result"] == [2, None, None, 8]
    assert [row.state for row in items(run)] == ["success", "failed", "failed", "success"]
    assert items(run)[1].reason == "bad value 2"


def test_too_many_failures_end_the_node_and_start_no_more_items(world):
    run = start(world, list(range(300)), allow_failures=1, max_parallel=1)
    world.executor.behaviours["m"] = fails_for(2, 4)
    world.work(run)
    assert run.state == "failed"
    node = world.node(run, "m")
    assert (node.state, node.reason) == ("failed", "2 of 300 items failed; at most 1 may")
    states = [row.state for row in items(run)]
    assert states[:5] == ["success", "success", "failed", "success", "failed"]
    assert set(states[5:]) == {"skipped"}
    assert items(run)[200].reason == "too many items of `m` failed"


def test_an_item_is_tried_again_alone(world):
    seen = []

    def flaky(request, listener):
        seen.append(request.inputs["data"])
        if seen.count(2) == 1 and request.inputs["data"] == 2:
            raise Fails("flaky")
        return double(request, listener)

    world.executor.behaviours["list"] = give(result=[1, 2, 3], file=None)
    world.executor.behaviours["m"] = flaky
    run = world.start(
        {"list": {}, "m": {**mapped(), "retry": {"max_attempts": 2, "backoff": {"initial": 0}}}},
        ["list.result -> m.data"],
    )
    world.work(run)
    assert run.state == "success"
    assert [row.attempt for row in items(run)] == [1, 2, 1]


def test_what_is_no_list_fails_the_node_in_words(world):
    run = start(world, {"a": 1})
    world.work(run)
    assert run.state == "failed"
    assert world.node(run, "m").reason == (
        'the node maps over `data`, which must be a list, not {"a": 1}'
    )


def test_a_cancelled_map_leaves_no_item_open(world):
    gate = Gate()
    run = start(world, list(range(50)), max_parallel=1)
    world.executor.behaviours["m"] = gate
    thread = world.in_thread(lambda: world.work())
    assert gate.entered.wait(10)
    actions.cancel(run, world.ann)
    thread.join(20)
    world.work(run)
    assert run.state == "cancelled"
    assert world.node(run, "m").state == "cancelled"
    assert {row.state for row in items(run)} == {"cancelled"}


@pytest.mark.parametrize("failing", [(), (3,), (1, 2, 3)])
def test_the_events_tell_what_the_tables_hold(world, failing):
    run = start(world, [1, 2, 3, 4, 5, 6], allow_failures=1, max_parallel=2)
    before = queries.snapshot(run)
    world.executor.behaviours["m"] = fails_for(*failing)
    world.work(run)
    events = queries.events_after(run.pk, before["last_seq"], 5000)
    assert [event["seq"] for event in events] == list(
        range(before["last_seq"] + 1, run.last_seq + 1)
    )
    assert apply_events(before, events) == queries.snapshot(run)
    assert Event.objects.filter(run=run, kind="item.state").exists()


@pytest.mark.parametrize("statement", [1, 2, 3])
def test_a_snapshot_during_which_items_end_counts_them_once(world, statement):
    run = start(world, [1, 2, 3, 4])
    gate = Gate(double)
    world.executor.behaviours["m"] = gate
    worker = world.in_thread(world.work)
    assert gate.entered.wait(10)
    asked: list[str] = []

    def let_them_end(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        asked.append(sql)
        if len(asked) == statement:
            gate.opened.set()
            worker.join(20)
        return found

    with connection.execute_wrapper(let_them_end):
        before = queries.snapshot(run)
    events = queries.events_after(run.pk, before["last_seq"], 5000)
    assert apply_events(before, events) == queries.snapshot(run)
    assert len(asked) >= statement


def test_results_too_large_for_a_value_become_an_artifact_that_the_next_node_reads(world):
    run = start(world, list(range(40)), ["list.result -> m.data", "m.result -> z.data"], {"z": {}})
    world.executor.behaviours["m"] = lambda request, _: {"result": "x" * 50_000, "file": None}
    world.work(run)
    assert run.state == "success"
    kept = world.node(run, "m").outputs["result"]
    assert (kept["type"], kept["name"]) == ("list", "result.json")
    given = world.executor.requests["z"][0].inputs["data"]
    assert given.type == "list"
    assert given.path.stat().st_size > 40 * 50_000


def test_lists_of_results_spread_into_a_port_that_takes_several(world):
    run = start(world, [1, 2], ["list.result -> m.data", "m.result -> z.more"], {"z": {}})
    world.executor.behaviours["m"] = double
    world.work(run)
    assert world.executor.requests["z"][0].inputs["more"] == [2, 4]


def test_items_are_reused_from_the_cache_up_to_their_age(world):
    policy = {"cache": {"max_age": "1h"}}
    definition = ({"list": {}, "m": {**mapped(), **policy}}, ["list.result -> m.data"])
    world.executor.behaviours |= {"list": give(result=[1, 2], file=None), "m": double}
    first = world.start(*definition)
    world.work(first)
    second = world.start(*definition)
    world.work(second)
    assert [row.cached for row in items(second)] == [True, True]
    assert world.node(second, "m").outputs["result"] == [2, 4]
    long_ago = timezone.now() - timedelta(hours=2)
    NodeRun.objects.filter(run__in=[first, second], parent="m").update(ended_at=long_ago)
    third = world.start(*definition)
    world.work(third)
    assert [row.cached for row in items(third)] == [False, False]


def test_items_are_queued_in_the_order_of_their_elements(world):
    run = start(world, list(range(12)))
    world.executor.behaviours["m"] = double
    world.work(run)
    told = Event.objects.filter(run=run, kind="item.state", data__state="queued").order_by("seq")
    queued = list(told.values_list("node", flat=True))
    assert queued == [f"m[{index}]" for index in range(12) if f"m[{index}]" in queued]
    assert len(queued) > 2
    assert "m[10]" in queued
