"""What `core.scheduling` needs to know of the database: lanes, their oldest nodes, limits.

The statements run for every node, so they are written out. Each costs as much as there are lanes
or nodes at work; none reads queued rows beyond the oldest of each lane.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pipelines.core import scheduling
from pipelines.core.capacity import Need, Room
from pipelines.core.plan import NodePlan
from pipelines.core.scheduling import Candidate, Key, Lane, Situation
from pipelines.kinds import registry as kinds

from . import models, plans, prepared
from .models import Limit, NodeRun, Run
from .slots import Slots

MAX_PRIORITY = 200
NONE_ENDED: Mapping[int, int] = MappingProxyType({})
_LIMITS_SECONDS = 1.0


# Lanes


def lanes_for(run: Run, node_plans: Iterable[NodePlan]) -> dict[str, int]:
    """The id of each node's lane; those that are missing are made.

    `run` must be in the database when it has `max_parallel`: then its lanes belong to it alone.
    """
    wanted = {plan.id: _facts(run, plan) for plan in node_plans}
    keys = {facts["key"]: facts for facts in wanted.values()}
    ids = _lane_ids(keys)
    missing = [models.Lane(**facts) for key, facts in keys.items() if key not in ids]
    if missing:
        models.Lane.objects.bulk_create(missing, ignore_conflicts=True)
        ids |= _lane_ids(facts.key for facts in missing)
    return {node: ids[facts["key"]] for node, facts in wanted.items()}


def _lane_ids(keys: Iterable[str]) -> dict[str, int]:
    return dict(models.Lane.objects.filter(key__in=list(keys)).values_list("key", "pk"))


def _facts(run: Run, plan: NodePlan) -> dict[str, Any]:
    priority = max(-MAX_PRIORITY, min(MAX_PRIORITY, run.priority + plan.priority))
    facts: dict[str, Any] = {
        "team_id": run.team_id,
        "queue": plan.queue,
        "pool": plan.pool or "",
        "priority": priority,
        "cpu": None if plan.cpu is None else max(1, round(plan.cpu * 1000)),
        "memory": plan.memory_bytes or 0,
        "gpu": plan.gpu,
        "executors": ",".join(needed_executors(plan.kind)),
        "run_id": run.pk if run.max_parallel else None,
        "max_parallel": run.max_parallel,
    }
    return {"key": " ".join(f"{name}={value}" for name, value in facts.items()), **facts}


def needed_executors(kind: str) -> tuple[str, ...]:
    """The executors of a kind, one of which a worker must have; none for what each of them can do."""
    found = kinds.executors(kind) if kind in kinds.KINDS else ()
    return () if kinds.EVERYDAY_EXECUTOR in found else found


_lanes: dict[int, Lane] = {}
_MOST_LANES = 10_000


def lanes(ids: Collection[int]) -> dict[int, Lane]:
    """Lanes by id. They never change, so each is read once by a process."""
    missing = [id for id in ids if id not in _lanes]
    if missing:
        if len(_lanes) > _MOST_LANES:
            _lanes.clear()
        _lanes.update((row.pk, _lane(row)) for row in models.Lane.objects.filter(pk__in=missing))
    return {id: _lanes[id] for id in ids if id in _lanes}


def _lane(row: models.Lane) -> Lane:
    return Lane(
        id=row.pk,
        team=str(row.team_id),
        queue=row.queue,
        pool=row.pool,
        priority=row.priority,
        need=Need(row.cpu, row.memory, row.gpu, tuple(filter(None, row.executors.split(",")))),
        run=str(row.run_id) if row.run_id else "",
        max_parallel=row.max_parallel,
    )


def give_lanes() -> int:
    """Put queued rows without a lane into theirs: rows from before there were lanes."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "id" FROM {_NODES} WHERE {_QUEUED} AND "lane_id" IS NULL LIMIT 500')
        ids = [row[0] for row in cursor.fetchall()]
    for row in NodeRun.objects.filter(pk__in=ids).select_related("run"):
        plan = NodePlan.model_validate({**plans.own(row), "id": row.node})
        lane = lanes_for(row.run, [plan])[row.node]
        NodeRun.objects.filter(pk=row.pk, lane=None).update(lane=lane)
    return len(ids)


