"""Who uses a component or a secret: written when a version is published, asked when one is changed."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, QuerySet

from pipelines.catalog.models import Component
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Definition
from pipelines.core.secrets import mentions
from pipelines.teams.access import Person, within
from pipelines.teams.models import Team, TeamSecret

from .models import NodeUse, PipelineVersion, SecretUse


def record(
    version: PipelineVersion, definition: Definition, specs: Mapping[str, ComponentSpec]
) -> None:
    """Write which node of a new version uses what; `definition` is pinned, `specs` by `Node.ref`."""
    SecretUse.objects.bulk_create(
        [
            SecretUse(version=version, node=node.id, parameter=each.parameter, name=each.name)
            for node in definition.nodes
            for each in mentions(specs[node.ref].parameters, node.params)
        ],
        batch_size=1_000,
    )
    pinned = [
        (node.id, node.ref_name, node.ref_version)
        for node in definition.nodes
        if node.component is not None and node.ref_version is not None
    ]
    names = {name for _, name, _ in pinned}
    components = {
        str(each): each.pk
        for each in Component.objects.filter(
            namespace__in={name.partition("/")[0] for name in names},
            name__in={name.partition("/")[2] for name in names},
        ).only("namespace", "name")
    }
    NodeUse.objects.bulk_create(
        [
            NodeUse(version=version, node=id, component_id=components[name], number=number)
            for id, name, number in pinned
        ],
        batch_size=1_000,
    )


def of(component: Component) -> QuerySet[NodeUse]:
    """Its uses in the newest version of each pipeline that is not archived."""
    return NodeUse.objects.filter(
        component=component,
        version__number=F("version__pipeline__latest_version"),
        version__pipeline__archived_at=None,
    )


def counts(component: Component) -> dict[str, int]:
    """How many pipelines use it, of how many teams."""
    return of(component).aggregate(
        pipelines=Count("version__pipeline", distinct=True),
        teams=Count("version__pipeline__team", distinct=True),
    )


def in_reach(component: Component, user: Person) -> QuerySet[NodeUse, Any]:
    """The pipelines of the person's teams that use it: which version, and in how many nodes."""
    return (
        within(of(component), user, team="version__pipeline__team")
        .values(
            "number",
            pipeline=F("version__pipeline"),
            pipeline_name=F("version__pipeline__name"),
            pipeline_version=F("version__number"),
            team=F("version__pipeline__team__slug"),
            team_name=F("version__pipeline__team__name"),
        )
        .annotate(nodes=Count("pk"))
        .order_by("pipeline_name", "pipeline", "number")
    )


def teams_of(component: Component, limit: int = 500) -> list[dict[str, Any]]:
    """The teams that use it, each with how many pipelines; for those who own it."""
    counted = (
        of(component)
        .values(slug=F("version__pipeline__team__slug"), name=F("version__pipeline__team__name"))
        .annotate(pipelines=Count("version__pipeline", distinct=True))
        .order_by("-pipelines", "name")
    )
    return [dict(row) for row in counted[:limit]]


def of_secret(secret: TeamSecret) -> QuerySet[SecretUse]:
    """Where the newest versions of its team's pipelines name it."""
    return (
        _secrets_of(secret.team)
        .filter(name=secret.name)
        .select_related("version__pipeline")
        .order_by("version__pipeline__name", "node", "parameter")
    )


def secret_counts(team: Team) -> dict[str, int]:
    """How many pipelines name each secret of a team; those that none does are left out."""
    counted = (
        _secrets_of(team)
        .values("name")
        .annotate(pipelines=Count("version__pipeline", distinct=True))
    )
    return dict(counted.values_list("name", "pipelines"))


def _secrets_of(team: Team) -> QuerySet[SecretUse]:
    return SecretUse.objects.filter(
        version__pipeline__team=team,
        version__number=F("version__pipeline__latest_version"),
        version__pipeline__archived_at=None,
    )
