"""Rows from before a migration get what the migration adds."""

from importlib import import_module

from django.apps import apps

from pipelines.runs.models import Run

node_counts = import_module("pipelines.runs.migrations.0010_node_counts")


def test_runs_from_before_get_the_counts_of_their_nodes(world):
    done = world.start("ab", ["a -> b"])
    world.executor.behaviours["list"] = lambda request, listener: {"result": [1, 2, 3]}
    mapped = world.start({"list": {}, "m": {"map": {"over": "data"}}}, ["list.result -> m.data"])
    world.work()
    waiting = world.start("abc", ["a -> b"])
    expected = {
        done.pk: {"success": 2},
        mapped.pk: {"success": 2},
        waiting.pk: {"queued": 2, "pending": 1},
    }
    assert {run.pk: run.node_counts for run in Run.objects.all()} == expected
    Run.objects.update(node_counts={})
    node_counts.count_nodes(apps, None)
    assert {run.pk: run.node_counts for run in Run.objects.all()} == expected
