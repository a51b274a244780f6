"""Runs from start to end, on a worker whose steps do what the test says."""

import errno
import os
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.artifacts import store
from pipelines.core.problems import InvalidDefinition
from pipelines.executors.protocol import InputFile, OutputFile
from pipelines.runs import actions, queries
from pipelines.runs.models import Attempt, Event, NodeRun
from tests.support.fake_executor import Gate, fail, fail_times, give


def events(run, kind="node.state"):
    return [
        (event.node, event.data["state"])
        for event in Event.objects.filter(run=run, kind=kind).order_by("seq")
    ]


def test_a_chain_runs_in_order_and_hands_values_on(world):
    run = world.start(
        {"a": {"params": {"x": 2}}, "b": {}, "c": {}},
        ["a.result -> b.data", "b.result -> c.data"],
    )
    world.executor.behaviours["a"] = lambda request, _: {"result": request.params["x"] * 10}
    world.executor.behaviours["b"] = lambda request, _: {"result": request.inputs["data"] + 1}
    world.work(run)
    assert world.executor.order == ["a", "b", "c"]
    assert run.state == "success"
    assert world.executor.requests["c"][0].inputs == {"data": 21}
    assert world.node(run, "b").outputs == {"result": 21}
    assert run.started_at
    assert run.ended_at


def test_a_chain_takes_one_transaction_for_each_node_after_the_first(
    world, django_assert_max_num_queries
):
    run = world.start("abcdefgh", [f"{a} -> {b}" for a, b in pairwise("abcdefgh")])
    with django_assert_max_num_queries(8 * 16):
        world.driver.execute(world.node(run, "a").pk)
    run.refresh_from_db()
    assert run.state == "success"


def test_each_success_is_told_once_and_events_are_numbered_without_a_gap(world):
    run = world.start("abcd", ["a -> b", "a -> c", "b -> d", "c -> d"])
    world.work(run)
    successes = [node for node, state in events(run) if state == "success"]
    assert sorted(successes) == list("abcd")
    numbers = list(Event.objects.filter(run=run).values_list("seq", flat=True))
    assert numbers == list(range(1, run.last_seq + 1))
    assert events(run, "run.state")[-1] == ("", "success")


def test_a_failure_stops_the_run_and_says_why(world):
    run = world.start("abc", ["a -> b", "b -> c"])
    world.executor.behaviours["a"] = fail("no such file: x.csv")
    world.work(run)
    assert (run.state, run.reason) == ("failed", "`a` failed")
    node = world.node(run, "a")
    assert node.error["message"] == "no such file: x.csv"
    assert node.reason == "no such file: x.csv"
    assert world.node(run, "b").reason == "upstream `a` failed"
    assert run.ended_at


def test_continue_runs_what_does_not_depend_on_the_failure(world):
    run = world.start("abcd", ["a -> b", "c -> d"], on_failure="continue")
    world.executor.behaviours["a"] = fail()
    world.work(run)
    assert world.states(run) == {"a": "failed", "b": "skipped", "c": "success", "d": "success"}


def test_retries_keep_each_attempt(world):
    run = world.start({"a": {"retry": {"max_attempts": 3, "backoff": {"initial": "10s"}}}})
    world.executor.behaviours["a"] = fail_times(2, "flaky")
    world.work(run)
    node = world.node(run, "a")
    assert (run.state, node.attempt, node.error) == ("success", 3, None)
    attempts = list(node.attempts.values_list("number", "state"))
    assert attempts == [(1, "failed"), (2, "failed"), (3, "success")]
    assert [state for _, state in events(run)].count("pending") == 2


def test_what_trying_again_cannot_mend_is_not_tried_again(world):
    run = world.start({"a": {"retry": {"max_attempts": 3}}})
    world.executor.behaviours["a"] = fail("invalid syntax", permanent=True)
    world.work(run)
    node = world.node(run, "a")
    assert (run.state, node.attempt, node.attempts.count()) == ("failed", 1, 1)
    assert node.reason.startswith("invalid syntax; not tried again")


