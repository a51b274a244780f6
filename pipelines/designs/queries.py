"""Questions about pipelines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from pipelines.core.checks import check, component_refs, parse
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Definition
from pipelines.core.plan import pin
from pipelines.core.problems import Problem
from pipelines.core.serialize import content_hash, to_document
from pipelines.kinds import registry
from pipelines.teams import connections, vault
from pipelines.teams.access import Person, within
from pipelines.teams.models import Team

from .catalog import DesignCatalog, specs_for
from .models import Pipeline, PipelineVersion


def visible(user: Person) -> QuerySet[Pipeline]:
    """The pipelines of the person's teams, without the archived ones and without their drafts."""
    live = Pipeline.objects.filter(archived_at=None).defer("draft")
    return within(live.select_related("team", "created_by"), user)


def versions(pipeline: Pipeline) -> QuerySet[PipelineVersion]:
    """The history, newest first, without the definitions."""
    return pipeline.versions.select_related("created_by").defer("definition")


def usable(team: Team, search: str = "") -> QuerySet[PipelineVersion]:
    """The newest version of each pipeline that other pipelines of the team can use."""
    return (
        PipelineVersion.objects.select_related("pipeline")
        .filter(
            pipeline__team=team,
            pipeline__archived_at=None,
            pipeline__slug__isnull=False,
            pipeline__name__icontains=search,
            number=F("pipeline__latest_version"),
        )
        .order_by("pipeline__slug")
    )


def newest_version(pipeline: Pipeline) -> PipelineVersion | None:
    return pipeline.versions.filter(number=pipeline.latest_version).first()


def problems(of: Pipeline | Definition | Any, team: Team | None = None) -> list[Problem]:
    """Every problem of a pipeline's draft, or of a document as `team` sees the catalog.

    Without a team a document may use the built-in components alone.
    """
    if isinstance(of, Pipeline):
        catalog = DesignCatalog(of.team_id, component_refs(of.draft))
        secrets = vault.lazily(of.team_id)
        return check(
            of.draft,
            catalog,
            registry.check_node,
            slug=of.slug,
            secrets=secrets,
            connections=connections.lazily(of.team_id),
        )
    catalog = DesignCatalog(team, component_refs(of))
    return check(
        of,
        catalog,
        registry.check_node,
        secrets=vault.lazily(team),
        connections=connections.lazily(team),
    )


def changed(pipeline: Pipeline) -> bool:
    """Whether publishing the draft would make a new version, or refuse to.

    A moved node changes nothing; a newer component where the draft names no version does.
    """
    newest = (
        pipeline.versions.filter(number=pipeline.latest_version)
        .values_list("content_hash", flat=True)
        .first()
    )
    if newest is None:
        return True
    definition, _ = parse(pipeline.draft)
    if definition is None:
        return True
    catalog = DesignCatalog(pipeline.team_id, component_refs(definition))
    return content_hash(pin(definition, catalog.latest)) != newest


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a version, or the draft (no number), with the specs to draw it."""

    number: int | None
    definition: dict[str, Any]
    specs: Mapping[str, ComponentSpec]


def side(version: PipelineVersion) -> Side:
    """A version to be compared."""
    specs = specs_for(version.pipeline.team_id, version.component_digests)
    return Side(version.number, version.definition, specs)


def draft_side(pipeline: Pipeline) -> Side:
    """The draft to be compared: as it would be published, and as it is where it is no definition."""
    definition, _ = parse(pipeline.draft)
    if definition is None:
        refs = [f"{name}@{number}" for name, number in component_refs(pipeline.draft) if number]
        return Side(None, pipeline.draft, specs_for(pipeline.team_id, refs))
    catalog = DesignCatalog(pipeline.team_id, component_refs(definition))
    pinned = pin(definition, catalog.latest)
    specs = specs_for(pipeline.team_id, {node.ref for node in pinned.nodes})
    return Side(None, to_document(pinned), specs)
