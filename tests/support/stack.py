"""A whole Penstock, started by `manage.py up` as a person would, for tests to use and to break."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

from pipelines.config import home as data_directory
from pipelines.config.supervisor import redis

from . import redis_server

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("redis", "web", "worker", "scheduler")
ENDED = ("success", "failed", "cancelled")


class Stack:
    """One running Penstock.

    `api` is an HTTP client of the first administrator (with a token), `link` the unused login link
    for a browser unless `signed_in` was asked for, `lines` all that was printed so far.
    """

    def __init__(self, home: Path, **env: str) -> None:
        self.home = home
        self.lines: list[str] = []
        self._env = _environment(home, env)
        self._printed = threading.Condition()

    def start(self, *options: str) -> Self:
        """Start it on any free port; returns once the link is printed. Raises if it ends before."""
        self.lines.clear()
        self._token = ""
        argv = [sys.executable, "manage.py", "up", "--port", "0", *options]
        self.process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.link = self.wait_for_line(r"(http://\S+/welcome/\S+/)", seconds=90).group(1)
        self.url = self.link.split("/welcome/")[0]
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._printed:
                self.lines.append(line.rstrip("\n"))
                self._printed.notify_all()
        with self._printed:
            self._printed.notify_all()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, pattern: str, seconds: float = 20, start: int = 0) -> re.Match[str]:
        """The first match in what was printed since line `start`; fails with all that was."""
        until = time.monotonic() + seconds
        with self._printed:
            while True:
                for line in self.lines[start:]:
                    if found := re.search(pattern, line):
                        return found
                left = until - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                if left <= 0 or ended:
                    state = f"ended with {self.process.returncode}" if ended else "still runs"
                    raise AssertionError(
                        f"no line like {pattern!r} within {seconds} s (it {state}):\n{self.output}"
                    )
                self._printed.wait(min(left, 0.2))

    # -- processes

    def pids(self) -> dict[str, int]:
        """The pids of redis, web, worker and scheduler, by name."""
        written = (self.home / "run" / "up.json").read_text()
        return dict(json.loads(written)["children"]) if written else {}

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one part, as soon as it runs; returns the pid that it had."""
        wait_until(lambda: name in self.pids(), f"{name} to run", 60)
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def wait_for_restart(self, name: str, old: int, seconds: float = 30) -> int:
        """Wait until the supervisor has started another process for a killed part."""
        wait_until(lambda: self.pids().get(name, old) != old, f"{name} to restart", seconds)
        return self.pids()[name]

    def wait_whole(self, seconds: float = 60) -> None:
        """Wait until every part runs and web answers."""
        wait_until(lambda: set(PARTS) <= set(self.pids()), "every part to run", seconds)
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until web answers again."""

        def answers() -> bool:
            try:
                return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(answers, "web to answer", seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; the seconds that took. It is killed, and the test fails, after ten."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not stop within 10 s:\n{self.output}") from None
        took = time.monotonic() - began
        self._reader.join(5)
        return took

    # -- the API

    def manage(self, *arguments: str) -> str:
        """The output of a management command on the same data."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def login_link(self) -> str:
        """A fresh one-time link, for one more browser."""
        found = re.search(r"(http://\S+)?/welcome/(\S+)/", self.manage("login_link", "admin"))
        assert found, "login_link printed no link"
        return f"{self.url}/welcome/{found.group(2)}/"

    @property
    def api(self) -> httpx.Client:
        """A client of `/api/v1` as the first administrator."""
        if not self._token:
            self._token = self.manage("create_token", "admin").split()[-1]
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Token {self._token}"},
            timeout=30,
        )

    def run(
        self, definition: dict[str, Any], parameters: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Save a definition as a new pipeline, publish it and start a run; the run's JSON."""
        with self.api as api:
            pipeline = _ok(api.post("/pipelines/", json={"definition": definition}))
            _ok(api.post(f"/pipelines/{pipeline['id']}/versions/", json={"message": "test"}))
            body = {"parameters": parameters or {}}
            return _ok(api.post(f"/pipelines/{pipeline['id']}/runs/", json=body))

    def get_run(self, run_id: str) -> dict[str, Any]:
        with self.api as api:
            return _ok(api.get(f"/runs/{run_id}/"))

    def wait_run(self, run_id: str, seconds: float = 60) -> dict[str, Any]:
        """The run once it has ended; web may be down for a while meanwhile."""
        last: dict[str, Any] = {}

        def ended() -> bool:
            try:
                last.update(self.get_run(run_id))
            except httpx.HTTPError:
                return False
            return last["state"] in ENDED

        try:
            wait_until(ended, "the run to end", seconds, every=0.1)
        except AssertionError as error:
            nodes = {node["id"]: node["state"] for node in last.get("nodes", ())}
            raise AssertionError(f"{error}; nodes: {nodes}\n{self.output}") from None
        return last


def prepare(home: Path) -> None:
    """Make a data directory with what the first start puts there: the tables, the components, the
    administrator and the examples. Stacks that are not about the first start get a copy of it.
    """
    data_directory.claim(home)
    with redis_server.running(redis.socket_path(home)):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.config.supervisor.prepare"],
            cwd=ROOT,
            env=_environment(home, {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    shutil.rmtree(home / "run")


def wait_until(
    condition: Callable[[], bool], what: str, seconds: float = 20, every: float = 0.05
) -> None:
    """Wait for a condition; fails naming it."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(every)


def _environment(home: Path, env: dict[str, str]) -> dict[str, str]:
    """Ours without what belongs to the tests' own Django."""
    dropped = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "STORAGE_URL")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, "PENSTOCK_HOME": str(home), "PYTHONUNBUFFERED": "1", **env}


def _ok(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.request.url}: {response.status_code} {response.text}"
    return response.json()
