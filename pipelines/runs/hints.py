"""Wake-ups, sent after the commit from threads of their own.

Celery hears ids of queued node runs, browsers hear that a run has news. Both are hints: a lost one
costs time, never data, because the sweep publishes again and clients ask again. So nothing here
raises, nothing makes a node wait, and a Redis that is away costs a warning.
"""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from . import failpoints
from .models import NodeRun

logger = logging.getLogger(__name__)

TASK = "penstock.execute"
#: Browsers hear at most this often about one run.
COALESCE_SECONDS = 0.05
#: Idle slots are woken by a handful of messages; busy ones look for queued rows by themselves.
MAX_BURST = 32
_SEND_SECONDS = 2.0
_MAX_WAITING = 10_000
_WARN_EVERY_SECONDS = 30.0


def queued(rows: Iterable[NodeRun]) -> None:
    """After the commit, tell workers that these node runs wait, at most MAX_BURST a queue."""
    by_queue: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if len(by_queue[row.queue]) < MAX_BURST:
            by_queue[row.queue].append(row.pk)
    if by_queue:
        transaction.on_commit(lambda: _workers.add(by_queue))


def wake(nodes: Iterable[tuple[str, int]]) -> None:
    """After the commit, tell a worker of each queue that this queued node may perhaps start now."""
    by_queue = {queue: [pk] for queue, pk in nodes}
    if by_queue:
        transaction.on_commit(lambda: _workers.add(by_queue))


def run_changed(run_id: UUID) -> None:
    """After the commit, tell browsers that the run has new events."""
    message = {"type": "run.events", "run": str(run_id)}
    transaction.on_commit(lambda: _browsers.add((str(run_id), "", 0), message))


def log_grew(run_id: UUID, node: str, attempt: int, size: int, lines: int) -> None:
    """After the commit, tell browsers how long an attempt's log is now."""
    message = {
        "type": "run.log",
        "run": str(run_id),
        "node": node,
        "attempt": attempt,
        "bytes": size,
        "lines": lines,
    }
    transaction.on_commit(lambda: _browsers.add((str(run_id), node, attempt), message))


class _Warnings:
    """Says once in a while that Redis is away, and once that it is back."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._said_at = float("-inf")
        self._failing = False

    def failed(self, error: BaseException) -> None:
        self._failing = True
        if time.monotonic() - self._said_at > _WARN_EVERY_SECONDS:
            self._said_at = time.monotonic()
            logger.warning(
                "%s could not be told (%s: %s). Nothing is lost; Penstock goes on trying.",
                self.what,
                type(error).__name__,
                error,
            )

    def succeeded(self) -> None:
        if self._failing:
            self._failing = False
            self._said_at = float("-inf")
            logger.warning("%s can be told again.", self.what)


class _Sender:
    """A daemon thread, started when first needed and again after a fork."""

    name: str

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._pid = 0
        self._busy = False

    def _wake(self) -> None:
        """Call with `_ready` held."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name=self.name, daemon=True).start()
        self._ready.notify_all()

    def _run(self) -> None:
        raise NotImplementedError

    def _empty(self) -> bool:
        raise NotImplementedError

    def drain(self, seconds: float) -> None:
        """Wait until everything has been sent, for a process that is about to end."""
        with self._ready:
            if self._pid == os.getpid():
                self._ready.wait_for(lambda: self._empty() and not self._busy, seconds)


class _Workers(_Sender):
    """Publishes ids on the broker."""

    name = "penstock-hints-workers"

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[tuple[str, int]] = deque(maxlen=_MAX_WAITING)
        self._warnings = _Warnings("Workers")

    def add(self, by_queue: dict[str, list[int]]) -> None:
        with self._ready:
            self._waiting.extend((queue, pk) for queue, ids in by_queue.items() for pk in ids)
            self._wake()

    def _empty(self) -> bool:
        return not self._waiting

    def _run(self) -> None:
        while True:
            with self._ready:
                self._busy = False
                self._ready.notify_all()
                self._ready.wait_for(lambda: bool(self._waiting))
                batch = list(self._waiting)
                self._waiting.clear()
                self._busy = True
            self._send(batch)

    def _send(self, batch: list[tuple[str, int]]) -> None:
        try:
            failpoints.hit("publish.before")
            app = import_string(settings.PENSTOCK_CELERY_APP)
            with app.producer_pool.acquire(block=True, timeout=_SEND_SECONDS) as producer:
                for queue, pk in batch:
                    app.send_task(TASK, args=[pk], queue=queue, producer=producer, retry=False)
            failpoints.hit("publish.after")
        except Exception as error:
            # Whatever the broker's client raises, the rows stay queued and the sweep finds them.
            self._warnings.failed(error)
        else:
            self._warnings.succeeded()


class _Browsers(_Sender):
    """Sends to the channel layer, from an event loop of its own, newest message per subject."""

    name = "penstock-hints-browsers"

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._warnings = _Warnings("Browsers")

    def add(self, subject: tuple[str, str, int], message: dict[str, Any]) -> None:
        with self._ready:
            if len(self._waiting) < _MAX_WAITING:
                self._waiting[subject] = message
            self._wake()

    def _empty(self) -> bool:
        return not self._waiting

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while True:
                with self._ready:
                    self._busy = False
                    self._ready.notify_all()
                    self._ready.wait_for(lambda: bool(self._waiting))
                    batch = list(self._waiting.values())
                    self._waiting.clear()
                    self._busy = True
                try:
                    runner.run(asyncio.wait_for(_send_all(batch), _SEND_SECONDS))
                except Exception as error:
                    # Whatever the layer raises, browsers ask again by themselves.
                    self._warnings.failed(error)
                else:
                    self._warnings.succeeded()
                time.sleep(COALESCE_SECONDS)


async def _send_all(messages: list[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        for message in messages:
            await layer.group_send(f"run.{message['run']}", message)


_workers = _Workers()
_browsers = _Browsers()


def drain(seconds: float = 2.0) -> None:
    """Wait until all hints have been sent or have failed."""
    _workers.drain(seconds)
    _browsers.drain(seconds)


atexit.register(drain)
