"""`up` as a person meets it: one link, parts that come back, an end that leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.processes import alive, descendants
from tests.support.stack import PARTS, ROOT, Stack, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def _stack(
    new_home: Callable[[], Path], stack_environment: Callable[[], dict[str, str]]
) -> Iterator[Stack]:
    stack = Stack(new_home(), **stack_environment()).start()
    yield stack
    stack.stop()


@pytest.fixture
def penstock(_stack: Stack) -> Stack:
    """A running one. Whoever stops it need not start it again: the next who asks does."""
    if _stack.process.poll() is not None:
        _stack.start()
    _stack.wait_whole()
    return _stack


def left(pids: set[int]) -> list[int]:
    """Those that still run a moment later: killed processes need one to go."""
    until = time.monotonic() + 2
    while (found := [pid for pid in pids if alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_one_link_signs_in_once_and_the_end_leaves_nothing(penstock: Stack) -> None:
    assert set(penstock.pids()) == set(PARTS)
    links = [line for line in penstock.lines if "/welcome/" in line]
    assert len(links) == 1

    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(penstock.link)
        assert page.status_code == 200
        assert "penstock_session" in browser.cookies
        me = browser.get(f"{penstock.url}/api/v1/me/").json()
        assert me["username"] == "admin"
        assert [team["role"] for team in me["teams"]] == ["admin"]
    with httpx.Client(follow_redirects=True) as stranger:
        again = stranger.get(penstock.link)
        assert "penstock_session" not in stranger.cookies
        assert stranger.get(f"{penstock.url}/api/v1/me/").status_code in (401, 403), again

    assert penstock.home.stat().st_mode & 0o777 == 0o700
    assert (penstock.home / "secret_key").stat().st_mode & 0o777 == 0o600

    everyone = descendants(penstock.process.pid) | {penstock.process.pid}
    assert set(penstock.pids().values()) < everyone
    assert penstock.stop(signal.SIGINT) < 5
    assert penstock.process.returncode == 0
    assert left(everyone) == []


def test_the_next_start_finds_its_data_and_gives_a_fresh_link(penstock: Stack) -> None:
    first, key = penstock.link, (penstock.home / "secret_key").read_text()
    with penstock.api as api:
        made = api.post("/pipelines/", json={"definition": {"schema": 1, "name": "kept"}})
        assert made.status_code == 201, made.text
    assert penstock.stop() < 5
    penstock.start()
    assert penstock.link.split("/welcome/")[1] != first.split("/welcome/")[1]
    assert (penstock.home / "secret_key").read_text() == key
    with penstock.api as api:
        assert api.get(f"/pipelines/{made.json()['id']}/").json()["name"] == "kept"


def test_every_part_comes_back_after_kill_9_and_the_end_is_clean(penstock: Stack) -> None:
    for name in PARTS:
        before = len(penstock.lines)
        orphans = descendants(penstock.pids()[name])
        old = penstock.kill(name)
        penstock.wait_for_line(
            rf"{name} ended \(killed by SIGKILL\); starting it again", start=before
        )
        penstock.wait_for_restart(name, old)
        assert left(orphans | {old}) == [], f"what {name} had started outlived it"
    penstock.wait_ready()
    everyone = descendants(penstock.process.pid) | {penstock.process.pid}
    penstock.kill("worker")
    assert penstock.stop() < 5
    assert left(everyone) == []


def test_nothing_outlives_a_killed_supervisor(penstock: Stack) -> None:
    everyone = descendants(penstock.process.pid)
    penstock.process.kill()
    penstock.process.wait()
    assert left(everyone) == []
    penstock.start()
    penstock.wait_ready()


def test_a_second_start_on_the_same_data_names_the_first(penstock: Stack) -> None:
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PENSTOCK_HOME": str(penstock.home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert f"process {penstock.process.pid} at {penstock.url}" in second.stderr
    assert f"kill {penstock.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    penstock.wait_ready()


def test_a_stop_while_it_prepares_leaves_nothing(new_home: Callable[[], Path]) -> None:
    home = new_home()
    starting = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PENSTOCK_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    state = home / "run" / "up.json"
    wait_until(lambda: state.exists() and "prepare" in state.read_text(), "the preparation")
    everyone = descendants(starting.pid)
    began = time.monotonic()
    starting.send_signal(signal.SIGTERM)
    output, _ = starting.communicate(timeout=10)
    assert time.monotonic() - began < 5
    assert starting.returncode == 0
    assert b"Traceback" not in output
    assert left(everyone) == []
