"""Two executors for all tests that leave them whole, one for each way of separating steps."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors.environments import EnvironmentStore, Uv
from pipelines.executors.process import ProcessExecutor
from tests.support import wheels

LEVELS = ("auto", "basic")


@pytest.fixture(autouse=True)
def _without_a_database(request: pytest.FixtureRequest) -> None:
    """Tests here run once and not again on PostgreSQL (tests/suite.py)."""
    assert not {"db", "transactional_db"} & set(request.fixturenames)


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


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A package index in a directory."""
    folder = tmp_path / "packages"
    folder.mkdir()
    wheels.wheel(folder, "tinyone", "1.0", "VALUE = 1\n")
    wheels.wheel(folder, "tinyone", "1.1", "VALUE = 11\n")
    wheels.wheel(folder, "tinytwo", "2.0", "from tinyone import VALUE\n", ["tinyone>=1"])
    return folder


@pytest.fixture
def new_store(tmp_path: Path, packages: Path) -> Callable[..., EnvironmentStore]:
    def make(max_bytes: float = math.inf, **more: str) -> EnvironmentStore:
        return new_environments(tmp_path / "environments", packages, max_bytes, **more)

    return make


def new_environments(
    root: Path, packages: Path, max_bytes: float = math.inf, **more: str
) -> EnvironmentStore:
    """As a worker would have it whose only packages are those in a directory."""
    root.mkdir(exist_ok=True)
    environ = {"PATH": os.environ["PATH"], **wheels.settings(packages), **more}
    return EnvironmentStore(root, max_bytes=max_bytes, uv=Uv(root, environ))
