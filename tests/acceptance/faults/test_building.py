"""A whole Penstock that installs a component's packages, and whose worker is killed meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.executors.stage import processes
from tests.support import wheels
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

#: Hangs as long as a file is there, then makes a wheel of one module.
BACKEND = """
import os, subprocess, sys, zipfile

def build_wheel(directory, settings=None, metadata=None):
    print("the build has begun", flush=True)
    if os.path.exists({gate!r}):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", {gate!r}])
    name = "slowly-1.0-py3-none-any.whl"
    files = {{
        "slowly.py": "VALUE = 7\\n",
        "slowly-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: slowly\\nVersion: 1.0\\n",
        "slowly-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "slowly-1.0.dist-info/RECORD": "",
    }}
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name
"""
SOURCE = """
# /// script
# dependencies = ["slowly"]
# ///
import slowly

def look() -> int:
    return slowly.VALUE
"""
DEFINITION = {"schema": 1, "name": "look", "nodes": [{"id": "look", "component": "faults/look"}]}


def test_a_build_survives_the_death_of_its_worker(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    gate, packages = tmp_path / "gate", tmp_path / "packages"
    packages.mkdir()
    gate.touch()
    wheels.sdist(packages, "slowly", "1.0", BACKEND.format(gate=str(gate)))
    stack = start_stack(**wheels.settings(packages))
    with stack.api as api:
        body = {"kind": "python", "namespace": "faults", "source": SOURCE}
        assert api.post("/components/", json=body).is_success
    run = stack.run(DEFINITION)
    wait_until(lambda: bool(processes(f"sleep(600)\0{gate}")), "the build to begin", 60)
    assert _node(stack, run)["state"] == "waiting"
    worker = stack.kill("worker")
    wait_until(lambda: not processes(f"sleep(600)\0{gate}"), "the build to end with its worker")
    gate.unlink()
    began = time.monotonic()
    ended = stack.wait_run(run["id"])
    took = time.monotonic() - began
    stack.wait_for_restart("worker", worker)
    found = _node(stack, run)
    assert ended["state"] == "success", (ended["reason"], stack.output)
    assert (found["outputs"], found["attempt"]) == ({"result": 7}, 1)
    assert took < 45, took  # a start of the worker, six seconds until it looks, a small build
    assert list((stack.home / "environments").glob(".building-*")) == []
    again = stack.wait_run(stack.run({**DEFINITION, "name": "again"})["id"])
    with stack.api as api:
        events = api.get(f"/runs/{again['id']}/events/").json()["results"]
    states = [event["data"].get("state") for event in events if event["node"] == "look"]
    assert states == ["running", "success"]
    assert again["nodes"][0]["outputs"] == {"result": 7}


def _node(stack: Stack, run: dict[str, Any]) -> dict[str, Any]:
    with stack.api as api:
        found: dict[str, Any] = api.get(f"/runs/{run['id']}/nodes/look/").json()
        return found
