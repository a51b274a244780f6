"""`python -m bench.engine CASE...`: how fast a whole Penstock runs trivial and other Python nodes."""

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.support.stack import ENDED, Stack

from . import floor, peers, report, usage
from .penstock import (
    CHAIN40,
    FAN100,
    ITEMS,
    REST_SECONDS,
    WIDE1000,
    WIDE10000,
    Graph,
    answer,
    publish,
    running,
    start,
    time_run,
    took,
    wait,
)

FIRST_NODE_TIMES = 15
MANY_RUNS = 1000
#: How often a page is asked for while a large run is under way.
LOOK_SECONDS = 0.1


@dataclass
class Bench:
    """One Penstock and what was measured on it so far."""

    stack: Stack
    api: httpx.Client
    rates: dict[str, float] = field(default_factory=dict)

    def graph(self, graph: Graph, times: int, goal: float | None = None) -> list[float]:
        """Print how long a graph takes, and the processor's time for each of its nodes."""
        pipeline = publish(self.api, graph.definition())
        with usage.processor(self.stack) as used:
            found = [time_run(self.api, pipeline) for _ in range(times)]
        report.seconds(graph.name, found, goal)
        _report_processor(graph, times, used)
        self.rates[graph.name] = graph.nodes / statistics.median(found)
        return found


def chain40(bench: Bench) -> None:
    bench.graph(CHAIN40, 5, goal=0.6)


def fan100(bench: Bench) -> None:
    bench.graph(FAN100, 5, goal=1.0)


def wide1000(bench: Bench) -> None:
    bench.graph(WIDE1000, 1, goal=8.0)


def first(bench: Bench) -> None:
    """From the call of the API to the first line of the component's own code, and until the API
    gives what that line has printed.
    """
    pipeline = publish(bench.api, Graph("hello", 1, component="bench/hello").definition())
    began, seen = [], []
    for _ in range(FIRST_NODE_TIMES):
        time.sleep(0.3)  # a moment of idleness before each
        called = time.time()
        run = start(bench.api, pipeline)
        while not (said := answer(bench.api.get(f"/runs/{run}/nodes/n0/log/"))["text"]):
            if time.time() - called > 30:
                raise RuntimeError("the step's first line did not come within 30 s")
        seen.append(time.time() - called)
        began.append(float(said) - called)
    report.seconds("first node begins after the call", began, 0.05)
    report.seconds("its first line is given by the API after", seen)


def wide10000(bench: Bench) -> None:
    """Ten times the nodes at the same rate, while web answers and no part grows."""
    if "wide1000" not in bench.rates:
        wide1000(bench)
    before = usage.memory(bench.stack)
    began = time.monotonic()
    pipeline = publish(bench.api, WIDE10000.definition())
    report.below("wide10000, saved and published", time.monotonic() - began, "s")
    began = time.monotonic()
    run = start(bench.api, pipeline)
    report.below("wide10000, started", time.monotonic() - began, "s")
    with usage.processor(bench.stack) as used, _looking(bench, pipeline, run) as looks:
        found = wait(bench.api, pipeline, run)
    report.seconds("wide10000", [found])
    _report_processor(WIDE10000, 1, used)
    ratio = WIDE10000.nodes / found / bench.rates["wide1000"]
    report.between("wide10000, its rate to that of wide1000", ratio, "x", 0.8, 2.0)
    for name, each in sorted(looks.items()):
        worst = statistics.quantiles(each, n=20)[-1] * 1000
        report.below(f"wide10000, p95 of {name}", worst, "ms", 200)
    after = usage.memory(bench.stack)
    for part in ("web", "worker", "scheduler"):
        growth = after[part] / before[part]
        report.between(f"wide10000, memory of {part} after to before", growth, "x", 0.0, 1.1)


@contextmanager
def _looking(bench: Bench, pipeline: str, run: str) -> Iterator[dict[str, list[float]]]:
    """Ask for pages all the time, as people do who watch; seconds of each answer by page."""
    pages: dict[str, Callable[[], str]] = {
        "the pipelines": lambda: "/pipelines/",
        "the runs of the pipeline": lambda: f"/pipelines/{pipeline}/runs/",
        "new events of the run": lambda: f"/runs/{run}/events/?after={seen}",
        "a node's attempts": lambda: f"/runs/{run}/nodes/n0/",
    }
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    seen = 0
    over = threading.Event()

    def look() -> None:
        nonlocal seen
        with bench.stack.api as api:
            while not over.wait(LOOK_SECONDS):
                for name, page in pages.items():
                    began = time.monotonic()
                    found = answer(api.get(page()))
                    seconds[name].append(time.monotonic() - began)
                    if name.startswith("new events") and found["results"]:
                        seen = found["results"][-1]["seq"]

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seconds
    finally:
        over.set()
        thread.join()


