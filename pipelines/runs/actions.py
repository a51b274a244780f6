"""What people do with runs: start, cancel, clone. Running again what was run is in `reruns`."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import IntegrityError
from django.db.models import Max
from django.utils import timezone

from pipelines.core import connections as core_connections
from pipelines.core import machine, secrets
from pipelines.core.component import ComponentSpec
from pipelines.core.document import Definition
from pipelines.core.machine import NodeView, RunView
from pipelines.core.parameters import resolve
from pipelines.core.plan import NodePlan, plan
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.states import NodeState
from pipelines.designs import actions as designs
from pipelines.designs.catalog import specs_for
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.designs.queries import problems as designs_problems
from pipelines.teams import audit, connections, vault
from pipelines.teams.models import User

from . import (
    capabilities,
    disk,
    failpoints,
    hints,
    ledger,
    quotas,
    scheduling,
    shapes,
    statements,
)
from .environments import locks
from .models import Event, NodeRun, Run
from .pools import with_pools


class RunEnded(RuntimeError):
    """The run is over, so it cannot be cancelled."""


def start(
    pipeline: Pipeline,
    *,
    version: int | Literal["draft"] | None = None,
    parameters: Mapping[str, Any] | None = None,
    user: User | None = None,
    idempotency_key: str | None = None,
    trigger: str = "manual",
    cloned_from: Run | None = None,
    node_params: Mapping[str, Mapping[str, Any]] | None = None,
    environments: Mapping[str, str] | None = None,
    priority: int = 0,
    max_parallel: int | None = None,
    use_cache: bool = True,
) -> Run:
    """Start a run of a published version: the newest, or number `version`.

    `priority` is added to that of each node; `max_parallel` stands above the definition's; without
    `use_cache` every node runs, whatever the cache has.

    `"draft"` publishes the draft first, unless the newest version means the same. A repeated
    idempotency key starts nothing and gives back the earlier run, with `repeated` set.
    `node_params` take the place of single parameters of nodes, for this run alone; `environments`
    are the digests of the locks that nodes must use.

    Raises InvalidDefinition (also as InvalidParameters) with every problem, and QuotaExceeded.
    """
    if idempotency_key:
        earlier = _earlier(pipeline, idempotency_key)
        if earlier is not None:
            return earlier
    pinned = _version(pipeline, version, user)
    definition = Definition.model_validate(pinned.definition)
    values = resolve(definition, dict(parameters or {}))
    plans, specs = plans_for(pipeline, with_node_params(pipeline, definition, node_params or {}))
    plans = locks.using(plans, environments or {})
    _check_secrets(pipeline, definition, specs)
    _check_connections(pipeline, definition, specs)
    run = Run(
        team_id=pipeline.team_id,
        pipeline=pipeline,
        version=pinned,
        parameters=values,
        trigger=trigger,
        cloned_from=cloned_from,
        idempotency_key=idempotency_key or None,
        on_failure=definition.on_failure,
        node_params=dict(node_params or {}),
        priority=priority,
        max_parallel=max_parallel or definition.max_parallel,
        use_cache=use_cache,
        created_by=user,
    )
    try:
        begin(run, plans, specs)
    except IntegrityError:
        # Somebody else was first with this key; the unique constraint let one of us win.
        earlier = _earlier(pipeline, idempotency_key) if idempotency_key else None
        if earlier is None:
            raise
        return earlier
    return run


def start_child(
    parent: NodeRun, version: PipelineVersion, values: Mapping[str, Any], *, tried: int, round: int
) -> Run:
    """Start the child run of a node that uses `version` as a sub-pipeline; the one that an earlier
    call started, if there is one.

    Raises InvalidDefinition when the values do not fit the pipeline's parameters.
    """
    definition, plans, specs = _plans_of(version)
    run = Run(
        team_id=parent.run.team_id,
        pipeline=version.pipeline,
        version=version,
        parameters=resolve(definition, values),
        trigger="pipeline",
        on_failure=definition.on_failure,
        priority=parent.run.priority,
        max_parallel=definition.max_parallel,
        use_cache=parent.run.use_cache,
        created_by=parent.run.created_by,
        parent=parent,
        root_id=parent.run.root_id or parent.run_id,
        tried=tried,
        round=round,
    )
    try:
        begin(run, plans, specs)
    except IntegrityError:
        return Run.objects.get(parent=parent, tried=tried, round=round)
    return run


def cancel(run: Run, user: User | None = None) -> Run:
    """End what has not started, kill what runs; nodes on exit still run after that, until they are
    cancelled as well. Asking twice is no error.

    Raises RunEnded for a run that is over already.
    """
    by = f"cancelled by {user.get_username()}" if user else "cancelled"
    with ledger.opened(run.pk) as book:
        if book.row.ended_at is not None:
            raise RunEnded(f"Run #{book.row.number} is over ({book.row.state}); nothing to cancel.")
        asked = book.row.exit_cancelled if book.row.exiting else book.row.cancel_requested
        if not asked:
            book.advance(machine.CancelRequested(by))
            audit.record("run.cancel", run, team=run.team_id, user=user)
    run.refresh_from_db()
    return run


def clone(
    run: Run,
    parameters: Mapping[str, Any] | None = None,
    user: User | None = None,
    *,
    priority: int | None = None,
    max_parallel: int | None = None,
    use_cache: bool | None = None,
) -> Run:
    """A new run of all that `run` pins; what is given overrides what `run` had, parameters one by
    one.

    Raises InvalidParameters.
    """
    return start(
        run.pipeline,
        version=run.version.number,
        parameters={**run.parameters, **(parameters or {})},
        user=user,
        trigger="clone",
        cloned_from=run,
        node_params=run.node_params,
        priority=run.priority if priority is None else priority,
        max_parallel=run.max_parallel if max_parallel is None else max_parallel,
        use_cache=run.use_cache if use_cache is None else use_cache,
    )


def plans_for(
    pipeline: Pipeline, definition: Definition
) -> tuple[list[NodePlan], Mapping[str, ComponentSpec]]:
    """What running each node of a pinned definition takes, upstream first, and the specs."""
    specs = specs_for(pipeline.team_id, {node.ref for node in definition.nodes})
    return with_pools(plan(definition, specs), specs), specs


_Planned = tuple[Definition, list[NodePlan], Mapping[str, ComponentSpec]]
#: Of so many versions that are used as sub-pipelines the plans are kept, if they have at most so
#: many nodes: each item of a map and each round of a loop starts one of them anew.
_MOST_VERSIONS, _MOST_NODES = 32, 200


def _plans_of(version: PipelineVersion) -> _Planned:
    """A version's definition and what running each of its nodes takes. It never changes."""
    key = (version.pk, version.content_hash)
    with _plans_lock:
        if (known := _plans.get(key)) is not None:
            _plans.move_to_end(key)
            return known
    definition = Definition.model_validate(version.definition)
    made = (definition, *plans_for(version.pipeline, definition))
    if len(definition.nodes) <= _MOST_NODES:
        with _plans_lock:
            _plans[key] = made
            while len(_plans) > _MOST_VERSIONS:
                _plans.popitem(last=False)
    return made


