"""What a node looks like from outside: the cases that the browser runs too."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.core.document import Node, Parameter
from pipelines.core.interface import Interface, feeds, interface

SHARED = json.loads((Path(__file__).parents[2] / "shared/interfaces.json").read_text())
PARAMETERS = {each["name"]: Parameter.model_validate(each) for each in SHARED["parameters"]}


def _node(component: str, given: dict[str, Any]) -> Node:
    uses = {} if "pipeline" in given else {"component": f"test/{component}@1"}
    return Node.model_validate({"id": "node", **uses, **given})


def _interface(component: str, given: dict[str, Any]) -> Interface:
    spec = ComponentSpec(namespace="test", name=component, **SHARED["components"][component])
    return interface(_node(component, given), spec, PARAMETERS)


def _types(ports: Any) -> list[tuple[str, str]]:
    return [(name, port.type) for name, port in ports.items()]


@pytest.mark.parametrize("case", SHARED["cases"], ids=lambda case: case["name"])
def test_a_node_has_the_ports_of_the_case(case: dict[str, Any]) -> None:
    found = _interface(case["component"], case["node"])
    assert _types(found.inputs) == list(case["inputs"].items())
    assert _types(found.outputs) == list(case["outputs"].items())
    assert list(found.cases) == case["cases"]


@pytest.mark.parametrize("case", SHARED["feeds"], ids=lambda case: case["name"])
def test_lists_go_where_lists_are_taken(case: dict[str, Any]) -> None:
    giving, taking = (SHARED["nodes"][case[end][0]] for end in ("from", "to"))
    port = case["to"][1]
    giver = _interface(giving["component"], giving.get("node", {}))
    taker = _interface(taking["component"], taking.get("node", {}))
    mapped = taking.get("node", {}).get("map", {}).get("over") == port
    assert feeds(giver, case["from"][1], taker.inputs[port], mapped=mapped) == case["fits"]
