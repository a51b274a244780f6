"""Taking queued nodes, and closing the attempts that came of it. Every write is conditional."""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.capacity import Need
from pipelines.core.scheduling import Lane
from pipelines.core.states import NodeState

from . import failpoints, ledger, plans, scheduling, statements
from .ledger import Ledger
from .models import Attempt, NodeRun, Run
from .slots import Grant, Slots
from .statements import Change

logger = logging.getLogger(__name__)


class TooLate(RuntimeError):
    """The attempt was closed by somebody else; its result is refused."""


@dataclass(frozen=True)
class Claim:
    """One attempt that is ours, with all that running it needs. `token` proves it."""

    node_run_id: int
    #: Has its id once the transaction is written that made it.
    row: Attempt
    run_id: UUID
    node: str
    attempt: int
    token: UUID
    plan: Mapping[str, Any]
    lane: Lane
    #: The part of the worker's room that it holds, to be given back once; None until it begins.
    grant: Grant | None
    phase: str = ""
    #: When it began, where that was not when it was claimed.
    begun_at: datetime | None = None

    def begun(self, grant: Grant) -> "Claim":
        """The same claim, as it begins with this room."""
        return replace(self, grant=grant, begun_at=timezone.now())

    @property
    def attempt_id(self) -> int:
        return int(self.row.pk)

    @property
    def touches(self) -> list[str]:
        """The nodes that the end of this attempt changes: itself, what hangs on it, whose item it is."""
        parent, _, item = self.node.partition("[")
        return [self.node, *self.plan["downstream"], *([parent] if item else [])]

    @property
    def key(self) -> str:
        """Stable over the attempts of a node run; steps pass it on as an idempotency key."""
        return f"{self.run_id}:{self.node}"


@dataclass(frozen=True)
class Next:
    """What to do now: go on with a claim, or try to get this queued node."""

    claim: Claim | None = None
    node_run_id: int | None = None

    @property
    def is_something(self) -> bool:
        return self.claim is not None or self.node_run_id is not None


@dataclass(frozen=True)
class Taken:
    """What a transaction has claimed: for the slot that is free, and for those that soon are."""

    first: Next = field(default_factory=Next)
    ahead: Sequence[Claim] = ()


@dataclass(frozen=True)
class Taker:
    """Who claims: a worker's name, the queues it serves and its room."""

    worker: str
    queues: Sequence[str]
    slots: Slots


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.PENSTOCK_LEASE_SECONDS)


def claim(node_run_id: int, taker: Taker) -> Claim | None:
    """Take a queued node; None when it is no longer there to be taken, or may not start now."""
    found = statements.nodes_by_id([node_run_id])
    return claim_row(found[0], taker) if found else None


def claim_row(found: NodeRun, taker: Taker) -> Claim | None:
    """As `claim`, of a row that was read a moment ago."""
    if found.state != NodeState.QUEUED:
        return None
    taken: Claim | None = None
    try:
        with giving_back(taker, lambda: taken):
            with ledger.opened(found.run_id) as book:
                row = book.node_run(found.node)
                taken = _take(book, row, taker) if row.state == NodeState.QUEUED else None
            failpoints.hit("claim.after")
    except (ledger.LostRace, Run.DoesNotExist):
        return None
    return taken


@contextmanager
def giving_back(taker: Taker, taken: Callable[[], Claim | None]) -> Iterator[None]:
    """Give back the room of a claim that comes to nothing, because something is raised."""
    try:
        yield
    except BaseException:
        claim = taken()
        if claim is not None:
            taker.slots.give_back(claim.grant)
        raise


def needs_a_look(plan: Mapping[str, Any]) -> bool:
    """Whether the node may end without an attempt: its condition, the cache or an earlier run
    decides first.

    What a mapped node can take from elsewhere is its items' business.
    """
    of_earlier_run = plan["cache"] or plan.get("items_of")
    return bool(plan["when"] or (of_earlier_run and not plan.get("map")))


def next_queued(taker: Taker) -> int | None:
    """The node run that is to be taken next, of whatever waits in the taker's queues."""
    found = scheduling.choose(taker.queues, taker.slots)
    return found.node_run if found else None


def take_next(
    book: Ledger,
    taker: Taker,
    ended: Mapping[int, int] = scheduling.NONE_ENDED,
    *,
    first: bool = True,
    ahead: int = 0,
) -> Taken:
    """Choose what to do after finishing nodes, within the transaction that finishes them.

    `ended` counts by lane the attempts that end with it, which the database still counts as at
    work. A node of this same run is claimed here and now, which saves a message and a transaction:
    the `first` for a slot that is free, and as many as `ahead` that no slot has room for yet, if all
    that waits is alike and takes no more than a slot. Half of what waits is left to other workers.
    """
    if not first and not ahead:
        return Taken()
    found = scheduling.choose(
        taker.queues,
        taker.slots,
        ended=ended,
        enqueued=book.enqueued.values(),
        room=None if first else taker.slots.whole,
    )
    if found is None:
        return Taken()
    if found.run != book.row.pk:
        return Taken(Next(node_run_id=found.node_run if first else None))
    ids = [found.node_run]
    if ahead and found.unrivalled and found.lane.need == Need():
        more = scheduling.oldest_of(found.lane.id, book.row.pk, 2 * ahead + first)
        ids = list(dict.fromkeys([*ids, *more]))
        ids = ids[: first + (len(ids) - first) // 2]
    elif not first:
        return Taken()
    taken: list[Claim] = []
    with giving_back(taker, lambda: taken[0] if taken else None):
        for row in book.node_runs_by_id(ids):
            if row.state != NodeState.QUEUED or (not row.phase and needs_a_look(plans.own(row))):
                break
            claim = _take(book, row, taker, ended, with_room=first and not taken)
            if claim is None:
                break
            taken.append(claim)
    if not first:
        return Taken(ahead=taken)
    if not taken:
        return Taken(Next(node_run_id=found.node_run))
    return Taken(Next(claim=taken[0]), taken[1:])


def _take(
    book: Ledger,
    row: NodeRun,
    taker: Taker,
    ended: Mapping[int, int] = scheduling.NONE_ENDED,
    *,
    with_room: bool = True,
) -> Claim | None:
    """Claim a queued row, if there is room for it here and its limits allow one more."""
    failpoints.hit("claim.before")
    lane = scheduling.lanes([row.lane_id]).get(row.lane_id) if row.lane_id else None
    if lane is None or not scheduling.may_start(lane, ended):
        return None
    grant = taker.slots.take(lane.need, lane.team) if with_room else None
    if with_room and grant is None:
        return None
    token = uuid.uuid4()
    try:
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
        book.batch.insert_attempt(attempt)
    except BaseException:
        taker.slots.give_back(grant)
        raise
    return Claim(
        row.pk,
        attempt,
        row.run_id,
        row.node,
        row.attempt,
        token,
        plans.own(row),
        lane,
        grant,
        row.phase,
    )


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


def close_attempt(book: Ledger, claim: Claim, state: str, **fields: Any) -> None:
    """Close the attempt's own row."""
    values = {**fields, "state": state, "ended_at": timezone.now()}
    if claim.begun_at is not None:
        values["started_at"] = claim.begun_at
    book.freed[claim.lane.id] += 1
    book.batch.close_attempt(Change(claim.attempt_id, values, {"state": "running"}))


def forget_attempt(claim: Claim) -> None:
    """Remove the attempt's own row: it was no try, and its number is given out again."""
    Attempt.objects.filter(pk=claim.attempt_id, state="running").delete()


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
