"""One thread that reads everything all steps and fork servers say.

All state of pools and steps belongs to this thread, so none of it needs a lock; other threads
only leave calls for it.
"""

import heapq
import itertools
import logging
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable

logger = logging.getLogger(__name__)

Callback = Callable[[], None]


class Timer:
    """A call in the future that can be taken back."""

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        self.callback = None


class Loop(threading.Thread):
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name="penstock-steps", daemon=True)
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._calls: deque[Callback] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._stopping = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._selector.register(self._wake, selectors.EVENT_READ, self._run_calls)

    def now(self) -> float:
        return self._clock()

    def call(self, callback: Callback) -> None:
        """Run `callback` in the loop's thread, soon. From any thread."""
        self._calls.append(callback)
        os.eventfd_write(self._wake, 1)

    def after(self, seconds: float, callback: Callback) -> Timer:
        timer = Timer(callback)
        heapq.heappush(self._timers, (self._clock() + seconds, next(self._order), timer))
        return timer

    def watch(self, descriptor: int, callback: Callback) -> None:
        """Call back whenever `descriptor` can be read, or is at its end."""
        self._selector.register(descriptor, selectors.EVENT_READ, callback)

    def unwatch(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def stop(self) -> None:
        """End the thread after the calls that were left before this one."""
        self.call(self._stop)

    def run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(self._until_timer()):
                # A callback before this one may have unwatched or closed the descriptor.
                if self._selector.get_map().get(key.fd) is key:
                    self._guarded(key.data)
            self._run_timers()
        self._selector.close()
        os.close(self._wake)

    def _stop(self) -> None:
        self._stopping = True

    def _run_calls(self) -> None:
        os.eventfd_read(self._wake)
        for _ in range(len(self._calls)):
            self._guarded(self._calls.popleft())

    def _until_timer(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - self._clock())

    def _run_timers(self) -> None:
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            callback = heapq.heappop(self._timers)[2].callback
            if callback is not None:
                self._guarded(callback)

    def _guarded(self, callback: Callback) -> None:
        try:
            callback()
        except Exception:
            # One step's fault must not end the thread that all other steps depend on.
            logger.exception("the steps' thread could not finish one of its calls")
