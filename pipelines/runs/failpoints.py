"""Places where a test makes this process fail, between two things that must not come apart.

`PENSTOCK_FAILPOINTS` names a directory. A file there, with the name of a point, arms it: the first
process that comes by takes the file away and does what is written in it, one of ACTIONS. Without
the variable `hit` is a function with nothing in it.
"""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import OperationalError

#: Every place, and what has just been or is just about to be done there.
POINTS: Mapping[str, str] = {
    "start.before": "a run and its nodes are about to be written",
    "start.after": "a run is committed, whoever asked for it does not know yet",
    "claim.before": "a queued node is about to be taken, within the transaction",
    "claim.after": "a claim is committed, its step has not started",
    "store.before": "a step has ended, its files are not stored yet",
    "store.after": "its files are stored, the outcome is not committed",
    "outcome.before": "an outcome is about to be committed",
    "outcome.after": "an outcome is committed, with the claim that follows it",
    "event.before": "within the transaction, before its events are written",
    "event.after": "its events are written, but not committed",
    "publish.before": "committed ids are about to be sent to the broker",
    "publish.after": "ids are sent",
}


def _pass(point: str) -> None:
    """Failpoints are off."""


def _look(point: str) -> None:
    armed = Path(os.environ["PENSTOCK_FAILPOINTS"]) / point
    try:
        action = armed.read_text().strip()
        armed.unlink()  # whoever succeeds is the one to fail
    except FileNotFoundError:
        return
    ACTIONS[action](point)


def _kill(point: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop(point: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _error(point: str) -> None:
    raise OperationalError(f"failpoint {point}: the connection to the database was lost")


#: `kill` and `stop` are the signals of those names; `error` is a connection that breaks, so that
#: nobody knows whether what went before has been committed.
ACTIONS: Mapping[str, Callable[[str], None]] = {"kill": _kill, "stop": _stop, "error": _error}

hit: Callable[[str], None] = _look if os.environ.get("PENSTOCK_FAILPOINTS") else _pass
