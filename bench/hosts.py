"""`python -m bench.hosts`: one run on one worker, then on two that stand for two hosts.

Each has a data directory, a host name where the kernel lets us give one, one slot and one core; they
share the database, Redis and the artifacts, as workers on two machines do.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.config.supervisor import services
from tests.support.processes import descendants
from tests.support.stack import ROOT, Stack

from . import report
from .penstock import BURN_SECONDS, Graph, answer, publish, running, start, wait

NODES = 40


def main() -> int:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("  two hosts: this machine has one core, so two workers cannot be told from one")
        return 0
    if not os.environ.get("DATABASE_URL"):
        print("  two hosts: not on SQLite, which is a file on one machine")
        return 0
    graph = Graph("burn", NODES, component="bench/burn")
    with running(PENSTOCK_SLOTS="1") as stack, stack.api as api:
        _pin(stack.pids()["worker"], cores[0])
        pipeline = publish(api, graph.definition())
        alone = wait(api, pipeline, start(api, pipeline))
        report.seconds(f"{NODES} steps of {BURN_SECONDS} s, one host", [alone])
        with _second_host(stack, cores[1]) as name:
            _until_announced(stack, name)
            run = start(api, pipeline)
            both = wait(api, pipeline, run)
            report.seconds(f"{NODES} steps of {BURN_SECONDS} s, two hosts", [both])
            report.below("two hosts to one", both / alone, "x", 0.6)
            shares = Counter(
                answer(api.get(f"/runs/{run}/nodes/n{number}/"))["attempts"][-1]["worker"]
                for number in range(NODES)
            )
            share = min(shares.values()) / NODES * 100 if len(shares) == 2 else 0.0
            report.between("the smaller share of two hosts", share, "%", 40, 50)
    return 0


@contextmanager
def _second_host(stack: Stack, core: int) -> Iterator[str]:
    """Another worker, as an operator starts it on another machine; its host's name."""
    home = stack.home.with_name("second")
    home.mkdir()
    shutil.copy2(stack.home / "secret_key", home / "secret_key")
    name = "second-host"
    env = {
        **stack._env,
        "PENSTOCK_HOME": str(home),
        "REDIS_URL": f"unix://{stack.home}/run/redis.sock",
        "STORAGE_URL": f"file://{stack.home}/artifacts",
        "DJANGO_SETTINGS_MODULE": "pipelines.config.settings",
    }
    argv = [*services.worker().argv, "--hostname", f"celery@{name}"]
    command = ["taskset", "--cpu-list", str(core)]
    if (
        subprocess.run(["unshare", "--uts", "true"], check=False, capture_output=True).returncode
        == 0
    ):
        command += ["unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"]
    process = subprocess.Popen([*command, *argv], cwd=ROOT, env=env)
    try:
        yield name
    finally:
        process.terminate()
        process.wait(20)


def _until_announced(stack: Stack, name: str) -> None:
    """Until the second worker takes nodes and its pools are warm."""
    until = time.monotonic() + 60
    with stack.api as api:
        while time.monotonic() < until:
            if len(answer(api.get("/workers/"))["results"]) >= 2:
                time.sleep(5)
                return
            time.sleep(0.5)
    raise RuntimeError(f"the worker of {name} did not announce itself within 60 s")


def _pin(process: int, core: int) -> None:
    """Keep a process, its threads and all that it has started on one core."""
    for pid in {process} | descendants(process):
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


if __name__ == "__main__":
    sys.exit(main())
