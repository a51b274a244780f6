"""A component is tried before it is published: on a worker, with samples, in nobody's lists."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.catalog.models import Component
from pipelines.core.problems import InvalidDefinition
from pipelines.designs import queries as designs
from pipelines.designs.models import Pipeline
from pipelines.kinds import registry
from pipelines.runs import queries, tries
from pipelines.runs.models import Run

SOURCE = '''
from pathlib import Path

import pandas as pd


def add(table: pd.DataFrame, note: Path, sizes: list = None, *, by: float = 1.0) -> pd.DataFrame:
    """Add to a table."""
    return table + by
'''
GOOD = {"table": {"csv": "a,b\n1,2\n"}, "note": {"value": "hello"}}


def spec():
    return registry.build("python", {"source": SOURCE, "namespace": "acme"})


def test_a_draft_runs_on_its_samples_and_stands_in_no_list(world):
    run = tries.start(spec(), world.team, world.ann, inputs=GOOD, params={"by": 2})
    world.executor.behaviours["step"] = lambda request, _: {"table": None}
    world.work(run)
    assert run.state == "success", run.reason
    (request,) = world.executor.requests["step"]
    assert request.spec["implementation"]["source"] == SOURCE
    assert request.params == {"by": 2}
    kinds = {port: (value.type, value.name) for port, value in request.inputs.items()}
    assert kinds == {"table": ("table", "table.parquet"), "note": ("file", "note.txt")}
    assert request.inputs["note"].path.read_text() == "hello"
    assert not Component.objects.filter(name="add").exists()
    assert not queries.list_runs(world.ann).exists()
    assert not designs.visible(world.ann).exists()
    assert queries.snapshot(run)["nodes"][0]["id"] == "step"


def test_what_is_wrong_with_samples_is_told_before_anything_runs(world):
    wrong = {"table": {"value": 3}, "sizes": {"value": "x"}, "other": {"value": 1}}
    with pytest.raises(InvalidDefinition) as refused:
        tries.start(spec(), world.team, world.ann, inputs=wrong, params={"by": "many"})
    told = [(problem.code, problem.port or problem.field) for problem in refused.value.problems]
    assert sorted(told) == [
        ("bad_sample", "sizes"),
        ("bad_sample", "table"),
        ("invalid_parameter", "params.by"),
        ("missing_input", "note"),
        ("unknown_port", "other"),
    ]
    foreign = {**GOOD, "note": {"artifact": "0" * 64}}
    with pytest.raises(InvalidDefinition, match="no such file"):
        tries.start(spec(), world.team, world.ann, inputs=foreign, params={})
    assert not Run.objects.exists()


def test_tries_of_yesterday_are_deleted_with_their_pipelines(world):
    old = tries.start(spec(), world.team, world.ann, inputs=GOOD, params={})
    world.work(old)
    Run.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    fresh = tries.start(spec(), world.team, world.ann, inputs=GOOD, params={})
    kept = world.start("a")
    assert tries.forget_before(timezone.now() - tries.KEPT) == 1
    assert set(Run.objects.values_list("pk", flat=True)) == {fresh.pk, kept.pk}
    assert set(Pipeline.objects.values_list("pk", flat=True)) == {
        fresh.pipeline_id,
        kept.pipeline_id,
    }
