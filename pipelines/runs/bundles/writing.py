"""A run as one file."""

import json
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any, Literal

from django.db.models import QuerySet

from pipelines import __version__
from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.core import bundle
from pipelines.core.bundle import Environment, From, Input, Manifest
from pipelines.core.component import ComponentSpec
from pipelines.core.document import PIPELINE_PREFIX, Definition
from pipelines.core.serialize import canonical_json, content_hash, spec_digest
from pipelines.core.states import NodeState
from pipelines.designs.catalog import pipeline_versions, specs_for

from ..models import EnvironmentLock, NodeRun, Run

Include = Literal["none", "small", "all"]
#: Files up to this size are in a bundle unasked, up to so much together.
SMALL_BYTES = 10 * 1024**2
SMALL_TOGETHER = 100 * 1024**2
_CHUNK = 1024 * 1024


def write(run: Run, include: Include = "small") -> IO[bytes]:
    """The bundle of a run, as an open temporary file at its start.

    `include` says which of the files that the run was given are in it. Raises
    `store.ArtifactMissing` when the bytes of one are lost.
    """
    definition = Definition.model_validate(run.version.definition)
    specs, pipelines = _used(run, definition)
    inputs = _inputs(run, [definition, *pipelines.values()], include)
    manifest = Manifest(
        schema=bundle.SCHEMA,
        penstock=__version__,
        made_of=From(
            pipeline=run.pipeline.name,
            number=run.number,
            version=run.version.number,
            state=run.state,
            run=str(run.pk),
        ),
        parameters=run.parameters,
        node_params=run.node_params,
        components={ref: spec_digest(spec) for ref, spec in sorted(specs.items())},
        pipelines={ref: content_hash(each) for ref, each in pipelines.items()},
        environments=dict(_environments(run)),
        inputs=inputs,
    )
    file = tempfile.TemporaryFile(prefix="penstock-bundle-")  # noqa: SIM115
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, bundle.MANIFEST, manifest.model_dump(mode="json", by_alias=True))
        _add(archive, bundle.DEFINITION, run.version.definition)
        for ref, spec in specs.items():
            _add(archive, bundle.component_file(ref), spec.model_dump(mode="json"))
        for ref, each in pipelines.items():
            document = each.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            _add(archive, bundle.pipeline_file(ref), {"schema": 1, **document})
        for lock in _locks(run, set(manifest.environments.values())):
            environment = Environment.model_validate(lock, from_attributes=True)
            _add(archive, bundle.environment_file(lock.digest), environment.model_dump())
        _add(archive, bundle.RESULTS, _results(run))
        for digest, given in inputs.items():
            if given.included:
                _add_artifact(archive, digest)
    file.seek(0)
    return file


def _used(
    run: Run, definition: Definition
) -> tuple[dict[str, ComponentSpec], dict[str, Definition]]:
    """The components and sub-pipelines that a run uses, those of its sub-pipelines too.

    Sub-pipelines come after those that they use themselves.
    """
    pipelines: dict[str, Definition] = {}
    refs: set[str] = set()

    def visit(each: Definition) -> None:
        used = {node.ref for node in each.nodes}
        inner = {ref for ref in used if ref.startswith(PIPELINE_PREFIX)}
        refs.update(used - inner)
        for ref, version in pipeline_versions(run.team_id, inner).items():
            if ref not in pipelines:
                found = Definition.model_validate(version.definition)
                visit(found)
                pipelines[ref] = found

    visit(definition)
    return specs_for(run.team_id, refs), pipelines


def _environments(run: Run) -> QuerySet[NodeRun, tuple[str, str]]:
    """The nodes that ran in an environment of their own, each with its lock's digest."""
    rows = NodeRun.objects.filter(run=run, parent="").exclude(environment="").order_by("position")
    return rows.values_list("node", "environment")


def _locks(run: Run, digests: set[str]) -> Iterable[EnvironmentLock]:
    found = EnvironmentLock.objects.filter(team_id=run.team_id, digest__in=digests)
    return {lock.digest: lock for lock in found.order_by("pk")}.values()


def _inputs(run: Run, definitions: Iterable[Definition], include: Include) -> dict[str, Input]:
    """The artifacts that are named by parameters: of the run, and of nodes."""
    named = [run.parameters, run.node_params]
    for definition in definitions:
        named += [node.params for node in definition.nodes]
        named += [parameter.default for parameter in definition.parameters]
    digests = sorted(set(bundle.artifacts_in(named)))
    room = SMALL_TOGETHER
    found: dict[str, Input] = {}
    for artifact in Artifact.objects.filter(team_id=run.team_id, digest__in=digests).order_by(
        "size", "digest"
    ):
        small = artifact.size <= min(SMALL_BYTES, room)
        included = include == "all" or (include == "small" and small)
        room -= artifact.size if included else 0
        found[artifact.digest] = Input(
            type=artifact.type, name=artifact.name, size=artifact.size, included=included
        )
    return found


def _results(run: Run) -> dict[str, dict[str, str]]:
    """The digest of each output: of an artifact its own, of a value that of its JSON."""
    rows = NodeRun.objects.filter(run=run, parent="", state=NodeState.SUCCESS)
    return {
        node: {port: _digest(value) for port, value in outputs.items()}
        for node, outputs in rows.values_list("node", "outputs")
    }


def _digest(value: Any) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("artifact"), str):
        return str(value["artifact"])
    return store.digest_of(canonical_json(value).encode())


def _add(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    archive.writestr(_entry(name), json.dumps(value, ensure_ascii=False, indent=1))


def _add_artifact(archive: zipfile.ZipFile, digest: str) -> None:
    entry = _entry(bundle.artifact_file(digest))
    entry.compress_type = zipfile.ZIP_STORED
    with store.open(digest) as source, archive.open(entry, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    """Always the same moment, so that the same run gives the same bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
