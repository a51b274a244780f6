"""`kill -9` of everything that can be killed, one after the other."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.executors.process import ProcessExecutor
from tests.integration.executors.stage import (
    Heard,
    asked,
    at_work,
    named,
    processes,
    python,
    raw,
    run,
    state,
    until,
)
from tests.support.stack import ROOT

pytestmark = pytest.mark.faults

ENDLESS = """
import subprocess, time
subprocess.Popen(["sh", "-c", "setsid setsid sleep 983.{0} & wait"])
print("under way", flush=True)
time.sleep(600)
"""
#: Ends when its shepherd has been stopped.
UNWATCHED = """
import os
import time
def f() -> int:
    print("here", flush=True)
    shepherd = f"/proc/{os.getppid()}/stat"
    while open(shepherd).read().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.01)
    return 1
"""
LEVELS = pytest.mark.parametrize("level", ["auto", "basic"])
NOBODY = 65534

Launch = tuple[Callable[..., "subprocess.Popen[str]"], str]


@pytest.fixture
def workdir(tmp_path: Path) -> str:
    """The path that all processes of a test's executor carry in their environment."""
    return str(tmp_path)


@LEVELS
@pytest.mark.parametrize("victim", ["step", "watch", "lean"])
def test_whoever_is_killed_the_step_ends_and_the_next_one_runs(
    new_executor: Callable[..., ProcessExecutor], workdir: str, level: str, victim: str
) -> None:
    executor = new_executor(isolation=level)
    heard = Heard()
    mark = f"{time.monotonic_ns()}"
    step = executor.start(asked(raw(ENDLESS.format(mark))), heard)
    until(lambda: "under way" in heard.text and processes(f"983.{mark}"))
    target = named("lean", workdir) if victim == "lean" else at_work(victim, workdir)
    assert len(target) == 1

    os.kill(target[0], signal.SIGKILL)
    result = step.wait()

    assert result.outcome == "failed"
    assert result.error is not None
    if victim == "step":
        assert (result.error.kind, result.signal) == ("signal", "SIGKILL")
    else:
        assert result.error.kind == "lost"
        assert result.error.message.startswith("the step was lost: ")
    if victim == "lean" and level == "basic":
        until(lambda: not processes(f"983.{mark}"))
    assert processes(f"983.{mark}") == []
    spec = python("def f(a: int) -> int:\n    return a\n")
    assert run(executor, asked(spec, a=5)).outputs == {"result": 5}


@LEVELS
@pytest.mark.parametrize("victim", ["step", "watch"])
def test_a_spare_that_was_killed_is_replaced(
    new_executor: Callable[..., ProcessExecutor], workdir: str, level: str, victim: str
) -> None:
    executor = new_executor(isolation=level)
    spec = python("def f(a: int) -> int:\n    return a\n")
    run(executor, asked(spec, a=1)).close()
    spares = until(lambda: [p for p in named(victim, workdir) if p not in at_work(victim, workdir)])

    os.kill(spares[-1], signal.SIGKILL)
    until(lambda: spares[-1] not in processes(workdir))
    results = [run(executor, asked(spec, a=number)) for number in range(3)]

    # Spares take turns, so the one that lost its process may get the first request or the second.
    assert results[-1].outputs == {"result": 2}
    assert [result.outcome for result in results].count("success") >= 2


def test_a_shepherd_that_looks_late_takes_the_next_step_all_the_same(
    new_executor: Callable[..., ProcessExecutor], workdir: str
) -> None:
    executor = new_executor()
    heard = Heard()
    step = executor.start(asked(python(UNWATCHED)), heard)
    until(lambda: "here" in heard.text)
    (shepherd,) = at_work("watch", workdir)
    (process,) = at_work("step", workdir)

    os.kill(shepherd, signal.SIGSTOP)
    until(lambda: state(process) == "Z")
    os.kill(shepherd, signal.SIGCONT)
    result = step.wait()

    assert (result.outcome, result.exit_code) == ("success", 0)
    if executor.isolation == "strong":
        until(lambda: state(process) == "X")
        assert shepherd in named("watch", workdir)


def test_a_pool_that_cannot_start_says_why(
    new_executor: Callable[..., ProcessExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    executor = new_executor()
    spec = python("def f(a: int) -> int:\n    return a\n")

    result = run(executor, asked(spec, a=1))

    assert result.error is not None
    assert result.error.kind == "setup"
    assert "the warm pool `lean` could not be started" in result.error.message
    assert "/nowhere/python" in result.error.message
    monkeypatch.undo()
    assert run(executor, asked(spec, a=1)).outputs == {"result": 1}


def test_close_ends_everything_at_once(
    new_executor: Callable[..., ProcessExecutor], workdir: str
) -> None:
    executor = new_executor()
    heard = Heard()
    step = executor.start(asked(raw(ENDLESS.format(1))), heard)
    until(lambda: "under way" in heard.text)

    executor.close()

    result = step.wait()
    assert result.outcome == "cancelled"
    assert result.error is not None
    assert result.error.message == "the worker is shutting down"
    until(lambda: not processes(workdir), 3)
    with pytest.raises(RuntimeError, match="closed"):
        executor.start(asked(raw("pass")), heard)


@pytest.fixture(params=["as we are", "as nobody", "as an ordinary user"])
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Launch]:
    """Starts worker.py as this user or as one without rights; and the mark of its processes."""
    prefix: list[str] = []
    if request.param == "as nobody":
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            pytest.skip("only root can become nobody; the other case covers this user")
        os.chown(tmp_path, NOBODY, NOBODY)
        for directory in (tmp_path.parent, tmp_path.parent.parent):
            directory.chmod(0o755)
        # Reading is allowed everywhere: the interpreter may lie in a directory of root's.
        prefix = [
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
            "--bounding-set=-all,+dac_read_search",
        ]  # fmt: skip
    elif request.param == "as an ordinary user":
        # Our own user under another number, and without any capability.
        prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
            pytest.skip("this machine does not allow user namespaces")
    started: list[subprocess.Popen[str]] = []

    def start(level: str, task: str) -> subprocess.Popen[str]:
        module = "tests.integration.executors.worker"
        steps = str(tmp_path / "steps")
        command = [*prefix, sys.executable, "-m", module, steps, level, task, mark]
        started.append(
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    mark = f"984.{time.monotonic_ns()}"
    yield start, mark
    for process in started:
        process.kill()
        process.communicate()


@LEVELS
def test_when_the_worker_dies_everything_dies(launch: Launch, workdir: str, level: str) -> None:
    start, mark = launch
    worker = start(level, "endless")
    assert worker.stdout is not None
    assert worker.stdout.readline().startswith("under way")
    assert len(processes(mark)) >= 1
    assert len(processes(workdir)) >= 5

    worker.kill()
    worker.wait()

    until(lambda: not processes(workdir) and not processes(mark), 5)


@LEVELS
def test_steps_run_as_the_workers_user(
    launch: Launch, request: pytest.FixtureRequest, level: str
) -> None:
    start, _ = launch
    worker = start(level, "short")

    answer, _ = worker.communicate(timeout=60)

    assert worker.returncode == 0
    told = json.loads(answer)
    assert told["outputs"] == {"result": told["uid"]}
    assert ("as we are" in request.node.name) == (told["uid"] == os.geteuid())
    assert told["isolation"] in ("strong", "none")
    assert level == "auto" or told["isolation"] == "none"
