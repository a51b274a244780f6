"""Runs one command of uv, and leaves nothing of it behind: not its builds, not when we are killed.

Started as a process of its own. It dies with the worker, and takes with it whatever a package's
build has started.
"""

import os
import signal
import subprocess
import sys
from types import FrameType
from typing import NoReturn

from ..forkserver import linux, tree

_PATIENCE = 5.0
#: Steps that run meanwhile come first.
_NICE = 10


def main(worker: int, command: list[str]) -> NoReturn:
    linux.set_name("penstock-build")
    linux.adopt_orphans()
    os.nice(_NICE)

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        tree.kill_all(tree.Descendants(), _PATIENCE)
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    linux.die_with_parent(signal.SIGTERM, worker)
    try:
        code = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    except OSError as error:
        print(f"error: {command[0]} cannot be started: {error}", file=sys.stderr, flush=True)
        code = 127
    tree.kill_all(tree.Descendants(), _PATIENCE)
    os._exit(code & 0xFF if code >= 0 else 128 - code)
