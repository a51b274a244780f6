"""`up` as a person meets it: one link, parts that come back, an end that leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.processes import alive, descendants
from tests.support.stack import ROOT, Stack, wait_until

PARTS = ("redis", "web", "worker", "scheduler")


def left(pids: set[int]) -> list[int]:
    """Those that still run a moment later: killed processes need one to go."""
    until = time.monotonic() + 2
    while (found := [pid for pid in pids if alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return found


@pytest.mark.faults
def test_one_link_signs_in_once_and_the_end_leaves_nothing(
    start_stack: Callable[..., Stack],
) -> None:
    stack = start_stack()
    assert set(stack.pids()) == set(PARTS)
    links = [line for line in stack.lines if "/welcome/" in line]
    assert len(links) == 1

    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(stack.link)
        assert page.status_code == 200
        assert "penstock_session" in browser.cookies
        me = browser.get(f"{stack.url}/api/v1/me/").json()
        assert me["username"] == "admin"
        assert [team["role"] for team in me["teams"]] == ["admin"]
    with httpx.Client(follow_redirects=True) as stranger:
        again = stranger.get(stack.link)
        assert "penstock_session" not in stranger.cookies
        assert stranger.get(f"{stack.url}/api/v1/me/").status_code in (401, 403), again

    assert stack.home.stat().st_mode & 0o777 == 0o700
    assert (stack.home / "secret_key").stat().st_mode & 0o777 == 0o600

    everyone = descendants(stack.process.pid) | {stack.process.pid}
    assert set(stack.pids().values()) < everyone
    assert stack.stop(signal.SIGINT) < 5
    assert stack.process.returncode == 0
    assert left(everyone) == []


@pytest.mark.faults
def test_the_next_start_finds_its_data_and_gives_a_fresh_link(
    start_stack: Callable[..., Stack],
) -> None:
    stack = start_stack()
    first, key = stack.link, (stack.home / "secret_key").read_text()
    with stack.api as api:
        made = api.post("/pipelines/", json={"definition": {"schema": 1, "name": "kept"}})
        assert made.status_code == 201, made.text
    assert stack.stop() < 5
    stack.start()
    assert stack.link.split("/welcome/")[1] != first.split("/welcome/")[1]
    assert (stack.home / "secret_key").read_text() == key
    with stack.api as api:
        assert api.get(f"/pipelines/{made.json()['id']}/").json()["name"] == "kept"


@pytest.mark.faults
def test_every_part_comes_back_after_kill_9_and_the_end_is_clean(
    start_stack: Callable[..., Stack],
) -> None:
    stack = start_stack()
    for name in PARTS:
        before = len(stack.lines)
        orphans = descendants(stack.pids()[name])
        old = stack.kill(name)
        stack.wait_for_line(rf"{name} ended \(killed by SIGKILL\); starting it again", start=before)
        stack.wait_for_restart(name, old)
        assert left(orphans | {old}) == [], f"what {name} had started outlived it"
    stack.wait_ready()
    everyone = descendants(stack.process.pid) | {stack.process.pid}
    stack.kill("worker")
    assert stack.stop() < 5
    assert left(everyone) == []


@pytest.mark.faults
def test_nothing_outlives_a_killed_supervisor(start_stack: Callable[..., Stack]) -> None:
    stack = start_stack()
    everyone = descendants(stack.process.pid)
    stack.process.kill()
    stack.process.wait()
    assert left(everyone) == []
    stack.start()
    stack.wait_ready()


@pytest.mark.faults
def test_a_second_start_on_the_same_data_names_the_first(
    start_stack: Callable[..., Stack],
) -> None:
    stack = start_stack()
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PENSTOCK_HOME": str(stack.home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert f"process {stack.process.pid} at {stack.url}" in second.stderr
    assert f"kill {stack.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    stack.wait_ready()


@pytest.mark.faults
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
