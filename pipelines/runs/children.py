"""Child runs: a sub-pipeline's own run, told what becomes of its parent and the other way round.

Both directions are hints after a commit; the sweep finds what they missed.
"""

import logging
from uuid import UUID

from django.db import Error
from django.db.models import QuerySet
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.durations import format_duration
from pipelines.core.states import ENDED_RUN, NodeState

from . import ledger, plans
from .models import NodeRun, Run

logger = logging.getLogger(__name__)

_LIMIT = 500


def tell_parent(node_run_id: int) -> bool:
    """A child run of this node is over: let the node go on. Whether it was waiting for that."""
    found = NodeRun.objects.filter(pk=node_run_id).values_list("run_id", "node").first()
    if found is None:
        return False
    run_id, node = found
    try:
        with ledger.opened(run_id) as book:
            row = book.node_run(node)
            if row.state != NodeState.RUNNING or row.phase != "child" or row.token is not None:
                return False
            if _open_children(node_run_id).exists():
                return False
            book.advance(machine.ChildEnded(node))
    except (ledger.LostRace, Error) as error:
        logger.warning("Node `%s` was not told of its child run yet: %s", node, error)
        return False
    return True


def cancel_of(run_id: UUID) -> int:
    """Cancel the child runs of a run that was cancelled; how many there were."""
    of_run = Run.objects.filter(parent__run=run_id)
    return _cancel(of_run, "the run that it belongs to was cancelled")


def cancel_overdue() -> int:
    """Cancel the child runs of nodes that have taken longer than they may; how many there were."""
    overdue = NodeRun.objects.filter(
        run_at__lte=timezone.now(), state=NodeState.RUNNING, phase="child"
    )
    return sum(
        _cancel(
            Run.objects.filter(parent=row),
            f"it took longer than {format_duration(plans.own(row)['timeout'])}",
        )
        for row in overdue.order_by("run_at")[:_LIMIT]
    )


def _cancel(children: QuerySet[Run], why: str) -> int:
    still_open = children.exclude(state__in=list(ENDED_RUN)).filter(cancel_requested=False)
    cancelled = 0
    for child in still_open.values_list("pk", flat=True)[:_LIMIT]:
        try:
            with ledger.opened(child) as book:
                if book.row.ended_at is None and not book.row.cancel_requested:
                    book.advance(machine.CancelRequested(why))
                    cancelled += 1
        except (ledger.LostRace, Error, Run.DoesNotExist) as error:
            logger.warning("Child run %s was not cancelled yet: %s", child, error)
    return cancelled


def _open_children(node_run_id: int) -> QuerySet[Run]:
    return Run.objects.filter(parent=node_run_id).exclude(state__in=list(ENDED_RUN))
