"""What has to hold of every run that is over, whatever happened to the machine meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F

from pipelines.core.states import ENDED_NODE, ENDED_RUN
from pipelines.runs import queries
from pipelines.runs.models import Attempt, Event, NodeRun, Run

from .replay import apply_events

_BATCH = 200
_ENDED_NODE = frozenset(map(str, ENDED_NODE))


@dataclass
class Findings:
    """Counts of what was looked at, and everything that should not be."""

    runs: int = 0
    nodes: int = 0
    events: int = 0
    attempts: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Findings") -> "Findings":
        for name in ("runs", "nodes", "events", "attempts", "lost", "doubled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        return self


def look_at(first: Mapping[UUID, dict[str, Any] | None]) -> Findings:
    """Look at runs by id, each with a snapshot of itself from its beginning, if there is one."""
    found = Findings()
    missing, ids = set(first), list(first)
    while ids:
        for start in range(0, len(ids), _BATCH):
            for look in _looks(ids[start : start + _BATCH]):
                missing.discard(look.run.pk)
                found += look.at_everything(first.get(look.run.pk))
        children = Run.objects.filter(parent__run__in=ids)  # of sub-pipelines
        ids = list(children.values_list("pk", flat=True))
    found.wrong += [f"run {run_id} was answered with 201 and does not exist" for run_id in missing]
    return found


def _looks(ids: list[UUID]) -> list["_Look"]:
    """What there is to see of these runs, in a few queries."""
    looks = {run.pk: _Look(run) for run in Run.objects.filter(pk__in=ids)}
    for row in NodeRun.objects.filter(run__in=ids).order_by("position", "pk"):
        looks[row.run_id].rows.append(row)
    for event in Event.objects.filter(run__in=ids).order_by("seq"):
        looks[event.run_id].events.append(event)
    attempts = Attempt.objects.filter(node_run__run__in=ids).order_by("number")
    for attempt in attempts.annotate(run_id=F("node_run__run_id")):
        looks[attempt.run_id].attempts[attempt.node_run_id].append(attempt)
    return list(looks.values())


def _was_killed(attempt: Attempt) -> bool:
    """Whether it ended by itself or by the hand of whoever breaks things."""
    return attempt.state == "lost" or (attempt.error or {}).get("kind") == "signal"


class _Look:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows: list[NodeRun] = []
        self.events: list[Event] = []
        self.attempts: dict[int, list[Attempt]] = defaultdict(list)
        self.found = Findings(runs=1)

    def at_everything(self, first: dict[str, Any] | None) -> Findings:
        self.found.nodes, self.found.events = len(self.rows), len(self.events)
        self.at_the_run()
        for row in self.rows:
            self.at_attempts(row, self.attempts[row.pk])
            self.at_the_row(row)
        self.at_outcomes()
        self.at_numbers()
        if first is not None:
            self.at_the_replay(first)
        return self.found

    def say(self, what: str, node: str = "") -> None:
        where = f"run {self.run.pk}" + (f", node `{node}`" if node else "")
        self.found.wrong.append(f"{where}: {what}")

    def at_the_run(self) -> None:
        run = self.run
        if run.state not in ENDED_RUN or run.ended_at is None:
            self.say(f"it is {run.state} and has not ended")
        if run.open_nodes:
            self.say(f"it is over and counts {run.open_nodes} open nodes")
        failed = sum(row.state == "failed" for row in self.own_rows())
        if run.failed_nodes != failed:
            self.say(f"it counts {run.failed_nodes} failed nodes, {failed} are")
        states = Counter(row.state for row in self.own_rows())
        if run.node_counts != states:
            self.say(f"it counts its nodes as {run.node_counts}, they are {dict(states)}")

    def own_rows(self) -> Iterable[NodeRun]:
        """The rows of nodes; items of a mapped node are counted by that node."""
        return (row for row in self.rows if row.item is None)

    def at_the_row(self, row: NodeRun) -> None:
        if row.state not in _ENDED_NODE:
            self.say(f"it is {row.state}, which is no end", row.node)
        for name in ("token", "lease_expires_at", "run_at"):
            if getattr(row, name) is not None:
                self.say(f"it has ended and still has a {name}", row.node)
        if row.upstream_open and self.run.state != "cancelled":
            self.say(f"it still waits for {row.upstream_open} upstream nodes", row.node)

    def at_attempts(self, row: NodeRun, attempts: list[Attempt]) -> None:
        self.found.attempts += len(attempts)
        self.found.lost += sum(map(_was_killed, attempts))
        numbers = [attempt.number for attempt in attempts]
        if numbers != list(range(1, row.attempt + 1)):
            self.say(f"its attempts are {numbers}, its row says {row.attempt}", row.node)
        for attempt in attempts:
            if attempt.state == "running" or attempt.ended_at is None:
                self.say(f"attempt {attempt.number} was never closed", row.node)
        succeeded = sum(attempt.state == "success" for attempt in attempts)
        if succeeded > 1:
            self.found.doubled += 1
            self.say(f"{succeeded} of its attempts succeeded", row.node)
        if attempts and (row.state == "success") != (succeeded == 1):
            self.say(f"it is {row.state} and {succeeded} of its attempts succeeded", row.node)

    def at_outcomes(self) -> None:
        ends = Counter(
            event.node
            for event in self.events
            if event.kind == "node.state" and event.data.get("state") in _ENDED_NODE
        )
        for row in self.own_rows():
            if ends[row.node] > 1:
                self.found.doubled += 1
            if ends[row.node] != 1:
                self.say(f"its end was told {ends[row.node]} times", row.node)

    def at_numbers(self) -> None:
        numbers = [event.seq for event in self.events]
        if numbers != list(range(1, len(numbers) + 1)):
            self.say(f"its events have a gap: {numbers}")
        if self.run.last_seq != len(numbers):
            self.say(f"its last event should be {self.run.last_seq}, there are {len(numbers)}")

    def at_the_replay(self, first: dict[str, Any]) -> None:
        fresh = queries.snapshot(self.run)
        old = {key: first[key] for key in fresh}
        told = apply_events(old, queries.events_after(self.run.pk, old["last_seq"], 1_000_000))
        for key in fresh:
            if key == "nodes":
                for ours, theirs in zip(told["nodes"], fresh["nodes"], strict=True):
                    wrong = {name for name in theirs if ours[name] != theirs[name]}
                    if wrong:
                        self.say(f"replaying the events gives another {wrong}", theirs["id"])
            elif told[key] != fresh[key]:
                self.say(f"replaying the events gives {key} {told[key]!r}, not {fresh[key]!r}")
