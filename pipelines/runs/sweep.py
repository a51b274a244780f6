"""Finds what was forgotten: the reason why a lost message or a dead worker loses nothing.

Every finding is handled by the same conditional writes as everything else, so any number of
schedulers may sweep at once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.states import ENDED_RUN, UNSTARTED, NodeState, RunState
from pipelines.teams import chain

from . import (
    announcements,
    broker,
    children,
    claims,
    hints,
    identity,
    ledger,
    live,
    outages,
    scheduling,
    tries,
    waiting,
)
from .models import NodeRun, Run

logger = logging.getLogger(__name__)

_LIMIT = 500
_DUE_STATES = (NodeState.PENDING, NodeState.WAITING)
#: A queue in which this many messages wait needs no more of them.
_ENOUGH_WAITING = 64
#: From its commit to a slot's hands a claim takes far less than this.
FORGOTTEN_SECONDS = 1.0


def sweep(*, everything: bool = True) -> int:
    """Look once for everything, or for what somebody waits for; returns how much was set right."""
    urgent: tuple[Callable[[], int], ...] = (
        start_due_retries,
        free_leases_of_dead_workers,
        free_expired_leases,
        publish_again,
    )
    patient: tuple[Callable[[], int], ...] = (
        scheduling.give_lanes,
        end_stuck_runs,
        announcements.forget_gone,
        look_after_children,
        waiting.say_why,
        tries.forget_old,
        chain.seal,
    )
    return sum(step() for step in (*urgent, *(patient if everything else ())))


def start_due_retries() -> int:
    """Queue the nodes whose next try is due, or their next look at what they wait for."""
    rows = NodeRun.objects.filter(run_at__lte=timezone.now(), state__in=_DUE_STATES)
    due: dict[UUID, list[str]] = defaultdict(list)
    for run_id, node in rows.order_by("run_at").values_list("run_id", "node")[:_LIMIT]:
        due[run_id].append(node)
    for run_id, nodes in due.items():
        with _apart(run_id), ledger.opened(run_id) as book:
            still = tuple(
                name
                for name, view in book.nodes(nodes).items()
                if view.state in _DUE_STATES and view.run_at and view.run_at <= book.now
            )
            book.advance(machine.Due(still))
    return sum(map(len, due.values()))


def free_expired_leases() -> int:
    """Close attempts whose worker stopped renewing its lease."""
    rows = _running().filter(lease_expires_at__lt=timezone.now())
    return _lose(rows.order_by("lease_expires_at")[:_LIMIT], "stopped answering")


def free_leases_of_dead_workers() -> int:
    """Close attempts of processes of this machine that are known to be gone, without waiting."""
    workers = _running().order_by().values_list("worker", flat=True).distinct()
    dead = [worker for worker in workers if identity.is_dead(worker)]
    return _lose(_running().filter(worker__in=dead), "died") if dead else 0


def free_forgotten_claims(worker: str) -> int:
    """Close attempts that this very process, `worker`, has claimed and that none of its slots holds.

    Whether a commit arrived cannot be known when the connection breaks before the answer. If it
    did, the row says that we run the node, and nobody does.
    """
    before = timezone.now() - timedelta(seconds=FORGOTTEN_SECONDS)
    rows = list(_running().filter(worker=worker, started_at__lt=before).order_by()[:_LIMIT])
    held = {each.token for each in live.all_held()}
    return _lose((row for row in rows if row.token not in held), "lost its connection")


def publish_again() -> int:
    """Tell workers once more of nodes that are queued and that nobody has claimed for a while.

    Of each lane the oldest, which is what a worker would choose.
    """
    before = timezone.now() - timedelta(seconds=settings.PENSTOCK_REPUBLISH_SECONDS)
    published = 0
    full: dict[str, bool] = {}
    candidates = list(scheduling.candidates(None))
    if not candidates or not broker.answers():
        return 0  # once Redis is back they are told at once, not a while after the last try
    for candidate in candidates:
        lane = candidate.lane
        if lane.queue not in full:
            full[lane.queue] = broker.waiting(lane.queue) >= _ENOUGH_WAITING
        if full[lane.queue]:
            continue
        ids = scheduling.oldest(lane.id, hints.MAX_BURST, published_before=before)
        batch = list(NodeRun.objects.filter(pk__in=ids).only("pk", "queue"))
        NodeRun.objects.filter(pk__in=ids).update(published_at=timezone.now())
        hints.queued(batch)
        published += len(batch)
    return published


def end_stuck_runs() -> int:
    """Finish what a run that is over, or should be, still has open.

    Every transaction leaves a run consistent, so this finds something only after rows were changed
    by hand or restored from a backup.
    """
    open_runs = Run.objects.exclude(state__in=list(ENDED_RUN)).order_by()
    unstarted = NodeRun.objects.filter(run=OuterRef("pk"), state__in=list(UNSTARTED), on_exit=False)
    leftovers = open_runs.filter(Exists(unstarted), cancel_requested=True)
    ended = open_runs.filter(open_nodes=0)
    found = 0
    for run_id in set(leftovers.values_list("pk", flat=True)[:_LIMIT]) | set(
        ended.values_list("pk", flat=True)[:_LIMIT]
    ):
        with _apart(run_id), ledger.opened(run_id) as book:
            if book.run.state in (RunState.PENDING, RunState.RUNNING):
                logger.warning("Run %s was stuck and is put right", run_id)
                book.advance(machine.Settled())
                found += 1
    return found


def look_after_children() -> int:
    """Tell nodes of child runs that are over, and cancel child runs that nobody waits for any more."""
    waiting = NodeRun.objects.filter(state=NodeState.RUNNING, phase="child", token=None)
    is_open = Run.objects.filter(parent=OuterRef("pk")).exclude(state__in=list(ENDED_RUN))
    over = waiting.exclude(Exists(is_open)).order_by().values_list("pk", flat=True)
    told = sum(children.tell_parent(pk) for pk in over[:_LIMIT])
    orphans = (
        Run.objects.exclude(state__in=list(ENDED_RUN))
        .filter(parent__run__cancel_requested=True, cancel_requested=False)
        .order_by()
        .values_list("parent__run", flat=True)
        .distinct()
    )
    cancelled = sum(children.cancel_of(run_id) for run_id in orphans[:_LIMIT])
    return told + cancelled + children.cancel_overdue()


def _running() -> QuerySet[NodeRun]:
    return NodeRun.objects.filter(state=NodeState.RUNNING, lease_expires_at__isnull=False)


def _lose(rows: Iterable[NodeRun], what: str) -> int:
    lost = 0
    for row in rows:
        why = f"worker {row.worker} {what} during attempt {row.attempt}"
        with _apart(row.run_id):
            lost += claims.lose(row, why)
    return lost


@contextmanager
def _apart(run_id: UUID) -> Iterator[None]:
    """One run that cannot be put right must not keep the others from being looked at."""
    try:
        yield
    except Exception as error:
        if outages.may_pass(error):
            raise
        logger.exception("Run %s could not be put right; the next sweep tries again", run_id)
