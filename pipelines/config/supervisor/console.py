"""What `up` tells the person at the terminal."""

import sys
import time
from typing import TextIO

_COLOURS = {"web": 36, "worker": 32, "scheduler": 35, "redis": 33, "penstock": 34}


class CannotStart(Exception):
    """Penstock cannot start; the message says why, and what to do next."""


class Console:
    """Writes steps with their duration, and the children's lines with their name before them.

    A reader that has gone away (`up | head`) is remembered in `closed`, never raised: stopping
    the children in good order matters more than the last lines.
    """

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.closed = False
        self._stream = stream
        self._colour = stream.isatty()
        self._started = time.monotonic()

    def say(self, text: str = "") -> None:
        if self.closed:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            self.closed = True

    def step(self, name: str, what: str, began: float) -> None:
        """One finished step of the start."""
        self.say(f"  {name:<12} {what}  ({time.monotonic() - began:.1f} s)")

    def line(self, name: str, text: str) -> None:
        """One line that a child printed, or that the supervisor says about a child."""
        label = f"{name:<9} |"
        if self._colour:
            label = f"\033[{_COLOURS.get(name, 37)}m{label}\033[0m"
        self.say(f"{label} {text}")

    def elapsed(self) -> float:
        return time.monotonic() - self._started
