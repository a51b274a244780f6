"""One object of every kind, all belonging to the team of the cast, for tests of the API."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.catalog import actions as catalog
from pipelines.catalog import drafts
from pipelines.catalog.models import Component, ComponentDraft
from pipelines.core.component import ComponentSpec
from pipelines.designs import actions as designs
from pipelines.designs.models import Pipeline
from pipelines.executors.environments import Lock
from pipelines.kinds import registry
from pipelines.runs import actions as runs
from pipelines.runs.models import Attempt, EnvironmentLock, LogChunk, Metric, NodeRun, Run
from pipelines.teams import tokens
from pipelines.teams.models import ApiToken, TeamSecret
from tests.people import People

SOURCE = '''
def step(rows: list | None = None, *, size: int = 1) -> list:
    """Pass the rows on."""
    return rows
'''
LOG = "first line\nsecond line: ünïcödé\n"


@dataclass(frozen=True)
class Sample:
    pipeline: Pipeline
    run: Run
    artifact: Artifact
    token: ApiToken
    lock: EnvironmentLock
    component_draft: ComponentDraft
    secret: TeamSecret


def definition(**changes: Any) -> dict[str, Any]:
    """Two nodes in a row, `a` and `b`, and one parameter."""
    return {
        "schema": 1,
        "name": "sample",
        "parameters": [{"name": "size", "type": "integer", "default": 3}],
        "nodes": [
            {"id": "a", "component": "acme/step"},
            {"id": "b", "component": "acme/step", "params": {"size": "${{ params.size }}"}},
        ],
        "edges": [{"from": "a.result", "to": "b.rows"}],
        **changes,
    }


def spec() -> ComponentSpec:
    return registry.build("python", {"source": SOURCE, "namespace": "acme"})


def make(people: People, folder: Path) -> Sample:
    """A component, a published pipeline, a run whose node `a` is done, an artifact, a token, a lock, a secret."""
    catalog.publish(spec(), people.team, people.owner)
    pipeline = designs.create(people.team, definition(), people.owner)
    designs.publish(pipeline, "first", people.owner)
    run = runs.start(pipeline, user=people.owner)
    artifact = text_artifact(people, folder)
    finish(run, "a", {"result": store.reference(artifact)})
    token, _ = tokens.create(people.owner)
    component = Component.objects.get(namespace="acme", name="step")
    draft = drafts.open_for(component, people.owner)
    # Nobody opens it, so that it needs no key.
    secret = TeamSecret.objects.create(team=people.team, name="sample", ciphertext=b"")
    return Sample(pipeline, run, artifact, token, environment_lock(people), draft, secret)


def environment_lock(people: People) -> EnvironmentLock:
    lock = Lock("rich==14.0.0 --hash=sha256:0\n")
    return EnvironmentLock.objects.create(
        team=people.team,
        key="0" * 64,
        digest=lock.digest,
        python="3.11",
        platform="linux-x86_64",
        requirements=["rich"],
        text=lock.text,
    )


def text_artifact(people: People, folder: Path, text: str = "some text") -> Artifact:
    file = folder / "note.txt"
    file.write_text(text)
    return store.record(
        people.team.pk, store.upload(file), type="text", name="note.txt", media_type="text/plain"
    )


def finish(run: Run, node: str, outputs: dict[str, Any]) -> None:
    """Write what the engine would have written about a node that succeeded at the first try."""
    row = NodeRun.objects.get(run=run, node=node)
    row.state, row.attempt, row.outputs = "success", 1, outputs
    row.save()
    attempt = Attempt.objects.create(
        node_run=row,
        number=1,
        token="00000000-0000-0000-0000-000000000001",
        worker="w1",
        state="success",
        exit_code=0,
        log_bytes=len(LOG.encode()),
        log_lines=LOG.count("\n"),
    )
    LogChunk.objects.create(
        attempt=attempt, offset=0, first_line=0, lines=LOG.count("\n"), text=LOG
    )
    Metric.objects.create(attempt=attempt, name="loss", value=0.5, step=1)
