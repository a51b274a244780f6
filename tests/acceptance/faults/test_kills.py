"""Whatever is killed in the middle of a run: the run ends right, each node is committed once.

Each copy of a step writes ticks under a name of its own to one file, so that two live copies of
the same node would show as ticks that alternate.
"""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import descendants
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

SOURCE = '''
import time
import uuid


def tick(data: int = 0, *, path: str, node: str, seconds: float) -> int:
    """Write a tick every 20 ms for a while."""
    copy = uuid.uuid4().hex
    end = time.monotonic() + seconds
    with open(path, "a", buffering=1) as file:
        file.write(f"{node} {copy} start\\n")
        while time.monotonic() < end:
            time.sleep(0.02)
            file.write(f"{node} {copy} tick\\n")
        file.write(f"{node} {copy} end\\n")
    return data + 1
'''


class Ticks:
    """The file that the steps write to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()
        path.chmod(0o666)

    def copies(self) -> dict[str, list[tuple[str, str]]]:
        """Copy and word of each line, by node."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for line in self.path.read_text().splitlines():
            node, copy, word = line.split()
            found[node].append((copy, word))
        return found

    def started(self, node: str) -> bool:
        return any(word == "tick" for _, word in self.copies()[node])

    def check_no_two_copies_lived_at_once(self) -> None:
        for node, lines in self.copies().items():
            changes = [copy for copy, word in lines if word == "start"]
            seen = [copy for i, (copy, _) in enumerate(lines) if i == 0 or lines[i - 1][0] != copy]
            assert seen == changes, f"two copies of `{node}` lived at the same time"

    def writers(self, root: int) -> list[int]:
        """The processes below `root` that have the file open."""
        found = []
        for pid in descendants(root):
            try:
                links = [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
            except OSError:
                continue
            if str(self.path) in links:
                found.append(pid)
        return found


@pytest.fixture
def ticks(common: Path) -> Ticks:
    return Ticks(common / "ticks")


@pytest.fixture(scope="module")
def _stack(
    used_home: Callable[[], Path], stack_environment: Callable[[], dict[str, str]]
) -> Iterator[Stack]:
    env = {"PENSTOCK_SLOTS": "2", "PENSTOCK_LEASE_SECONDS": "4"}
    stack = Stack(used_home(), **stack_environment(), **env).start()
    with stack.api as api:
        body = {"kind": "python", "namespace": "faults", "source": SOURCE}
        answer = api.post("/components/", json=body)
        assert answer.is_success, answer.text
    yield stack
    stack.stop()


@pytest.fixture
def penstock(_stack: Stack) -> Stack:
    """One for all tests here: every part that one of them killed is back before the next."""
    _stack.wait_whole()
    return _stack


def start(stack: Stack, ticks: Ticks, *, seconds: float = 1.5, **node: Any) -> dict[str, Any]:
    """`first`, then `left` and `right` side by side, then `last`."""

    def one(name: str) -> dict[str, Any]:
        params = {"path": str(ticks.path), "node": name, "seconds": seconds}
        return {"id": name, "component": "faults/tick", "params": params, **node}

    return stack.run(
        {
            "schema": 1,
            "name": "faults",
            "nodes": [one(name) for name in ("first", "left", "right", "last")],
            "edges": [
                {"from": "first.result", "to": "left.data"},
                {"from": "first.result", "to": "right.data"},
                {"from": "left.result", "to": "last.data"},
                {"from": "right", "to": "last"},
            ],
        }
    )


def check(stack: Stack, run_id: str, ticks: Ticks) -> dict[str, Any]:
    """The run succeeded, each node's success was told once, no two copies lived at once."""
    run = stack.wait_run(run_id, seconds=90)
    reasons = {node["id"]: (node["state"], node["reason"]) for node in run["nodes"]}
    assert run["state"] == "success", (run["reason"], reasons, stack.output)
    with stack.api as api:
        events = api.get(f"/runs/{run_id}/events/", params={"limit": 500}).json()["results"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    successes = [
        event["node"]
        for event in events
        if event["kind"] == "node.state" and event["data"]["state"] == "success"
    ]
    assert sorted(successes) == ["first", "last", "left", "right"]
    outputs = {node["id"]: node["outputs"] for node in run["nodes"]}
    assert outputs["last"] == {"result": 3}
    ticks.check_no_two_copies_lived_at_once()
    return run


def attempts(stack: Stack, run_id: str, node: str) -> list[str]:
    with stack.api as api:
        found = api.get(f"/runs/{run_id}/nodes/{node}/").json()
    return [attempt["state"] for attempt in found["attempts"]]


def test_kill_9_of_the_worker(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks)
    wait_until(lambda: ticks.started("left") and ticks.started("right"), "both to run", 60)
    killed = time.monotonic()
    old = penstock.kill("worker")
    wait_until(lambda: not ticks.writers(penstock.process.pid), "its steps to die", 5)
    penstock.wait_for_restart("worker", old)
    wait_until(lambda: attempts(penstock, run["id"], "left")[0] == "lost", "the takeover", 10)
    assert time.monotonic() - killed < 4, "known to be dead, it must not be waited for a lease"
    check(penstock, run["id"], ticks)
    assert attempts(penstock, run["id"], "left") == ["lost", "success"]
    assert attempts(penstock, run["id"], "first") == ["success"]


def test_kill_9_of_a_step(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks, retry={"max_attempts": 2, "backoff": {"initial": "100ms"}})
    wait_until(lambda: ticks.started("first"), "the first node to run", 60)
    (step,) = ticks.writers(penstock.pids()["worker"])
    os.kill(step, signal.SIGKILL)
    check(penstock, run["id"], ticks)
    assert attempts(penstock, run["id"], "first") == ["failed", "success"]


def test_kill_9_of_redis(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks)
    wait_until(lambda: ticks.started("first"), "the first node to run", 60)
    old = penstock.kill("redis")
    others = Ticks(ticks.path.with_name("others"))
    other = start(penstock, others, seconds=0.1)
    penstock.wait_for_restart("redis", old)
    check(penstock, run["id"], ticks)
    check(penstock, other["id"], others)


def test_kill_9_of_the_web_process(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks)
    wait_until(lambda: ticks.started("first"), "the first node to run", 60)
    old = penstock.kill("web")
    penstock.wait_for_restart("web", old)
    penstock.wait_ready()
    check(penstock, run["id"], ticks)


def test_kill_9_of_the_scheduler_and_the_worker_together(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks)
    wait_until(lambda: ticks.started("left"), "a node in the middle to run", 60)
    scheduler, worker = penstock.kill("scheduler"), penstock.kill("worker")
    penstock.wait_for_restart("scheduler", scheduler)
    penstock.wait_for_restart("worker", worker)
    check(penstock, run["id"], ticks)


def test_a_worker_that_hangs_loses_its_work_and_its_late_results_are_refused(
    penstock: Stack, ticks: Ticks
):
    # Its step goes on while it hangs: nobody can kill for a process that is stopped. The lease
    # makes sure that only one of the two results counts.
    run = start(penstock, ticks, seconds=3)
    wait_until(lambda: ticks.started("first"), "the first node to run", 60)
    worker = penstock.pids()["worker"]
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: attempts(penstock, run["id"], "first") == ["lost"], "the takeover", 20)
    os.kill(worker, signal.SIGCONT)
    run = penstock.wait_run(run["id"], seconds=90)
    assert run["state"] == "success", run["reason"]
    assert attempts(penstock, run["id"], "first") == ["lost", "success"]


def test_cancel_kills_the_steps_within_about_a_second(penstock: Stack, ticks: Ticks):
    run = start(penstock, ticks, seconds=60)
    wait_until(lambda: ticks.started("first"), "the first node to run", 60)
    began = time.monotonic()
    with penstock.api as api:
        assert api.post(f"/runs/{run['id']}/cancel/").is_success
    ended = penstock.wait_run(run["id"], seconds=20)
    took = time.monotonic() - began
    assert ended["state"] == "cancelled"
    assert {node["state"] for node in ended["nodes"]} == {"cancelled"}
    assert not ticks.writers(penstock.process.pid)
    assert took < 3, f"cancelling took {took:.1f} s"
