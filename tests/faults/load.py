"""The pipelines that run while things break, and how each of their nodes has to end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

SOURCES = (
    '''
import time


def work(data: int = 0, *, seconds: float = 0.05, salt: str = "") -> int:
    """Take a while and count."""
    time.sleep(seconds)
    return data + 1
''',
    '''
import os


def flaky(data: int = 0, *, failures: int = 1) -> int:
    """Fail at first."""
    if int(os.environ["PENSTOCK_ATTEMPT"]) <= failures:
        raise RuntimeError("not yet")
    return data + 1
''',
    '''
def broken(data: int = 0) -> int:
    """Fail every time."""
    raise RuntimeError("as always")
''',
    '''
import os
from pathlib import Path


def write(data: int = 0, *, kib: int = 64) -> Path:
    """Write a file that no other node wrote."""
    path = Path("written.bin")
    path.write_bytes(os.urandom(kib * 1024))
    return path
''',
    '''
from pathlib import Path


def measure(file: Path) -> int:
    """Count a file's bytes."""
    return file.stat().st_size
''',
    '''
def numbers(data: int = 0, *, count: int = 12) -> list:
    """A list whose length is known only now."""
    return list(range(count))
''',
    '''
def even(data: int) -> int:
    """Refuse every second number."""
    if data % 2:
        raise ValueError(f"{data} is odd")
    return data
''',
    '''
def total(values: list) -> int:
    """Add up what there is."""
    return sum(value or 0 for value in values)
''',
    '''
def more(data: int = 0, *, by: int = 0) -> int:
    """Count on."""
    return data + by + 1
