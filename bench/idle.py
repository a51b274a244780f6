"""`python -m bench.idle`: how much memory an idle Penstock takes, with its warm pools and without."""

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.processes import descendants
from tests.support.stack import Stack, wait_until

from . import report as lines
from . import usage

#: MiB that all processes together should stay under when the large pools are retired.
GOAL = 350.0
SETTLE_SECONDS = 10
IDLE_SECONDS = 20


def report(env: Mapping[str, str]) -> bool:
    """Print both measurements; whether the goal is reached."""
    total = 0.0
    for moment, memory in measure(env).items():
        for name, amount in memory.items():
            lines.below(f"idle, {moment}, {name}", amount, "MiB")
        total = sum(memory.values())
        goal = GOAL if moment == "pools retired" else None
        lines.below(f"idle, {moment}, all", total, "MiB", goal)
    return total < GOAL


def measure(env: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """MiB by process, shortly after the start and when the pools have ended. Nothing is run."""
    with tempfile.TemporaryDirectory(prefix="pb-") as directory:
        retiring = {"PENSTOCK_POOL_IDLE_SECONDS": str(IDLE_SECONDS)}
        stack = Stack(Path(directory) / "home", **env, **retiring).start()
        try:
            stack.wait_ready()
            wait_until(lambda: _waiting(stack, "data"), "the data pool to be warm", 60)
            time.sleep(SETTLE_SECONDS)
            warm = usage.memory(stack)
            late = 3 * IDLE_SECONDS
            wait_until(
                lambda: not usage.pools(stack, "data"), "the data pool to end", late, every=1
            )
            return {"pools warm": warm, "pools retired": usage.memory(stack)}
        finally:
            stack.stop()


def _waiting(stack: Stack, pool: str) -> bool:
    """Whether the pool has loaded all and has processes waiting for its next step."""
    return any(len(descendants(server)) > 1 for server in usage.pools(stack, pool))


if __name__ == "__main__":
    sys.exit(0 if report({}) else 1)
