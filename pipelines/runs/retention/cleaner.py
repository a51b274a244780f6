"""The clean-up in the scheduler: a little of it after each sweep, so that no sweep waits for it."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import Error, close_old_connections
from django.utils import timezone

from . import cleaning

logger = logging.getLogger(__name__)

#: How long it may take at a time, and how often it looks whether there is something to clean up.
_SECONDS = 0.1
_LOOK_SECONDS = 5.0


class Cleaner:
    """Goes through `cleaning.steps`. What fails is told, and begun again at the next look."""

    def __init__(self, steps: Callable[[datetime], Iterator[None]] = cleaning.steps) -> None:
        self._make = steps
        self._steps: Iterator[None] | None = None
        self._looked = float("-inf")

    def work(self) -> None:
        """Go on for a moment, if there is something to do."""
        started = time.monotonic()
        if self._steps is None:
            if started - self._looked < _LOOK_SECONDS:
                return
            self._looked, self._steps = started, self._make(timezone.now())
        try:
            for _ in self._steps:
                if time.monotonic() - started >= _SECONDS:
                    return
        except Error as error:
            logger.warning("A clean-up broke off and is begun again later: %s", error)
            close_old_connections()
        except Exception:
            logger.exception("A clean-up broke off and is begun again later")
        self._steps = None
