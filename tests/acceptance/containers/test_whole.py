"""Containers on a whole Penstock: found by itself, watched, killed in the middle, and not there."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.containers.stage import left_over
from tests.support.podman import IMAGE, Podman
from tests.support.stack import Stack, wait_until

pytestmark = pytest.mark.timeout(180)

LINES = "seq 151 > $OUTPUT_RESULT"
FILE = {"id": "file", "component": "core/shell", "params": {"command": LINES}}
EDGES = [{"from": "file.result", "to": "box.data"}]


def definition(command: str, **box: Any) -> dict[str, Any]:
    """A file of 151 lines, into a container."""
    node = {
        "id": "box",
        "component": "core/container",
        "params": {"image": IMAGE, "command": command},
        **box,
    }
    return {"schema": 1, "name": "boxes", "nodes": [FILE, node], "edges": EDGES}


def box_of(run: dict[str, Any]) -> dict[str, Any]:
    (found,) = [node for node in run["nodes"] if node["id"] == "box"]
    return found


def text(stack: Stack, value: dict[str, Any]) -> str:
    with stack.api as api:
        return api.get(f"/artifacts/{value['artifact']}/", follow_redirects=True).text


@pytest.mark.faults
def test_containers_run_and_survive_the_death_of_their_worker(
    start_stack: Callable[..., Stack], podman: Podman, tmp_path: Path
) -> None:
    stack = start_stack(
        PENSTOCK_DOCKER_URL=podman.url,
        PENSTOCK_DOCKER_NETWORK="host",
        PENSTOCK_CONTAINER_EXECUTOR="docker",
    )
    count = "sh -c 'echo counting; wc -l < $INPUT_DATA > $OUTPUT_RESULT'"
    run = stack.wait_run(stack.run(definition(count))["id"])
    assert run["state"] == "success", run
    assert text(stack, box_of(run)["outputs"]["result"]).strip() == "151"
    with stack.api as api:
        log = api.get(f"/runs/{run['id']}/nodes/box/log/").text
    assert "counting" in log

    # Long the first time: `kill -9` of the worker ends that, and the next one begins anew.
    slow = "sh -c 'echo begun; sleep $SECONDS_TO_SLEEP; echo done > $OUTPUT_RESULT'"
    params = {"image": IMAGE, "command": slow, "env": {"SECONDS_TO_SLEEP": 3}}
    run = stack.run(definition(slow, params=params))
    wait_until(lambda: box_of(stack.get_run(run["id"]))["state"] == "running", "box to run")
    wait_until(lambda: len(left_over(podman)) == 1, "its container to be there")
    (first,) = left_over(podman)
    worker = stack.kill("worker", signal.SIGKILL)
    stack.wait_for_restart("worker", worker)
    run = stack.wait_run(run["id"])
    assert run["state"] == "success", run
    assert box_of(run)["attempt"] == 2
    assert first not in left_over(podman)
    wait_until(lambda: left_over(podman) == [], "nothing to be left")


def test_without_docker_the_run_dialog_says_so_and_the_node_too(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = start_stack(DOCKER_HOST=f"unix://{tmp_path}/nobody.sock", KUBECONFIG="")
    with stack.api as api:
        made = api.post("/pipelines/", json={"definition": definition("true")}).json()
        wait_until(lambda: api.get("/workers/").json()["results"], "the worker to announce itself")
        told = api.post(f"/pipelines/{made['id']}/run-check/", json={"version": "draft"}).json()
    missing = "no worker of the queue `default` has Docker, Podman or Kubernetes"
    assert [problem["message"] for problem in told["problems"]] == [f"`box` will wait: {missing}."]
    run = stack.run(definition("true"))
    wait_until(lambda: box_of(stack.get_run(run["id"]))["reason"] == missing, "the node to say so")
