"""What the living workers can run, so that people hear before a run starts what would wait."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from pipelines.core.capacity import Demand, Need, Offer, Room, cannot_run
from pipelines.core.checks import component_refs
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Definition, Node
from pipelines.core.nesting import MAX_NESTING
from pipelines.core.parsing import parse_leniently
from pipelines.core.plan import NodePlan
from pipelines.core.problems import Problem
from pipelines.designs.catalog import DesignCatalog
from pipelines.designs.models import Pipeline

from . import announcements, scheduling
from .models import Worker

_LONGEST_LIST = 5
K = TypeVar("K")
#: The ids of nodes that lead to one, outermost first.
Way = tuple[str, ...]


def offers() -> list[Offer]:
    """What each living worker serves, has and can do."""
    return [Offer(frozenset(worker.queues), room_of(worker)) for worker in announcements.living()]


def room_of(worker: Worker) -> Room:
    """All that a worker has."""
    cpu = round(worker.cpu * 1000)
    return Room(
        cpu,
        worker.memory,
        worker.gpu,
        share=cpu // max(1, worker.slots),
        executors=frozenset(worker.executors),
    )


def reasons(plans: Iterable[NodePlan], specs: Mapping[str, ComponentSpec]) -> dict[str, str]:
    """By node: why no living worker can run it. Most runs have none."""
    demands = {
        plan.id: Demand(
            plan.queue,
            _need(specs[plan.component].kind, plan.cpu, plan.memory_bytes, plan.gpu),
        )
        for plan in plans
    }
    return _reasons(demands)


def warnings(pipeline: Pipeline, version: int | None = None) -> list[Problem]:
    """What would wait in a run of a version, or of the draft: each reason once, with its nodes.

    A draft may be unfinished; what cannot be read in it is left to the checks.
    """
    definition = parse_leniently(_document(pipeline, version)).definition
    if definition is None:
        return []
    titles = {node.id: node.title or node.id for node in definition.nodes}
    demands = _demands(pipeline.team_id, definition, {})
    by_reason: dict[str, list[Way]] = {}
    for way, why in _reasons(demands).items():
        by_reason.setdefault(why, []).append(way)
    return [
        Problem(
            code="cannot_run_now",
            message=f"{_named([_in_words(way, titles) for way in ways])} will wait: {why}.",
            node=ways[0][0],
        )
        for why, ways in by_reason.items()
    ]


def _demands(
    team_id: UUID, definition: Definition, known: dict[int, dict[Way, Demand]], depth: int = 1
) -> dict[Way, Demand]:
    """What the nodes need, and those of the pipelines within, by the way to each node.

    `known` has the versions that were looked into already.
    """
    catalog = DesignCatalog(team_id, component_refs(definition))
    found: dict[Way, Demand] = {}
    for node in definition.nodes:
        spec = catalog.spec(node.ref_name, node.ref_version)
        if spec is None:
            continue
        found[(node.id,)] = _demand(node, spec.kind)
        version = (
            catalog.pipeline_version(node.ref_name, node.ref_version)
            if node.pipeline and depth < MAX_NESTING
            else None
        )
        if version is None:
            continue
        if version.pk not in known:
            inner = Definition.model_validate(version.definition)
            known[version.pk] = _one_of_each(_demands(team_id, inner, known, depth + 1))
        found |= {(node.id, *way): demand for way, demand in known[version.pk].items()}
    return found


def _one_of_each(demands: Mapping[Way, Demand]) -> dict[Way, Demand]:
    """One way for each demand: of pipelines in pipelines there may be millions."""
    first: dict[Demand, Way] = {}
    for way, demand in demands.items():
        first.setdefault(demand, way)
    return {way: demand for demand, way in first.items()}


def _in_words(way: Way, titles: Mapping[str, str]) -> str:
    return " → ".join([titles[way[0]], *way[1:]])


def _document(pipeline: Pipeline, version: int | None) -> object:
    if version is None:
        return pipeline.draft
    found = pipeline.versions.filter(number=version).values_list("definition", flat=True).first()
    return found


def _demand(node: Node, kind: str) -> Demand:
    resources = node.resources
    need = _need(kind, resources.cpu, resources.memory_bytes, resources.gpu)
    return Demand(node.queue or "default", need)


def _need(kind: str, cpu: float | None, memory: int | None, gpu: int) -> Need:
    """What an attempt of a node takes."""
    thousandths = None if cpu is None else round(cpu * 1000)
    return Need(thousandths, memory or 0, gpu, scheduling.needed_executors(kind))


def _reasons(demands: Mapping[K, Demand]) -> dict[K, str]:
    here = offers()
    known: dict[Demand, str | None] = {}
    for demand in demands.values():
        if demand not in known:
            known[demand] = cannot_run(demand, here)
    return {node: why for node, demand in demands.items() if (why := known[demand])}


def _named(titles: Sequence[str]) -> str:
    """`a`, `a` and `b`, or the first few and how many more."""
    shown = [f"`{title}`" for title in titles[:_LONGEST_LIST]]
    rest = len(titles) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
