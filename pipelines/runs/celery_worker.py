"""Ties our Worker to the life of a Celery worker process."""

import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from celery import signals
from django.conf import settings

from . import broker
from .worker import Worker

logger = logging.getLogger(__name__)

#: A worker with free slots that leaves messages lying for this long has gone deaf.
DEAF_SECONDS = 15.0
_LISTEN_EVERY_SECONDS = 3.0
_EXIT_CODE = 75
#: How long a slot that computes may keep the thread waiting that starts and ends steps (5 ms else).
_SWITCH_SECONDS = 0.0005

_worker: Worker | None = None
_lock = threading.Lock()


def current() -> Worker:
    """The worker of this process."""
    if _worker is None:
        raise RuntimeError("This process is no Celery worker; only workers run nodes")
    return _worker


@signals.worker_ready.connect
def _listen(sender: Any, **_: Any) -> None:
    queues = list(sender.app.amqp.queues.consume_from)
    logger.info("Worker %s serves %s", current().name, ", ".join(queues))
    canary = Canary(current(), queues, sender.pool.limit)
    threading.Thread(target=canary.watch, name="penstock-canary", daemon=True).start()


@signals.celeryd_after_setup.connect
def _start(sender: Any, instance: Any, **_: Any) -> None:
    global _worker
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _lock:
        _worker = Worker(instance.app.amqp.queues.consume_from, instance.concurrency)
    _worker.start()


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    # Celery then waits for its threads, which end when their steps do.
    grace = settings.PENSTOCK_GRACE_SECONDS
    threading.Thread(target=current().stop, args=(grace,), daemon=True).start()


@signals.worker_shutdown.connect
def _close(**_: Any) -> None:
    current().close()


class Canary:
    """Notices that this worker no longer hears the broker, and ends the process.

    After a broken connection a Celery worker may stay connected and yet consume nothing. The
    sweep keeps messages in the queue while work waits, so a free worker that lets them lie while
    Redis answers is deaf. Whoever supervises the process starts it again.
    """

    def __init__(self, worker: Worker, queues: list[str], slots: int) -> None:
        self.worker = worker
        self.queues = queues
        self.slots = slots
        self._hears_since = time.monotonic()
        self._messages = worker.messages

    def watch(self) -> None:
        while True:
            time.sleep(_LISTEN_EVERY_SECONDS)
            if self.is_deaf(time.monotonic()):
                logger.critical(
                    "This worker has free slots, but has taken no message for %g s although some "
                    "wait and Redis answers. It ends, to be started again.",
                    DEAF_SECONDS,
                )
                self._end()

    def is_deaf(self, now: float) -> bool:
        """Whether messages have waited since DEAF_SECONDS ago while a slot was free all the time."""
        took_one = self.worker.messages != self._messages
        self._messages = self.worker.messages
        full = self.worker.slots_in_use >= self.slots
        if took_one or full or not any(broker.waiting(queue) for queue in self.queues):
            self._hears_since = now
        return now - self._hears_since > DEAF_SECONDS

    def _end(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(settings.PENSTOCK_GRACE_SECONDS + 5)
        os._exit(_EXIT_CODE)
