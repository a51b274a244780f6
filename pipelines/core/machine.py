"""The machine: a fact about a run goes in, changes and commands come out.

Nothing here reads a clock or a database. `View` is asked for nodes one at a time, so that the
caller loads only what an event touches: finishing a node costs its own edges. Only the first
failure of a run that stops, and a cancellation, look at all nodes that have not started.

The words are those of `states.NODE_TRANSITIONS`; whether a failed attempt is tried again is
decided in `retry`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from . import retry
from .document import Backoff
from .states import (
    ENDED_RUN,
    UNSTARTED,
    IllegalTransition,
    NodeState,
    RunState,
    Step,
    next_node_state,
    next_run_state,
)

_NO_BACKOFF = Backoff()


@dataclass(frozen=True, slots=True)
class NodeView:
    """What the machine needs to know about one node run.

    `blocked_by` says in words which upstream node speaks against starting ("`load` failed").
    """

    id: str
    state: NodeState = NodeState.PENDING
    reason: str = ""
    run_if: str = "all_success"
    downstream: tuple[str, ...] = ()
    max_attempts: int = 1
    backoff: Backoff = _NO_BACKOFF
    attempt: int = 0
    losses: int = 0
    releases: int = 0
    run_at: datetime | None = None
    blocked_by: str = ""
    upstream_open: int = 0
    upstream_success: int = 0
    upstream_failed: int = 0
    upstream_skipped: int = 0


@dataclass(frozen=True, slots=True)
class RunView:
    """`reason` names the first failure from the moment it happens."""

    state: RunState = RunState.PENDING
    reason: str = ""
    on_failure: str = "stop"
    open_nodes: int = 0
    failed_nodes: int = 0
    stopping: bool = False
    cancel_requested: bool = False


class View(Protocol):
    """A run as the machine sees it; loads lazily."""

    @property
    def run(self) -> RunView: ...
    def node(self, node: str) -> NodeView: ...
    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        """Several nodes at once: one query."""

    def unstarted(self) -> Iterable[NodeView]:
        """Every node that is pending or queued."""


@dataclass(frozen=True, slots=True)
class Over:
    """A node that is over before its run begins: kept from an earlier run, or skipped."""

    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins: nodes without upstream become ready, apart from those that are `over`."""

    over: Mapping[str, Over] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A worker took the node and starts an attempt."""

    node: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    node: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed. `permanent`: it would fail the same way again."""

    node: str
    why: str
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker that ran the attempt vanished; nobody knows how far the step came."""

    node: str
    why: str


@dataclass(frozen=True, slots=True)
class Released:
    """The worker gave the attempt back on its way out; it counts neither as failure nor loss."""

    node: str
    why: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The step was killed because the run was cancelled."""

    node: str


@dataclass(frozen=True, slots=True)
class ConditionFalse:
    node: str
    condition: str


@dataclass(frozen=True, slots=True)
class Reused:
    """The node's outputs were found in the cache."""

    node: str
    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """The time of these nodes' next try has come."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelRequested:
    why: str = "cancelled"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing new happened: finish what should have been finished."""


