"""Two executors for all tests that leave them whole, one for each way of separating steps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors.process import ProcessExecutor

LEVELS = ("auto", "basic")


@pytest.fixture(scope="session")
def _executors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ProcessExecutor]]:
    made: dict[str, ProcessExecutor] = {}
    for level in LEVELS:
        workdir = tmp_path_factory.mktemp(f"steps-{level}")
        made[level] = ProcessExecutor(workdir, warm=("lean",), isolation=level)
    yield made
    for executor in made.values():
        executor.close()


@pytest.fixture(params=LEVELS)
def executor(request: pytest.FixtureRequest, _executors: dict[str, ProcessExecutor]) -> Any:
    return _executors[request.param]


@pytest.fixture
def one_executor(_executors: dict[str, ProcessExecutor]) -> ProcessExecutor:
    """For what does not depend on how steps are separated."""
    return _executors["auto"]


@pytest.fixture
def new_executor(tmp_path: Path) -> Iterator[Callable[..., ProcessExecutor]]:
    """Makes executors that the test may damage."""
    made: list[ProcessExecutor] = []

    def make(**options: Any) -> ProcessExecutor:
        options.setdefault("warm", ("lean",))
        made.append(ProcessExecutor(tmp_path / "steps", **options))
        return made[-1]

    yield make
    for executor in made:
        executor.close()
