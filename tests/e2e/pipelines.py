"""Pipelines that the tests look at, made over the API."""

from typing import Any

from tests.support.stack import Stack

Definition = dict[str, Any]


def rows() -> Definition:
    """Three quick nodes in a row: a table, some of its rows, a picture of them."""
    return {
        "schema": 1,
        "name": "Wet days",
        "parameters": [{"name": "weather", "type": "string", "default": "rain"}],
        "nodes": [
            {"id": "load", "component": "core/dataset", "title": "Seattle"},
            {
                "id": "wet",
                "component": "core/filter",
                "params": {"condition": "weather = '${{ params.weather }}'"},
            },
            {
                "id": "chart",
                "component": "core/chart",
                "params": {"x": "temp_max", "kind": "histogram"},
            },
        ],
        "edges": [
            {"from": "load.table", "to": "wet.table"},
            {"from": "wet.table", "to": "chart.table"},
        ],
        "layout": {"load": [0, 0], "wet": [300, 0], "chart": [600, 0]},
    }


def python(*nodes: tuple[str, str], edges: tuple[str, ...] = (), **more: Any) -> Definition:
    """Nodes of Python code; `edges` as `"a b"`, which carry the result."""
    return {
        "schema": 1,
        "name": "Python",
        "nodes": [
            {"id": name, "component": "core/python", "params": {"code": code}, **more.pop(name, {})}
            for name, code in nodes
        ],
        "edges": [
            {"from": f"{source}.result", "to": f"{target}.data"}
            for source, target in (edge.split() for edge in edges)
        ],
        "layout": {name: [300 * at, 0] for at, (name, _) in enumerate(nodes)},
        **more,
    }


def create(stack: Stack, definition: Definition, message: str = "") -> str:
    """A new pipeline, published when there is a message; its id."""
    with stack.api as api:
        answer = api.post("/pipelines/", json={"definition": definition})
        assert answer.status_code == 201, answer.text
        pipeline = str(answer.json()["id"])
        if message:
            answer = api.post(f"/pipelines/{pipeline}/versions/", json={"message": message})
            assert answer.status_code == 201, answer.text
    return pipeline


def draft(stack: Stack, pipeline: str) -> Definition:
    """The draft as the server has it."""
    with stack.api as api:
        answer = api.get(f"/pipelines/{pipeline}/")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["draft"]["definition"])
