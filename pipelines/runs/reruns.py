"""Running again what was run: resume, from here, to here, only these, with other parameters.

Each makes a new run, whose first look is told beforehand: which nodes keep their results, which
run, which are left out. History never changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import Count

from pipelines.core import machine, reuse
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Definition
from pipelines.core.interface import BRANCHES
from pipelines.core.parameters import resolve
from pipelines.core.plan import NodePlan
from pipelines.core.reuse import Before, Fate, Mode, Verdict, Wish
from pipelines.core.states import NodeState, Step
from pipelines.designs import actions as designs
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.teams.models import User

from . import actions, results
from .models import NodeRun, Run

VersionChoice = int | Literal["draft"] | None
NodeParams = Mapping[str, Mapping[str, Any]]


class RunNotOver(RuntimeError):
    """Only a run that is over can be taken up by another one."""

    def __init__(self, run: Run) -> None:
        super().__init__(
            f"Run #{run.number} is {run.state}. Wait for its end or cancel it, then run it again."
        )


@dataclass(frozen=True)
class Asked:
    """What somebody wants to run again.

    `version` is that of the origin when it is None. `parameters` and `params` (of nodes) override
    those of the origin one by one; what the origin changed about nodes stays, on the same version.
    """

    mode: Mode
    nodes: frozenset[str] = frozenset()
    version: VersionChoice = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    params: NodeParams = field(default_factory=dict)


@dataclass(frozen=True)
class Outlook:
    """What a run would be: nothing is written yet. `version` is None for a draft."""

    pipeline: Pipeline
    origin: Run | None
    asked: Asked
    version: PipelineVersion | None
    definition: Definition
    parameters: Mapping[str, Any]
    node_params: NodeParams
    plans: list[NodePlan]
    specs: Mapping[str, ComponentSpec]
    verdicts: Mapping[str, Verdict]

    def as_json(self) -> dict[str, Any]:
        counts = {fate.value: 0 for fate in Fate}
        for verdict in self.verdicts.values():
            counts[verdict.fate.value] += 1
        origin = self.origin
        return {
            "origin": {"id": str(origin.pk), "number": origin.number} if origin else None,
            "mode": self.asked.mode.value,
            "version": self.version.number if self.version else None,
            "parameters": dict(self.parameters),
            "node_params": {node: dict(params) for node, params in self.node_params.items()},
            "counts": counts,
            "nodes": [
                {
                    "id": plan.id,
                    "title": plan.title,
                    "fate": self.verdicts[plan.id].fate.value,
                    "why": self.verdicts[plan.id].why,
                }
                for plan in self.plans
            ],
        }


def preview(pipeline: Pipeline, origin: Run | None, asked: Asked) -> Outlook:
    """What `start` would do. Writes nothing: a draft is checked, not published.

    Without an `origin` nothing can be kept. Raises RunNotOver and InvalidDefinition.
    """
    if asked.version == "draft":
        definition, _ = designs.ready(pipeline)
        return _outlook(pipeline, origin, asked, None, definition)
    version = _version(pipeline, origin, asked.version)
    definition = Definition.model_validate(version.definition)
    return _outlook(pipeline, origin, asked, version, definition)


def start(pipeline: Pipeline, origin: Run | None, asked: Asked, user: User | None) -> Run:
    """Start the run. `"draft"` publishes the draft first.

    Raises RunNotOver, InvalidDefinition and designs.Busy.
    """
    if asked.version == "draft":
        # Asked before anything is published: a rerun that is refused leaves no version behind.
        preview(pipeline, origin, asked)
        version = designs.publish(pipeline, "", user)
    else:
        version = _version(pipeline, origin, asked.version)
    definition = Definition.model_validate(version.definition)
    outlook = _outlook(pipeline, origin, asked, version, definition)
    run = Run(
        team_id=pipeline.team_id,
        pipeline=pipeline,
        version=version,
        parameters=outlook.parameters,
        node_params=outlook.node_params,
        trigger="resume" if asked.mode is Mode.RESUME else "rerun",
        origin=origin,
        mode=asked.mode.value,
        chosen=sorted(asked.nodes),
        on_failure=definition.on_failure,
        priority=origin.priority if origin else 0,
        max_parallel=_max_parallel(origin, version, definition),
        use_cache=origin.use_cache if origin else True,
        created_by=user,
    )
    actions.begin(run, outlook.plans, outlook.specs, _over(outlook))
    return run


def _max_parallel(
    origin: Run | None, version: PipelineVersion, definition: Definition
) -> int | None:
    """The origin's, which may stand above its definition's, as long as the version is the same."""
    if origin is not None and origin.version_id == version.pk:
        return origin.max_parallel
    return definition.max_parallel


def _version(pipeline: Pipeline, origin: Run | None, version: int | None) -> PipelineVersion:
    if version is None and origin is not None:
        return origin.version
    return actions.published(
        pipeline,
        pipeline.latest_version if version is None else version,
        named=version is not None,
    )


def _outlook(
    pipeline: Pipeline,
    origin: Run | None,
    asked: Asked,
    version: PipelineVersion | None,
    definition: Definition,
) -> Outlook:
    if origin is not None and origin.ended_at is None:
        raise RunNotOver(origin)
    parameters = _parameters(origin, asked, definition)
    node_params = _node_params(origin, asked, version)
    plans, specs = actions.plans_for(
        pipeline, actions.with_node_params(pipeline, definition, node_params)
    )
    wish = Wish(
        mode=asked.mode,
        nodes=asked.nodes,
        origin=f"run #{origin.number}" if origin else "",
        changed_parameters=_changed(origin, parameters),
    )
    verdicts = reuse.decide(plans, _before(origin) if origin else {}, wish)
    if origin is not None:
        plans = [_with_items(plan, verdicts[plan.id], origin) for plan in plans]
    return Outlook(
        pipeline,
        origin,
        asked,
        version,
        definition,
        parameters,
        node_params,
        plans,
        specs,
        verdicts,
    )


def _with_items(plan: NodePlan, verdict: Verdict, origin: Run) -> NodePlan:
    if not verdict.items:
        return plan
    kept = {"items_of": str(origin.pk), "items_anew": sorted(verdict.anew)}
    return plan.model_copy(update=kept)


def _parameters(origin: Run | None, asked: Asked, definition: Definition) -> dict[str, Any]:
    """Those of the origin that this version still has, and the given ones over them."""
    declared = {parameter.name for parameter in definition.parameters}
    earlier = origin.parameters if origin else {}
    kept = {name: value for name, value in earlier.items() if name in declared}
    return resolve(definition, {**kept, **asked.parameters})


def _node_params(
    origin: Run | None, asked: Asked, version: PipelineVersion | None
) -> dict[str, dict[str, Any]]:
    """On another version that version counts, and what the origin had changed is forgotten."""
    same = origin is not None and version is not None and version.pk == origin.version_id
    earlier: NodeParams = origin.node_params if origin is not None and same else {}
    nodes = [*earlier, *(node for node in asked.params if node not in earlier)]
    merged = {node: {**earlier.get(node, {}), **asked.params.get(node, {})} for node in nodes}
    return {node: params for node, params in merged.items() if params}


def _changed(origin: Run | None, parameters: Mapping[str, Any]) -> frozenset[str]:
    if origin is None:
        return frozenset()
    names = parameters.keys() | origin.parameters.keys()
    absent = object()
    return frozenset(
        name
        for name in names
        if parameters.get(name, absent) != origin.parameters.get(name, absent)
    )


def _before(origin: Run) -> dict[str, Before]:
    """The nodes of the origin. Whether artifacts are there is asked for all of them at once."""
    rows = list(_rows(origin))
    needed = {row.node: results.digests(row.outputs) for row in rows}
    gone = results.gone(origin.team_id, set().union(*needed.values()))
    items = NodeRun.objects.filter(run=origin, item__isnull=False, state=NodeState.SUCCESS)
    succeeded = dict(
        items.order_by().values("parent").annotate(n=Count("pk")).values_list("parent", "n")
    )
    return {
        row.node: Before(
            # Which lock a node was told to use says nothing about its result: that is as it was.
            NodePlan.model_validate({**row.plan, "environment": ""}),
            NodeState(row.state),
            row.reason,
            intact=gone.isdisjoint(needed[row.node]),
            items=succeeded.get(row.node, 0),
        )
        for row in rows
    }


def _over(outlook: Outlook) -> dict[str, actions.Kept]:
    """The nodes that are over before the run begins, with what is known of those that are kept."""
    found: dict[str, actions.Kept] = {}
    kept = [node for node, each in outlook.verdicts.items() if each.fate is Fate.KEEP]
    if outlook.origin is not None and kept:
        wanted = frozenset(kept)
        for row in _rows(outlook.origin):
            if row.node in wanted:
                found[row.node] = _kept(row, outlook.specs)
    for node, verdict in outlook.verdicts.items():
        if verdict.fate is Fate.LEAVE:
            found[node] = actions.Kept(machine.Over(Step.SKIP, verdict.why))
    return found


def _kept(row: NodeRun, specs: Mapping[str, ComponentSpec]) -> actions.Kept:
    origin = results.origin(row)
    fields = {
        "reused_from": origin,
        "cache_parts": row.cache_parts,
        "environment": row.environment,
    }
    if row.state == NodeState.SKIPPED:
        return actions.Kept(machine.Over(Step.SKIP, row.reason), fields)
    reason = f"kept from run #{origin['number']}"
    over = machine.Over(Step.KEEP, reason, _taken(row, specs))
    return actions.Kept(over, {**fields, "outputs": row.outputs})


def _taken(row: NodeRun, specs: Mapping[str, ComponentSpec]) -> frozenset[str] | None:
    """The branches that a node took: those of its outputs that its component does not declare."""
    spec = specs.get(row.plan["component"])
    if spec is None or spec.kind not in BRANCHES:
        return None
    return frozenset(port for port in row.outputs if spec.output(port) is None)


def _rows(origin: Run) -> Iterable[NodeRun]:
    """The run's nodes, without the items of those that map."""
    rows = NodeRun.objects.filter(run=origin, parent="").defer("error")
    for row in rows.iterator(chunk_size=500):
        row.run = origin
        yield row
