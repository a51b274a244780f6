"""One transaction on one run: the machine's answers become rows and numbered events.

The run's row is locked first and everything else after it, so that events are numbered without a
gap, counters add up, and two workers that finish nodes of one run cannot deadlock.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from pipelines.core import machine
from pipelines.core.document import Backoff
from pipelines.core.machine import Advance, EndItems, KillRunning, NodeView, RunView
from pipelines.core.states import ENDED_NODE, ENDED_RUN, UNSTARTED, NodeState, RunState

from . import children, disk, failpoints, hints, live, plans, shapes, statements
from .models import Event, NodeRun, Run
from .statements import Change

_COUNTERS = ("upstream_open", "upstream_success", "upstream_failed", "upstream_skipped")
_ITEM_FACTS = ("phase", "items_total", "items_queued", "items_open", "items_failed")
_NODE_FACTS = (
    "state", "reason", "attempt", "losses", "releases", "run_at", "blocked_by", *_ITEM_FACTS,
)  # fmt: skip
_RUN_FACTS = (
    "state", "reason", "open_nodes", "failed_nodes", "open_exits", "stopping",
    "cancel_requested", "exiting", "exit_cancelled",
)  # fmt: skip
_BATCH = 500


class LostRace(RuntimeError):
    """A row was not in the state in which it was read; nothing of the transaction is kept."""


class Ledger:
    """The open book of one run. Use `opened`."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.row = run
        self.now = now
        self.run = _run_view(run)
        self._rows: dict[str, NodeRun] = {}
        self._views: dict[str, NodeView] = {}
        self._before: dict[str, tuple[str, int, UUID | None]] = {}
        self._touched: dict[str, dict[str, Any]] = defaultdict(dict)
        self._deltas: dict[str, dict[str, int]] = defaultdict(dict)
        self._run_touched: set[str] = set()
        self._events: list[Event] = []
        self.enqueued: dict[str, NodeRun] = {}
        #: What is written with all the rest, and may change no row of this run or its nodes.
        self.batch = statements.Batch()
        self.wrote = False
        #: By lane: attempts that slots of this process have ended; each then looks for a node itself.
        self.freed: Counter[int | None] = Counter()

    # What the machine asks

    def node(self, node: str) -> NodeView:
        return self.nodes([node])[node]

    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        nodes = list(nodes)
        missing = [node for node in nodes if node not in self._rows]
        for start in range(0, len(missing), _BATCH):
            self._keep(statements.nodes(self.row.pk, missing[start : start + _BATCH]))
        return {node: self._views[node] for node in nodes}

    def unstarted(self) -> Iterable[NodeView]:
        self._keep(self._query().filter(state__in=list(UNSTARTED)))
        return [
            view for view in self._views.values() if view.state in UNSTARTED and not view.parent
        ]

    def handed_out(self) -> Iterable[NodeView]:
        self._keep(self._query().filter(state=NodeState.RUNNING, phase__in=["items", "child"]))
        return [
            view
            for view in self._views.values()
            if view.state is NodeState.RUNNING
            and view.phase in ("items", "child")
            and not view.parent
        ]

    def unstarted_items(self, node: str) -> int:
        return int(self._unstarted_items(node).count())

    def _query(self) -> Any:
        rows = NodeRun.objects.filter(run_id=self.row.pk, item__isnull=True)
        return rows.defer("outputs", "error", "cache_parts", "reused_from").order_by()

    def _unstarted_items(self, node: str) -> Any:
        """Those that this transaction has not changed."""
        items = NodeRun.objects.filter(
            run_id=self.row.pk, parent=node, item__isnull=False, state__in=list(UNSTARTED)
        )
        changed = [self._rows[name].pk for name in {**self._touched, **self._deltas}]
        return items.exclude(pk__in=changed).order_by()

    def _keep(self, rows: Iterable[NodeRun]) -> None:
        for row in rows:
            if row.node not in self._rows:
                self._rows[row.node] = row
                self._views[row.node] = node_view(row)
                self._before[row.node] = (row.state, row.attempt, row.token)

    # What callers do

    def node_run(self, node: str) -> NodeRun:
        """The row of a node, loaded once."""
        self.nodes([node])
        return self._rows[node]

    def node_runs_by_id(self, ids: Sequence[int]) -> list[NodeRun]:
        """Rows of node runs of this run, as this transaction has changed them so far."""
        known = {row.pk for row in self._rows.values()}
        missing = [pk for pk in ids if pk not in known]
        if missing:
            # Asked for by the run as well, a database with few runs would read all nodes of it.
            rows = statements.nodes_by_id(missing)
            self._keep(row for row in rows if row.run_id == self.row.pk)
        found = {row.pk: row for row in self._rows.values()}
        return [found[pk] for pk in ids if pk in found]

    def advance(self, event: machine.Event) -> Advance:
        """Ask the machine and note down its answer. Raises IllegalTransition."""
        answer = machine.advance(self, event, self.now)
        for change in answer.changes:
            self._apply(change)
        self._apply_run(answer)
        for command in answer.commands:
            if isinstance(command, KillRunning):
                transaction.on_commit(lambda: live.cancel_run(self.row.pk))
                transaction.on_commit(lambda: children.cancel_of(self.row.pk))
            elif isinstance(command, EndItems):
                self._end_items(command)
        return answer

    def _end_items(self, command: EndItems) -> None:
        """One statement and one event for what may be a hundred thousand rows."""
        items = self._unstarted_items(command.node)
        were = dict(items.values_list("state").annotate(Count("pk")))
        ended = items.update(
            state=command.state.value, reason=command.reason, run_at=None, ended_at=self.now
        )
        if ended != command.count:
            raise LostRace(f"{ended} items of `{command.node}` ended instead of {command.count}")
        if ended:
            data = {"state": command.state.value, "reason": command.reason, "were": were}
            self.tell("items.ended", command.node, data)

    def touch(self, row: NodeRun, **fields: Any) -> None:
        """Set fields of a row of this run; they are written, and told in its event."""
        for name, value in fields.items():
            setattr(row, name, value)
        self._touched[row.node].update(fields)

    def tell(self, kind: str, node: str, data: dict[str, Any]) -> None:
        """Add an event."""
        self.row.last_seq += 1
        self._run_touched.add("last_seq")
        self._events.append(
            Event(
                run_id=self.row.pk,
                seq=self.row.last_seq,
                kind=kind,
                node=node,
                data=data,
                at=self.now,
            )
        )

    def write(self, first: str = "") -> None:
        """Write everything, after saying `first` to the database.

        Raises LostRace when a row is not what it was when it was read.
        """
        for node, fields in self._touched.items():
            if any(name in sources for sources in shapes.NODE_FIELDS.values() for name in fields):
                row = self._rows[node]
                if row.item is None:
                    self.tell("node.state", node, shapes.node_change(row, fields))
                else:
                    was = self._before[node][0]
                    self.tell("item.state", node, {**shapes.node_change(row, fields), "was": was})
        if self._run_touched & {"state", "reason", "started_at", "ended_at"}:
            self.tell("run.state", "", shapes.run_change(self.row))
        self._write_nodes()
        if self._run_touched:
            values = {name: getattr(self.row, name) for name in self._run_touched}
            self.batch.update(Run, values, {}, ids=[self.row.pk])
        for start in range(0, len(self._events), _BATCH):
            self.batch.insert_events(self._events[start : start + _BATCH])
        failpoints.hit("event.before")
        self.wrote = bool(self.batch)
        if missed := self.batch.run(first):
            raise LostRace(f"{missed} nodes of run {self.row.pk} were no longer as they were read")
        failpoints.hit("event.after")
        if self._events:
            hints.run_changed(self.row.pk)
        hints.queued(self._news_for_workers())

    def _news_for_workers(self) -> list[NodeRun]:
        """The queued nodes that workers must be told of: those that no slot of ours will look for.

        Whoever ends an item of a mapped node queues the next one, and would send a message for each.
        """
        claimed, waited = Counter[int | None](), Counter[int | None]()
        for node, row in self._rows.items():
            if row.state == NodeState.RUNNING and self._before[node][0] != NodeState.RUNNING:
                claimed[row.lane_id] += 1
                waited[row.lane_id] += self._before[node][0] == NodeState.QUEUED
        # Those that take the place of one that was claimed, and those that a free slot comes for.
        known = waited + (self.freed - claimed)
        told = []
        for row in self.enqueued.values():
            if row.state == NodeState.QUEUED:
                if known[row.lane_id] > 0:
                    known[row.lane_id] -= 1
                else:
                    told.append(row)
        return told

    # How answers become rows

    def _apply(self, change: machine.Change) -> None:
        before, after = change.before, change.after
        row = self._rows[after.id]
        self._views[after.id] = after
        fields = {
            name: getattr(after, name)
            for name in _NODE_FACTS
            if getattr(after, name) != getattr(before, name)
        }
        if "phase" in fields and after.state is NodeState.RUNNING:
            fields |= _UNCLAIMED  # its items or its child run work on, without a worker
        if "state" in fields:
            fields["state"] = after.state.value
            fields |= _moments(after.state, self.now)
            if before.phase in ("collect", "waiting") and after.state is NodeState.RUNNING:
                del fields["started_at"]  # it goes on with what it began
            if after.state is NodeState.QUEUED:
                self.enqueued[row.node] = row
            if row.item is None:
                self._count(before.state, after.state)
        if fields:
            self.touch(row, **fields)
        for name in _COUNTERS:
            delta = getattr(after, name) - getattr(before, name)
            if delta:
                deltas = self._deltas[row.node]
                deltas[name] = deltas.get(name, 0) + delta

    def _count(self, before: NodeState, after: NodeState) -> None:
        counts = Counter(self.row.node_counts)
        counts[before.value] -= 1
        counts[after.value] += 1
        self.row.node_counts = dict(+counts)
        self._run_touched.add("node_counts")

    def _apply_run(self, answer: Advance) -> None:
        before, after = self.run, answer.run
        self.run = after
        for name in _RUN_FACTS:
            if getattr(before, name) != getattr(after, name):
                value = getattr(after, name)
                setattr(self.row, name, value.value if isinstance(value, RunState) else value)
                self._run_touched.add(name)
        if before.state is not after.state:
            if after.state is RunState.RUNNING or not self.row.started_at:
                self.row.started_at = self.now
                self._run_touched.add("started_at")
            if after.state in ENDED_RUN:
                self.row.ended_at = self.now
                self._run_touched.add("ended_at")
                if self.row.parent_id is not None:
                    parent = self.row.parent_id
                    transaction.on_commit(lambda: children.tell_parent(parent))

    def _write_nodes(self) -> None:
        """As few UPDATEs as there are ways to change, conditional on what was read."""
        changes = []
        for node in {**self._touched, **self._deltas}:
            state, attempt, token = self._before[node]
            changes.append(
                Change(
                    self._rows[node].pk,
                    self._touched.get(node, {}),
                    {"state": state, "attempt": attempt, "token": token},
                    self._deltas.get(node, {}),
                )
            )
        alone = []
        for alike in statements.grouped(changes, _all_but_id):
            if len(alike) == 1:
                alone += alike
                continue
            first = alike[0]
            for start in range(0, len(alike), _BATCH):
                ids = [each.id for each in alike[start : start + _BATCH]]
                self.batch.update(
                    NodeRun,
                    first.values,
                    first.where,
                    ids=ids,
                    deltas=first.deltas,
                    all_of_them=True,
                )
        for same in statements.grouped(alone, _columns):
            for start in range(0, len(same), _BATCH):
                self.batch.update_each(NodeRun, same[start : start + _BATCH], all_of_them=True)


