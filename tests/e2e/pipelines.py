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


def create_halving(stack: Stack) -> str:
    """A published pipeline that halves its parameter `x`; how a node names it."""
    halve = python(
        ("half", "def run(data=None):\n    return ${{ params.x }} / 2\n"),
        name="Halving",
        parameters=[{"name": "x", "type": "number", "default": 8}],
        outputs=[{"name": "x", "from": "half.result"}],
    )
    pipeline = create(stack, halve, "first")
    with stack.api as api:
        answer = api.get(f"/pipelines/{pipeline}/")
    return f"{answer.json()['slug']}@1"


def patterns(halving: str) -> Definition:
    """One of each: a map with a failed item, a switch, a join, a loop, an approval, a node on exit."""
    square = (
        "def run(data=None):\n"
        "    if data == 3:\n        raise ValueError('three is not allowed')\n"
        "    return data * data\n"
    )
    small = "def run(data=None):\n    return data\n"
    form = {
        "type": "object",
        "required": ["reason"],
        "properties": {"reason": {"type": "string", "title": "Reason"}},
    }
    made = python(
        ("list", "def run(data=None):\n    return [1, 2, 3, 4]\n"),
        ("square", square),
        ("many", small),
        ("few", small),
        ("join", small),
        ("clean", small),
        edges=("list square",),
        name="Patterns",
        square={"map": {"over": "data", "allow_failures": "25%"}},
        join={"run_if": "none_failed"},
        clean={"on_exit": True, "title": "Clean up"},
    )
    cases = [{"name": "many", "when": "size(inputs.value) > 2"}]
    made["nodes"] += [
        {"id": "check", "component": "control/switch", "params": {"cases": cases}},
        {
            "id": "loop",
            "pipeline": halving,
            "loop": {"until": "outputs.x < 3.0", "max_iterations": 5},
        },
        {
            "id": "ask",
            "component": "control/approval",
            "params": {"message": "May it go live?", "form": form, "deadline": "2d"},
        },
    ]
    made["edges"] += [
        {"from": source, "to": target}
        for source, target in (
            ("square.result", "check.value"),
            ("check.many", "many.data"),
            ("check.otherwise", "few"),
            ("many.result", "join.data"),
            ("few", "join"),
            ("join", "loop"),
            ("join.result", "ask.value"),
        )
    ]
    made["layout"] = {
        "list": [0, 0],
        "square": [300, 0],
        "check": [600, 0],
        "many": [900, -80],
        "few": [900, 80],
        "join": [1200, 0],
        "loop": [1500, -80],
        "ask": [1500, 80],
        "clean": [0, 200],
    }
    return made


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
