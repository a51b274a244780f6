"""The supervisor keeps its children running and leaves none behind, with plain programs as children."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.processes import alive
from tests.support.stack import ROOT, wait_until

SETUP = """
import os, sys
from pipelines.config.supervisor.console import Console
from pipelines.config.supervisor.services import Service
from pipelines.config.supervisor.supervisor import Supervisor

def python(name, code):
    return Service(name, (sys.executable, "-c", code))

supervisor = Supervisor(Console(), dict(os.environ))
"""
STAY = """
while not supervisor.stop_requested and not supervisor.console.closed:
    supervisor.tick()
supervisor.stop()
"""
#: Says its pid and that of a child which left its process group, and stays.
FAMILY = """
import os, subprocess, time
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
print("family", os.getpid(), child.pid, flush=True)
time.sleep(300)
"""


class Program:
    """A supervisor under test in a process of its own."""

    def __init__(self, body: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SETUP + textwrap.dedent(body)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self, pattern: str) -> re.Match[str]:
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"no line like {pattern!r} in {seen}")


@pytest.fixture
def program() -> Iterator[Callable[[str], Program]]:
    started: list[Program] = []

    def start(body: str) -> Program:
        started.append(Program(body))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_a_child_that_dies_is_started_again_and_said_so(
    program: Callable[[str], Program],
) -> None:
    running = program(f"supervisor.start(python('web', {FAMILY!r}))" + STAY)
    first, orphan = map(int, running.line(r"family (\d+) (\d+)").groups())
    os.kill(first, signal.SIGKILL)
    running.line(r"web ended \(killed by SIGKILL\); starting it again in 0.2 s")
    second = int(running.line(r"family (\d+)").group(1))
    assert second != first
    wait_until(lambda: not alive(orphan), "the dead child's own child to be killed")


def test_a_child_that_keeps_dying_is_started_less_and_less_often(
    program: Callable[[str], Program],
) -> None:
    running = program("supervisor.start(python('worker', 'raise SystemExit(3)'))" + STAY)
    running.line(r"worker ended \(exit code 3\); starting it again in 0.2 s")
    running.line(r"worker ended \(exit code 3\); starting it again in 1 s")
    running.line(r"worker ended \(exit code 3\); starting it again in 2 s")


def test_a_stop_ends_even_what_refuses_to(program: Callable[[str], Program]) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FAMILY
    running = program(f"supervisor.start(python('worker', {deaf!r}))" + STAY)
    pids = list(map(int, running.line(r"family (\d+) (\d+)").groups()))
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert [pid for pid in pids if alive(pid)] == []


def test_a_second_signal_does_not_wait(program: Callable[[str], Program]) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FAMILY
    running = program(f"supervisor.start(python('worker', {deaf!r}))" + STAY)
    running.line("family")
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.1)  # two signals at once would be one
    running.process.send_signal(signal.SIGINT)
    running.process.wait(10)
    assert time.monotonic() - began < 2


def test_the_children_die_with_a_killed_supervisor(program: Callable[[str], Program]) -> None:
    running = program(f"supervisor.start(python('web', {FAMILY!r}))" + STAY)
    pid, grandchild = map(int, running.line(r"family (\d+) (\d+)").groups())
    running.process.kill()
    running.process.wait()
    try:
        wait_until(lambda: not alive(pid), "the child to die with its parent", 5)
    finally:
        os.kill(grandchild, signal.SIGKILL)


def test_it_stops_when_nobody_reads(program: Callable[[str], Program]) -> None:
    chatter = "import time\nwhile True: print('x', flush=True); time.sleep(0.05)"
    running = program(f"supervisor.start(python('web', {chatter!r}))" + STAY)
    running.line("x")
    assert running.process.stdout is not None
    running.process.stdout.close()
    running.process.wait(10)


def test_a_command_is_run_once_and_its_exit_code_known(
    program: Callable[[str], Program],
) -> None:
    running = program(
        """
        print("first", supervisor.run_once(python("prepare", "print('hello'); exit(4)"), 20))
        print("then", supervisor.run_once(python("prepare", "import time; time.sleep(99)"), 0.3))
        supervisor.stop()
        """
    )
    running.line("^hello$")
    running.line("^first 4$")
    running.line("^then None$")
    assert running.process.wait(10) == 0


def test_errors_are_passed_on_like_everything_else(program: Callable[[str], Program]) -> None:
    # More than a pipe holds: a child whose errors nobody reads would stand still.
    code = "import sys; sys.stderr.write('trouble\\n' * 20_000 + '\\n \\nlast words')"
    running = program(f"supervisor.start(python('web', {code!r}))" + STAY)
    running.line(r"^web +\| trouble$")
    running.line(r"^web +\| last words$")
    running.line(r"web ended \(exit code 0\)")


def test_long_and_unfinished_lines_are_passed_on(program: Callable[[str], Program]) -> None:
    code = "import sys; sys.stdout.write('a' * 200_000 + '\\nend'); sys.exit(0)"
    running = program(
        f"""
        supervisor.start(python("web", {code!r}))
        while not supervisor.deaths("web"):
            supervisor.tick(0.1)
        supervisor.stop()
        """
    )
    assert running.process.stdout is not None
    text = running.process.stdout.read()
    assert text.count("a") >= 200_000
    assert re.search(r"^web +\| end$", text, re.M)
