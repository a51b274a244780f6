"""From a definition to what each node needs; the order, cycles and ancestors beneath it."""

import json
from typing import Any

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.checks import check
from pipelines.core.document import Definition
from pipelines.core.graph import Graph
from pipelines.core.plan import NodePlan, Source, pin, plan
from pipelines.core.serialize import spec_digest

from .catalogue import CATALOG, READ, MemoryCatalog, chain, document, spec

edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(edges)
def test_ancestors_and_cycles_are_those_of_networkx(pairs: Any) -> None:
    ids = [f"n{number}" for number in range(10)]
    graph = Graph(ids, [(f"n{source}", f"n{target}") for source, target in pairs])
    plain = nx.DiGraph()
    plain.add_nodes_from(range(10))
    plain.add_edges_from((source, target) for source, target in pairs if source != target)
    knots = [part for part in nx.strongly_connected_components(plain) if len(part) > 1]
    for node, mask in enumerate(graph.ancestors()):
        inside = any(node in knot for knot in knots)
        wanted = nx.ancestors(plain, node) | ({node} if inside else set())
        assert {other for other in range(10) if mask >> other & 1} == wanted
    cycles = graph.cycles()
    assert len(cycles) == len(knots)
    for cycle in cycles:
        numbers = [int(node[1:]) for node in cycle]
        assert numbers[0] == numbers[-1]
        assert len(set(numbers)) == len(numbers) - 1
        assert nx.is_path(plain, numbers)
    if not cycles:
        order = [int(node[1:]) for node in graph.in_order()]
        assert all(order.index(a) < order.index(b) for a, b in plain.edges)


def planned(raw: Any, catalog: MemoryCatalog = CATALOG) -> list[NodePlan]:
    assert check(raw, catalog) == []
    definition = pin(Definition.model_validate(raw), catalog.latest)
    return plan(definition, catalog.specs)


def test_publishing_pins_the_newest_version_where_none_is_named() -> None:
    pinned = pin(Definition.model_validate(chain()), CATALOG.latest)
    assert [node.component for node in pinned.nodes] == [
        "test/read@2",
        "test/clean@1",
        "test/join@1",
    ]


def test_a_plan_holds_everything_that_running_a_node_needs() -> None:
    raw = document(
        {"id": "join", "component": "test/join", "title": "Together", "cache": True},
        {
            "id": "b",
            "component": "test/read",
            "params": {"path": "${{ nodes.a.outputs.rows }}"},
            "when": "nodes.a.state == 'success' || params.force",
            "retry": {"max_attempts": 3, "backoff": {"initial": "2s"}},
            "timeout": "1h",
            "resources": {"cpu": 0.5, "memory": "512Mi", "gpu": 1},
            "queue": "gpu",
            "pool": "licence",
            "priority": 7,
            "run_if": "all_done",
        },
        "a test/read@1",
        edges=["b.table -> join.tables", "a -> b", "a.table -> join.tables", "a -> join"],
        parameters=[{"name": "force", "type": "boolean"}],
    )
    a, b, join = planned(raw)
    assert [node.id for node in (a, b, join)] == ["a", "b", "join"]
    assert a.params == {"path": "x.csv", "limit": 100}
    assert a.component == "test/read@1"
    assert a.digest == spec_digest(READ)
    assert (a.upstream, a.downstream, a.queue) == ([], ["b", "join"], "default")
    assert (b.upstream, b.references, b.timeout) == (["a"], ["a"], 3600.0)
    assert (b.memory_bytes, b.queue, b.run_if) == (512 * 2**20, "gpu", "all_done")
    assert (b.cpu, b.gpu, b.pool, b.priority) == (0.5, 1, "licence", 7)
    assert (a.cpu, a.gpu, a.pool, a.priority) == (None, 0, None, 0)
    assert b.retry.backoff.initial == 2.0
    assert join.inputs == {
        "tables": [Source(node="b", port="table"), Source(node="a", port="table")]
    }
    assert (join.upstream, join.cache, join.title) == (["b", "a"], True, "Together")


def test_a_plan_survives_the_database() -> None:
    for node in planned(chain()):
        stored = json.loads(json.dumps(node.model_dump(mode="json")))
        assert NodePlan.model_validate(stored) == node


@given(edges)
def test_every_node_is_planned_once_after_what_it_reads(pairs: Any) -> None:
    step = spec("step", ["a:any*"], ["t:any"])
    step = step.model_copy(
        update={"inputs": [step.inputs[0].model_copy(update={"required": False})]}
    )
    catalog = MemoryCatalog({"test/step@1": step})
    wired = sorted({f"n{a}.t -> n{b}.a" for a, b in pairs if a < b})
    plans = planned(document(*[f"n{n} test/step@1" for n in range(10)], edges=wired), catalog)
    position = {node.id: index for index, node in enumerate(plans)}
    assert len(position) == len(plans) == 10
    for node in plans:
        read = [source.node for sources in node.inputs.values() for source in sources]
        assert set(read) == set(node.upstream)
        assert all(position[other] < position[node.id] for other in node.upstream)
        assert all(node.id in plans[position[other]].downstream for other in node.upstream)


def test_a_node_uses_the_cache_as_it_says_or_else_as_the_pipeline_does() -> None:
    def policies(top: Any, *nodes: Any) -> list[tuple[bool, float | None]]:
        raw = chain()
        for one, policy in zip(raw["nodes"], nodes, strict=False):
            one["cache"] = policy
        found = planned({**raw, "cache": top})
        return [(each.cache, each.cache_max_age) for each in found]

    week = {"max_age": "7d"}
    assert policies(False, True, False, week) == [(True, None), (False, None), (True, 604800)]
    assert policies(week, False, None, True) == [(False, None), (True, 604800), (True, None)]
    assert policies({}, None) == [(True, None)] * 3