# The oldest of each lane

_NODES, _LANES, _RUNS = (f'"{model._meta.db_table}"' for model in (NodeRun, models.Lane, Run))
#: A literal: SQLite uses a partial index only for a condition that needs no bound value.
_QUEUED = "\"state\" = 'queued'"
_OLDEST = f"""
    SELECT l."id", n."id", n."run_id", n."queued_at" FROM {{lanes}}
    JOIN {_NODES} n ON n."id" = (
        SELECT q."id" FROM {_NODES} q WHERE q."lane_id" = l."id" AND q.{_QUEUED}
        ORDER BY q."queued_at", q."id" LIMIT 1
    )
    WHERE {{condition}}
"""
_SHARED_LANES = _OLDEST.format(lanes=f"{_LANES} l", condition='l."run_id" IS NULL')
_LANES_OF_RUNS = _OLDEST.format(
    lanes=f'{_RUNS} r JOIN {_LANES} l ON l."run_id" = r."id"',
    condition="""r."max_parallel" IS NOT NULL AND r."state" IN ('pending', 'running')""",
)


def candidates(queues: Sequence[str] | None) -> list[Candidate]:
    """The oldest queued node of each lane of these queues, or of all."""
    condition, params = "", []
    if queues is not None:
        condition = f' AND l."queue" IN ({", ".join(["%s"] * len(queues))})'
        params = [*queues, *queues]
    sql = f"{_SHARED_LANES}{condition} UNION ALL {_LANES_OF_RUNS}{condition}"
    with connection.cursor() as cursor:
        prepared.execute(cursor, sql, params)
        rows = cursor.fetchall()
    known = lanes([row[0] for row in rows])
    return [
        Candidate(known[lane], node_run, _uuid(run), _moment(since))
        for lane, node_run, run, since in rows
        if lane in known
    ]


def oldest(lane: int, limit: int, *, published_before: datetime | None = None) -> list[int]:
    """The oldest queued nodes of a lane, or those that workers were not told of since a moment."""
    condition, params = "", []
    if published_before is not None:
        condition = 'AND "published_at" < %s'
        params = [connection.ops.adapt_datetimefield_value(published_before)]
    sql = (
        f'SELECT "id" FROM {_NODES} WHERE "lane_id" = %s AND {_QUEUED} {condition} '
        'ORDER BY "queued_at", "id" LIMIT %s'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [lane, *params, limit])
        return [row[0] for row in cursor.fetchall()]


def oldest_of(lane: int, run: UUID, limit: int) -> list[int]:
    """The nodes of a run among the oldest queued ones of a lane, up to the first of another run."""
    sql = (
        f'SELECT "id", "run_id" FROM {_NODES} WHERE "lane_id" = %s AND {_QUEUED} '
        'ORDER BY "queued_at", "id" LIMIT %s'
    )
    with connection.cursor() as cursor:
        prepared.execute(cursor, sql, [lane, limit])
        return [id for id, _ in takewhile(lambda row: _uuid(row[1]) == run, cursor.fetchall())]