_plans: OrderedDict[tuple[int, str], _Planned] = OrderedDict()
_plans_lock = threading.Lock()


def with_node_params(
    pipeline: Pipeline, definition: Definition, given: Mapping[str, Mapping[str, Any]]
) -> Definition:
    """The definition with other values for single parameters of nodes.

    Raises InvalidDefinition when a node is unknown or a value is not one for it.
    """
    if not any(given.values()):
        return definition
    known = {node.id for node in definition.nodes}
    problems = [
        Problem(
            code="unknown_node",
            message=f"There is no node `{node}` in this version of the pipeline.",
            node=node,
        )
        for node in given
        if node not in known
    ]
    nodes = [
        node.model_copy(update={"params": {**node.params, **given.get(node.id, {})}})
        for node in definition.nodes
    ]
    changed = definition.model_copy(update={"nodes": nodes})
    problems += [each for each in designs_problems(changed, pipeline.team) if each.node in given]
    specs = specs_for(pipeline.team_id, {node.ref for node in definition.nodes})
    problems += _refused_secrets(given, definition, specs)
    if problems:
        raise InvalidDefinition(problems)
    return changed


def _check_secrets(
    pipeline: Pipeline, definition: Definition, specs: Mapping[str, ComponentSpec]
) -> None:
    """A secret may have been deleted since the version was published. Raises InvalidDefinition."""
    asking = {ref for ref, spec in specs.items() if secrets.secret_parameters(spec.parameters)}
    named = [
        (node, mention)
        for node in definition.nodes
        if node.ref in asking
        for mention in secrets.mentions(specs[node.ref].parameters, node.params)
    ]
    there = vault.names(pipeline.team_id) if named else frozenset()
    if missing := [(node, mention) for node, mention in named if mention.name not in there]:
        raise InvalidDefinition(
            Problem(
                code="unknown_secret",
                message=f"`{node.id}` names the secret `{mention.name}`, which the team does not have "
                "any more; an administrator can write it on the team's page.",
                node=node.id,
                field=f"params.{mention.parameter}",
            )
            for node, mention in missing
        )


