"""How a step ended, in words that a person understands."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.core.capacity import bytes_in_words

from ..endings import (
    cancelled,
    exited,
    name_of_signal,
    over_memory,
    over_output,
    over_time,
)
from ..forkserver.wire import Report
from ..protocol import Limits, StepError

#: What a step may say about its own end; the rest is for the executor to say.
_OWN_KINDS = frozenset({"exception", "exit", "memory", "not_yet", "output", "setup", "signal"})
#: Seconds until a step that waits for something may want to look again: a day.
_LONGEST_WAIT = 86_400.0
_LARGEST_ERROR = 1024 * 1024
_LONGEST_MESSAGE = 10_000
_LONGEST_TRACEBACK = 200_000

LOST = StepError(
    "lost",
    "the step was lost: the process that watched over it was killed from outside. "
    "It may have done part of its work; run it again",
)


def exit_in_words(code: int) -> str:
    """For a return code as `subprocess` gives it: negative for a signal."""
    return f"signal {name_of_signal(-code)}" if code < 0 else f"exit code {code}"


def error_of(report: Report, error_file: Path, limits: Limits, reason: str) -> StepError | None:
    """Why the step failed, or None when it exited with 0."""
    ended = _ended_by_us(report, limits, reason)
    if ended is not None:
        return ended
    status = report.status or 0
    if os.WIFSIGNALED(status):
        return _signalled(os.WTERMSIG(status), limits)
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return None
    told = _told(error_file) or exited(code)
    if told.kind == "memory" and limits.memory_bytes is not None:
        # The kernel refused a single large allocation, and Python says no more than its name.
        return replace(told, message=over_memory(limits).message)
    return told


def _ended_by_us(report: Report, limits: Limits, reason: str) -> StepError | None:
    match report.cause:
        case "cancelled":
            return cancelled(reason)
        case "timeout":
            return over_time(limits)
        case "memory":
            return over_memory(limits, report.peak_memory)
        case "processes":
            return StepError("exit", f"the step started more than {limits.processes} processes")
        case "output":
            return over_output(limits)
        case "setup":
            return StepError("setup", f"the step could not be started: {report.detail}")
    return None


def signal_name(report: Report) -> str:
    """`SIGSEGV` and the like; empty when the step was not ended by a signal."""
    if report.status is None or not os.WIFSIGNALED(report.status):
        return ""
    return name_of_signal(os.WTERMSIG(report.status))


def _signalled(number: int, limits: Limits) -> StepError:
    message = f"the step was killed by {name_of_signal(number)}"
    if number == signal.SIGKILL:
        message += ", not by Penstock: the machine may have run out of memory"
    elif number == signal.SIGXFSZ:
        allowed = bytes_in_words(limits.output_bytes)
        return StepError("output", f"the step wrote a file larger than {allowed}")
    return StepError("signal", message)


def _told(file: Path) -> StepError | None:
    """What the step itself says went wrong, if it says so in the agreed form."""
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            told = json.loads(stream.read(_LARGEST_ERROR))
    except (OSError, ValueError, RecursionError):
        return None  # it says nothing, or nothing legible: the exit code speaks instead
    if not isinstance(told, dict):
        return None
    line = told.get("line")
    return StepError(
        kind=told["kind"] if told.get("kind") in _OWN_KINDS else "exception",
        message=_legible(told.get("message"), _LONGEST_MESSAGE) or "the step failed",
        traceback=_legible(told.get("traceback"), _LONGEST_TRACEBACK),
        line=line if type(line) is int and 0 < line < 10**9 else None,
        retry_after=_seconds(told.get("retry_after")),
        permanent=told.get("permanent") is True,
    )


def _seconds(value: Any) -> float | None:
    if type(value) not in (int, float) or not 0 < value < _LONGEST_WAIT:
        return None
    return float(value)


def _legible(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    text = value.encode("utf-8", "replace").decode().replace("\0", "\N{SYMBOL FOR NULL}")
    return text if len(text) <= longest else text[:longest] + " …"
