"""Containers on a whole Penstock: the daemon found, the run watched, its worker killed."""

import signal
from collections.abc import Callable
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
    start_stack: Callable[..., Stack], podman: Podman
) -> None:
    stack = start_stack(
        PENSTOCK_DOCKER_URL=podman.url,
        PENSTOCK_DOCKER_NETWORK="host",
        PENSTOCK_CONTAINER_EXECUTOR="docker",
    )
    count = "sh -c 'echo counting; wc -l < $INPUT_DATA > $OUTPUT_RESULT'"
    run = stack.wait_run(stack.run(definition(count))["id"])
    assert run["state"] == "success", box_of(run)["error"]
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
    assert run["state"] == "success", box_of(run)["error"]
    assert box_of(run)["attempt"] == 2
    assert first not in left_over(podman)
    wait_until(lambda: left_over(podman) == [], "nothing to be left")