def _check_connections(
    pipeline: Pipeline, definition: Definition, specs: Mapping[str, ComponentSpec]
) -> None:
    """A connection may have been deleted, too, or is another one of its name. Raises InvalidDefinition."""
    asking = {
        ref
        for ref, spec in specs.items()
        if core_connections.connection_parameters(spec.parameters)
    }
    named = [
        (node, mention)
        for node in definition.nodes
        if node.ref in asking
        for mention in core_connections.mentions(specs[node.ref].parameters, node.params)
    ]
    there = connections.types_by_name(pipeline.team_id) if named else {}
    wrong = [
        (node, mention)
        for node, mention in named
        if mention.name not in there or (mention.types and there[mention.name] not in mention.types)
    ]
    if wrong:
        raise InvalidDefinition(
            Problem(
                code="unknown_connection",
                message=f"`{node.id}` names the connection `{mention.name}`, which the team does not "
                "have any more, or not of a type that the node takes; an administrator can make it on "
                "the team's page.",
                node=node.id,
                field=f"params.{mention.parameter}",
            )
            for node, mention in wrong
        )


def _refused_secrets(
    given: Mapping[str, Mapping[str, Any]],
    definition: Definition,
    specs: Mapping[str, ComponentSpec],
) -> list[Problem]:
    """Which secrets and connections a step is given is for whoever edits the pipeline, not for who runs it."""
    return [
        Problem(
            code="computed_secret",
            message=f"`{node.id}` is given its secrets and connections by the pipeline; `{name}` cannot be another one "
            "for a single run.",
            node=node.id,
            field=f"params.{name}",
        )
        for node in definition.nodes
        for schema in [specs[node.ref].parameters if node.ref in specs else {}]
        for name in (
            *secrets.secret_parameters(schema),
            *core_connections.connection_parameters(schema),
        )
        if name in given.get(node.id, {}) and given[node.id][name] != node.params.get(name)
    ]


def _earlier(pipeline: Pipeline, idempotency_key: str) -> Run | None:
    run = (
        Run.objects.select_related("pipeline", "version", "created_by")
        .filter(pipeline=pipeline, idempotency_key=idempotency_key)
        .first()
    )
    if run is not None:
        run.repeated = True
    return run


def _version(
    pipeline: Pipeline, version: int | Literal["draft"] | None, user: User | None
) -> PipelineVersion:
    if version == "draft":
        return designs.publish(pipeline, "", user)
    number = pipeline.latest_version if version is None else version
    return published(pipeline, number, named=version is not None)


