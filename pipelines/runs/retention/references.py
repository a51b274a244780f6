"""What refers to artifacts: everything that a team keeps is read, and each digest in it counts.

Read is text, without asking what a digest means there: too much is kept rather than too little.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from pipelines.catalog.models import ComponentVersion
from pipelines.designs.models import Pipeline, PipelineVersion

from ..models import Approval, NodeRun, Run
from .ended_runs import pages_of

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

#: Where references stand: `model.field`. A test looks that every JSON column of Penstock is here or
#: in NO_SOURCES.
SOURCES = frozenset(
    {
        "runs.run.parameters",
        "runs.run.node_params",
        "runs.noderun.outputs",
        "runs.noderun.plan",
        "runs.approval.values",
        "designs.pipeline.draft",
        "designs.pipelineversion.definition",
        "catalog.componentversion.spec",
    }
)
#: Where none stand that are not in a source of the same thing as well.
NO_SOURCES = frozenset(
    {
        "artifacts.artifact.facts",
        "catalog.componentversion.examples",
        "designs.pipelineversion.component_digests",
        "designs.pipelineversion.interface",
        "runs.approval.form",
        "runs.attempt.error",
        # What an attempt was given are outputs and parameters of its run.
        "runs.attempt.inputs",
        "runs.attempt.params",
        "runs.attempt.secrets",
        "runs.cleanup.freed",
        "runs.environmentbuild.requirements",
        "runs.environmentlock.added",
        "runs.environmentlock.requirements",
        # Events tell of outputs, which stand in their node's row.
        "runs.event.data",
        "runs.noderun.cache_parts",
        "runs.noderun.error",
        "runs.noderun.reused_from",
        "runs.run.chosen",
        "runs.run.node_counts",
        "runs.worker.executors",
        "runs.worker.lacks",
        "teams.connection.fields",
        "teams.connection.secrets_set",
        "runs.worker.queues",
        "teams.apitoken.scopes",
    }
)


def digests(team_id: UUID, since: datetime | None = None) -> Iterator[set[bytes]]:
    """All digests that the team's things name, bit by bit; with `since` those of things that were
    made or edited after it.
    """
    runs = Run.objects.filter(team_id=team_id, removed_at=None)
    drafts = Pipeline.objects.filter(team_id=team_id)
    versions = PipelineVersion.objects.filter(pipeline__team_id=team_id)
    specs = ComponentVersion.objects.filter(component__team_id=team_id)
    if since is not None:
        runs, versions = runs.filter(created_at__gte=since), versions.filter(created_at__gte=since)
        drafts = drafts.filter(draft_updated_at__gte=since)
        specs = specs.filter(created_at__gte=since)
    yield from _of(drafts, "draft", size=20)
    yield from _of(versions, "definition", size=20)
    yield from _of(specs, "spec", size=50)
    for ids in pages_of(runs, 100):
        page = Run.objects.filter(pk__in=ids)
        yield _in(page, "parameters", "node_params")
        yield _in(Approval.objects.filter(node_run__run__in=ids), "values")
        for nodes in pages_of(NodeRun.objects.filter(run_id__in=ids), 500):
            yield _in(NodeRun.objects.filter(pk__in=nodes), "outputs", "plan")


def _of(rows: QuerySet[Any], field: str, *, size: int) -> Iterator[set[bytes]]:
    for ids in pages_of(rows, size):
        yield _in(rows.model._default_manager.filter(pk__in=ids), field)


def _in(rows: QuerySet[Any], *fields: str) -> set[bytes]:
    texts = {f"{field}_text": Cast(field, TextField()) for field in fields}
    found: set[bytes] = set()
    for row in rows.order_by().annotate(**texts).values_list(*texts):
        for text in row:
            found.update(bytes.fromhex(each) for each in _DIGEST.findall(text or ""))
    return found
