"""`python -m bench.engine`: how fast a whole Penstock runs trivial Python nodes.

Everything is real: HTTP, Celery, Redis, isolated steps, durable commits, on the database in
DATABASE_URL (else SQLite). A run's time is from its creation to its end, as its own row says. The
first node's time is from the call of the API to the moment the API gives the step's first line.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.stack import ENDED, Stack

NOOP = '''
def noop(x: int = 0) -> int:
    """Do nothing."""
    return x + 1
'''
HELLO = '''
def hello() -> int:
    """Say something at once."""
    print("hello")
    return 1
'''


@dataclass(frozen=True)
class Case:
    """A graph, how often it is run, and the seconds that its median should stay under."""

    name: str
    nodes: int
    edges: Sequence[tuple[int, int]]
    times: int
    goal: float | None


CASES = (
    Case("chain40", 40, [(n, n + 1) for n in range(39)], 5, 0.8),
    Case(
        "fan100",
        102,
        [*((0, n) for n in range(1, 101)), *((n, 101) for n in range(1, 101))],
        5,
        1.5,
    ),
    Case("wide1000", 1000, [], 1, None),
)
FIRST_NODE_GOAL = 0.1
FIRST_NODE_TIMES = 15


def main() -> int:
    url = os.environ.get("DATABASE_URL")
    env = {"DATABASE_URL": url} if url else {}
    with tempfile.TemporaryDirectory(prefix="pb-", ignore_cleanup_errors=True) as directory:
        stack = Stack(Path(directory) / "home", **env, PENSTOCK_SLOTS="2").start()
        try:
            stack.wait_ready()
            with stack.api as api:
                for source in (NOOP, HELLO):
                    body = {"kind": "python", "namespace": "bench", "source": source}
                    _ok(api.post("/components/", json=body))
                _warm_up(api)
                for case in CASES:
                    _report(case.name, _run_case(api, case), case.goal)
                _report("first node", _first_node(api), FIRST_NODE_GOAL)
        finally:
            stack.stop()
    return 0


def _warm_up(api: httpx.Client) -> None:
    """The first run of a fresh process imports things that no later run imports."""
    _run_case(api, Case("warm-up", 4, [(0, 1), (0, 2), (1, 3)], 2, None))


def _run_case(api: httpx.Client, case: Case) -> list[float]:
    """Seconds that each run of a graph took."""
    nodes = [{"id": f"n{n}", "component": "bench/noop"} for n in range(case.nodes)]
    edges = [{"from": f"n{a}", "to": f"n{b}"} for a, b in case.edges]
    pipeline = _pipeline(api, case.name, nodes, edges)
    return [_time_run(api, pipeline) for _ in range(case.times)]


def _time_run(api: httpx.Client, pipeline: str) -> float:
    run = _ok(api.post(f"/pipelines/{pipeline}/runs/", json={}))
    until = time.monotonic() + 300
    while time.monotonic() < until:
        time.sleep(0.25)
        (row,) = _ok(api.get(f"/pipelines/{pipeline}/runs/", params={"page_size": 1}))["results"]
        if row["id"] == run["id"] and row["state"] in ENDED:
            if row["state"] != "success":
                raise RuntimeError(f"the run is {row['state']}: {row['reason']}")
            created, ended = (
                datetime.fromisoformat(row[key]) for key in ("created_at", "ended_at")
            )
            return (ended - created).total_seconds()
    raise RuntimeError("the run did not end within 5 minutes")


def _first_node(api: httpx.Client) -> list[float]:
    """Seconds from asking for a run to its first line, with a moment of idleness before each."""
    nodes = [{"id": "hello", "component": "bench/hello"}]
    pipeline = _pipeline(api, "hello", nodes, [])
    found = []
    for _ in range(FIRST_NODE_TIMES):
        time.sleep(0.3)
        began = time.monotonic()
        run = _ok(api.post(f"/pipelines/{pipeline}/runs/", json={}))
        while not _ok(api.get(f"/runs/{run['id']}/nodes/hello/log/"))["text"]:
            if time.monotonic() - began > 30:
                raise RuntimeError("the step's first line did not come within 30 s")
        found.append(time.monotonic() - began)
    return found


def _pipeline(
    api: httpx.Client, name: str, nodes: list[dict[str, Any]], edges: list[dict[str, str]]
) -> str:
    definition = {"schema": 1, "name": name, "nodes": nodes, "edges": edges}
    pipeline = _ok(api.post("/pipelines/", json={"definition": definition}))
    _ok(api.post(f"/pipelines/{pipeline['id']}/versions/", json={"message": "bench"}))
    return str(pipeline["id"])


def _report(name: str, seconds: list[float], goal: float | None) -> None:
    middle = statistics.median(seconds)
    text = f"  {name:<28} {middle:8.3f} s"
    if len(seconds) > 1:
        text += f"   ({min(seconds):.3f} to {max(seconds):.3f})"
    if goal is not None:
        text += f"   goal {goal:g} s: {'held' if middle < goal else 'MISSED'}"
    print(text, flush=True)


def _ok(response: httpx.Response) -> Any:
    if response.is_error:
        raise RuntimeError(f"{response.request.url}: {response.status_code} {response.text}")
    return response.json()


if __name__ == "__main__":
    sys.exit(main())