def busy(ended: Mapping[int, int] = NONE_ENDED) -> dict[Key, int]:
    """How many nodes are at work by key, without those that have just ended, counted by lane."""
    sql = (
        f'SELECT "lane_id", count(*) FROM {_NODES} WHERE "token" IS NOT NULL '
        'AND "lane_id" IS NOT NULL GROUP BY "lane_id"'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        counts: dict[int, int] = dict(cursor.fetchall())
    for lane, number in ended.items():
        if lane in counts:
            counts[lane] -= number
    known = lanes(counts)
    return scheduling.count({known[id]: number for id, number in counts.items() if id in known})


# Limits


class _Limits:
    """The limits there are, read again every second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._found: Mapping[Key, int] = {}

    def now(self) -> Mapping[Key, int]:
        with self._lock:
            if time.monotonic() - self._read_at > _LIMITS_SECONDS:
                self._found = {key_of(row): row.slots for row in Limit.objects.order_by()}
                self._read_at = time.monotonic()
            return self._found

    def forget(self) -> None:
        with self._lock:
            self._read_at = float("-inf")


_limits = _Limits()
limits = _limits.now
forget_limits = _limits.forget


def key_of(limit: Limit) -> Key:
    """What a limit is the limit of."""
    return limit.scope, str(limit.team_id) if limit.team_id else limit.name


def _locked_limits(lane: Lane) -> dict[Key, int]:
    """The limits of a lane, locked in one order until the transaction ends."""
    rows = Limit.objects.select_for_update().order_by("pk")
    keys = set(lane.keys)
    found = {key_of(row): (row.pk, row.slots) for row in Limit.objects.order_by()}
    mine = [pk for key, (pk, _) in found.items() if key in keys]
    return {key_of(row): row.slots for row in rows.filter(pk__in=mine)}


# Choices


@dataclass(frozen=True)
class Choice:
    """`unrivalled`: all that waits is of one team and no limit applies, so its lane may go on."""

    node_run: int
    run: UUID
    lane: Lane
    unrivalled: bool


def choose(
    queues: Sequence[str],
    slots: Slots,
    *,
    ended: Mapping[int, int] = NONE_ENDED,
    enqueued: Iterable[NodeRun] = (),
    room: Room | None = None,
) -> Choice | None:
    """The node that a worker with these queues and slots takes next, into its free `room`.

    Within the transaction that finishes nodes, `ended` counts them by lane and `enqueued` are those
    that became ready with it; neither is in the database yet.
    """
    found = candidates(queues)
    seen = {candidate.lane.id for candidate in found}
    fresh = [row for row in enqueued if row.lane_id not in seen and row.queue in queues]
    for row in fresh:
        lane = lanes([row.lane_id]).get(row.lane_id) if row.lane_id else None
        if lane is not None and lane.id not in seen:
            seen.add(lane.id)
            found.append(Candidate(lane, row.pk, row.run_id, row.queued_at or timezone.now()))
    if not found:
        return None
    known = limits()
    # The usual case needs no counting: all that waits is of one team, and nothing limits it.
    alone = len({each.lane.team for each in found}) == 1 and not any(
        scheduling.is_limited(each.lane, known) for each in found
    )
    situation = Situation(
        free=room or slots.free,
        whole=slots.whole,
        now=timezone.now(),
        busy={} if alone else busy(ended),
        limits=known,
        served=slots.served,
    )
    chosen = scheduling.choose(found, situation)
    return Choice(chosen.node_run, chosen.run, chosen.lane, alone) if chosen else None


def may_start(lane: Lane, ended: Mapping[int, int] = NONE_ENDED) -> bool:
    """Whether the limits let one more node of a lane start, within a transaction.

    It holds the limits' rows until the end of that transaction, so that two workers cannot both
    take the last slot. The run's own limit is guarded by the lock on the run.
    """
    if not scheduling.is_limited(lane, limits()):
        return True
    known = _locked_limits(lane)
    if scheduling.full(lane, busy(ended), known) is None:
        return True
    forget_limits()
    return False


def others_may_start(lane: Lane) -> list[tuple[str, int]]:
    """After a node of this lane ended: for each queue a node that perhaps may start elsewhere now.

    A node that took no more than a slot, under no limit, leaves nothing behind that others wait
    for: whoever finished it takes the next one itself.
    """
    if lane.need == Need() and not scheduling.is_limited(lane, limits()):
        return []
    by_queue = {candidate.lane.queue: candidate.node_run for candidate in candidates(None)}
    return list(by_queue.items())


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _moment(value: Any) -> datetime:
    """SQLite keeps moments in UTC and does not say so, some of them as text."""
    moment = value if isinstance(value, datetime) else parse_datetime(value)
    assert moment is not None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
