"""Reading an attempt's log: by bytes, from either end, without loading all of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .models import Attempt, LogChunk


@dataclass(frozen=True)
class LogPiece:
    """`text` is the bytes from `offset` up to `next_offset` of `size`.

    `first_line` is the number of the line in which it begins, from 0; `lines` counts line ends.
    `complete`: the attempt has ended, nothing more will come.
    """

    attempt: int
    offset: int
    next_offset: int
    size: int
    first_line: int
    lines: int
    text: str
    complete: bool
    truncated: bool
    #: When retention took the log away; then there is no text.
    cleaned_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(
    attempt: Attempt, offset: int = 0, limit: int = 256 * 1024, tail: int | None = None
) -> LogPiece:
    """Up to `limit` bytes from `offset` on, or the last `tail` bytes, whole characters only."""
    attempt.refresh_from_db(fields=["state", "log_bytes", "log_truncated"])
    size = attempt.log_bytes
    if tail is not None:
        offset, limit = max(size - tail, 0), tail
    offset = min(offset, size)
    start, first_line, data = offset, 0, b""
    for chunk in _chunks(attempt, offset):
        raw = chunk.text.encode()
        if not data:
            inside = _boundary(raw, max(offset - chunk.offset, 0))
            start = chunk.offset + inside
            first_line = chunk.first_line + raw[:inside].count(b"\n")
            raw = raw[inside:]
        data += raw
        if len(data) >= limit:
            data = data[: _boundary(data, limit, back=True)]
            break
    text = data.decode()
    return LogPiece(
        attempt=attempt.number,
        offset=start,
        next_offset=start + len(data),
        size=size,
        first_line=first_line,
        lines=text.count("\n"),
        text=text,
        complete=attempt.state != "running",
        truncated=attempt.log_truncated,
    )


def of_text(
    text: str,
    *,
    complete: bool,
    offset: int = 0,
    limit: int = 256 * 1024,
    tail: int | None = None,
) -> LogPiece:
    """A piece of a log that is one text: that of building an environment, as attempt 0."""
    data = text.encode()
    if tail is not None:
        offset, limit = max(len(data) - tail, 0), tail
    start = _boundary(data, offset)
    end = _boundary(data, start + limit, back=True)
    piece = data[start:end].decode()
    return LogPiece(
        attempt=0,
        offset=start,
        next_offset=end,
        size=len(data),
        first_line=data[:start].count(b"\n"),
        lines=piece.count("\n"),
        text=piece,
        complete=complete,
        truncated=False,
    )


def cleaned(attempt: Attempt, at: datetime) -> LogPiece:
    """The log of an attempt whose run's logs retention took away at `at`."""
    return LogPiece(
        attempt=attempt.number,
        offset=0,
        next_offset=0,
        size=0,
        first_line=0,
        lines=0,
        text="",
        complete=True,
        truncated=False,
        cleaned_at=at.isoformat(),
    )


def cleaned_words(at: datetime) -> str:
    """What stands where the log was."""
    return f"This log was cleaned up on {at:%Y-%m-%d} by the team's retention.\n"


def whole(attempt: Attempt) -> Iterator[str]:
    """The whole log, chunk by chunk."""
    for chunk in LogChunk.objects.filter(attempt=attempt).order_by("offset").iterator(16):
        yield chunk.text


def _chunks(attempt: Attempt, offset: int) -> Iterator[LogChunk]:
    """The chunk that holds byte `offset`, and those after it."""
    rows = LogChunk.objects.filter(attempt=attempt)
    first = rows.filter(offset__lte=offset).order_by("-offset").values_list("offset").first()
    if first is not None:
        yield from rows.filter(offset__gte=first[0]).order_by("offset").iterator(4)


def _boundary(data: bytes, index: int, *, back: bool = False) -> int:
    """The nearest place, forwards or back, where no UTF-8 character is cut in two."""
    index = min(index, len(data))
    while 0 < index < len(data) and data[index] & 0xC0 == 0x80:
        index += -1 if back else 1
    return index
