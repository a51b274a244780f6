"""What steps say while they run: log lines, metrics, progress, written in batches.

A step's thread only appends to a list. One thread per worker writes: the first line at once, then
everything that came in meanwhile, so that ten thousand lines a second are ten writes.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.db import (
    Error,
    IntegrityError,
    close_old_connections,
    connection,
    connections,
    transaction,
)

from . import claims, hints, ledger, statements
from .claims import Claim
from .models import Attempt, LogChunk, Metric, NodeRun, Run
from .outputs import clean_text

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1
CHUNK_CHARACTERS = 256 * 1024
MAX_METRICS = 100_000
_MAX_INTEGER = 2**63 - 1


@dataclass
class _Heard:
    """What came in since the last write."""

    log: list[str] = field(default_factory=list)
    metrics: list[tuple[str, float, int | None]] = field(default_factory=list)
    progress: float | None = None

    def __bool__(self) -> bool:
        return bool(self.log or self.metrics or self.progress is not None)


class Recording:
    """Hears one attempt. Safe to call from any thread; never waits for the database."""

    def __init__(self, recorder: "Recorder", claim: Claim) -> None:
        self.claim = claim
        self.size = 0
        self.lines = 0
        self._recorder = recorder
        self._heard = _Heard()
        self._lock = threading.Lock()
        self._metrics = 0
        #: Held while writing, so that chunks are written in order.
        self.writing = threading.Lock()

    def log(self, text: str) -> None:
        text = clean_text(text)
        if text:
            with self._lock:
                self._heard.log.append(text)
            self._recorder.wake()

    def metric(self, name: str, value: float, step: int | None) -> None:
        if not math.isfinite(value) or (step is not None and abs(step) > _MAX_INTEGER):
            return  # neither database keeps it, and no curve could show it
        with self._lock:
            if self._metrics >= MAX_METRICS:
                return
            self._metrics += 1
            self._heard.metrics.append((clean_text(name)[:200], float(value), step))
        self._recorder.wake()

    def progress(self, fraction: float) -> None:
        if math.isfinite(fraction):
            with self._lock:
                self._heard.progress = min(max(float(fraction), 0.0), 1.0)
            self._recorder.wake()

    def take(self) -> _Heard:
        with self._lock:
            heard, self._heard = self._heard, _Heard()
            return heard

    def put_back(self, heard: _Heard) -> None:
        """After a write that failed: everything again, in order."""
        with self._lock:
            newer = self._heard
            self._heard = _Heard(
                heard.log + newer.log,
                heard.metrics + newer.metrics,
                heard.progress if newer.progress is None else newer.progress,
            )

    def close(self) -> None:
        """Write what is left; after this the log is complete. Raises django.db.Error."""
        self._recorder.forget(self)
        with self.writing:
            if heard := self.take():
                _write(self, heard)


class Recorder:
    """The writing thread of a worker, and the attempts it writes for."""

    def __init__(self) -> None:
        self._open: dict[UUID, Recording] = {}
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def open(self, claim: Claim) -> Recording:
        recording = Recording(self, claim)
        with self._lock:
            self._open[claim.token] = recording
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="penstock-recorder", daemon=True
                )
                self._thread.start()
        return recording

    def forget(self, recording: Recording) -> None:
        with self._lock:
            self._open.pop(recording.claim.token, None)

    def wake(self) -> None:
        if not self._news.is_set():
            self._news.set()

    def stop(self) -> None:
        self._stopped = True
        self._news.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        while True:
            self._news.wait()
            if self._stopped:
                break
            self._news.clear()
            try:
                self._flush()
            except Error as error:
                logger.warning("A piece of a log could not be written yet: %s", error)
                close_old_connections()
                self._news.set()
            time.sleep(FLUSH_SECONDS)
        connections.close_all()

    def _flush(self) -> None:
        with self._lock:
            recordings = list(self._open.values())
        for recording in recordings:
            with recording.writing:
                if heard := recording.take():
                    _write(recording, heard)


def _write(recording: Recording, heard: _Heard) -> None:
    """Raises django.db.Error; what was not written is then still to be written."""
    try:
        if heard.log:
            _write_log(recording, heard.log)
            heard.log = []
        if heard.metrics or heard.progress is not None:
            _write_numbers(recording, heard)
    except IntegrityError as error:
        # The run was deleted meanwhile, or an earlier write did arrive although its connection
        # broke. Trying again would fail for ever.
        logger.warning("A piece of the log of %s was dropped: %s", recording.claim.node, error)
    except Error:
        recording.put_back(heard)
        raise


def _write_log(recording: Recording, pieces: list[str]) -> None:
    claim, text = recording.claim, "".join(pieces)
    size, lines, chunks = recording.size, recording.lines, []
    for start in range(0, len(text), CHUNK_CHARACTERS):
        part = text[start : start + CHUNK_CHARACTERS]
        count = part.count("\n")
        chunks.append(
            LogChunk(
                attempt_id=claim.attempt_id, offset=size, first_line=lines, lines=count, text=part
            )
        )
        size, lines = size + len(part.encode()), lines + count
    with ledger.turn(), transaction.atomic():
        if first := statements.briefly():
            with connection.cursor() as cursor:
                cursor.execute(first)
        LogChunk.objects.bulk_create(chunks)
        Attempt.objects.filter(pk=claim.attempt_id).update(log_bytes=size, log_lines=lines)
        hints.log_grew(claim.run_id, claim.node, claim.attempt, size, lines)
    recording.size, recording.lines = size, lines


def _write_numbers(recording: Recording, heard: _Heard) -> None:
    """Every metric becomes a row; events tell the newest value of each name."""
    claim = recording.claim
    newest: dict[str, tuple[float, int | None]] = {}
    for name, value, step in heard.metrics:
        newest[name] = (value, step)
    try:
        with ledger.opened(claim.run_id) as book:
            row = claims.held_row(book, claim)
            Metric.objects.bulk_create(
                [
                    Metric(attempt_id=claim.attempt_id, name=name, value=value, step=step)
                    for name, value, step in heard.metrics
                ],
                batch_size=500,
            )
            for name, (value, step) in newest.items():
                data = {"name": name, "value": value, "step": step}
                book.tell("node.metric", claim.node, data)
            if heard.progress is not None:
                NodeRun.objects.filter(pk=row.pk).update(progress=heard.progress)
                book.tell("node.progress", claim.node, {"progress": heard.progress})
    except (claims.TooLate, ledger.LostRace, Run.DoesNotExist):
        logger.info("Metrics of a closed attempt were dropped (node `%s`)", claim.node)