def published(pipeline: Pipeline, number: int, *, named: bool = True) -> PipelineVersion:
    """A version by its number; `named`: somebody asked for it. Raises InvalidDefinition."""
    found = pipeline.versions.filter(number=number).first()
    if found is not None:
        return found
    if not named:
        raise _refused(
            "not_published",
            f"`{pipeline.name}` was never published. Publish it, or run the draft.",
        )
    raise _refused(
        "unknown_version",
        f"`{pipeline.name}` has no version {number}; the newest is {pipeline.latest_version}.",
    )


def _refused(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])


@dataclass(frozen=True)
class Kept:
    """A node that is over before its run begins, and what goes into its row."""

    over: machine.Over
    fields: Mapping[str, Any] = field(default_factory=dict)


def begin(
    run: Run,
    plans: list[NodePlan],
    specs: Mapping[str, ComponentSpec],
    kept: Mapping[str, Kept] | None = None,
) -> None:
    """Write the run and its nodes, the first ones queued already."""
    unserved = capabilities.reasons(plans, specs)
    kept = kept or {}
    plans = locks.pinned(plans, run.cloned_from_id or run.origin_id)
    if not run.use_cache:
        plans = [each.model_copy(update={"cache_max_age": 0.0}) for each in plans]
    token = run.created_by.token if run.created_by else None
    run.started_token = str(token)[:140] if token else ""
    now = timezone.now()
    rows = [
        NodeRun(
            run=run,
            node=each.id,
            position=position,
            plan=each.model_dump(mode="json"),
            queue=each.queue,
            on_exit=each.on_exit,
            upstream_open=len(each.upstream),
            **(kept[each.id].fields if each.id in kept else {}),
        )
        for position, each in enumerate(plans)
    ]
    book = _Draft({row.node: ledger.node_view(row) for row in rows}, run)
    over = {node: each.over for node, each in kept.items()}
    answer = machine.advance(book, machine.Started(over), now)
    ledger.note_run(run, answer, now)
    changed = {change.after.id: change.after for change in answer.changes}
    for row in rows:
        if row.node in changed:
            ledger.note_node(row, changed[row.node], now)
            if row.state == NodeState.QUEUED:
                row.reason = unserved.get(row.node, "")
    run.node_counts = dict(Counter(str(row.state) for row in rows))
    run.last_seq = 1
    failpoints.hit("start.before")
    # A worker that hears of it early claims in a later transaction, which waits for this one.
    with disk.transaction_that_lets_go_first():
        # The lock makes numbers of runs that start at the same time differ.
        Pipeline.objects.select_for_update(no_key=True).only("pk").get(pk=run.pipeline_id)
        newest = Run.objects.filter(pipeline_id=run.pipeline_id).aggregate(n=Max("number"))["n"]
        run.number = (newest or 0) + 1
        if run.parent_id is None:
            quotas.check(run.team, now)
        run.save(force_insert=True)
        if run.parent_id is None:
            audit.record(
                "run.start", run, team=run.team_id, user=run.created_by, after=shapes.started(run)
            )
        lanes = scheduling.lanes_for(run, plans)
        for row in rows:
            row.lane_id = lanes[row.node]
        statements.insert_node_runs(rows)
        Event.objects.create(run=run, seq=1, kind="run.state", data=shapes.run_change(run), at=now)
        hints.queued(row for row in rows if row.state == NodeState.QUEUED)
    failpoints.hit("start.after")


@dataclass(frozen=True)
class _Draft:
    """A run that is not in the database yet, as the machine sees it."""

    views: dict[str, NodeView]
    row: Run

    @property
    def run(self) -> RunView:
        return RunView(
            on_failure=self.row.on_failure,
            open_nodes=len(self.views),
            open_exits=sum(view.on_exit for view in self.views.values()),
        )

    def node(self, node: str) -> NodeView:
        return self.views[node]

    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        return {node: self.views[node] for node in nodes}

    def unstarted(self) -> Iterable[NodeView]:
        return list(self.views.values())

    def handed_out(self) -> Iterable[NodeView]:
        return ()

    def unstarted_items(self, node: str) -> int:
        return 0