''',
)
PARAMETERS = [
    {"name": "seconds", "type": "number", "default": 0.05},
    {"name": "salt", "type": "string", "default": ""},
]
#: A step that was killed is tried again; so is one that could not be stored.
RETRY = {"max_attempts": 4, "backoff": {"initial": "100ms", "factor": 2}}


@dataclass(frozen=True)
class Shape:
    """A pipeline, and the state in which each of its nodes ends when only the machine fails."""

    name: str
    nodes: Sequence[Mapping[str, Any]]
    edges: Sequence[str] = ()
    unusual: Mapping[str, str] = field(default_factory=dict)
    run: str = "success"
    on_failure: str = "stop"
    #: Further keys of the document.
    top: Mapping[str, Any] = field(default_factory=dict)
    #: How its nodes end depends on who is quicker.
    open_end: bool = False

    def definition(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "parameters": PARAMETERS,
            "nodes": list(self.nodes),
            "edges": [
                dict(zip(("from", "to"), edge.split(" -> "), strict=True)) for edge in self.edges
            ],
            "on_failure": self.on_failure,
            **self.top,
        }

    def expected(self, node: str) -> str:
        return self.unusual.get(node, "success")


def work(name: str, **more: Any) -> dict[str, Any]:
    """A node that takes as long as the run's parameter says."""
    params = {"seconds": "${{ params.seconds }}"}
    return {"id": name, "component": "faults/work", "params": params, "retry": RETRY, **more}


def _chain() -> Shape:
    names = [f"n{number}" for number in range(8)]
    edges = [f"{a}.result -> {b}.data" for a, b in pairwise(names)]
    return Shape("chain", [work(name) for name in names], edges)


def _diamond() -> Shape:
    edges = ["a.result -> b.data", "a.result -> c.data", "b.result -> d.data", "c -> d"]
    return Shape("diamond", [work(name) for name in "abcd"], edges)


def _wide() -> Shape:
    middle = [f"m{number}" for number in range(12)]
    edges = [f"a.result -> {name}.data" for name in middle] + [f"{name} -> z" for name in middle]
    return Shape("wide", [work(name) for name in ("a", *middle, "z")], edges)


def _retries() -> Shape:
    flaky = {"component": "faults/flaky", "params": {"failures": 2}, "retry": RETRY}
    edges = ["a.result -> b.data", "b.result -> c.data"]
    return Shape("retries", [work("a"), {"id": "b", **flaky}, work("c")], edges)


def _stops() -> Shape:
    broken = {"id": "b", "component": "faults/broken"}
    retry = {"max_attempts": 2, "backoff": {"initial": "50ms"}}
    return Shape(
        "stops",
        [work("a"), {**broken, "retry": retry}, work("c"), work("d", run_if="one_failed")],
        ["a.result -> b.data", "b.result -> c.data", "b -> d"],
        unusual={"b": "failed", "c": "skipped"},
        run="failed",
    )


def _continues() -> Shape:
    return Shape(
        "continues",
        [
            work("a"),
            {"id": "b", "component": "faults/broken"},
            work("c"),
            work("d"),
            work("e", run_if="all_done"),
        ],
        ["a -> b", "a -> c", "b -> d", "c -> e", "b -> e"],
        unusual={"b": "failed", "d": "skipped"},
        run="failed",
        on_failure="continue",
    )


def _timeouts() -> Shape:
    slow = work("slow", timeout="300ms", retry={"max_attempts": 2, "backoff": {"initial": "50ms"}})
    slow["params"] = {"seconds": 60}
    return Shape(
        "timeouts",
        [slow, work("after"), work("beside")],
        ["slow -> after"],
        unusual={"slow": "failed", "after": "skipped"},
        run="failed",
        on_failure="continue",
    )


def _conditions() -> Shape:
    return Shape(
        "conditions",
        [
            work("a"),
            work("yes", when="nodes.a.outputs.result == 1"),
            work("no", when="nodes.a.outputs.result > 1"),
            work("join", run_if="one_success"),
        ],
        ["a.result -> yes.data", "a.result -> no.data", "yes -> join", "no -> join"],
        unusual={"no": "skipped"},
    )


def _cached() -> Shape:
    def cached(name: str) -> dict[str, Any]:
        node = work(name, cache=True)
        node["params"] = {"seconds": 0.05, "salt": "${{ params.salt }}"}
        return node

    return Shape(
        "cached",
        [cached(name) for name in "abc"],
        ["a.result -> b.data", "b.result -> c.data"],
    )


FILES = Shape(
    "files",
    [
        work("a"),
        {"id": "write", "component": "faults/write", "retry": RETRY},
        {"id": "measure", "component": "faults/measure", "retry": RETRY},
    ],
    ["a.result -> write.data", "write.file -> measure.file"],
)


def _maps() -> Shape:
    return Shape(
        "maps",
        [
            {"id": "list", "component": "faults/numbers", "retry": RETRY},
            work("each", map={"over": "data", "max_parallel": 4}),
            {
                "id": "some",
                "component": "faults/even",
                "map": {"over": "data", "allow_failures": "50%"},
            },
            {"id": "sum", "component": "faults/total", "retry": RETRY},
        ],
        ["list.result -> each.data", "list.result -> some.data", "each.result -> sum.values"],
        unusual={f"some[{number}]": "failed" for number in range(1, 12, 2)},
    )


#: What the next two use as a node; published before them.
INNER = Shape(
    "inner",
    [
        {
            "id": "count",
            "component": "faults/more",
            "params": {"by": "${{ params.value }}"},
            "retry": RETRY,
        },
        work("after"),
    ],
    ["count -> after"],
    top={
        "parameters": [*PARAMETERS, {"name": "value", "type": "integer", "default": 0}],
        "outputs": [{"name": "value", "from": "count.result"}],
    },
)


def _includes() -> Shape:
    inner = {"pipeline": "inner", "params": {"value": 1}}
    return Shape("includes", [work("a"), {"id": "b", **inner}, work("c")], ["a -> b", "b -> c"])


def _loops() -> Shape:
    loop = {"until": "outputs.value >= 3", "max_iterations": 5}
    return Shape("loops", [{"id": "a", "pipeline": "inner", "loop": loop}, work("b")], ["a -> b"])


def _branches() -> Shape:
    condition = {"condition": "inputs.value > 0"}
    return Shape(
        "branches",
        [
            work("a"),
            {"id": "check", "component": "control/if", "params": condition},
            work("yes"),
            work("no"),
            work("join", run_if="none_failed"),
        ],
        [
            "a.result -> check.value",
            "check.yes -> yes",
            "check.no -> no",
            "yes -> join",
            "no -> join",
        ],
        unusual={"no": "skipped"},
    )


def _waits() -> Shape:
    approval = {"message": "May it go on?", "deadline": "1s", "on_deadline": "approve"}
    return Shape(
        "waits",
        [
            {"id": "time", "component": "control/wait_for_time", "params": {"for": "700ms"}},
            {"id": "person", "component": "control/approval", "params": approval},
            work("after"),
        ],
        ["time -> after", "person.approved -> after"],
    )


def _cleans_up() -> Shape:
    return Shape(
        "cleans_up",
        [work("a"), {"id": "b", "component": "faults/broken"}, work("tidy", on_exit=True)],
        ["a -> b"],
        unusual={"b": "failed"},
        run="failed",
    )


SHAPES: tuple[Shape, ...] = (
    _chain(), _diamond(), _wide(), _retries(), _stops(), _continues(), _timeouts(), _conditions(),
    _cached(), FILES, _maps(), _includes(), _loops(), _branches(), _waits(), _cleans_up(),
)  # fmt: skip

PROBE = Shape("probe", [work("probe")])
