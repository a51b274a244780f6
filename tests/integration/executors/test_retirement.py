"""Warm pools that end when nobody has needed them for a while, and come back when somebody does."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.executors import registry
from pipelines.executors.process import ProcessExecutor
from pipelines.executors.protocol import Limits
from tests.integration.executors.stage import (
    Heard,
    asked,
    named,
    processes,
    python,
    raw,
    run,
    until,
)

IDLE = 300.0
PLAIN = python("def f(a: int) -> int:\n    return a\n")
WAITS = """
import os, time
print("under way", flush=True)
while not os.path.exists({!r}):
    time.sleep(0.01)
"""


class Clock:
    """The machine's own, and as far ahead of it as a test likes."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workdir(tmp_path: Path) -> str:
    """The path that all processes of a test's executor carry in their environment."""
    return str(tmp_path)


@pytest.fixture
def executor(new_executor: Callable[..., ProcessExecutor], clock: Clock) -> ProcessExecutor:
    """Its lean pool, the quick one, is retired as the others are."""
    return new_executor(keep=(), idle_seconds=IDLE, clock=clock)


def look(executor: ProcessExecutor) -> None:
    """Let the executor's thread see how late it is, and wait until it has."""
    for _ in range(2):  # timers come after calls, so the second call is after the timers
        seen = threading.Event()
        executor._loop.call(seen.set)
        assert seen.wait(10)


def test_an_idle_pool_ends_and_comes_back_for_the_next_step(
    executor: ProcessExecutor, clock: Clock, workdir: str
) -> None:
    assert run(executor, asked(PLAIN, a=1)).outcome == "success"
    clock.ahead += IDLE - 60
    look(executor)
    assert len(named("lean", workdir)) == 1
    assert run(executor, asked(PLAIN, a=2)).outcome == "success"
    clock.ahead += IDLE - 60
    look(executor)
    assert len(named("lean", workdir)) == 1  # counted from the last step

    clock.ahead += 61
    look(executor)
    until(lambda: not processes(workdir))  # neither the fork server nor its spares

    assert run(executor, asked(PLAIN, a=3)).outputs == {"result": 3}
    clock.ahead += IDLE + 1
    look(executor)
    until(lambda: not processes(workdir))


def test_a_pool_that_was_asked_for_is_warm_before_its_step(
    executor: ProcessExecutor, clock: Clock, workdir: str
) -> None:
    run(executor, asked(PLAIN, a=1))
    clock.ahead += IDLE + 1
    look(executor)
    until(lambda: not processes(workdir))

    for _ in range(20):
        executor.warm("lean")

    server = until(
        lambda: named("step", workdir) and len(found := named("lean", workdir)) == 1 and found
    )
    clock.ahead += IDLE - 60
    executor.warm("lean")
    clock.ahead += IDLE - 60
    look(executor)
    assert named("lean", workdir) == server  # each call counts as a use
    with pytest.raises(LookupError, match="there is no pool `hot`; there are lean, http, data"):
        executor.warm("hot")


def test_a_pool_with_a_step_under_way_is_not_idle(
    executor: ProcessExecutor, clock: Clock, workdir: str, tmp_path: Path
) -> None:
    heard = Heard()
    go_on = tmp_path / "go on"
    step = executor.start(asked(raw(WAITS.format(str(go_on))), Limits()), heard)
    until(lambda: "under way" in heard.text)
    # The next spare has its server's name until it gives itself its own.
    server = until(lambda: len(found := named("lean", workdir)) == 1 and found)

    clock.ahead += 10
    look(executor)
    clock.ahead += 2 * IDLE
    look(executor)

    assert named("lean", workdir) == server
    go_on.touch()
    assert step.wait().outcome == "success"
    assert named("lean", workdir) == server
    clock.ahead += IDLE + 1
    look(executor)
    until(lambda: not processes(workdir))


@pytest.mark.parametrize("first", ["end", "step"])
def test_no_step_is_lost_by_coming_at_the_moment_of_the_end(
    executor: ProcessExecutor, clock: Clock, first: str
) -> None:
    run(executor, asked(PLAIN, a=0))
    for number in range(4):
        clock.ahead += IDLE + 1
        if first == "end":
            executor._loop.call(lambda: None)
        steps = [executor.start(asked(PLAIN, a=number + i), Heard()) for i in range(3)]
        assert [step.wait().outputs for step in steps] == [{"result": number + i} for i in range(3)]


def test_the_lean_pool_is_kept(
    new_executor: Callable[..., ProcessExecutor], clock: Clock, workdir: str
) -> None:
    executor = new_executor(idle_seconds=IDLE, clock=clock)
    run(executor, asked(PLAIN, a=1))
    clock.ahead += 10 * IDLE
    look(executor)
    assert len(named("lean", workdir)) == 1


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "inf"])
def test_a_bad_idle_time_is_refused_in_words(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.setenv("PENSTOCK_POOL_IDLE_SECONDS", given)
    monkeypatch.setattr(registry, "_open", {})
    with pytest.raises(ValueError, match=f"PENSTOCK_POOL_IDLE_SECONDS is `{given}`; give seconds"):
        registry.get("process")
