"""Why queued nodes wait, said on the nodes themselves: no worker can run them, or a limit is full."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from pipelines.core import scheduling as policy
from pipelines.core.capacity import Demand, Offer, cannot_run
from pipelines.core.scheduling import Candidate, Key
from pipelines.core.states import NodeState

from . import capabilities, ledger, scheduling
from .models import NodeRun

#: Shorter waits are nothing to talk about.
_SAID_AFTER = timedelta(seconds=3)
#: How many nodes of a lane are told, the oldest ones: telling each of ten thousand helps nobody.
_TOLD = 20


def say_why() -> int:
    """Bring the reasons of nodes that wait up to date; how many were changed."""
    since = timezone.now() - _SAID_AFTER
    found = [each for each in scheduling.candidates(None) if each.since < since]
    if not found:
        return 0
    offers, busy, limits = capabilities.offers(), scheduling.busy(), scheduling.limits()
    changed: dict[UUID, dict[str, str]] = defaultdict(dict)
    for candidate in found:
        rows = NodeRun.objects.filter(pk__in=scheduling.oldest(candidate.lane.id, _TOLD))
        for row in rows.defer("outputs", "error"):
            why = _why(candidate, offers) or _full(candidate, busy, limits)
            if why != row.reason and (why or _is_ours(row.reason)):
                changed[row.run_id][row.node] = why
    return sum(_tell(run_id, reasons) for run_id, reasons in changed.items())


def _why(candidate: Candidate, offers: Sequence[Offer]) -> str:
    return cannot_run(Demand(candidate.lane.queue, candidate.lane.need), offers) or ""


def _full(candidate: Candidate, busy: Mapping[Key, int], limits: Mapping[Key, int]) -> str:
    lane = candidate.lane
    key = policy.full(lane, busy, limits)
    if key is None:
        return ""
    slots = lane.max_parallel if key[0] == "run" else limits[key]
    return policy.in_words(key, slots or 0)


def _is_ours(reason: str) -> bool:
    """Whether a reason is one that is said here, and may be taken back here."""
    return reason.startswith("no worker ") or policy.IS_FULL in reason


def _tell(run_id: UUID, reasons: dict[str, str]) -> int:
    told = 0
    with ledger.opened(run_id) as book:
        book.nodes(reasons)
        for node, reason in reasons.items():
            row = book.node_run(node)
            if row.state == NodeState.QUEUED:
                book.touch(row, reason=reason)
                told += 1
    return told
