"""`python -m bench.idle`: how much memory an idle Penstock takes, with its warm pools and without.

It is the PSS of all its processes, which counts shared pages once. Another Penstock on the same
machine shares pages with this one and makes the figures smaller than they are alone.
"""

import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.processes import descendants
from tests.support.stack import Stack, wait_until

#: MiB that all processes together should stay under when the large pools are retired.
GOAL = 400.0
SETTLE_SECONDS = 10
IDLE_SECONDS = 20
POOLS = ("lean", "data")


def report(env: Mapping[str, str]) -> bool:
    """Print both measurements; whether the goal is reached."""
    total = 0.0
    for moment, memory in measure(env).items():
        for name, amount in memory.items():
            print(f"  {f'idle, {moment}, {name}':<44} {amount:8.1f} MiB")
        total = sum(memory.values())
        print(f"  {f'idle, {moment}, all':<44} {total:8.1f} MiB", flush=True)
    print(f"  {'goal with pools retired':<44} {GOAL:8.1f} MiB", flush=True)
    return total <= GOAL


def measure(env: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """MiB by process, shortly after the start and when the pools have ended. Nothing is run."""
    with tempfile.TemporaryDirectory(prefix="pb-") as directory:
        retiring = {"PENSTOCK_POOL_IDLE_SECONDS": str(IDLE_SECONDS)}
        stack = Stack(Path(directory) / "home", **env, **retiring).start()
        try:
            stack.wait_ready()
            wait_until(lambda: _waiting(stack, "data"), "the data pool to be warm", 60)
            time.sleep(SETTLE_SECONDS)
            warm = _memory(stack)
            late = 3 * IDLE_SECONDS
            wait_until(lambda: not _pools(stack, "data"), "the data pool to end", late, every=1)
            return {"pools warm": warm, "pools retired": _memory(stack)}
        finally:
            stack.stop()


def _memory(stack: Stack) -> dict[str, float]:
    """By part; a pool is its fork server with the processes that wait for its next step."""
    supervisor = stack.process.pid
    names = {supervisor: "supervisor"} | {pid: name for name, pid in stack.pids().items()}
    everything = descendants(supervisor)
    for pool in POOLS:
        for server in _pools(stack, pool):
            names |= dict.fromkeys({server} | descendants(server), f"pool {pool}")
    found: dict[str, float] = {}
    for pid in {supervisor} | everything:
        name = names.get(pid, "others")
        found[name] = found.get(name, 0.0) + _pss(pid)
    return dict(sorted(found.items()))


def _pools(stack: Stack, pool: str) -> list[int]:
    """The pids of a pool's fork servers: one for each worker."""
    return [pid for pid in descendants(stack.process.pid) if _command(pid) == f"penstock-{pool}"]


def _waiting(stack: Stack, pool: str) -> bool:
    """Whether the pool has loaded all and has processes waiting for its next step."""
    return any(len(descendants(server)) > 1 for server in _pools(stack, pool))


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
    return int(match.group(1)) / 1024 if match else 0.0


if __name__ == "__main__":
    sys.exit(0 if report({}) else 1)
