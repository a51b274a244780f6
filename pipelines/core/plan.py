"""From a checked, pinned definition to what the engine needs to know of each node."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from .component import ComponentSpec
from .document import Cache, Definition, Loop, Map, Node, Retry, RunIf
from .expression_checks import node_references
from .graph import Graph
from .interface import cases_of
from .schemas import ParameterSchema
from .serialize import spec_digest


class Source(BaseModel):
    """Where one value of an input port comes from.

    `spread`: the value is a list, a mapped node's results, and each of them is a value of the port.
    """

    model_config = ConfigDict(frozen=True)

    node: str
    port: str
    spread: bool = False


class NodePlan(BaseModel):
    """Everything about one node that running it needs, so that nothing else is read.

    `component` is pinned, `namespace/name@3` or `pipeline:slug@4`; `kind` is its kind. `params` hold the component's defaults too;
    expressions in them are still to be rendered. `inputs` are in the order of the edges.
    `upstream` and `downstream` are distinct neighbours, by data or by order. `references` are the
    nodes that expressions read; all of them are upstream, though not always neighbours.
    `cases` says of each neighbour downstream that hangs on branches of this node alone which ones
    they are; it is skipped when none of them is taken. `spec` is that of a sub-pipeline or of a
    component that is tried, which no catalog holds; `given` has the inputs that come by no edge. `cache_max_age` is seconds. `timeout` is seconds, `cpu` cores and `gpu` devices.
    `pools` are the executor's warm pools for this node and all after it; who starts the run fills
    them in. `environment` is the digest of the lock that the node is to run in when the run repeats
    an earlier one; else the team's current lock for its requirements holds. `items_of` is the run
    whose items keep their results where they succeeded with the same element, but for `items_anew`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str = ""
    component: str
    kind: str = "python"
    digest: str
    params: dict[str, Any] = {}
    inputs: dict[str, list[Source]] = {}
    upstream: list[str] = []
    downstream: list[str] = []
    cases: dict[str, list[str]] = {}
    references: list[str] = []
    map: Map | None = None
    loop: Loop | None = None
    on_exit: bool = False
    when: str | None = None
    run_if: RunIf = "all_success"
    retry: Retry = Retry()
    timeout: float | None = None
    cache: bool = False
    cache_max_age: float | None = None
    environment: str = ""
    cpu: float | None = None
    memory_bytes: int | None = None
    gpu: int = 0
    queue: str = "default"
    pool: str | None = None
    priority: int = 0
    pools: list[str] = []
    items_of: str = ""
    items_anew: list[int] = []
    spec: dict[str, Any] | None = None
    given: dict[str, Any] = {}


def plan(definition: Definition, specs: Mapping[str, ComponentSpec]) -> list[NodePlan]:
    """A plan for every node, upstream first.

    `specs` holds the spec of every `Node.ref` in the definition. The definition must have passed its checks; raises KeyError for a component that is not in `specs`.
    """
    digests = {ref: spec_digest(spec) for ref, spec in specs.items()}
    defaults = {ref: ParameterSchema(spec.parameters).defaults for ref, spec in specs.items()}
    nodes = {node.id: node for node in definition.nodes}
    graph = Graph(list(nodes), ((edge.source.node, edge.target.node) for edge in definition.edges))
    cases = _cases(definition, specs)
    inputs: dict[str, dict[str, list[Source]]] = {node: {} for node in nodes}
    for edge in definition.edges:
        if edge.source.port is not None and edge.target.port is not None:
            taker = specs[nodes[edge.target.node].ref].input(edge.target.port)
            source = Source(
                node=edge.source.node,
                port=edge.source.port,
                spread=bool(nodes[edge.source.node].map and taker and taker.multiple),
            )
            inputs[edge.target.node].setdefault(edge.target.port, []).append(source)
    return [
        NodePlan(
            id=node.id,
            title=node.title,
            component=node.ref,
            kind=specs[node.ref].kind,
            digest=digests[node.ref],
            params={**defaults[node.ref], **node.params},
            inputs=inputs[node.id],
            upstream=graph.upstream(node.id),
            downstream=graph.downstream(node.id),
            cases=cases.get(node.id, {}),
            references=_referenced(node, specs[node.ref]),
            map=node.map,
            loop=node.loop,
            on_exit=node.on_exit,
            when=node.when,
            run_if=node.run_if,
            retry=node.retry,
            timeout=node.timeout,
            **_cache(definition.cache if node.cache is None else node.cache),
            cpu=node.resources.cpu,
            memory_bytes=node.resources.memory_bytes,
            gpu=node.resources.gpu,
            queue=node.queue or "default",
            pool=node.pool,
            priority=node.priority,
            spec=specs[node.ref].model_dump(mode="json") if node.pipeline else None,
        )
        for node in (nodes[node_id] for node_id in graph.in_order())
    ]


def _cache(policy: bool | Cache) -> dict[str, Any]:
    if isinstance(policy, bool):
        return {"cache": policy}
    return {"cache": True, "cache_max_age": policy.max_age}


def pin(definition: Definition, latest: Callable[[str], int | None]) -> Definition:
    """The definition with the newest version where a node names none.

    `latest` gives the newest number of a `namespace/name` or `pipeline:slug`. Unknown ones stay as
    they are: saying so is the business of the checks.
    """

    def pinned(node: Node) -> Node:
        if node.ref_version is not None or (number := latest(node.ref_name)) is None:
            return node
        return node.pinned(number)

    return definition.model_copy(update={"nodes": [pinned(node) for node in definition.nodes]})


def _cases(
    definition: Definition, specs: Mapping[str, ComponentSpec]
) -> dict[str, dict[str, list[str]]]:
    """branch -> neighbour downstream -> the cases it hangs on, where nothing else joins the two."""
    branches = {
        node.id: frozenset(cases_of(specs[node.ref], node.params)) for node in definition.nodes
    }
    found: dict[str, dict[str, list[str]]] = {}
    always: set[tuple[str, str]] = set()
    for edge in definition.edges:
        source, target, port = edge.source.node, edge.target.node, edge.source.port
        if port in branches[source]:
            found.setdefault(source, {}).setdefault(target, []).append(str(port))
        else:
            always.add((source, target))
    return {
        source: {
            target: list(dict.fromkeys(ports))
            for target, ports in targets.items()
            if (source, target) not in always
        }
        for source, targets in found.items()
    }


def _referenced(node: Node, spec: ComponentSpec) -> list[str]:
    found = [
        reference.name
        for reference in node_references(node, spec)
        if reference.root == "nodes" and reference.name is not None
    ]
    return list(dict.fromkeys(found))