def map10000(bench: Bench) -> None:
    """One node that maps over a list of 10,000 items, to the rate of a run of 1,000 nodes."""
    if "wide1000" not in bench.rates:
        wide1000(bench)
    definition = {
        "schema": 1,
        "name": "map10000",
        "nodes": [
            {"id": "items", "component": "bench/items"},
            {"id": "each", "component": "bench/noop", "map": {"over": "x"}},
        ],
        "edges": [{"from": "items.result", "to": "each.x"}],
    }
    found = time_run(bench.api, publish(bench.api, definition))
    report.seconds("map10000", [found])
    ratio = ITEMS / found / bench.rates["wide1000"]
    report.between("map10000, its rate to that of wide1000", ratio, "x", 0.8, 2.0)


def long(bench: Bench) -> None:
    """What is added to steps that take seconds, on two slots."""
    graph = Graph("long", 8, component="bench/rest")
    found = time_run(bench.api, publish(bench.api, graph.definition()))
    alone = graph.nodes / 2 * REST_SECONDS
    report.below(f"long steps, added to {alone:g} s", (found / alone - 1) * 100, "%", 3)


def many(bench: Bench) -> None:
    """A thousand runs at once: all end, and none is passed by."""
    pipeline = publish(bench.api, Graph("many", 2, [(0, 1)]).definition())
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads, bench.stack.api as api:
        list(threads.map(lambda _: start(api, pipeline), range(MANY_RUNS)))
    report.below(f"{MANY_RUNS} runs, all started after", time.monotonic() - began, "s")
    rows = []
    while len(rows) < MANY_RUNS or any(row["state"] not in ENDED for row in rows):
        if time.monotonic() - began > 600:
            raise RuntimeError(f"{MANY_RUNS} runs did not end within 10 minutes")
        time.sleep(1)
        rows = _all_runs(bench.api, pipeline)
    if bad := [row["number"] for row in rows if row["state"] != "success"]:
        raise RuntimeError(f"{len(bad)} of {MANY_RUNS} runs did not succeed, such as #{bad[0]}")
    report.below(f"{MANY_RUNS} runs, all ended after", time.monotonic() - began, "s")
    in_order = sorted(rows, key=lambda row: row["number"])
    ends = sorted(row["ended_at"] for row in rows)
    # As far as a run is from the place in the queue that it was started at.
    late = max(ends.index(row["ended_at"]) - place for place, row in enumerate(in_order))
    report.below(f"{MANY_RUNS} runs, most places that one was passed by", late, "", 100)
    report.below(f"{MANY_RUNS} runs, the slowest", max(map(took, rows)), "s")


def _all_runs(api: httpx.Client, pipeline: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    page = 1
    while True:
        given = answer(
            api.get(f"/pipelines/{pipeline}/runs/", params={"page_size": 200, "page": page})
        )
        found += given["results"]
        if not given["next"]:
            return found
        page += 1


def luigi(bench: Bench) -> None:
    """The same graphs by Luigi, in turn with ours."""
    with peers.luigi() as run:
        for graph, times in ((CHAIN40, 3), (FAN100, 3), (WIDE1000, 1)):
            pipeline = publish(bench.api, graph.definition())
            pairs = [(time_run(bench.api, pipeline), run(graph)) for _ in range(times)]
            ratio = statistics.median(ours / theirs for ours, theirs in pairs)
            report.seconds(f"{graph.name}, Luigi {peers.LUIGI}", [theirs for _, theirs in pairs])
            report.below(f"{graph.name}, ours to Luigi's", ratio, "x", 1)


def floor_(bench: Bench) -> None:
    """What a durable node cannot do without: one fork, two commits, one way through the broker."""
    parts = floor.measure(bench.stack.home)
    for name, each in parts.items():
        report.below(f"floor, {name}", each * 1000, "ms")
    total = sum(parts.values())
    report.below("floor, all", total * 1000, "ms")
    found = bench.graph(CHAIN40, 3)
    ratio = statistics.median(found) / CHAIN40.nodes / total
    report.below("a node of chain40 to the floor", ratio, "x")


def _report_processor(graph: Graph, times: int, used: Mapping[str, float]) -> None:
    if used:
        each = {name: seconds / graph.nodes / times * 1000 for name, seconds in used.items()}
        parts = ", ".join(f"{name} {ms:.2f}" for name, ms in each.items() if ms >= 0.05)
        text = f"{sum(each.values()):8.2f} ms   ({parts})"
        report.line(f"{graph.name}, processor for each node", text)


CASES: Mapping[str, Callable[[Bench], None]] = {
    "chain40": chain40,
    "fan100": fan100,
    "wide1000": wide1000,
    "first": first,
    "wide10000": wide10000,
    "map10000": map10000,
    "long": long,
    "many": many,
    "luigi": luigi,
    "floor": floor_,
}


def main(wanted: list[str]) -> int:
    with running() as stack, stack.api as api:
        bench = Bench(stack, api)
        for name in wanted:
            CASES[name](bench)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