def test_a_condition_decides_before_any_attempt(world):
    run = world.start(
        {
            "a": {},
            "yes": {"when": "nodes.a.outputs.result > 0"},
            "no": {"when": "nodes.a.outputs.result > 100"},
            "after": {},
        },
        ["a -> yes", "a -> no", "no -> after"],
    )
    world.work(run)
    assert world.states(run) == {
        "a": "success",
        "yes": "success",
        "no": "skipped",
        "after": "skipped",
    }
    assert world.node(run, "no").reason == "condition was false: `nodes.a.outputs.result > 100`"
    assert world.node(run, "no").attempts.count() == 0
    assert run.state == "success"


def test_a_condition_without_a_truth_value_fails_the_node(world):
    run = world.start({"a": {}, "b": {"when": "nodes.a.outputs.result"}}, ["a -> b"])
    world.executor.behaviours["a"] = give(result=1)
    world.work(run)
    assert run.state == "failed"
    assert world.node(run, "b").error["message"] == (
        "the condition `nodes.a.outputs.result` gave 1; it must be true or false"
    )


def test_parameters_are_rendered_with_their_types(world):
    pipeline = world.pipeline(
        {
            "a": {},
            "b": {
                "params": {
                    "x": {
                        "rate": "${{ params.rate }}",
                        "text": "n=${{ nodes.a.outputs.result }}",
                        "number": "${{ run.number }}",
                    }
                }
            },
        },
        ["a -> b"],
        parameters=[{"name": "rate", "type": "number", "default": 0.5}],
    )
    run = actions.start(pipeline, parameters={"rate": 0.25}, user=world.ann)
    world.work(run)
    assert world.executor.requests["b"][0].params["x"] == {"rate": 0.25, "text": "n=1", "number": 1}
    attempt = world.node(run, "b").attempts.get()
    assert attempt.params["x"]["rate"] == 0.25


def test_an_expression_error_fails_the_node_at_once(world):
    run = world.start(
        {
            "a": {},
            "b": {
                "params": {"x": "${{ nodes.a.outputs.result.missing }}"},
                "retry": {"max_attempts": 5},
            },
        },
        ["a -> b"],
    )
    world.work(run)
    node = world.node(run, "b")
    assert (node.state, node.attempt) == ("failed", 1)
    assert node.error["kind"] == "setup"
    assert "parameter `x` has no value" in node.error["message"]
    assert world.executor.starts("b") == 0


def test_a_missing_required_input_says_which_node_is_to_blame(world):
    run = world.start(
        {"a": {}, "b": {"component": "acme/needs", "run_if": "all_done"}},
        ["a.result -> b.data"],
    )
    world.executor.behaviours["a"] = fail()
    world.work(run)
    assert world.node(run, "b").error["message"] == (
        "the required input `data` has no value, because `a` failed"
    )


def test_inputs_of_a_multiple_port_come_in_the_order_of_the_edges(world):
    run = world.start("abc", ["b.result -> c.more", "a.result -> c.more"])
    world.executor.behaviours |= {"a": give(result="A"), "b": give(result="B")}
    world.work(run)
    assert world.executor.requests["c"][0].inputs == {"more": ["B", "A"]}


def test_files_become_artifacts_and_local_paths_again(world, tmp_path: Path):
    produced = tmp_path / "t.parquet"
    produced.write_bytes(b"rows")
    file = OutputFile(produced, "table", "t.parquet", "application/x-parquet", {"rows": 1})
    run = world.start("ab", ["a.file -> b.table"])
    world.executor.behaviours["a"] = give(result=1, file=file)
    world.work(run)
    reference = world.node(run, "a").outputs["file"]
    assert (reference["type"], reference["size"], reference["name"]) == ("table", 4, "t.parquet")
    given = world.executor.requests["b"][0].inputs["table"]
    assert isinstance(given, InputFile)
    assert given.path.read_bytes() == b"rows"
    assert given.name == "t.parquet"
    assert [row["port"] for row in queries.artifacts(run)] == ["file"]
    assert world.executor.closed_results == 2


