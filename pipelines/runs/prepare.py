"""What a node needs before it can run: its condition, its parameters, its inputs, the cache.

All of it is read outside any transaction: the outputs of nodes that have ended never change.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.catalog.queries import specs_for
from pipelines.core import expressions
from pipelines.core.cache import KeyParts
from pipelines.core.component import ARTIFACT_TYPES, ComponentSpec
from pipelines.core.connections import Connection as GivenConnection
from pipelines.core.connections import mentions as connection_mentions
from pipelines.core.expressions import ExpressionError
from pipelines.core.interface import BRANCHES, expression_fields
from pipelines.core.parameters import ARTIFACT_PREFIX, is_artifact
from pipelines.core.run_view import RunView
from pipelines.core.secrets import secret_parameters
from pipelines.core.states import NodeState
from pipelines.executors.environments.locks import own as own_lock
from pipelines.executors.protocol import InputFile, Limits, StepRequest
from pipelines.kinds import registry as kinds
from pipelines.kinds.python.requirements import BadRequirements
from pipelines.teams import connections, encryption, network, vault
from pipelines.teams.models import Connection, TeamSecret

from . import shapes
from .environments import locks
from .environments.locks import Need
from .models import NodeRun, Run
from .scheduling import needed_executors


class CannotPrepare(ValueError):
    """The node cannot run, and would fail the same way each time. The message is for people."""


@dataclass(frozen=True)
class Prepared:
    """Parameters and inputs as values and references, as they are stored and hashed."""

    spec: Mapping[str, Any]
    params: Mapping[str, Any]
    inputs: Mapping[str, Any]
    #: What has to be installed; None for what makes do with Penstock's own libraries.
    need: Need | None = None
    #: The digest of what it runs in; empty before the first lock for its requirements is made.
    environment: str = ""
    #: The secrets that the parameters name, still encrypted, by name.
    secrets: Mapping[str, TeamSecret] = field(default_factory=dict)
    #: The connections that they name, still encrypted, by name.
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def key_parts(self, plan: Mapping[str, Any]) -> KeyParts:
        """What the cache key of a node with this plan is made of."""
        params = dict(self.params)
        for name, value in self._named().items():
            many = isinstance(value, list)
            versions = [
                f"{each} v{self.secrets[each].version}" for each in (value if many else [value])
            ]
            params[name] = versions if many else versions[0]
        for mention in connection_mentions(self.spec.get("parameters") or {}, self.params):
            if mention.name in self.connections:
                version = self.connections[mention.name].version
                params[mention.parameter] = f"{mention.name} v{version}"
        return KeyParts.of(plan["digest"], params, self.inputs, self.environment)

    def secrets_used(self) -> dict[str, int]:
        """Name and version of each secret, for the record."""
        return {name: secret.version for name, secret in self.secrets.items()}

    def opened(self) -> dict[str, Any]:
        """Name and Secret, or list of those, of each parameter that names secrets.

        Raises CannotPrepare.
        """
        try:
            found = {name: vault.opened(secret) for name, secret in self.secrets.items()}
        except (encryption.BadKeys, encryption.Undecipherable) as error:
            raise CannotPrepare(str(error)) from error
        return {
            name: [found[each] for each in value] if isinstance(value, list) else found[value]
            for name, value in self._named().items()
        }

    def opened_connections(self) -> dict[str, GivenConnection]:
        """By name, with their secrets. Raises CannotPrepare."""
        try:
            return {name: connections.opened(row) for name, row in self.connections.items()}
        except (encryption.BadKeys, encryption.Undecipherable) as error:
            raise CannotPrepare(str(error)) from error

    def _named(self) -> dict[str, Any]:
        """The parameters that name secrets, those without any left out."""
        schema = self.spec.get("parameters") or {}
        return {
            name: self.params[name] for name in secret_parameters(schema) if self.params.get(name)
        }


@dataclass(frozen=True)
class RunFacts:
    """What expressions and artifacts need to know about a run; it never changes while it runs."""

    id: UUID
    number: int
    team_id: UUID
    pipeline_id: UUID
    parameters: Mapping[str, Any]
    created_at: datetime

    @classmethod
    @lru_cache(maxsize=256)
    def load(cls, run_id: UUID) -> "RunFacts":
        """Raises Run.DoesNotExist."""
        found = Run.objects.values_list(
            "number", "team_id", "pipeline_id", "parameters", "created_at"
        ).get(pk=run_id)
        return cls(run_id, *found)


@dataclass(frozen=True)
class _Upstream:
    state: str
    outputs: Mapping[str, Any]


class _UpstreamCache:
    """Outputs of ended nodes, which never change: a hundred nodes often read the same one."""

    MAX_NODES = 1024
    MAX_CHARACTERS = 16 * 1024

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, str], _Upstream] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, run_id: UUID, names: set[str]) -> dict[str, _Upstream]:
        with self._lock:
            kept = {name: self._kept.get((run_id, name)) for name in names}
        found = {name: upstream for name, upstream in kept.items() if upstream is not None}
        missing = names - found.keys()
        if missing:
            rows = NodeRun.objects.filter(run_id=run_id, node__in=missing).order_by()
            for name, state, outputs in rows.values_list("node", "state", "outputs"):
                found[name] = _Upstream(state, outputs)
                self.keep(run_id, name, found[name])
        return found

    def keep(self, run_id: UUID, name: str, upstream: _Upstream) -> None:
        """Remember small outputs, and forget what was read the longest ago."""
        if len(str(upstream.outputs)) > self.MAX_CHARACTERS:
            return
        with self._lock:
            self._kept[(run_id, name)] = upstream
            while len(self._kept) > self.MAX_NODES:
                self._kept.popitem(last=False)


_upstream = _UpstreamCache()


def remember(run_id: UUID, node: str, outputs: Mapping[str, Any]) -> None:
    """A node of this run has succeeded with these outputs; the next one will ask for them."""
    _upstream.keep(run_id, node, _Upstream(NodeState.SUCCESS.value, outputs))


class Preparation:
    """One node about to run."""

    def __init__(self, run: RunFacts, plan: Mapping[str, Any]) -> None:
        self.run = run
        self.plan = plan

    def condition_holds(self) -> bool:
        """Whether `when` is true. Raises CannotPrepare when it has no truth value."""
        when = self.plan["when"]
        return self.holds(when) if when else True

    def holds(self, condition: str, inputs: Mapping[str, Any] | None = None) -> bool:
        """Whether a condition is true; it may look at `inputs`. Raises CannotPrepare."""
        scope = self._scope() if inputs is None else {**self._scope(), "inputs": dict(inputs)}
        try:
            value = expressions.evaluate(condition, scope)
        except ExpressionError as error:
            raise CannotPrepare(
                f"the condition `{condition}` cannot be evaluated: {error}"
            ) from error
        if not isinstance(value, bool):
            raise CannotPrepare(
                f"the condition `{condition}` gave {json.dumps(value)[:200]}; "
                "it must be true or false"
            )
        return value

    def prepared(self) -> Prepared:
        """Parameters rendered, inputs collected. Raises CannotPrepare."""
        spec, params = spec_of(self.plan), self.params()
        need = self._need(spec, params)
        environment = _environment(spec, need)
        secrets, named = self._secrets(spec), self._connections(spec)
        return Prepared(spec, params, self.inputs(), need, environment, secrets, named)

    def elements(self) -> list[Any]:
        """The list that a mapped node maps over. Raises CannotPrepare."""
        over = self.plan["map"]["over"]
        if over in self.plan["params"]:
            value = self._param(over, self.plan["params"][over])
        else:
            value = self.inputs()[over]
        value = _unpacked(value)
        if not isinstance(value, list):
            raise CannotPrepare(
                f"the node maps over `{over}`, which must be a list, not {json.dumps(value)[:200]}"
            )
        return value

    def _connections(self, spec: Mapping[str, Any]) -> dict[str, Connection]:
        """What the parameters name, of the team that runs the pipeline. Raises CannotPrepare."""
        schema = spec.get("parameters") or {}
        mentions = list(connection_mentions(schema, self.plan["params"]))
        for mention in mentions:
            if expressions.has_template(mention.name) or self._item_of() == mention.parameter:
                raise CannotPrepare(
                    f"the parameter `{mention.parameter}` names a connection, which no expression may "
                    "choose"
                )
        if not mentions:
            return {}
        found = connections.find(self.run.team_id, [each.name for each in mentions])
        for mention in mentions:
            row = found.get(mention.name)
            if row is None or (mention.types and row.type not in mention.types):
                raise CannotPrepare(
                    f"the team has no connection `{mention.name}` that fits `{mention.parameter}` any "
                    "more; an administrator can make it on the team's page"
                )
        return found

    def _secrets(self, spec: Mapping[str, Any]) -> dict[str, TeamSecret]:
        """What the parameters name, of the team that runs the pipeline. Raises CannotPrepare."""
        named: dict[str, str] = {}
        for parameter in secret_parameters(spec.get("parameters") or {}):
            value = self.plan["params"].get(parameter)
            if expressions.has_template(value) or self._item_of() == parameter:
                raise CannotPrepare(
                    f"the parameter `{parameter}` names a secret, which no expression may choose"
                )
            for name in value if isinstance(value, list) else [value]:
                if name:
                    named[str(name)] = parameter
        if not named:
            return {}
        found = vault.find(self.run.team_id, named)
        for name, parameter in named.items():
            if name not in found:
                raise CannotPrepare(
                    f"the parameter `{parameter}` names the secret `{name}`, which the team does not "
                    "have; an administrator of the team can write it on the team's page"
                )
        return found

    def _need(self, spec: Mapping[str, Any], params: Mapping[str, Any]) -> Need | None:
        try:
            requirements = kinds.requirements(spec, params)
        except BadRequirements as error:
            raise CannotPrepare(str(error)) from error
        if requirements is None:
            return None
        return Need(self.run.team_id, requirements, self.plan.get("environment", ""))

    @cached_property
    def upstream(self) -> dict[str, _Upstream]:
        """The nodes whose outputs are asked for, read when the first of them is.

        An item of a mapped node has its element in its own row, and does not read the whole list.
        """
        over, inputs = self._item_of(), self.plan["inputs"]
        names = {source["node"] for port in inputs if port != over for source in inputs[port]}
        names.update(self.plan["references"])
        return _upstream.of(self.run.id, names)

    def _scope(self) -> dict[str, Any]:
        scope: dict[str, Any] = {
            "params": dict(self.run.parameters),
            "nodes": {
                node: {"outputs": dict(upstream.outputs), "state": upstream.state}
                for node, upstream in self.upstream.items()
            },
            "run": {"id": str(self.run.id), "number": self.run.number},
        }
        if self.plan.get("on_exit"):
            scope["run"] |= _ending(self.run.id)
        if "item" in self.plan:
            scope["each"] = self.plan["item"]
        return scope

    def params(self) -> dict[str, Any]:
        """The parameters rendered; of a mapped node's list the item's own element.

        Raises CannotPrepare.
        """
        over = self._item_of()
        bare = _bare(self.plan) if self.plan.get("kind") in BRANCHES else ()
        return {
            name: (
                self.plan["item"]["value"]
                if name == over
                else value
                if name in bare
                else self._param(name, value)
            )
            for name, value in self.plan["params"].items()
        }

    def _param(self, name: str, value: Any) -> Any:
        if not expressions.has_template(value):
            return value
        try:
            return expressions.render(value, self._scope())
        except ExpressionError as error:
            raise CannotPrepare(f"the parameter `{name}` has no value: {error}") from error

    def _item_of(self) -> str | None:
        """The input or parameter that gets the element of the item that this is."""
        return self.plan["mapped"]["over"] if "item" in self.plan else None

    def inputs(self) -> dict[str, Any]:
        """What comes in by edges, by port. Raises CannotPrepare."""
        inputs: dict[str, Any] = {}
        over = self._item_of()
        given = self.plan.get("given") or {}
        for port in spec_of(self.plan)["inputs"]:
            name = port["name"]
            if name == over:
                inputs[name] = self.plan["item"]["value"]
                continue
            if name in given:
                inputs[name] = given[name]
                continue
            sources = self.plan["inputs"].get(name, [])
            values: list[Any] = []
            for source in sources:
                outputs = self.upstream[source["node"]].outputs
                if source["port"] in outputs:
                    value = outputs[source["port"]]
                    if value is None and port["type"] in ARTIFACT_TYPES:
                        continue  # such as a parameter for a file that nobody gave
                    if source.get("spread"):
                        values += [each for each in _unpacked(value) if each is not None]
                    elif isinstance(value, Mapping) and value.get("holds"):
                        # The step needs each of these artifacts on its disk, not their names.
                        values.append(_unpacked(value))
                    else:
                        values.append(value)
            if values:
                inputs[name] = values if port["multiple"] else values[0]
            elif port["required"]:
                raise CannotPrepare(self._why_missing(port, sources))
        return inputs

    def _why_missing(self, of: Mapping[str, Any], sources: list[Mapping[str, Any]]) -> str:
        port = of["name"]
        if not sources:
            return f"the required input `{port}` is not connected"
        source = sources[0]
        state = self.upstream[source["node"]].state
        if state == NodeState.SUCCESS:
            why = f"`{source['node']}` gave nothing on its output `{source['port']}`"
        else:
            why = f"`{source['node']}` {'failed' if state == NodeState.FAILED else 'was ' + state}"
        return f"the required input `{port}` has no value, because {why}"


def request(
    prepared: Prepared,
    run: RunFacts,
    plan: Mapping[str, Any],
    *,
    key: str,
    attempt: int,
    gpus: tuple[str, ...] | None,
) -> StepRequest:
    """What the executor is asked, with every artifact on this machine's disk.

    Raises CannotPrepare for an artifact that the run's team does not know, and
    `store.ArtifactMissing`.
    """
    files = _Files(run.team_id, prepared)
    secrets = prepared.opened()
    if secrets:
        vault.used(prepared.secrets.values())
    return StepRequest(
        key=key,
        attempt=attempt,
        spec=prepared.spec,
        params={name: files.param(name, value) for name, value in prepared.params.items()}
        | secrets,
        inputs={port: files.input(value) for port, value in prepared.inputs.items()},
        environment=prepared.environment if prepared.need is not None else "",
        limits=Limits(
            seconds=plan["timeout"], cpu=plan.get("cpu"), memory_bytes=plan["memory_bytes"]
        ),
        gpus=gpus,
        reach=network.reach(run.team_id),
        connections=prepared.opened_connections(),
    )


class _Files:
    """References into local files, for artifacts that the team knows and no others."""

    def __init__(self, team_id: UUID, prepared: Prepared) -> None:
        schema = prepared.spec["parameters"].get("properties", {})
        self._file_params = {
            name: value.removeprefix(ARTIFACT_PREFIX)
            for name, value in prepared.params.items()
            if isinstance(value, str)
            and value.startswith(ARTIFACT_PREFIX)
            and schema.get(name, {}).get("format") == "file"
        }
        digests = set(self._file_params.values()) | set(_digests(prepared.inputs.values()))
        self._names: dict[str, str] = {}
        if digests:
            rows = Artifact.objects.filter(team_id=team_id, digest__in=digests)
            self._names = dict(rows.values_list("digest", "name"))

    def param(self, name: str, value: Any) -> Any:
        if name not in self._file_params:
            return value
        digest = self._file_params[name]
        # Under the file's own name: components tell formats apart by the suffix.
        return InputFile(self._path(digest), "file", self._names[digest])

    def input(self, value: Any) -> Any:
        if shapes.is_reference(value):
            path = self._path(value["artifact"])
            kind, name = value.get("type") or "file", value.get("name") or ""
            return InputFile(path, kind, name, value["artifact"])
        if isinstance(value, list) and any(shapes.is_reference(item) for item in value):
            return [self.input(item) for item in value]
        return value

    def _path(self, digest: str) -> Path:
        if digest not in self._names:
            raise CannotPrepare(
                f"the team has no artifact {digest[:12]}…; upload the file again, or choose another"
            )
        return store.local_path(digest)


def _digests(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if shapes.is_reference(value):
            yield value["artifact"]
        elif isinstance(value, list):
            yield from _digests(item for item in value if shapes.is_reference(item))


def _environment(spec: Mapping[str, Any], need: Need | None) -> str:
    """The digest of what a step is run with; none for a container, which has what is in its image."""
    if need is not None:
        return locks.digest_of(need)
    return "" if needed_executors(str(spec.get("kind"))) else own_lock().digest


def spec_of(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec of what a node uses, as JSON. Raises CannotPrepare."""
    if plan.get("spec") is not None:
        return plan["spec"]  # type: ignore[no-any-return]
    return _spec(plan["component"], plan["digest"])


