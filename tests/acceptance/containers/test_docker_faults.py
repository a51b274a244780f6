"""Daemons and workers that die, and what becomes of their containers."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.executors.docker import daemon
from pipelines.executors.docker.executor import DockerExecutor
from tests.acceptance.containers.stage import asked, container, left_over
from tests.integration.executors.stage import Heard, run, until
from tests.support.podman import Podman
from tests.support.stack import ROOT

FOREVER = "trap 'exit 1' TERM; echo here; while true; do sleep 0.05; done"

WORKER = """
import sys
from pathlib import Path
from pipelines.executors.docker.executor import DockerExecutor
from tests.acceptance.containers.stage import asked, container
from tests.integration.executors.stage import Heard, until

heard = Heard()
executor = DockerExecutor(Path(sys.argv[1]), url=sys.argv[2], network="host")
executor.start(asked(container(sys.argv[3])), heard)
until(lambda: "here" in heard.text, 30)
print("here", flush=True)
sys.stdin.read()
"""


@pytest.mark.faults
def test_a_worker_that_comes_back_removes_what_the_dead_one_left(
    podman: Podman, tmp_path: Path, new_docker: Callable[..., DockerExecutor]
) -> None:
    workdir = tmp_path / "containers"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(workdir), podman.url, FOREVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert worker.stdout
        assert worker.stdout.readline() == b"here\n"
        mine = left_over(podman)
        assert len(mine) == 1
        second = new_docker()
        assert left_over(podman) == mine, "it belongs to a worker that lives"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    assert left_over(podman) == mine
    second._leftovers.sweep(at_once=True)
    assert left_over(podman) == []


@pytest.mark.faults
def test_closing_the_executor_kills_its_containers(
    podman: Podman, new_docker: Callable[..., DockerExecutor]
) -> None:
    executor, heard = new_docker(), Heard()
    step = executor.start(asked(container(FOREVER)), heard)
    until(lambda: heard.text)
    executor.close()
    result = step.wait()
    assert result.outcome == "cancelled"
    assert left_over(podman) == []
    with pytest.raises(RuntimeError, match="closed"):
        executor.start(asked(container("true")), heard)


@pytest.mark.faults
def test_a_lost_daemon_loses_the_step_and_its_container_goes_later(
    new_home: Callable[[], Path], tmp_path: Path
) -> None:
    service = Podman(new_home())
    service.start()
    executor = DockerExecutor(tmp_path / "containers", url=service.url, network="host")
    try:
        heard = Heard()
        step = executor.start(asked(container(FOREVER)), heard)
        until(lambda: heard.text)
        service.kill()
        result = step.wait()
        assert result.error
        assert result.error.kind == "lost"
        assert service.url in result.error.message

        away = run(executor, asked(container("true")))
        assert away.error
        assert away.error.kind == "lost"
        assert daemon.why_unusable(service.url).startswith("no Docker or Podman answers at unix://")

        service.start()
        assert daemon.why_unusable(service.url) == ""
        assert len(left_over(service)) == 1
        executor._leftovers.sweep(at_once=True)
        assert left_over(service) == []
        assert run(executor, asked(container("true"))).outcome == "success"
    finally:
        executor.close()
        service.stop()


@pytest.mark.faults
def test_a_container_that_somebody_else_kills(docker: DockerExecutor, podman: Podman) -> None:
    heard = Heard()
    step = docker.start(asked(container(FOREVER)), heard)
    until(lambda: heard.text)
    client: Any = podman.client()
    client.api.kill(left_over(podman)[0])
    client.close()
    result = step.wait()
    assert result.error
    assert (result.error.kind, result.signal) == ("signal", "SIGKILL")
    assert "killed by SIGKILL, not by Penstock" in result.error.message
