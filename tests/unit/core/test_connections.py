"""The cases that the browser runs too: which ports fit, and why an edge is refused."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from pipelines.core.checks import check
from pipelines.core.component import ComponentSpec, PortType
from pipelines.core.ports import compatible

from .catalogue import MemoryCatalog

SHARED = Path(__file__).parents[2] / "shared"
PORTS = json.loads((SHARED / "port_compatibility.json").read_text())["accepts"]
CONNECTIONS = json.loads((SHARED / "connections.json").read_text())
CATALOG = MemoryCatalog(
    {
        ref: ComponentSpec(
            **{
                "namespace": "test",
                "name": ref.removeprefix("test/")[:-2],
                "kind": "python",
                **spec,
            }
        )
        for ref, spec in CONNECTIONS["components"].items()
    }
)


@pytest.mark.parametrize("source", get_args(PortType))
def test_an_output_feeds_the_inputs_in_the_table_and_no_others(source: Any) -> None:
    fed = [target for target in get_args(PortType) if compatible(source, target)]
    assert sorted(fed) == sorted(PORTS[source])


def _with(*edges: dict[str, str]) -> dict[str, Any]:
    return {
        "name": "shared",
        "nodes": CONNECTIONS["nodes"],
        "edges": [*CONNECTIONS["edges"], *edges],
    }


def test_the_pipeline_of_the_cases_is_right_without_them() -> None:
    assert check(_with(), CATALOG) == []


@pytest.mark.parametrize("case", CONNECTIONS["cases"], ids=lambda case: case["name"])
def test_an_edge_is_allowed_or_refused_with_a_reason(case: dict[str, Any]) -> None:
    problems = check(_with({"from": case["from"], "to": case["to"]}), CATALOG)
    found = [(problem.code, problem.message) for problem in problems]
    assert found == ([] if case["code"] is None else [(case["code"], case["message"])])
    assert all(problem.edge or problem.node for problem in problems)
