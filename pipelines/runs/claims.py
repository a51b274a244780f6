"""Taking queued nodes, and closing the attempts that came of it. Every write is conditional."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.states import NodeState

from . import failpoints, ledger, statements
from .ledger import Ledger
from .models import Attempt, NodeRun, Run

logger = logging.getLogger(__name__)


class TooLate(RuntimeError):
    """The attempt was closed by somebody else; its result is refused."""


@dataclass(frozen=True)
class Claim:
    """One attempt that is ours, with all that running it needs. `token` proves it."""

    node_run_id: int
    attempt_id: int
    run_id: UUID
    node: str
    attempt: int
    token: UUID
    plan: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Stable over the attempts of a node run; steps pass it on as an idempotency key."""
        return f"{self.run_id}:{self.node}"


@dataclass(frozen=True)
class Next:
    """What to do now: go on with a claim, or try to get this queued node."""

    claim: Claim | None = None
    node_run_id: int | None = None


@dataclass(frozen=True)
class Taker:
    """Who claims: a worker's name and the queues it serves."""

    worker: str
    queues: Sequence[str]


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.PENSTOCK_LEASE_SECONDS)


def claim(node_run_id: int, taker: Taker) -> Claim | None:
    """Take a queued node; None when it is no longer there to be taken."""
    found = NodeRun.objects.filter(pk=node_run_id).values_list("run_id", "node", "state").first()
    if found is None or found[2] != NodeState.QUEUED:
        return None
    run_id, node, _ = found
    try:
        with ledger.opened(run_id) as book:
            row = book.node_run(node)
            taken = _take(book, row, taker) if row.state == NodeState.QUEUED else None
    except (ledger.LostRace, Run.DoesNotExist):
        return None
    failpoints.hit("claim.after")
    return taken


def needs_a_look(plan: Mapping[str, Any]) -> bool:
    """Whether the node may end without an attempt: its condition or the cache decides first."""
    return bool(plan["when"] or plan["cache"])


def oldest_queued(taker: Taker) -> tuple[int, UUID] | None:
    """The node run (and its run) that has waited the longest in the taker's queues."""
    found = [row for queue in taker.queues if (row := statements.oldest_queued(queue))]
    return min(found)[1:] if found else None


def take_next(book: Ledger, taker: Taker) -> Next:
    """Choose what to do after finishing a node, within the transaction that finished it.

    What has waited the longest goes first, whichever run it belongs to. A node of this same run is
    claimed here and now, which saves a message and a transaction.
    """
    oldest = oldest_queued(taker)
    if oldest is not None:
        node_run_id, run_id = oldest
        if run_id != book.row.pk:
            return Next(node_run_id=node_run_id)
        row = book.node_run_by_id(node_run_id)
        if row.state == NodeState.QUEUED:
            return _take_or_look(book, row, taker)
    for row in book.enqueued.values():
        if row.queue in taker.queues and row.state == NodeState.QUEUED:
            return _take_or_look(book, row, taker)
    return Next()


def _take_or_look(book: Ledger, row: NodeRun, taker: Taker) -> Next:
    if needs_a_look(row.plan):
        return Next(node_run_id=row.pk)
    return Next(claim=_take(book, row, taker))


def _take(book: Ledger, row: NodeRun, taker: Taker) -> Claim:
    failpoints.hit("claim.before")
    token = uuid.uuid4()
    book.advance(machine.Claimed(row.node))
    book.touch(
        row,
        token=token,
        worker=taker.worker,
        lease_expires_at=lease_end(),
        progress=None,
        error=None,
    )
    attempt = Attempt(
        node_run=row,
        number=row.attempt,
        token=token,
        worker=taker.worker,
        started_at=book.now,
    )
    statements.insert_attempt(attempt)
    return Claim(row.pk, attempt.pk, row.run_id, row.node, row.attempt, token, row.plan)


def held_row(book: Ledger, claim: Claim) -> NodeRun:
    """The row of a claim that still holds. Raises TooLate."""
    row = book.node_run(claim.node)
    if (row.state, row.attempt, row.token) != (NodeState.RUNNING, claim.attempt, claim.token):
        raise TooLate(
            f"attempt {claim.attempt} of node `{claim.node}` of run {claim.run_id} was closed by "
            f"somebody else (the node is {row.state}, attempt {row.attempt}); its late result is "
            "refused"
        )
    return row


def close_attempt(claim: Claim, state: str, **fields: Any) -> None:
    """Close the attempt's own row."""
    values = {**fields, "state": state, "ended_at": timezone.now()}
    statements.update(Attempt, values, {"state": "running"}, ids=[claim.attempt_id])


def lose(row: NodeRun, why: str) -> bool:
    """Take an attempt away from a worker that is gone: compare and set on attempt and token."""
    try:
        with ledger.opened(row.run_id) as book:
            current = book.node_run(row.node)
            if (current.state, current.attempt, current.token) != (
                NodeState.RUNNING,
                row.attempt,
                row.token,
            ) or current.lease_expires_at != row.lease_expires_at:
                return False
            error = {"kind": "lost", "message": why, "traceback": "", "line": None}
            Attempt.objects.filter(node_run=current, number=row.attempt, state="running").update(
                state="lost", ended_at=book.now, error=error
            )
            book.touch(current, error=error)
            book.advance(machine.Lost(row.node, why))
    except ledger.LostRace:
        return False
    logger.warning("Run %s, node `%s`: %s", row.run_id, row.node, why)
    return True
