"""Commits what has ended, and claims what comes next: several nodes of one run in one transaction.

A transaction costs nearly as much for one node as for ten. While short steps follow each other, a
slot therefore goes on with a node that was claimed ahead, and its last outcome is committed with
those of the next few; the clerk, a thread of its own, sees to it that none waits for long. A slot
that has nothing to go on with commits at once, with whatever else of its run has ended, and so does
one whose step did not succeed: the run may be about to stop.

Nodes are claimed ahead only while all that waits is alike, so that nobody is passed by, and only so
many as will start within HORIZON seconds. One that does not is given back.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import Error, close_old_connections, connections

from pipelines.core import machine
from pipelines.core.scheduling import Lane

from . import (
    claims,
    failpoints,
    hints,
    ledger,
    live,
    outages,
    outcomes,
    prepare,
    scheduling,
    statements,
)
from .claims import Claim, Next, Taker, TooLate
from .live import Held, Kill
from .models import Run
from .outcomes import Outcome

logger = logging.getLogger(__name__)

#: Seconds of work that slots are given ahead, and nodes at most.
HORIZON = 0.12
MOST_AHEAD = 24
#: An outcome waits this many seconds for others, and this many others are enough.
GATHER_SECONDS = 0.03
_ENOUGH = 32
#: A node that was claimed ahead and has not started for so long is somebody else's to run.
STALE_SECONDS = 0.3
#: How much the newest step says about how long the next ones take.
_NEWS = 0.3
#: A run with a limit has lanes of its own, so there may be any number of them.
_MOST_LANES = 1000
_RETRY_SECONDS = 0.2


@dataclass(eq=False)
class Ended:
    """An attempt that is over, and not yet committed."""

    claim: Claim
    outcome: Outcome
    held: Held
    #: How long its step ran; None for what had no step.
    seconds: float | None = None
    at: float = field(default_factory=time.monotonic)
    settled: bool = False

    @property
    def is_late(self) -> bool:
        """Whether the lease has ended, and others may have taken the node."""
        return self.held.killed is Kill.FENCED or time.monotonic() >= self.held.deadline


@dataclass(eq=False)
class _Ahead:
    claim: Claim
    held: Held
    since: float = field(default_factory=time.monotonic)


class Commits:
    """Shared by the slots of one worker."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._accepting = True
        self._news = threading.Condition()
        self._ended: list[Ended] = []
        self._ahead: deque[_Ahead] = deque()
        #: The runs of which a thread commits something at the moment.
        self._at_work: set[UUID] = set()
        #: Slots that wait until a commit of their run is through.
        self._idle = 0
        #: By lane: seconds that the latest steps took.
        self._pace: dict[int, float] = {}
        self._clerk: threading.Thread | None = None
        self._closed = False

    def hand_in(self, ended: Ended) -> Next:
        """Have an outcome committed, now or soon; what the slot does next."""
        with self._news:
            self._note_pace(ended)
            self._ended.append(ended)
            if ended.outcome.state == "success" and len(self._ended) < _ENOUGH:
                going_on = self._next_ahead()
                if going_on is not None:
                    self._call_clerk()
                    return Next(claim=going_on)
            run = ended.claim.run_id
            self._idle += 1
            self._news.wait_for(lambda: ended.settled or run not in self._at_work)
            self._idle -= 1
            if ended.settled:
                return Next(claim=self._next_ahead())
            batch = self._take_out(run)
        return self._settle(batch, mine=ended)

    def take_ahead(self) -> Claim | None:
        """A node that was claimed ahead, for a slot that is free."""
        with self._news:
            return self._next_ahead()

    def flush(self) -> None:
        """Commit all that has ended."""
        while True:
            with self._news:
                self._news.wait_for(
                    lambda: not self._ended or not self._at_work.issuperset(self._runs())
                )
                runs = [run for run in self._runs() if run not in self._at_work]
                if not runs:
                    return
                batch = self._take_out(runs[0])
            self._settle(batch)

    def stop(self) -> None:
        """Claim nothing more, and give back what has not started."""
        with self._news:
            self._accepting = False
        self.give_back(self._take_back(lambda ahead: True))

    def close(self) -> None:
        """Commit all that has ended, and end the clerk."""
        self.stop()
        self.flush()
        with self._news:
            self._closed = True
            self._news.notify_all()
            clerk = self._clerk
        if clerk is not None:
            clerk.join(2.0)

    # With `_news` held

    def _runs(self) -> list[UUID]:
        return list(dict.fromkeys(each.claim.run_id for each in self._ended))

    def _take_out(self, run: UUID) -> list[Ended]:
        batch = [each for each in self._ended if each.claim.run_id == run]
        self._ended = [each for each in self._ended if each.claim.run_id != run]
        self._at_work.add(run)
        return batch

    def _next_ahead(self) -> Claim | None:
        """The next node that was claimed ahead and may start, with the room that it takes."""
        while self._accepting and self._ahead and self._ahead[0].held.killed is None:
            claim = self._ahead[0].claim
            grant = self._taker.slots.take(claim.lane.need, claim.lane.team)
            if grant is None:
                return None  # something larger has come between; the clerk gives it back in time
            self._ahead.popleft()
            return claim.begun(grant)
        return None

    def _note_pace(self, ended: Ended) -> None:
        if ended.seconds is not None:
            lane = ended.claim.lane.id
            if len(self._pace) > _MOST_LANES:
                self._pace.clear()
            before = self._pace.get(lane, ended.seconds)
            self._pace[lane] = before + (ended.seconds - before) * _NEWS

    def _wanted(self, lane: int) -> int:
        """How many nodes of a lane to claim ahead: as many as soon start."""
        pace = max(self._pace.get(lane, HORIZON * 1000), 0.001)
        most = min(MOST_AHEAD, int(HORIZON * self._taker.slots.count / pace))
        return max(0, self._idle, most - len(self._ahead))

    def _call_clerk(self) -> None:
        if self._clerk is None or not self._clerk.is_alive():
            self._clerk = threading.Thread(target=self._work, name="penstock-clerk", daemon=True)
            self._clerk.start()
        elif len(self._ended) <= 1:
            self._news.notify_all()  # it slept, for there was nothing that could become due

    # Committing

    def _settle(self, batch: list[Ended], mine: Ended | None = None) -> Next:
        """Commit outcomes of one run, and claim: for the slot of `mine` its next node, and ahead."""
        run = batch[0].claim.run_id
        then = Next()
        try:
            then = self._patiently(batch, mine)
        finally:
            with self._news:
                self._at_work.discard(run)
                for each in batch:
                    each.settled = True
                self._news.notify_all()
        return then

    def _patiently(self, batch: list[Ended], mine: Ended | None) -> Next:
        """Try until it works or the leases are lost: a database may be away for a while."""
        while batch:
            try:
                return self._commit(batch, mine)
            except Run.DoesNotExist:
                logger.warning("Run %s was deleted while it ran", batch[0].claim.run_id)
                self._let_go(batch)
                break
            except (Error, ledger.LostRace) as error:
                if isinstance(error, Error) and not outages.may_pass(error):
                    return self._one_by_one(batch, mine, error)
                in_time = [each for each in batch if not each.is_late]
                for each in batch:
                    if each.is_late:
                        logger.warning(
                            "run %s: the database could not be reached before the lease ended, so "
                            "the attempt of `%s` is left to others (%s)",
                            each.claim.run_id,
                            each.claim.node,
                            error,
                        )
                        self._let_go([each])
                batch = in_time
                logger.warning("The database did not answer, trying again: %s", error)
                close_old_connections()
                time.sleep(_RETRY_SECONDS)
            except Exception as error:
                return self._one_by_one(batch, mine, error)
        return Next()

    def _one_by_one(self, batch: list[Ended], mine: Ended | None, error: Exception) -> Next:
        """One outcome that cannot be committed must not keep the others from it."""
        if len(batch) == 1:
            # The row stays ours and nobody holds it: the supervisor of this worker frees it.
            self._let_go(batch)
            logger.error(
                "The outcome of `%s` of run %s could not be committed",
                batch[0].claim.node,
                batch[0].claim.run_id,
                exc_info=error,
            )
            return Next()
        for each in batch:
            if each is not mine:
                self._patiently([each], None)
        return self._patiently([mine], mine) if mine in batch else Next()

    def _commit(self, batch: Sequence[Ended], mine: Ended | None) -> Next:
        """The outcomes, their consequences and the next claims, in one transaction."""
        failpoints.hit("outcome.before")
        taken = claims.Taken()
        committed: list[Ended] = []
        with (
            claims.giving_back(self._taker, lambda: taken.first.claim),
            ledger.opened(batch[0].claim.run_id) as book,
        ):
            # One query for all of them.
            book.nodes({node for each in batch for node in each.claim.touches})
            for each in batch:
                try:
                    row = claims.held_row(book, each.claim)
                except TooLate as error:
                    logger.warning("%s", error)
                    continue
                committed.append(each)
                claim, outcome = each.claim, each.outcome
                if outcome.state == outcomes.NO_TRY:
                    claims.forget_attempt(claim)
                else:
                    claims.close_attempt(book, claim, outcome.state, **outcome.attempt)
                    if claim.begun_at is not None and not row.phase:
                        book.touch(row, started_at=claim.begun_at)
                book.touch(row, **outcome.node)
                outcome.also()
                book.advance(outcome.event)
            if self._accepting:
                with self._news:
                    wanted = self._wanted(batch[-1].claim.lane.id)
                taken = claims.take_next(
                    book,
                    self._taker,
                    Counter(each.claim.lane.id for each in batch),
                    first=mine is not None,
                    ahead=wanted,
                )
        failpoints.hit("outcome.after")
        for each in committed:
            if each.outcome.state == "success":
                outputs = each.outcome.node["outputs"]
                prepare.remember(each.claim.run_id, each.claim.node, outputs)
        self._let_go(batch)
        self._keep_ahead(taken.ahead)
        if book.run.stopping or book.run.cancel_requested:
            self.give_back(self._take_back(lambda ahead: ahead.claim.run_id == book.row.pk))
        self._wake_others({each.claim.lane for each in committed})
        return taken.first

    def _keep_ahead(self, taken: Sequence[Claim]) -> None:
        ahead = [
            _Ahead(claim, live.Held(claim.run_id, claim.token, live.deadline())) for claim in taken
        ]
        for each in ahead:
            live.hold(each.held)
        with self._news:
            if self._accepting:
                self._ahead.extend(ahead)
                return
        self.give_back(taken)

    def _take_back(self, which: Callable[[_Ahead], bool]) -> list[Claim]:
        """What was claimed ahead, and is not to start after all."""
        with self._news:
            found = [each for each in self._ahead if which(each)]
            self._ahead = deque(each for each in self._ahead if each not in found)
        return [each.claim for each in found]

    def _wake_others(self, lanes: Iterable[Lane]) -> None:
        """What these attempts held may be what nodes elsewhere wait for."""
        for lane in lanes:
            try:
                hints.wake(scheduling.others_may_start(lane))
            except Error as error:
                logger.warning("Others could not be woken, the sweep will: %s", error)

    def _let_go(self, batch: Sequence[Ended]) -> None:
        for each in batch:
            live.let_go(each.claim.token)

    def give_back(self, left: Sequence[Claim]) -> None:
        """Let others have nodes that were claimed and have not started."""
        for some in statements.grouped(left, lambda claim: claim.run_id):
            run = some[0].run_id
            try:
                with ledger.opened(run) as book:
                    book.nodes([claim.node for claim in some])
                    for claim in some:
                        self._release(book, claim)
            except (Run.DoesNotExist, Error, ledger.LostRace) as error:
                names = ", ".join(f"`{claim.node}`" for claim in some)
                logger.warning("Run %s: %s could not be given back: %s", run, names, error)
            finally:
                for claim in some:
                    self._taker.slots.give_back(claim.grant)
                    live.let_go(claim.token)

    def _release(self, book: ledger.Ledger, claim: Claim) -> None:
        try:
            claims.held_row(book, claim)
        except TooLate as error:
            logger.warning("%s", error)
            return
        claims.close_attempt(book, claim, "released")
        book.advance(machine.Released(claim.node, str(Kill.RELEASED)))

    # The clerk

    def _work(self) -> None:
        while True:
            with self._news:
                if self._closed:
                    break
                batch = self._due()
                if not batch and not any(map(_is_stale, self._ahead)):
                    self._news.wait(self._patience())
                    continue
            try:
                if batch:
                    self._settle(batch)
                stale = self._take_back(_is_stale)
                self._note_stale(stale)
                self.give_back(stale)
            except Exception:
                # Without this thread outcomes would wait for ever.
                logger.exception("Outcomes could not be committed")
        connections.close_all()

    def _note_stale(self, stale: Sequence[Claim]) -> None:
        """Steps turned out to be long ones."""
        with self._news:
            for claim in stale:
                self._pace.pop(claim.lane.id, None)

    def _due(self) -> list[Ended]:
        """What has waited long enough, with the rest of its run."""
        now = time.monotonic()
        for ended in self._ended:
            if ended.claim.run_id not in self._at_work and now - ended.at >= GATHER_SECONDS:
                return self._take_out(ended.claim.run_id)
        return []

    def _patience(self) -> float | None:
        """Seconds until something is due."""
        now = time.monotonic()
        waits = [
            ended.at + GATHER_SECONDS - now
            for ended in self._ended
            if ended.claim.run_id not in self._at_work
        ]
        waits += [ahead.since + STALE_SECONDS - now for ahead in self._ahead]
        return max(0.001, min(waits)) if waits else None


def _is_stale(ahead: _Ahead) -> bool:
    return ahead.held.killed is not None or time.monotonic() - ahead.since >= STALE_SECONDS
