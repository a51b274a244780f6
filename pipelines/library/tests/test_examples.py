"""Every built-in component is documented, and its examples run."""

import time

import pytest

from pipelines import library
from pipelines.core.component import ComponentSpec
from pipelines.kinds import registry
from pipelines.library import specs as reader
from tests.support.library import Examples, specs
from tests.support.web import Web

EVERY = sorted(specs())
#: Those of containers run on a real Podman, in tests/acceptance/containers; what the engine itself
#: carries out has no step, and is run by the engine's own tests.
IN_PROCESSES = [
    name for name in EVERY if registry.is_step(specs()[name]) and specs()[name].kind != "container"
]
EXAMPLES = [
    (name, number) for name in IN_PROCESSES for number in range(len(specs()[name].examples))
]


@pytest.mark.parametrize("name", EVERY)
def test_component_reads_well(name: str) -> None:
    spec = specs()[name]
    assert spec.title
    assert spec.summary
    assert spec.category in CATEGORIES
    assert spec.icon
    assert spec.examples, "a component without an example"
    for parameter, schema in spec.parameters["properties"].items():
        assert schema.get("title"), parameter
        assert schema.get("description"), f"{parameter} has no help"
    for port in (*spec.inputs, *spec.outputs):
        assert port.help, f"the port {port.name} has no help"
    assert registry.check(spec) == []


CATEGORIES = {
    "Data in", "Transform", "Combine", "Data out", "Train", "Evaluate", "Text", "Control",
    "Notify", "Code",
}  # fmt: skip


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_example_runs(name: str, number: int, examples: Examples, web: Web) -> None:
    # The addresses of examples that do not exist are played by a server on this machine.
    asks = ("core/http_request", "control/wait_for_url")
    params = {"url": web.url("/items")} if name in asks else None
    made = examples.run(name, number, params)
    assert made.code == 0, made.error or made.stderr
    spec: ComponentSpec = specs()[name]
    assert set(made.outputs) == {port.name for port in spec.outputs}
    for port in spec.outputs:
        value = made.outputs[port.name]
        if port.type == "table":
            assert value["facts"]["rows"] > 0
            assert value["facts"]["columns"]


def test_reading_the_library_is_quick() -> None:
    reader.read_all.cache_clear()
    started = time.process_time()
    found = library.load()
    took = time.process_time() - started
    assert len(found) >= 30
    assert took < 1.0, "0.3 s on a quiet machine; the web process reads it at its start"
