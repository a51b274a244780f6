"""A step at a time, in its own process; and a web server to talk to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.component import ComponentSpec
from pipelines.kinds import registry
from tests.support.steps import StepRun, run_step
from tests.support.web import Web

Run = Callable[..., StepRun]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(spec, inputs, **params)`."""

    def step(spec: ComponentSpec, inputs: dict[str, Any] | None = None, **params: Any) -> StepRun:
        return run_step(spec, tmp_path, inputs=inputs, params=params)

    return step


@pytest.fixture
def run_source(run: Run) -> Run:
    """`run_source(source, inputs, **params)`: a python component of that source."""

    def step(source: str, inputs: dict[str, Any] | None = None, **params: Any) -> StepRun:
        return run(registry.build("python", {"source": source, "namespace": "t"}), inputs, **params)

    return step


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server