def _all_but_id(change: Change) -> str:
    return repr((sorted(change.values.items()), sorted(change.deltas.items()), change.where))


def _columns(change: Change) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted(change.values)), tuple(sorted(change.deltas))


def note_run(run: Run, answer: Advance, now: datetime) -> None:
    """Put what the machine says into the row of a run that is about to be written."""
    for name in _RUN_FACTS:
        value = getattr(answer.run, name)
        setattr(run, name, value.value if isinstance(value, RunState) else value)
    if answer.run.state in ENDED_RUN:
        run.started_at = run.ended_at = now


def note_node(row: NodeRun, after: NodeView, now: datetime) -> None:
    """Put what the machine says into the row of a node that is about to be written."""
    for name in (*_NODE_FACTS, *_COUNTERS):
        setattr(row, name, getattr(after, name))
    row.state = after.state.value
    for name, value in _moments(after.state, now).items():
        setattr(row, name, value)


def _moments(state: NodeState, now: datetime) -> dict[str, Any]:
    """What else changes with the state."""
    if state is NodeState.QUEUED:
        return {"queued_at": now, "published_at": now, **_UNCLAIMED}
    if state is NodeState.RUNNING:
        return {"started_at": now}
    if state in ENDED_NODE:
        return {"ended_at": now, **_UNCLAIMED}
    return dict(_UNCLAIMED)


