"""A whole Penstock to be measured, and what every measurement asks of it.

Everything is real: HTTP, Celery, Redis, isolated steps, durable commits, on the database in
DATABASE_URL (else SQLite). A run's time is from its creation to its end, as its own row says.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.stack import ENDED, Stack

#: What a step of `rest` waits, one of `burn` takes of the processor, and how much `items` gives.
REST_SECONDS = 3.0
BURN_SECONDS = 0.3
ITEMS = 10_000

SOURCES = (
    '''
def noop(x: int = 0) -> int:
    """Do nothing."""
    return x + 1
''',
    '''
import time

def hello() -> int:
    """Say when it is."""
    print(time.time())
    return 1
''',
    f'''
import time

def rest() -> int:
    """Take time, and nothing else."""
    time.sleep({REST_SECONDS})
    return 1
''',
    f'''
import time

def burn() -> int:
    """Compute."""
    until = time.process_time() + {BURN_SECONDS}
    while time.process_time() < until:
        pass
    return 1
''',
    f'''
def items() -> list:
    """Something to map over."""
    return list(range({ITEMS}))
''',
)
_PATIENCE = 900.0
#: Rare, so that asking is no part of what is measured.
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Graph:
    """Nodes `n0`, `n1` and so on, with edges between their numbers."""

    name: str
    nodes: int
    edges: Sequence[tuple[int, int]] = ()
    component: str = "bench/noop"

    def definition(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "nodes": [
                {"id": f"n{number}", "component": self.component} for number in range(self.nodes)
            ],
            "edges": [{"from": f"n{a}", "to": f"n{b}"} for a, b in self.edges],
        }


CHAIN40 = Graph("chain40", 40, [(n, n + 1) for n in range(39)])
FAN100 = Graph(
    "fan100", 102, [*((0, n) for n in range(1, 101)), *((n, 101) for n in range(1, 101))]
)
WIDE1000 = Graph("wide1000", 1000)
WIDE10000 = Graph("wide10000", 10_000)


@contextmanager
def running(**env: str) -> Iterator[Stack]:
    """A Penstock with the components of SOURCES, whose first runs are behind it."""
    url = os.environ.get("DATABASE_URL")
    given = {"DATABASE_URL": url} if url else {}
    with tempfile.TemporaryDirectory(prefix="pb-", ignore_cleanup_errors=True) as directory:
        stack = Stack(Path(directory) / "home", **given, **{"PENSTOCK_SLOTS": "2", **env}).start()
        try:
            stack.wait_ready()
            with stack.api as api:
                for source in SOURCES:
                    body = {"kind": "python", "namespace": "bench", "source": source}
                    answer(api.post("/components/", json=body))
                # The first run of a fresh process imports things that no later run imports.
                warm_up = publish(api, Graph("warm-up", 4, [(0, 1), (0, 2), (1, 3)]).definition())
                for _ in range(2):
                    time_run(api, warm_up)
            yield stack
        finally:
            stack.stop()


def publish(api: httpx.Client, definition: dict[str, Any]) -> str:
    """The id of a new pipeline with one version."""
    pipeline = answer(api.post("/pipelines/", json={"definition": definition}))
    answer(api.post(f"/pipelines/{pipeline['id']}/versions/", json={"message": "bench"}))
    return str(pipeline["id"])


def start(api: httpx.Client, pipeline: str) -> str:
    return str(answer(api.post(f"/pipelines/{pipeline}/runs/", json={}))["id"])


def time_run(api: httpx.Client, pipeline: str) -> float:
    """Start a run, wait for its end; the seconds that it took. Raises if it does not succeed."""
    return wait(api, pipeline, start(api, pipeline))


def wait(api: httpx.Client, pipeline: str, run: str) -> float:
    """Wait for the end of the newest run of a pipeline; the seconds that it took."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        listed = answer(api.get(f"/pipelines/{pipeline}/runs/", params={"page_size": 1}))
        (row,) = listed["results"]
        if row["id"] == run and row["state"] in ENDED:
            if row["state"] != "success":
                raise RuntimeError(f"the run is {row['state']}: {row['reason']}")
            return took(row)
    raise RuntimeError(f"the run did not end within {_PATIENCE:g} s")


def took(run: Mapping[str, Any]) -> float:
    created, ended = (datetime.fromisoformat(run[key]) for key in ("created_at", "ended_at"))
    return (ended - created).total_seconds()


def answer(response: httpx.Response) -> Any:
    if response.is_error:
        raise RuntimeError(f"{response.request.url}: {response.status_code} {response.text[:500]}")
    return response.json()
