"""What a step may use, and what happens to it when it wants more."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.executors.forkserver.cgroups import Groups
from pipelines.executors.process import ProcessExecutor
from pipelines.executors.protocol import Limits
from tests.integration.executors.stage import Heard, asked, processes, python, raw, run, until

STUBBORN = """
import os, signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sh", "-c", "trap '' TERM; setsid sleep 987.{0} & while :; do sleep 987.{0}; done"])
print("under way", flush=True)
time.sleep(600)
"""


def test_a_step_that_takes_too_long_is_ended_with_all_its_children(
    executor: ProcessExecutor,
) -> None:
    mark = f"{time.monotonic_ns()}"
    heard = Heard()
    started = time.monotonic()

    result = run(executor, asked(raw(STUBBORN.format(mark)), Limits(seconds=1)), heard)

    assert result.error is not None
    assert (result.error.kind, result.error.message) == ("timeout", "the step took longer than 1s")
    assert 1 <= time.monotonic() - started < 8
    assert heard.text == "under way\n"
    assert processes(f"987.{mark}") == []


def test_cancel_lets_a_step_tidy_up(executor: ProcessExecutor) -> None:
    heard = Heard()
    body = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'tidied\\n'), sys.exit(0)))\n"
        "os.write(1, b'ready\\n')\n"
        "time.sleep(600)\n"
    )
    step = executor.start(asked(raw(body)), heard)
    until(lambda: "ready" in heard.text)

    step.cancel("ada cancelled the run")
    step.cancel("twice does no harm")
    result = step.wait()

    assert result.outcome == "cancelled"
    assert result.error is not None
    assert (result.error.kind, result.error.message) == ("cancelled", "ada cancelled the run")
    assert heard.text.startswith("ready\ntidied\n")
    step.cancel("too late, and still no harm")


def test_cancel_kills_a_step_that_does_not_listen(executor: ProcessExecutor) -> None:
    mark = f"{time.monotonic_ns()}"
    heard = Heard()
    step = executor.start(asked(raw(STUBBORN.format(mark))), heard)
    until(lambda: heard.text and processes(f"987.{mark}"))
    started = time.monotonic()

    step.cancel("stop")
    result = step.wait()

    assert result.outcome == "cancelled"
    assert result.signal == "SIGKILL"
    assert 1.9 < time.monotonic() - started < 8
    assert processes(f"987.{mark}") == []


def test_a_step_is_cancelled_before_its_pool_is_warm(
    new_executor: Callable[..., ProcessExecutor],
) -> None:
    executor = new_executor(warm=())
    heard = Heard()
    step = executor.start(asked(python("import pandas\ndef f():\n    print('ran')\n")), heard)

    step.cancel("changed my mind")
    result = step.wait()

    assert result.outcome == "cancelled"
    assert executor.isolation == "", "it waited for the pool"
    assert heard.text == ""


def test_a_step_that_eats_memory_is_ended(executor: ProcessExecutor) -> None:
    body = "eaten = []\nwhile True:\n    eaten.append(bytearray(8 * 2**20))\n"

    result = run(executor, asked(raw(body), Limits(seconds=60, memory_bytes=200 * 2**20)))

    assert result.error is not None
    assert result.error.kind == "memory"
    assert re.fullmatch(
        r"the step used [\d.]+ MiB of memory; its limit is 200 MiB. "
        "Raise `resources.memory` of the node, or work on less",
        result.error.message,
    )
    assert result.peak_memory is not None
    assert 200 * 2**20 < result.peak_memory < 2**30


def test_memory_of_all_processes_counts(executor: ProcessExecutor) -> None:
    body = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        eaten = bytearray(b'x' * (100 * 2**20))\n"
        "        time.sleep(60)\n"
        "time.sleep(60)\n"
    )

    result = run(executor, asked(raw(body), Limits(seconds=60, memory_bytes=300 * 2**20)))

    assert result.error is not None
    assert result.error.kind == "memory"


def test_memory_that_forks_share_counts_once(executor: ProcessExecutor) -> None:
    body = (
        "import os, time\n"
        "shared = bytearray(b'x' * (120 * 2**20))\n"
        "children = []\n"
        "for _ in range(4):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        time.sleep(1)\n"
        "        os._exit(0)\n"
        "    children.append(pid)\n"
        "for pid in children:\n"
        "    os.waitpid(pid, 0)\n"
    )

    result = run(executor, asked(raw(body), Limits(seconds=60, memory_bytes=250 * 2**20)))

    assert result.error is None


def test_a_single_huge_allocation_fails_where_it_is_made(executor: ProcessExecutor) -> None:
    spec = python("def f() -> int:\n    big = bytearray(2**40)\n    return len(big)\n")

    result = run(executor, asked(spec, Limits(seconds=60, memory_bytes=200 * 2**20)))

    assert result.error is not None
    assert (result.error.kind, result.error.line) == ("memory", 2)
    assert result.error.message == (
        "the step used more than 200 MiB of memory. Raise `resources.memory` of the node, "
        "or work on less"
    )


@pytest.mark.faults
def test_a_fork_bomb_is_bounded(executor: ProcessExecutor) -> None:
    mark = f"{time.monotonic_ns()}"
    # It would end by itself at some two thousand processes, should nobody stop it.
    body = (
        "import os, subprocess\n"
        "for _ in range(10):\n"
        "    os.fork()\n"
        f"subprocess.run(['sleep', '986.{mark}'])\n"
    )

    result = run(executor, asked(raw(body), Limits(seconds=30, processes=40)))

    assert result.error is not None
    assert result.error.message == "the step started more than 40 processes"
    assert processes(f"986.{mark}") == []


def test_a_log_without_end_is_cut_and_the_step_goes_on(executor: ProcessExecutor) -> None:
    heard = Heard()
    body = (
        "import json\n"
        "for i in range(200_000):\n"
        "    print('line', i)\n"
        "print(json.dumps({'metric': 'still', 'value': 1}))\n"
    )

    result = run(executor, asked(raw(body), Limits(seconds=60, log_bytes=100_000)), heard)

    assert result.outcome == "success"
    assert result.log_truncated
    lines = heard.text.splitlines()
    assert lines[:-1] == [f"line {i}" for i in range(len(lines) - 1)]
    assert lines[-1] == "[penstock] the log is longer than 100,000 bytes; the rest is not kept"
    assert 99_000 < len(heard.text) < 100_200
    assert heard.metrics == [("still", 1.0, None)]


def test_a_step_is_not_held_up_by_how_much_it_prints(one_executor: ProcessExecutor) -> None:
    heard = Heard()
    body = (
        "import os\n"
        "piece = b'x' * 2**20\n"
        "for _ in range(256):\n"
        "    sent = 0\n"
        "    while sent < len(piece):\n"
        "        sent += os.write(1, piece[sent:])\n"
    )
    began = time.monotonic()

    result = run(one_executor, asked(raw(body)), heard)

    assert result.outcome == "success"
    assert heard.text.endswith(" … (the line is longer and was cut)\n")
    assert time.monotonic() - began < 5, "256 MiB should pass in a fraction of a second"


def test_a_fast_log_arrives_whole_and_in_batches(executor: ProcessExecutor) -> None:
    class Counting(Heard):
        calls = 0

        def log(self, text: str) -> None:
            self.calls += 1
            super().log(text)

    heard = Counting()
    body = "for i in range(50_000):\n    print('a line like any other', i, flush=True)\n"

    result = run(executor, asked(raw(body)), heard)

    assert result.outcome == "success"
    assert heard.text.splitlines() == [f"a line like any other {i}" for i in range(50_000)]
    assert heard.calls < 2_500


@pytest.mark.parametrize(
    "body",
    [
        "open('big', 'wb').write(bytes(9 * 2**20))",
        "import time\n"
        "for i in range(8):\n"
        "    open(f'part{i}', 'wb').write(bytes(2 * 2**20))\n"
        "time.sleep(60)",
    ],
    ids=["one file", "many files"],
)
def test_a_step_that_fills_the_disk_is_ended(executor: ProcessExecutor, body: str) -> None:
    result = run(executor, asked(raw(body), Limits(seconds=30, output_bytes=8 * 2**20)))

    assert result.outcome == "failed"
    error: Any = result.error
    assert "File too large" in error.message or error.message == (
        "the step wrote more than 8 MiB of files"
    )


def of_the_kernel(controller: str) -> pytest.MarkDecorator:
    missing = controller not in Groups().places
    return pytest.mark.skipif(missing, reason="no control group can be made on this machine")


@of_the_kernel("memory")
def test_the_kernel_ends_what_takes_all_its_memory_at_once(executor: ProcessExecutor) -> None:
    body = (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'bytearray(400 * 2**20)'])"
    )
    place = Groups().places["memory"]
    before = set(place.glob(f"penstock-steps-{os.getpid()}-*"))
    alone = "x = bytearray(400 * 2**20)\nfor i in range(0, len(x), 4096): x[i] = 1"
    for greedy in (alone, body + ".check_returncode()"):
        limits = Limits(seconds=60, memory_bytes=100 * 2**20)
        result = run(executor, asked(raw(greedy), limits))
        assert result.error is not None
        assert (result.error.kind, result.outcome) == ("memory", "failed")
        assert "100 MiB" in result.error.message
    until(lambda: set(place.glob(f"penstock-steps-{os.getpid()}-*")) <= before)


@of_the_kernel("cpu")
def test_the_kernel_gives_a_step_its_share_of_the_processors(executor: ProcessExecutor) -> None:
    body = "import time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: pass"
    result = run(executor, asked(raw(body), Limits(seconds=60, cpu=0.2)))
    assert result.outcome == "success"
    assert result.cpu_seconds is not None
    assert result.cpu_seconds < 0.7
