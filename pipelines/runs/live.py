"""The attempts that this process runs right now, and how to kill them."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from pipelines.executors.protocol import RunningStep


class Kill(StrEnum):
    """Why the engine itself ended a step."""

    CANCELLED = "the run was cancelled"
    RELEASED = "the worker was stopped"
    FENCED = "the worker no longer holds the lease on this attempt"


@dataclass
class Held:
    """One attempt in this process's hands. `deadline` is monotonic: after it, others may take it."""

    run_id: UUID
    token: UUID
    deadline: float
    killed: Kill | None = None
    _step: RunningStep | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, step: RunningStep) -> None:
        """The step has started; kill it at once if it should not have."""
        with self._lock:
            self._step = step
            killed = self.killed
        if killed is not None:
            step.cancel(killed)

    def kill(self, why: Kill) -> None:
        """Kill the step with all its descendants, now or as soon as it starts. The first why counts."""
        with self._lock:
            if self.killed is not None:
                return
            self.killed = why
            step = self._step
        if step is not None:
            step.cancel(why)


#: A lease is given up this share of its length before others may take it: the kill comes first.
SAFETY = 0.1


def deadline() -> float:
    """When a lease that begins now must have been renewed, on the monotonic clock."""
    return time.monotonic() + settings.PENSTOCK_LEASE_SECONDS * (1 - SAFETY)


_held: dict[UUID, Held] = {}
_lock = threading.Lock()
#: Set whenever something is held, so that nobody needs to poll an idle process.
busy = threading.Event()


def hold(held: Held) -> None:
    with _lock:
        _held[held.token] = held
        busy.set()


def of(token: UUID) -> Held | None:
    """The attempt with this token, if it is in our hands."""
    with _lock:
        return _held.get(token)


def let_go(token: UUID) -> None:
    with _lock:
        _held.pop(token, None)
        if not _held:
            busy.clear()


def all_held() -> list[Held]:
    with _lock:
        return list(_held.values())


def cancel_run(run_id: UUID) -> None:
    """Kill this process's steps of a run that was cancelled.

    None of them is on exit, unless it is just those that were cancelled.
    """
    kill((held for held in all_held() if held.run_id == run_id), Kill.CANCELLED)


def kill_overdue() -> None:
    """Kill the steps whose lease could not be renewed in time: another worker may take them."""
    now = time.monotonic()
    kill((held for held in all_held() if held.deadline <= now), Kill.FENCED)


def kill(held: Iterable[Held], why: Kill) -> None:
    for each in held:
        each.kill(why)
