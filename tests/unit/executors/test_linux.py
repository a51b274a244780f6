"""The system calls that Python has no name for."""

import subprocess
import sys

from tests.support.stack import ROOT

COLLAPSE = """
import re
from pathlib import Path
from pipelines.executors.forkserver import linux
def huge():
    return sum(map(int, re.findall(r"AnonHugePages: +(\\d+)", Path("/proc/self/smaps").read_text())))
kept = [bytes([number % 251]) * 100_000 for number in range(200)]
before = huge()
linux.collapse_memory()
assert kept == [bytes([number % 251]) * 100_000 for number in range(200)]
print(huge() - before)
"""


def test_collapsed_memory_is_what_it_was() -> None:
    found = subprocess.run(
        [sys.executable, "-c", COLLAPSE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert int(found.stdout) >= 0