_UNCLAIMED: dict[str, Any] = {"token": None, "lease_expires_at": None}


@contextmanager
def opened(run_id: UUID) -> Iterator[Ledger]:
    """Lock the run, let the caller advance it, write what changed, commit.

    Raises Run.DoesNotExist, and LostRace when a row changed behind the lock.
    """
    outermost = not connection.in_atomic_block
    with turn():
        with transaction.atomic():
            ledger = Ledger(statements.lock_run(run_id), timezone.now())
            yield ledger
            ledger.write(disk.early() if outermost else "")
        if outermost and ledger.wrote:
            disk.wait()


_one_writer = threading.RLock()


@contextmanager
def turn() -> Iterator[None]:
    """SQLite has one writer at a time and waits for its turn by sleeping, for up to 100 ms at once.

    The threads of one process line up here instead, and wake the moment it is theirs.
    """
    if connection.vendor == "sqlite":
        with _one_writer:
            yield
    else:
        yield


def node_view(row: NodeRun) -> NodeView:
    """A row as the machine sees it."""
    plan = plans.own(row)
    mapped = plan.get("map")
    facts: dict[str, Any] = {name: getattr(row, name) for name in _NODE_FACTS + _COUNTERS}
    facts["state"] = NodeState(row.state)
    return NodeView(
        id=row.node,
        run_if=plan["run_if"],
        downstream=tuple(plan["downstream"]),
        cases=plan.get("cases"),
        on_exit=row.on_exit,
        parent=row.parent,
        mapped=bool(mapped),
        # Of a mapped node its items are tried again, not the node itself.
        max_attempts=1 if mapped else plan["retry"]["max_attempts"],
        backoff=_backoff(**plan["retry"]["backoff"]),
        allow_failures=mapped["allow_failures"] if mapped else 0,
        **facts,
    )


@lru_cache(maxsize=256)
def _backoff(**fields: Any) -> Backoff:
    return Backoff(**fields)


def _run_view(run: Run) -> RunView:
    facts = {name: getattr(run, name) for name in _RUN_FACTS}
    return RunView(**{**facts, "state": RunState(run.state)}, on_failure=run.on_failure)