def test_a_full_storage_fails_the_attempt_in_words_and_the_next_one_may_succeed(
    world, tmp_path: Path, monkeypatch
):
    (tmp_path / "made.csv").write_text("a\n1\n")
    made = OutputFile(tmp_path / "made.csv", "table", "made.csv")
    world.executor.behaviours["a"] = give(result=1, file=made)
    replaced = []

    def no_space(source, target):
        replaced.append(target)
        if len(replaced) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        os.rename(source, target)

    monkeypatch.setattr(
        "pipelines.artifacts.store.os", SimpleNamespace(**{**vars(os), "replace": no_space})
    )
    run = world.start({"a": {"retry": {"max_attempts": 2}}})
    world.work(run)
    assert run.state == "success"
    assert Attempt.objects.get(number=1).error["message"] == (
        "the output `file` could not be stored among the artifacts: No space left on device. "
        "Make room there, then run it again"
    )


def test_a_file_parameter_reaches_the_step_under_the_files_own_name(world, tmp_path: Path):
    upload = tmp_path / "sales.tsv"
    upload.write_bytes(b"a\tb\n")
    stored = store.upload(upload)
    store.record(world.team.pk, stored, type="file", name="sales.tsv")
    run = world.start({"a": {"params": {"path": f"artifact:{stored.digest}"}}})
    world.work(run)
    given = world.executor.requests["a"][0].params["path"]
    assert given.name == "sales.tsv"
    assert given.path.read_bytes() == b"a\tb\n"


def test_another_teams_artifact_is_not_handed_out(world, tmp_path: Path):
    from pipelines.teams.models import Team

    other = Team.objects.create(name="Other", slug="other")
    secret = tmp_path / "secret.csv"
    secret.write_bytes(b"secret")
    stored = store.upload(secret)
    store.record(other.pk, stored, type="file", name="secret.csv")
    fake = {"artifact": stored.digest, "type": "table", "size": 6, "name": "x"}
    run = world.start(
        {"a": {"params": {"path": f"artifact:{stored.digest}"}}, "b": {}, "c": {}},
        ["b.result -> c.data"],
        on_failure="continue",
    )
    world.executor.behaviours["b"] = give(result=fake)
    world.work(run)
    for node in "ac":
        assert "the team has no artifact" in world.node(run, node).error["message"]
        assert world.executor.starts(node) == 0


def test_values_that_databases_refuse_are_made_fit_or_fail_the_node(world):
    run = world.start("abc", on_failure="continue")
    world.executor.behaviours |= {
        "a": give(result="zero \0 and half \ud800"),
        "b": give(result=float("nan")),
        "c": give(result="x" * (1024 * 1024 + 1)),
    }
    world.work(run)
    assert world.node(run, "a").outputs["result"] == "zero \N{REPLACEMENT CHARACTER} and half ?"
    assert "`result` is not JSON" in world.node(run, "b").error["message"]
    assert "up to 1 MiB" in world.node(run, "c").error["message"]


def test_large_values_stay_out_of_events_and_snapshots_but_reach_the_next_node(world):
    value = {"rows": ["x" * 100] * 100}
    run = world.start("ab", ["a.result -> b.data"])
    world.executor.behaviours["a"] = give(result=value)
    world.work(run)
    assert world.executor.requests["b"][0].inputs["data"] == value
    shown = next(node for node in queries.snapshot(run)["nodes"] if node["id"] == "a")
    assert shown["outputs"]["result"]["large"] is True
    assert queries.node(run, "a", world.ann)["outputs"]["result"] == value


