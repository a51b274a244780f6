"""`manage.py scheduler`: sweeps until it is told to stop."""

import itertools
import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from pipelines.runs import sweep
from pipelines.runs.retention.cleaner import Cleaner

logger = logging.getLogger(__name__)

#: One sweep in so many looks for everything.
_EVERYTHING = 4


class Command(BaseCommand):
    help = "Start due retries, free the work of dead workers, publish forgotten work again."
    #: The checks would load the whole web application into a process that stays.
    requires_system_checks: list[str] = []  # noqa: RUF012 - that is how Django declares it

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        self._cleaner = Cleaner()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: stop.set())
        logger.info("The scheduler sweeps every %g s", settings.PENSTOCK_SWEEP_SECONDS)
        for number in itertools.count():
            if stop.is_set():
                break
            started = time.monotonic()
            self._sweep(everything=number % _EVERYTHING == 0)
            self._cleaner.work()
            spent = time.monotonic() - started
            stop.wait(max(settings.PENSTOCK_SWEEP_SECONDS - spent, 0.05))

    def _sweep(self, *, everything: bool) -> None:
        try:
            sweep.sweep(everything=everything)
        except Error as error:
            logger.warning("A sweep could not be finished, the next one will: %s", error)
            close_old_connections()
