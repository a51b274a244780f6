"""How much memory an idle Penstock takes: the PSS of all its processes, shared pages counted once."""

import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.processes import descendants
from tests.support.stack import Stack

SETTLE_SECONDS = 10


def measure(env: Mapping[str, str]) -> dict[str, float]:
    """MiB by process, of a Penstock that was started a while ago and has done nothing since."""
    with tempfile.TemporaryDirectory(prefix="pb-") as directory:
        stack = Stack(Path(directory) / "home", **env).start()
        try:
            stack.wait_ready()
            time.sleep(SETTLE_SECONDS)
            names = {pid: name for name, pid in stack.pids().items()}
            return _memory(stack.process.pid, {stack.process.pid: "supervisor", **names})
        finally:
            stack.stop()


def _memory(root: int, names: Mapping[int, str]) -> dict[str, float]:
    found = dict.fromkeys(names.values(), 0.0)
    for pid, name in names.items():
        found[name] += _pss(pid)
        if pid == root:
            continue
        for child in descendants(pid):
            found[f"{name}'s children"] = found.get(f"{name}'s children", 0.0) + _pss(child)
    return found


def _pss(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
    return int(match.group(1)) / 1024 if match else 0.0
