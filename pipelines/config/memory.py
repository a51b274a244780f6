"""Keeps a process that stays as small and quick as it was after its start."""

import ctypes
import gc
import os
import time

_TRIM_SECONDS = 5.0
#: Grown by less than this factor, memory is left alone.
_GROWTH = 1.05


def settle() -> None:
    """Call it when all that stays is loaded: collections then look only at what came later.

    They look less often, too. One that looks at everything stops all threads for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class Returns:
    """Gives memory back to the system that the allocator would keep after a large piece of work."""

    def __init__(self) -> None:
        self._smallest = _resident()
        self._at = float("-inf")

    def look(self) -> None:
        """Does something only every few seconds, and only when the process has grown."""
        if time.monotonic() - self._at < _TRIM_SECONDS or _resident() < self._smallest * _GROWTH:
            return
        gc.collect()
        _trim()
        self._smallest, self._at = _resident(), time.monotonic()


def _resident() -> int:
    """Pages; 0 where nobody says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _trim() -> None:
    """Of glibc alone; other allocators do it by themselves, or not at all."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