Event = (
    Started | Claimed | Succeeded | Failed | Lost | Released | Stopped
    | ConditionFalse | Reused | Due | CancelRequested | Settled
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Tell a worker that these nodes wait for it."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KillRunning:
    """Kill every step of the run that is under way."""


Command = Enqueue | KillRunning


@dataclass(frozen=True, slots=True)
class Change:
    """One node before and after."""

    before: NodeView
    after: NodeView


@dataclass(frozen=True, slots=True)
class Advance:
    """The answer: the run after the event, the nodes that changed, and what is to be done."""

    run_before: RunView
    run: RunView
    changes: tuple[Change, ...]
    commands: tuple[Command, ...]


#: When a node whose upstream nodes have all ended may start.
RUN_IF: Mapping[str, Callable[[NodeView], bool]] = {
    "all_success": lambda node: not (node.upstream_failed or node.upstream_skipped),
    "none_failed": lambda node: not node.upstream_failed,
    "one_success": lambda node: node.upstream_success > 0,
    "one_failed": lambda node: node.upstream_failed > 0,
    "all_done": lambda node: True,
    "always": lambda node: True,
}

#: These rules are there for failures, so they also start in a run that stops after one.
_STARTS_AFTER_FAILURE = frozenset({"one_failed", "all_done", "always"})

_UNMET = {
    "one_success": "no upstream node succeeded",
    "one_failed": "no upstream node failed",
}


def advance(view: View, event: Event, now: datetime) -> Advance:
    """What `event` means for the run. Raises IllegalTransition when it cannot have happened."""
    work = _Work(view, now)
    match event:
        case Started(over):
            work.start(over)
        case Claimed(node):
            work.claim(view.node(node))
        case Succeeded(node):
            work.end(view.node(node), Step.SUCCEED)
        case Failed(node, why, permanent):
            work.fail(view.node(node), why, permanent=permanent)
        case Lost(node, why):
            work.lose(view.node(node), why)
        case Released(node, why):
            work.release(view.node(node), why)
        case Stopped(node):
            work.stopped(view.node(node))
        case ConditionFalse(node, condition):
            work.begin()
            work.end(view.node(node), Step.SKIP, f"condition was false: `{condition}`")
        case Reused(node, why):
            work.begin()
            work.end(view.node(node), Step.REUSE, why)
        case Due(nodes):
            for found in view.nodes(nodes).values():
                work.enqueue(found, found.reason)
        case CancelRequested(why):
            work.cancel(why)
        case Settled():
            if work.run.cancel_requested:
                work.cancel(work.run.reason)
    work.settle()
    return work.answer()


@dataclass
class _Work:
    """One call of `advance`: the changes so far, laid over the view."""

    view: View
    now: datetime
    run: RunView = field(init=False)
    before: dict[str, NodeView] = field(default_factory=dict)
    after: dict[str, NodeView] = field(default_factory=dict)
    ended: list[NodeView] = field(default_factory=list)
    enqueued: list[str] = field(default_factory=list)
    kill: bool = False
    stop_now: bool = False

    def __post_init__(self) -> None:
        self.run = self.view.run

    # What an event means

    def start(self, over: Mapping[str, Over]) -> None:
        for node in self.view.unstarted():
            if node.id in over:
                self.end(node, over[node.id].step, over[node.id].reason)
            elif node.upstream_open == 0:
                self.decide(node)

    def claim(self, node: NodeView) -> None:
        self.begin()
        self.move(node, Step.CLAIM, reason="", attempt=node.attempt + 1)

    def stopped(self, node: NodeView) -> None:
        if not self.run.cancel_requested:
            raise IllegalTransition(f"node `{node.id}` was stopped, but its run was not cancelled")
        self.end(node, Step.CANCEL, "the run was cancelled")

    def fail(self, node: NodeView, why: str, *, permanent: bool = False) -> None:
        if node.state is NodeState.QUEUED:
            self.begin()
            self.end(node, Step.FAIL, why)
        elif self.run.cancel_requested:
            self.end(node, Step.FAIL, why)
        else:
            self.try_again_or_fail(node, why, permanent=permanent)

    def lose(self, node: NodeView, why: str) -> None:
        if self.run.cancel_requested:
            self.end(node, Step.CANCEL, f"the run was cancelled; {why}")
        else:
            node = replace(node, losses=node.losses + 1)
            self.try_again_or_fail(node, why, lost=True)

    def release(self, node: NodeView, why: str) -> None:
        if self.run.cancel_requested:
            self.end(node, Step.CANCEL, f"the run was cancelled; {why}")
        else:
            self.again(replace(node, releases=node.releases + 1), retry.Again(0.0, why))

    def cancel(self, why: str) -> None:
        if self.run.state in ENDED_RUN:
            raise IllegalTransition(f"the run is {self.run.state}: it cannot be cancelled any more")
        self.run = replace(self.run, cancel_requested=True, reason=why)
        for node in self.view.unstarted():
            self.end(node, Step.CANCEL, "the run was cancelled")
        self.kill = True

    # Parts of the answers

    def begin(self) -> None:
        if self.run.state is RunState.PENDING:
            self.run = replace(self.run, state=next_run_state(self.run.state, RunState.RUNNING))

    def try_again_or_fail(
        self, node: NodeView, why: str, *, lost: bool = False, permanent: bool = False
    ) -> None:
        stopping = self.run.stopping and node.run_if not in _STARTS_AFTER_FAILURE
        tried = retry.Tried(
            attempts=node.attempt,
            losses=node.losses,
            releases=node.releases,
            max_attempts=node.max_attempts,
            backoff=node.backoff,
            lost=lost,
            permanent=permanent,
            stopping=self.run.reason if stopping else "",
        )
        decision = retry.decide(tried, why)
        if isinstance(decision, retry.Again):
            self.again(node, decision)
        else:
            self.end(node, Step.FAIL, decision.reason)

    def again(self, node: NodeView, decision: retry.Again) -> None:
        wait = timedelta(seconds=decision.delay)
        node = self.move(node, Step.RETRY, reason=decision.reason, run_at=self.now + wait)
        if not wait:
            self.enqueue(node, decision.reason)

    def enqueue(self, node: NodeView, reason: str = "") -> None:
        self.move(node, Step.ENQUEUE, reason=reason, run_at=None)
        self.enqueued.append(node.id)

    def end(self, node: NodeView, step: Step, reason: str = "") -> None:
        node = self.move(node, step, reason=reason, run_at=None)
        self.ended.append(node)
        failed = node.state is NodeState.FAILED
        self.run = replace(
            self.run,
            open_nodes=self.run.open_nodes - 1,
            failed_nodes=self.run.failed_nodes + failed,
        )
        if failed and self.run.failed_nodes == 1 and not self.run.cancel_requested:
            self.stop_now = self.run.on_failure == "stop"
            self.run = replace(self.run, reason=f"`{node.id}` failed", stopping=self.stop_now)

    def decide(self, node: NodeView) -> None:
        """Start or skip a pending node whose upstream nodes have all ended."""
        if not RUN_IF[node.run_if](node):
            self.end(node, Step.SKIP, _UNMET.get(node.run_if) or f"upstream {node.blocked_by}")
        elif self.run.stopping and node.run_if not in _STARTS_AFTER_FAILURE:
            self.end(node, Step.SKIP, self.stop_reason())
        else:
            self.enqueue(node)

    def stop_reason(self) -> str:
        return f"the run stopped after {self.run.reason}"

    # Consequences

    def settle(self) -> None:
        """Follow the edges of what ended until nothing more follows, then perhaps end the run."""
        self.follow()
        if self.stop_now:
            self.stop()
            self.follow()
        if self.run.open_nodes == 0 and self.run.state not in ENDED_RUN:
            self.end_run()

    def follow(self) -> None:
        while self.ended:
            wave, self.ended = self.ended, []
            if self.run.cancel_requested:
                return  # nothing downstream is open any more
            children = self.load({child for node in wave for child in node.downstream})
            ready = [
                child
                for node in wave
                for child in (self.count(children, node, name) for name in node.downstream)
                if child.upstream_open == 0 and child.state is NodeState.PENDING
            ]
            for child in ready:
                self.decide(self.after[child.id])

    def stop(self) -> None:
        """End what has not started, apart from nodes that are there for failures."""
        for loaded in list(self.view.unstarted()):
            node = self.after.get(loaded.id, loaded)
            if node.state not in UNSTARTED or node.run_if in _STARTS_AFTER_FAILURE:
                continue
            if node.attempt and node.state is NodeState.PENDING:
                reason = f"attempt {node.attempt} failed; {self.stop_reason()} before the next"
                self.end(node, Step.FAIL, reason)
            else:
                self.end(node, Step.SKIP, self.stop_reason())

    def load(self, names: set[str]) -> dict[str, NodeView]:
        fresh = self.view.nodes(sorted(names - self.after.keys()))
        return {**fresh, **{name: self.after[name] for name in names & self.after.keys()}}

    def count(self, children: dict[str, NodeView], parent: NodeView, name: str) -> NodeView:
        """One upstream node of `name` has ended."""
        child = children[name]
        words = {NodeState.SKIPPED: "was skipped", NodeState.CANCELLED: "was cancelled"}
        blocked_by = child.blocked_by
        if parent.state is not NodeState.SUCCESS and (
            not blocked_by or (parent.state is NodeState.FAILED and not child.upstream_failed)
        ):
            blocked_by = f"`{parent.id}` {words.get(parent.state, 'failed')}"
        success = parent.state is NodeState.SUCCESS
        skipped = parent.state is NodeState.SKIPPED
        child = replace(
            child,
            blocked_by=blocked_by,
            upstream_open=child.upstream_open - 1,
            upstream_success=child.upstream_success + success,
            upstream_skipped=child.upstream_skipped + skipped,
            upstream_failed=child.upstream_failed + (not success and not skipped),
        )
        self.put(children[name], child)
        children[name] = child
        return child

    def end_run(self) -> None:
        others = self.run.failed_nodes - 1
        reason = self.run.reason
        if self.run.cancel_requested:
            state = RunState.CANCELLED
        elif self.run.failed_nodes:
            state = RunState.FAILED
            if others > 0:
                reason = f"{reason}, and {others} more node{'s' if others > 1 else ''}"
        else:
            state = RunState.SUCCESS
        self.run = replace(self.run, state=next_run_state(self.run.state, state), reason=reason)

    # Bookkeeping

    def move(self, node: NodeView, step: Step, **fields: object) -> NodeView:
        state = next_node_state(node.id, node.state, step, node.reason)
        moved = replace(node, state=state, **fields)  # type: ignore[arg-type]
        self.put(node, moved)
        return moved

    def put(self, before: NodeView, after: NodeView) -> None:
        if after.id not in self.before:
            self.before[after.id] = self.view.node(after.id)
        self.after[after.id] = after

    def answer(self) -> Advance:
        commands: list[Command] = []
        enqueued = [name for name in self.enqueued if self.after[name].state is NodeState.QUEUED]
        if enqueued:
            commands.append(Enqueue(tuple(enqueued)))
        if self.kill:
            commands.append(KillRunning())
        changes = tuple(Change(self.before[name], node) for name, node in self.after.items())
        return Advance(self.view.run, self.run, changes, tuple(commands))
