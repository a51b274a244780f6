"""Executors of containers, on a real Podman."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors.docker.executor import DockerExecutor
from tests.support.podman import Podman


@pytest.fixture(scope="session")
def docker(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerExecutor]:
    """One for all tests that leave it whole."""
    workdir = tmp_path_factory.mktemp("containers")
    executor = DockerExecutor(workdir, url=podman.url, network="host", environ={"PROXY": "here"})
    yield executor
    executor.close()


@pytest.fixture
def new_docker(podman: Podman, tmp_path: Path) -> Iterator[Callable[..., DockerExecutor]]:
    """Makes executors that the test may damage, all with the same directory."""
    made: list[DockerExecutor] = []

    def make(**options: Any) -> DockerExecutor:
        given = {"url": podman.url, "network": "host", **options}
        made.append(DockerExecutor(tmp_path / "containers", **given))
        return made[-1]

    yield make
    for executor in made:
        executor.close()
