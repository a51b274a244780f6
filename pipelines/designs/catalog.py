"""What nodes may use: the components of the catalog, and the team's own published pipelines."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from pipelines.catalog.queries import DbCatalog
from pipelines.catalog.queries import specs_for as component_specs
from pipelines.core.component import ComponentSpec
from pipelines.core.document import PIPELINE_PREFIX, Definition
from pipelines.core.interface import interface, pipeline_spec
from pipelines.core.nesting import included
from pipelines.teams.models import Team

from .models import PipelineVersion


class DesignCatalog(DbCatalog):
    """The catalog as one team sees it; what `core.checks.check` asks.

    Give `refs` (from `core.checks.component_refs`) to fetch everything at once.
    """

    def __init__(
        self, team: Team | UUID | None, refs: Iterable[tuple[str, int | None]] = ()
    ) -> None:
        refs = list(refs)
        self._pipelines: dict[tuple[str, int], PipelineVersion] = {}
        self._newest: dict[str, int] = {}
        super().__init__(team, [ref for ref in refs if not _is_pipeline(ref[0])])
        self._fetch_pipelines([ref for ref in refs if _is_pipeline(ref[0])])

    def spec(self, name: str, version: int | None) -> ComponentSpec | None:
        if not _is_pipeline(name):
            return super().spec(name, version)
        found = self.pipeline_version(name, version)
        return spec_of(found) if found is not None else None

    def latest(self, name: str) -> int | None:
        if not _is_pipeline(name):
            return super().latest(name)
        if name not in self._newest:
            self._fetch_pipelines([(name, None)])
        return self._newest.get(name)

    def pipeline_version(self, name: str, version: int | None) -> PipelineVersion | None:
        """A published version of `pipeline:slug`; None asks for the newest."""
        number = self.latest(name) if version is None else version
        if number is None or self.latest(name) is None:
            return None
        if (name, number) not in self._pipelines:
            self._fetch_pipelines([(name, number)])
        return self._pipelines.get((name, number))

    def _fetch_pipelines(self, refs: Iterable[tuple[str, int | None]]) -> None:
        wanted = list(refs)
        if not wanted or self._team_id is None:
            return
        slugs = {name.removeprefix(PIPELINE_PREFIX) for name, _ in wanted}
        numbers = {number for _, number in wanted if number is not None}
        for version in _versions(self._team_id, slugs, numbers):
            name = f"{PIPELINE_PREFIX}{version.pipeline.slug}"
            self._newest[name] = version.pipeline.latest_version
            self._pipelines[(name, version.number)] = version


def specs_for(team_id: UUID, refs: Iterable[str]) -> dict[str, ComponentSpec]:
    """The specs of pinned components and pipelines, by reference; unknown ones are left out."""
    refs = list(refs)
    found = component_specs(ref for ref in refs if not _is_pipeline(ref))
    return found | {
        ref: spec_of(version) for ref, version in pipeline_versions(team_id, refs).items()
    }


def pipeline_versions(team_id: UUID, refs: Iterable[str]) -> dict[str, PipelineVersion]:
    """The versions that pinned references such as `pipeline:score-model@4` name."""
    pairs = [ref.removeprefix(PIPELINE_PREFIX).partition("@") for ref in refs if _is_pipeline(ref)]
    wanted = {(slug, int(number)) for slug, _, number in pairs if number.isdecimal()}
    if not wanted:
        return {}
    rows = _versions(team_id, {slug for slug, _ in wanted}, {number for _, number in wanted})
    return {
        f"{PIPELINE_PREFIX}{row.pipeline.slug}@{row.number}": row
        for row in rows
        if (row.pipeline.slug, row.number) in wanted
    }


def spec_of(version: PipelineVersion) -> ComponentSpec:
    """What a node looks like that uses this version as a sub-pipeline."""
    if version.interface:
        return ComponentSpec.model_validate(version.interface)
    # Published before pipelines could be used by others, so without outputs.
    definition = Definition.model_validate(version.definition)
    return pipeline_spec(str(version.pipeline.slug), definition, {}, {})


def interface_of(
    slug: str, definition: Definition, specs: Mapping[str, ComponentSpec]
) -> dict[str, Any]:
    """The spec of a definition that is being published, as JSON; `specs` by `Node.ref`."""
    parameters = {each.name: each for each in definition.parameters}
    nodes = {node.id: node for node in definition.nodes}
    types = {
        output.name: interface(node, specs[node.ref], parameters)
        .outputs[str(output.source.port)]
        .type
        for output in definition.outputs
        if (node := nodes.get(output.source.node)) is not None
    }
    spec = pipeline_spec(slug, definition, types, included(definition, specs))
    return spec.model_dump(mode="json", exclude_defaults=True)


def _is_pipeline(ref: str) -> bool:
    return ref.startswith(PIPELINE_PREFIX)


def _versions(team_id: UUID, slugs: set[str], numbers: set[int]) -> list[PipelineVersion]:
    """The newest version of each pipeline, and those with one of the numbers."""
    return list(
        PipelineVersion.objects.filter(
            Q(number__in=numbers) | Q(number=F("pipeline__latest_version")),
            pipeline__team=team_id,
            pipeline__slug__in=slugs,
        ).select_related("pipeline")
    )
