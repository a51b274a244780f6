"""What a node needs before it can run: its condition, its parameters, its inputs, the cache.

All of it is read outside any transaction: the outputs of nodes that have ended never change.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from pipelines.artifacts import store
from pipelines.artifacts.models import Artifact
from pipelines.catalog.queries import specs_for
from pipelines.core import expressions
from pipelines.core.cache import KeyParts
from pipelines.core.expressions import ExpressionError
from pipelines.core.states import NodeState
from pipelines.executors.protocol import InputFile, Limits, StepRequest

from . import shapes
from .models import NodeRun, Run

ARTIFACT_PREFIX = "artifact:"


class CannotPrepare(ValueError):
    """The node cannot run, and would fail the same way each time. The message is for people."""


@dataclass(frozen=True)
class Prepared:
    """Parameters and inputs as values and references, as they are stored and hashed."""

    spec: Mapping[str, Any]
    params: Mapping[str, Any]
    inputs: Mapping[str, Any]

    def key_parts(self, plan: Mapping[str, Any]) -> KeyParts:
        """What the cache key of a node with this plan is made of."""
        environment = plan.get("environment", "")
        return KeyParts.of(plan["digest"], self.params, self.inputs, environment)


@dataclass(frozen=True)
class RunFacts:
    """What expressions and artifacts need to know about a run; it never changes while it runs."""

    id: UUID
    number: int
    team_id: UUID
    pipeline_id: UUID
    parameters: Mapping[str, Any]

    @classmethod
    @lru_cache(maxsize=256)
    def load(cls, run_id: UUID) -> "RunFacts":
        """Raises Run.DoesNotExist."""
        found = Run.objects.values_list("number", "team_id", "pipeline_id", "parameters").get(
            pk=run_id
        )
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
        self.upstream = self._load_upstream()

    def condition_holds(self) -> bool:
        """Whether `when` is true. Raises CannotPrepare when it has no truth value."""
        when = self.plan["when"]
        if not when:
            return True
        try:
            value = expressions.evaluate(when, self._scope())
        except ExpressionError as error:
            raise CannotPrepare(f"the condition `{when}` cannot be evaluated: {error}") from error
        if not isinstance(value, bool):
            raise CannotPrepare(
                f"the condition `{when}` gave {json.dumps(value)[:200]}; it must be true or false"
            )
        return value

    def prepared(self) -> Prepared:
        """Parameters rendered, inputs collected. Raises CannotPrepare."""
        spec = _spec(self.plan["component"], self.plan["digest"])
        return Prepared(spec, self._params(), self._inputs(spec))

    def _load_upstream(self) -> dict[str, _Upstream]:
        names = {source["node"] for sources in self.plan["inputs"].values() for source in sources}
        names.update(self.plan["references"])
        return _upstream.of(self.run.id, names)

    def _scope(self) -> dict[str, Any]:
        return {
            "params": dict(self.run.parameters),
            "nodes": {
                node: {"outputs": dict(upstream.outputs), "state": upstream.state}
                for node, upstream in self.upstream.items()
            },
            "run": {"id": str(self.run.id), "number": self.run.number},
        }

    def _params(self) -> dict[str, Any]:
        params: dict[str, Any] = {}
        scope: dict[str, Any] | None = None
        for name, value in self.plan["params"].items():
            if expressions.has_template(value):
                scope = scope or self._scope()
                try:
                    value = expressions.render(value, scope)
                except ExpressionError as error:
                    raise CannotPrepare(f"the parameter `{name}` has no value: {error}") from error
            params[name] = value
        return params

    def _inputs(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        for port in spec["inputs"]:
            sources = self.plan["inputs"].get(port["name"], [])
            values = [
                upstream.outputs[source["port"]]
                for source in sources
                if source["port"] in (upstream := self.upstream[source["node"]]).outputs
            ]
            if values:
                inputs[port["name"]] = values if port["multiple"] else values[0]
            elif port["required"]:
                raise CannotPrepare(self._why_missing(port["name"], sources))
        return inputs

    def _why_missing(self, port: str, sources: list[Mapping[str, Any]]) -> str:
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
    return StepRequest(
        key=key,
        attempt=attempt,
        spec=prepared.spec,
        params={name: files.param(name, value) for name, value in prepared.params.items()},
        inputs={port: files.input(value) for port, value in prepared.inputs.items()},
        limits=Limits(
            seconds=plan["timeout"], cpu=plan.get("cpu"), memory_bytes=plan["memory_bytes"]
        ),
        gpus=gpus,
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
        path = self._path(digest)
        return str(named_link(path, digest, self._names[digest]))

    def input(self, value: Any) -> Any:
        if shapes.is_reference(value):
            path = self._path(value["artifact"])
            return InputFile(path, value.get("type") or "file", value.get("name") or "")
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


def named_link(path: Path, digest: str, name: str) -> Path:
    """A link under the file's own name: components tell formats apart by the suffix."""
    suffix = Path(name).suffix
    if not suffix:
        return path
    link = Path(settings.HOME) / "cache" / "named" / digest[:2] / digest / Path(name).name
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(path)
    return link


@lru_cache(maxsize=2048)
def _spec(component: str, digest: str) -> Mapping[str, Any]:
    """The spec of a pinned component as JSON. What a digest names never changes."""
    found = specs_for([component])
    if component not in found:
        raise CannotPrepare(f"the component `{component}` is not in the catalog any more")
    return found[component].model_dump(mode="json")
