"""The steps that an executor has under way, and the end of them all."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .step import ContainerStep, Ended

S = TypeVar("S", bound=ContainerStep)

_CLOSE_SECONDS = 15.0


class OpenSteps(Generic[S]):
    """`remember` is told what a step could not remove, so that it is removed later."""

    def __init__(self, remember: Callable[[str], None]) -> None:
        self._remember = remember
        self._steps: set[S] = set()
        self._changed = threading.Condition()
        self._closed = False

    def check_open(self) -> None:
        """Raises RuntimeError after `close`."""
        if self._closed:
            raise RuntimeError("the executor is closed")

    def add(self, make: Callable[[Ended], S]) -> S:
        """Start a step and count it until it says that it has ended."""

        def ended(left_over: str) -> None:
            if left_over:
                self._remember(left_over)
            with self._changed:
                self._steps.discard(step)
                self._changed.notify_all()

        step = make(ended)
        with self._changed:
            self._steps.add(step)
        step.start()
        return step

    def close(self, end: Callable[[S], None]) -> bool:
        """End every step and wait for that; False when it was closed before."""
        with self._changed:
            if self._closed:
                return False
            self._closed = True
            steps = list(self._steps)
        for step in steps:
            end(step)
        with self._changed:
            self._changed.wait_for(lambda: not self._steps, _CLOSE_SECONDS)
        return True
