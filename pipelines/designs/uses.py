"""Who uses a component: written when a pipeline version is published, asked when one is changed."""

from django.db.models import Count, F, QuerySet

from pipelines.catalog.models import Component
from pipelines.core.document import Definition

from .models import NodeUse, PipelineVersion


def record(version: PipelineVersion, definition: Definition) -> None:
    """Write which node of a new version uses what; `definition` is pinned."""
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