def test_a_crash_of_the_executor_fails_the_node_and_not_the_worker(world):
    def explode(request, listener):
        raise RuntimeError("no disk left")

    world.executor.start = explode
    run = world.start("a")
    world.work(run)
    assert world.node(run, "a").error["message"] == "RuntimeError: no disk left"


def test_a_vanished_step_is_tried_again(world):
    run = world.start("a")
    world.executor.behaviours["a"] = fail("the fork server died", kind="lost")
    world.work(run)
    assert world.executor.starts("a") == 3
    assert world.node(run, "a").reason.endswith("given up after its worker was lost 3 times")


def test_queued_nodes_of_other_runs_are_not_starved_by_a_long_chain(world):
    long = world.start("abcdef", ["a -> b", "b -> c", "c -> d", "d -> e", "e -> f"])
    short = world.start({"z": {}})
    world.work(long)
    assert world.executor.order.index("z") == 1
    assert world.states(short) == {"z": "success"}


def test_a_worker_takes_only_from_its_queues(world):
    run = world.start({"a": {"queue": "gpu"}, "b": {}})
    world.work(run)
    assert world.states(run) == {"a": "queued", "b": "success"}
    gpu = world.new_driver("g1", ("gpu",))
    world.work(run, driver=gpu)
    assert run.state == "success"


def test_an_unpublished_pipeline_is_refused_and_a_draft_is_published_first(world):
    from pipelines.designs import actions as designs

    definition = {"schema": 1, "name": "d", "nodes": [{"id": "a", "component": "acme/step"}]}
    pipeline = designs.create(world.team, definition, world.ann)
    with pytest.raises(InvalidDefinition, match="never published"):
        actions.start(pipeline, user=world.ann)
    with pytest.raises(InvalidDefinition, match="no version 7"):
        actions.start(pipeline, version=7, user=world.ann)
    run = actions.start(pipeline, version="draft", user=world.ann)
    assert run.version.number == 1
    world.work(run)
    assert run.state == "success"


def test_an_idempotency_key_starts_one_run(world):
    pipeline = world.pipeline("a")
    first = actions.start(pipeline, user=world.ann, idempotency_key="k")
    again = actions.start(pipeline, user=world.ann, idempotency_key="k")
    assert (first.pk, again.pk) == (again.pk, first.pk)
    assert (first.repeated, again.repeated) == (False, True)
    assert actions.start(pipeline, user=world.ann).number == 2


def test_a_clone_repeats_the_version_with_overridden_parameters(world):
    pipeline = world.pipeline(
        {"a": {}},
        parameters=[{"name": "x", "type": "integer", "default": 1}, {"name": "y", "default": "k"}],
    )
    run = actions.start(pipeline, parameters={"x": 5}, user=world.ann)
    clone = actions.clone(run, {"y": "z"}, world.ann)
    assert clone.parameters == {"x": 5, "y": "z"}
    assert (clone.cloned_from, clone.version) == (run, run.version)
    world.work()


def test_the_result_of_a_wide_run_is_the_same_with_several_slots(world):
    names = [f"n{i}" for i in range(20)]
    run = world.start(
        {name: {} for name in ["first", *names, "last"]},
        [f"first -> {name}" for name in names] + [f"{name} -> last" for name in names],
    )
    gate = world.executor.behaviours["n0"] = Gate()
    slots = [world.in_thread(lambda: world.work()) for _ in range(1)]
    gate.entered.wait(10)
    others = [
        world.in_thread(lambda pk=row.pk: world.driver.execute(pk))
        for row in NodeRun.objects.filter(run=run, state="queued")[:3]
    ]
    for thread in others:
        thread.join(20)
    gate.opened.set()
    for thread in slots:
        thread.join(20)
    run.refresh_from_db()
    assert run.state == "success"
    assert all(world.executor.starts(name) == 1 for name in ["first", *names, "last"])
