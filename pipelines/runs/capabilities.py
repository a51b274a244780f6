"""What the living workers can run, so that people hear before a run starts what would wait."""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.core.capacity import Demand, Need, Offer, Room, cannot_run
from pipelines.core.checks import component_refs
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Node
from pipelines.core.parsing import parse_leniently
from pipelines.core.plan import NodePlan
from pipelines.core.problems import Problem
from pipelines.designs.catalog import DesignCatalog
from pipelines.designs.models import Pipeline

from . import announcements, scheduling
from .models import Worker

_LONGEST_LIST = 5


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
    catalog = DesignCatalog(pipeline.team_id, component_refs(definition))
    demands: dict[str, Demand] = {}
    for node in definition.nodes:
        spec = catalog.spec(node.ref_name, node.ref_version)
        if spec is not None:
            demands[node.id] = _demand(node, spec.kind)
    titles = {node.id: node.title or node.id for node in definition.nodes}
    by_reason: dict[str, list[str]] = {}
    for node_id, why in _reasons(demands).items():
        by_reason.setdefault(why, []).append(node_id)
    return [
        Problem(
            code="cannot_run_now",
            message=f"{_named([titles[node] for node in nodes])} will wait: {why}.",
            node=nodes[0],
        )
        for why, nodes in by_reason.items()
    ]


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


def _reasons(demands: Mapping[str, Demand]) -> dict[str, str]:
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
