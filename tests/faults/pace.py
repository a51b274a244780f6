"""How much slower than alone everything runs, so that a promise in seconds can be held to."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WORK = 0.004
_PAUSE = 0.1


class Pace:
    """`slowness` is 1 where nobody else computes: the seconds that a second of computing took."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    @property
    def slowness(self) -> float:
        return max(1.0, statistics.fmean(self._seen)) if self._seen else 1.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._measure, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _measure(self, over: threading.Event) -> None:
        while True:
            began, computed = time.monotonic(), time.thread_time()
            while time.thread_time() - computed < _WORK:
                pass
            self._seen.append((time.monotonic() - began) / _WORK)
            if over.wait(_PAUSE):
                return
