"""From the bytes that a step prints to log text, metrics and progress."""

import json
import logging
import math
from collections.abc import Callable
from typing import Any

from .masking import Mask, Masker
from .protocol import Listener

logger = logging.getLogger(__name__)

#: A line longer than this many bytes is cut, and says so.
LONGEST_LINE = 16 * 1024
MOST_RECORDS = 100_000
LONGEST_NAME = 200


class StepLog:
    """Splits two streams into lines and passes them on in batches, one per read.

    Lines of standard output that are JSON objects with `metric` or `progress` are records;
    everything else is log. What exceeds `limit` bytes of log is dropped with a note; records
    are still heard then, up to MOST_RECORDS. `mask` takes secrets out of both streams.
    """

    def __init__(self, listener: Listener, limit: int, mask: Mask | None = None) -> None:
        self._listener = listener
        self._left = limit
        self._limit = limit
        self._records = 0
        self.truncated = False
        self.stdout = Lines()
        self.stderr = Lines()
        self._masked_stdout = mask.stream() if mask else None
        self._masked_stderr = mask.stream() if mask else None

    def feed_stdout(self, data: bytes) -> None:
        self._feed_stdout(self._masked_stdout.feed(data) if self._masked_stdout else data)

    def feed_stderr(self, data: bytes) -> None:
        self._feed_stderr(self._masked_stderr.feed(data) if self._masked_stderr else data)

    def close(self) -> None:
        """Pass on what was printed without a last newline."""
        self._feed_stdout(_rest(self._masked_stdout))
        self._feed_stderr(_rest(self._masked_stderr))
        self._feed_stdout(self.stdout.rest())
        self._feed_stderr(self.stderr.rest())

    def _feed_stdout(self, data: bytes) -> None:
        block = self.stdout.feed(data)
        # Most output holds no records: find out without looking at each line.
        if block.startswith(b"{") or b"\n{" in block:
            self._write(b"".join(self._without_records(block)))
        else:
            self._write(block)

    def _feed_stderr(self, data: bytes) -> None:
        self._write(self.stderr.feed(data))

    def _without_records(self, block: bytes) -> list[bytes]:
        return [
            line
            for line in block.splitlines(keepends=True)
            if not (line.startswith(b"{") and self._is_record(line))
        ]

    def _is_record(self, line: bytes) -> bool:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if "metric" in record:
            metrics = _metrics(record)
        elif "progress" in record:
            fraction = record["progress"]
            if not _is_number(fraction):
                return False
            self._tell(self._listener.progress, min(1.0, max(0.0, float(fraction))))
            return True
        else:
            return False
        if not metrics:
            return False
        for name, value in metrics.items():
            self._records += 1
            if self._records <= MOST_RECORDS:
                self._tell(self._listener.metric, name, value, record.get("step"))
            elif self._records == MOST_RECORDS + 1:
                self._note(f"more than {MOST_RECORDS:,} metrics; the rest is not kept")
        return True

    def _write(self, block: bytes) -> None:
        if not block or self.truncated:
            return
        if len(block) > self._left:
            end = block.rfind(b"\n", 0, self._left) + 1
            block, self.truncated = block[:end], True
        self._left -= len(block)
        if block:
            text = block.decode("utf-8", "replace").replace("\0", "\N{SYMBOL FOR NULL}")
            self._tell(self._listener.log, text)
        if self.truncated:
            self._note(f"the log is longer than {self._limit:,} bytes; the rest is not kept")

    def _note(self, text: str) -> None:
        self._tell(self._listener.log, f"[penstock] {text}\n")

    def _tell(self, method: Callable[..., None], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception:
            # A listener's fault costs its step this piece, never the other steps' thread.
            logger.exception("a step's listener failed")


def _rest(masker: Masker | None) -> bytes:
    return masker.close() if masker else b""


class Lines:
    """Cuts a stream into whole lines, each ending in a newline."""

    def __init__(self) -> None:
        self._partial = b""
        self._skipping = False

    def feed(self, data: bytes) -> bytes:
        """The whole lines so far. What follows the last newline is kept for the next call."""
        if self._skipping:
            _, newline, data = data.partition(b"\n")
            if not newline:
                return b""
            self._skipping = False
        whole, newline, partial = (self._partial + data).rpartition(b"\n")
        # Of a progress bar that overprints itself only the newest state needs to be kept.
        partial = partial[partial.rfind(b"\r", 0, -1) + 1 :]
        self._partial = partial
        if len(partial) > LONGEST_LINE:
            self._partial, self._skipping = b"", True
            return self._tidy(whole + newline) + _cut(partial)
        return self._tidy(whole + newline)

    def rest(self) -> bytes:
        """The last line, with the newline that it lacks."""
        return b"\n" if self._partial else b""

    def _tidy(self, block: bytes) -> bytes:
        if b"\r" in block:
            block = b"".join(_last_overprint(line) for line in block.split(b"\n")[:-1])
        if len(block) > LONGEST_LINE:
            lines = block.split(b"\n")
            if max(map(len, lines)) > LONGEST_LINE:
                block = b"".join(
                    _cut(line) if len(line) > LONGEST_LINE else line + b"\n" for line in lines[:-1]
                )
        return block


def _cut(line: bytes) -> bytes:
    return line[:LONGEST_LINE] + " … (the line is longer and was cut)\n".encode()


def _last_overprint(line: bytes) -> bytes:
    """What a terminal would show of a line with carriage returns (progress bars)."""
    shown = line.rstrip(b"\r")
    return shown[shown.rfind(b"\r") + 1 :] + b"\n"


def _metrics(record: dict[str, Any]) -> dict[str, float] | None:
    """The record's numbers by name; None when it is no metric after all."""
    step = record.get("step")
    if step is not None and (type(step) is not int or abs(step) >= 2**63):
        return None
    metric = record["metric"]
    named = {metric: record.get("value")} if isinstance(metric, str) else metric
    if not isinstance(named, dict) or not named:
        return None
    for name, value in named.items():
        if not _is_number(value) or not 0 < len(name) <= LONGEST_NAME or "\0" in name:
            return None
    return {name: float(value) for name, value in named.items()}


def _is_number(value: Any) -> bool:
    try:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    except OverflowError:  # an integer that no float can hold
        return False