@lru_cache(maxsize=2048)
def _bare_names(component: str, digest: str) -> frozenset[str]:
    return frozenset(expression_fields(ComponentSpec.model_validate(_spec(component, digest))))


def _bare(plan: Mapping[str, Any]) -> frozenset[str]:
    """Parameters that are expressions themselves; who evaluates them reads them as they are."""
    return _bare_names(plan["component"], plan["digest"])


def _ending(run_id: UUID) -> dict[str, str]:
    """How a run that is exiting is going to end."""
    run = Run.objects.only("cancel_requested", "failed_nodes", "reason").get(pk=run_id)
    ending = RunView(
        cancel_requested=run.cancel_requested, failed_nodes=run.failed_nodes, reason=run.reason
    )
    return {"state": ending.outcome.value, "reason": ending.reason}


def _unpacked(value: Any) -> Any:
    """A list that was too large for a value, read from its artifact; anything else as it is."""
    if shapes.is_reference(value) and value.get("type") in ("list", "json"):
        return json.loads(store.local_path(value["artifact"]).read_bytes())
    return value


def as_reference(value: Any, team_id: UUID) -> Any:
    """A parameter's value as nodes hand it on: an artifact's name becomes a reference.

    Raises CannotPrepare for an artifact that the team does not know.
    """
    if not isinstance(value, str) or not is_artifact(value):
        return value
    digest = value.removeprefix(ARTIFACT_PREFIX)
    artifact = Artifact.objects.filter(team_id=team_id, digest=digest).first()
    if artifact is None:
        raise CannotPrepare(
            f"the team has no artifact {digest[:12]}…; upload the file again, or choose another"
        )
    return store.reference(artifact)


@lru_cache(maxsize=2048)
def _spec(component: str, digest: str) -> Mapping[str, Any]:
    """The spec of a pinned component as JSON. What a digest names never changes."""
    found = specs_for([component])
    if component not in found:
        raise CannotPrepare(f"the component `{component}` is not in the catalog any more")
    return found[component].model_dump(mode="json")
