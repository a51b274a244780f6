"""Results used again: when, for how long, with their origin, and why not."""

from datetime import timedelta

from pipelines.artifacts import store
from pipelines.executors.protocol import OutputFile
from pipelines.runs import actions, queries
from pipelines.runs.models import Event, NodeRun
from tests.support.fake_executor import fail, give


def cached_pipeline(world, **top):
    return world.pipeline(
        {"a": {"cache": True, "params": {"x": "${{ params.x }}"}}, "b": {}},
        ["a.result -> b.data"],
        parameters=[{"name": "x", "type": "integer", "default": 1}],
        **top,
    )


def ran(world, pipeline, **parameters):
    run = actions.start(pipeline, parameters=parameters, user=world.ann)
    world.work(run)
    return run


def why(run, node="a"):
    return queries.node(run, node, run.created_by)["cache"]


def test_a_success_of_the_same_work_is_used_again_and_says_where_it_is_from(world):
    pipeline = cached_pipeline(world)
    first, second, other = (ran(world, pipeline, x=x) for x in (1, 1, 2))
    assert world.executor.starts("a") == 2
    node = world.node(second, "a")
    assert (node.cached, node.state, node.reason) == (True, "success", "reused from run #1")
    assert node.outputs == world.node(first, "a").outputs
    assert node.reused_from["run"] == str(first.pk)
    assert (node.reused_from["number"], node.reused_from["node"]) == (1, "a")
    shown = next(each for each in queries.snapshot(second)["nodes"] if each["id"] == "a")
    assert shown["reused_from"] == node.reused_from
    told = Event.objects.filter(run=second, node="a").latest("seq").data
    assert (told["cached"], told["reused_from"]) == (True, node.reused_from)
    assert not world.node(other, "a").cached


def test_a_miss_says_why(world):
    pipeline = cached_pipeline(world)
    assert why(ran(world, pipeline))["why"] == ["it never ran before with its results kept"]
    second = ran(world, pipeline, x=20)
    assert why(second) == {"hit": False, "why": ["its parameter `x` was 1, now 20"]}
    assert why(ran(world, pipeline, x=20)) == {"hit": True, "why": []}
    assert why(second, "b") is None


def test_a_run_may_be_started_without_looking_for_results_and_leaves_its_own(world):
    pipeline = cached_pipeline(world)
    ran(world, pipeline)
    anew = actions.start(pipeline, use_cache=False, user=world.ann)
    world.work(anew)
    assert world.executor.starts("a") == 2
    assert why(anew)["why"] == ["this run was started without looking for earlier results"]
    clone = actions.clone(anew, user=world.ann)
    world.work(clone)
    assert (clone.use_cache, world.executor.starts("a")) == (False, 3)
    assert world.node(ran(world, pipeline), "a").reused_from["number"] == clone.number


def test_a_hit_of_a_hit_names_the_run_that_did_the_work(world):
    pipeline = cached_pipeline(world)
    for _ in range(2):
        ran(world, pipeline)
    third = ran(world, pipeline)
    assert world.node(third, "a").reused_from["number"] == 1


def test_a_result_of_another_pipeline_is_named_with_it(world):
    ran(world, cached_pipeline(world))
    other = ran(world, cached_pipeline(world, name="other"))
    assert world.node(other, "a").reason == "reused from run #1 of `test`"


def test_a_result_older_than_the_limit_is_not_used(world):
    pipeline = world.pipeline("a", cache={"max_age": "7d"})
    first = ran(world, pipeline)
    NodeRun.objects.filter(run=first).update(
        ended_at=world.node(first, "a").ended_at - timedelta(days=6)
    )
    second = ran(world, pipeline)
    assert world.node(second, "a").cached
    NodeRun.objects.filter(run=first).update(
        ended_at=world.node(first, "a").ended_at - timedelta(days=2)
    )
    # The hit of the second run is young, but what it used is not.
    third = ran(world, pipeline)
    assert not world.node(third, "a").cached
    assert "older than 7 days" in why(ran_again(world, pipeline, third))["why"][0]


def ran_again(world, pipeline, last):
    """One more run, made so that the last result is too old for it."""
    old = world.node(last, "a").ended_at - timedelta(days=8)
    NodeRun.objects.filter(node="a").update(ended_at=old)
    return ran(world, pipeline)


def test_a_result_whose_bytes_are_gone_is_not_used(world, tmp_path):
    produced = tmp_path / "t.parquet"
    produced.write_bytes(b"rows")
    file = OutputFile(produced, "table", "t.parquet", "application/x-parquet", {})
    world.executor.behaviours["a"] = give(result=1, file=file)
    pipeline = world.pipeline({"a": {"cache": True}})
    first = ran(world, pipeline)
    path = store.local_path(world.node(first, "a").outputs["file"]["artifact"])
    path.unlink()
    world.executor.behaviours["a"] = give(result=1)
    second = ran(world, pipeline)
    assert world.executor.starts("a") == 2
    assert why(second)["why"] == ["the artifacts of run #1 are gone"]


def test_a_failure_is_never_used(world):
    pipeline = world.pipeline({"a": {"cache": True}})
    world.executor.behaviours["a"] = fail()
    ran(world, pipeline)
    del world.executor.behaviours["a"]
    second = ran(world, pipeline)
    assert world.node(second, "a").state == "success"
    assert why(second)["why"] == ["it did not succeed in run #1"]


def test_the_pipeline_sets_what_its_nodes_do_unless_they_say_otherwise(world):
    pipeline = world.pipeline({"a": {}, "b": {"cache": False}}, cache=True)
    ran(world, pipeline)
    second = ran(world, pipeline)
    assert (world.node(second, "a").cached, world.node(second, "b").cached) == (True, False)
