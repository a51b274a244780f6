"""A catalog in memory, and short ways to write components and documents."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.component import ComponentSpec


def spec(name: str, inputs: Any = (), outputs: Any = (), **more: Any) -> ComponentSpec:
    """`spec("clean", ["data:table"], ["table:table"])`; `?` marks optional, `*` many edges."""
    return ComponentSpec(
        namespace="test",
        name=name,
        kind="python",
        inputs=[_input(text) for text in inputs],
        outputs=[dict(zip(("name", "type"), text.split(":"), strict=True)) for text in outputs],
        **more,
    )


def _input(text: str) -> dict[str, Any]:
    name, port_type = text.rstrip("?*").split(":")
    return {
        "name": name,
        "type": port_type,
        "required": not text.endswith("?"),
        "multiple": text.endswith("*"),
    }


class MemoryCatalog:
    """Holds `{"test/clean@1": spec}`; the newest is the highest number."""

    def __init__(self, specs: Mapping[str, ComponentSpec]) -> None:
        self.specs = dict(specs)

    def latest(self, name: str) -> int | None:
        numbers = [int(ref.split("@")[1]) for ref in self.specs if ref.startswith(f"{name}@")]
        return max(numbers, default=None)

    def owner_to_ask(self, name: str) -> str | None:
        return None

    def spec(self, name: str, version: int | None) -> ComponentSpec | None:
        return self.specs.get(f"{name}@{version or self.latest(name)}")


READ = spec(
    "read",
    outputs=["table:table", "rows:integer"],
    parameters={
        "type": "object",
        "properties": {
            "path": {"type": "string", "minLength": 1},
            "limit": {"type": "integer", "minimum": 0, "default": 100},
            "mode": {"enum": ["fast", "safe"]},
        },
        "required": ["path", "limit"],
    },
)
CLEAN = spec("clean", ["data:table"], ["table:table"])
JOIN = spec("join", ["tables:table*"], ["table:table"])
TELL = spec("tell", ["text:text?"])
CATALOG = MemoryCatalog(
    {
        "test/read@1": READ,
        "test/read@2": READ,
        "test/clean@1": CLEAN,
        "test/join@1": JOIN,
        "test/tell@1": TELL,
    }
)


def document(*nodes: Any, edges: Any = (), **more: Any) -> dict[str, Any]:
    """Nodes are `"id component"` or mappings; edges are `"a.x -> b.y"`."""
    return {
        "schema": 1,
        "name": "sample",
        "nodes": [_node(node) for node in nodes],
        "edges": [dict(zip(("from", "to"), text.split(" -> "), strict=True)) for text in edges],
        **more,
    }


def _node(node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return node
    node_id, component = node.split()
    params = {"params": {"path": "x.csv"}} if component.startswith("test/read") else {}
    return {"id": node_id, "component": component, **params}


def chain() -> dict[str, Any]:
    """read -> clean -> join, without a problem."""
    return document(
        "read test/read@2",
        "clean test/clean",
        "join test/join@1",
        edges=["read.table -> clean.data", "clean.table -> join.tables"],
    )
