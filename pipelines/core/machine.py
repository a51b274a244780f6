"""The machine: a fact about a run goes in, changes and commands come out.

Nothing here reads a clock or a database. `View` is asked for nodes one at a time, so that the
caller loads only what an event touches: finishing a node costs its own edges. Only the first
failure of a run that stops, and a cancellation, look at all nodes that have not started.

A mapped node hands its work out to items, `train[0]`, `train[1]` and so on. They are nodes like
others, but nothing hangs on them except their own node (`parent`), which counts them: the end of an
item queues the next one, and the end of the last one queues the node again, to collect results.
Nodes on exit are held back until everything else has ended.

The words are those of `states.NODE_TRANSITIONS`; whether a failed attempt is tried again is
decided in `retry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from . import retry
from .document import allowed_failures
from .run_events import (
    Advance,
    CancelRequested,
    Change,
    ChildEnded,
    Claimed,
    Command,
    ConditionFalse,
    Due,
    EndItems,
    Enqueue,
    Event,
    Failed,
    HandedOut,
    KillRunning,
    Lost,
    Over,
    Parked,
    Released,
    Reused,
    Settled,
    Started,
    Stopped,
    Succeeded,
)
from .run_view import RUN_IF, NodeView, RunView, View
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

__all__ = [
    "RUN_IF",
    "Advance",
    "CancelRequested",
    "Change",
    "ChildEnded",
    "Claimed",
    "Command",
    "ConditionFalse",
    "Due",
    "EndItems",
    "Enqueue",
    "Event",
    "Failed",
    "HandedOut",
    "KillRunning",
    "Lost",
    "NodeView",
    "Over",
    "Parked",
    "Released",
    "Reused",
    "RunView",
    "Settled",
    "Started",
    "Stopped",
    "Succeeded",
    "View",
    "advance",
    "item_id",
]

#: These rules are there for failures, so they also start in a run that stops after one.
_STARTS_AFTER_FAILURE = frozenset({"one_failed", "all_done", "always"})

_ENDED = {NodeState.SKIPPED: "was skipped", NodeState.CANCELLED: "was cancelled"}
_UNMET = {
    "one_success": "no upstream node succeeded",
    "one_failed": "no upstream node failed",
}


def item_id(node: str, index: int) -> str:
    """`train[17]`: an item of a mapped node, counted from 0."""
    return f"{node}[{index}]"


def failed_items(node: NodeView) -> str:
    """Why a mapped node failed, in words."""
    most = allowed_failures(node.allow_failures, node.items_total)
    return f"{node.items_failed} of {node.items_total} items failed; at most {most} may"


def replace_phase(node: NodeView) -> NodeView:
    """The node as it begins again from the start."""
    return replace(node, phase="") if node.phase else node


def _starts_after_failure(node: NodeView) -> bool:
    return node.on_exit or node.run_if in _STARTS_AFTER_FAILURE


def advance(view: View, event: Event, now: datetime) -> Advance:
    """What `event` means for the run. Raises IllegalTransition when it cannot have happened."""
    work = _Work(view, now)
    match event:
        case Started(over):
            work.start(over)
        case Claimed(node):
            work.claim(view.node(node))
        case Succeeded(node, taken):
            work.succeed(view.node(node), taken)
        case Parked(node, why, until):
            work.park(view.node(node), why, until)
        case HandedOut():
            work.hand_out(view.node(event.node), event)
        case ChildEnded(node):
            work.collect(view.node(node))
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
    taken: dict[str, frozenset[str]] = field(default_factory=dict)
    ended_items: list[EndItems] = field(default_factory=list)
    kill: bool = False
    stop_now: bool = False

    def __post_init__(self) -> None:
        self.run = self.view.run

    # What an event means

    def start(self, over: Mapping[str, Over]) -> None:
        for node in self.view.unstarted():
            if (known := over.get(node.id)) is not None:
                if known.taken is not None:
                    self.taken[node.id] = known.taken
                self.end(node, known.step, known.reason)
            elif node.upstream_open == 0 and not node.on_exit:
                self.decide(node)

    def claim(self, node: NodeView) -> None:
        self.begin()
        self.move(node, Step.CLAIM, reason="", attempt=node.attempt + 1)

    def succeed(self, node: NodeView, taken: frozenset[str] | None) -> None:
        if taken is not None:
            self.taken[node.id] = taken
        self.end(node, Step.SUCCEED)

    def park(self, node: NodeView, why: str, until: datetime | None) -> None:
        if self.ending(node):
            self.end(node, Step.CANCEL, "the run was cancelled")
            return
        # A look is no try: the next one has the same number.
        self.move(
            node, Step.PARK, reason=why, run_at=until, attempt=node.attempt - 1, phase="waiting"
        )

    def hand_out(self, node: NodeView, event: HandedOut) -> None:
        if self.ending(node):
            self.end(node, Step.CANCEL, "the run was cancelled")
            return
        first = min(event.items, event.parallel)
        node = self.move(
            node,
            Step.HAND_OUT,
            reason=event.why,
            phase=event.phase,
            run_at=event.until,
            attempt=node.attempt - 1,
            items_total=event.items,
            items_open=event.items,
            items_queued=first,
            items_failed=0,
        )
        names = [item_id(node.id, index) for index in range(first)]
        items = self.load(set(names))
        for name in names:
            self.enqueue(items[name])

    def collect(self, node: NodeView) -> None:
        """Have the results of a node put together, unless it is to end anyway."""
        if self.ending(node):
            self.end(node, Step.CANCEL, "the run was cancelled")
        else:
            self.move(node, Step.COLLECT, phase="collect", run_at=None)
            self.enqueued.append(node.id)

    def ending(self, node: NodeView) -> bool:
        """Whether a cancellation wants this node to end."""
        return self.run.exit_cancelled if node.on_exit else self.run.cancel_requested

    def stopped(self, node: NodeView) -> None:
        if not self.ending(node):
            raise IllegalTransition(f"node `{node.id}` was stopped, but its run was not cancelled")
        self.end(node, Step.CANCEL, "the run was cancelled")

    def fail(self, node: NodeView, why: str, *, permanent: bool = False) -> None:
        if node.state is NodeState.QUEUED:
            self.begin()
            self.end(node, Step.FAIL, why)
        elif self.ending(node):
            self.end(node, Step.FAIL, why)
        else:
            self.try_again_or_fail(replace_phase(node), why, permanent=permanent)

    def lose(self, node: NodeView, why: str) -> None:
        if self.ending(node):
            self.end(node, Step.CANCEL, f"the run was cancelled; {why}")
        else:
            node = replace(node, losses=node.losses + 1)
            self.try_again_or_fail(node, why, lost=True)

    def release(self, node: NodeView, why: str) -> None:
        if self.ending(node):
            self.end(node, Step.CANCEL, f"the run was cancelled; {why}")
        elif self.run.stopping and not _starts_after_failure(node):
            # What was given back has not begun, or is to begin anew: a run that stops starts nothing.
            self.end(self.move(node, Step.RETRY), Step.SKIP, self.stop_reason())
        else:
            self.again(replace(node, releases=node.releases + 1), retry.Again(0.0, why))

    def cancel(self, why: str) -> None:
        if self.run.state in ENDED_RUN:
            raise IllegalTransition(f"the run is {self.run.state}: it cannot be cancelled any more")
        exiting = self.run.exiting
        if exiting:
            self.run = replace(self.run, exit_cancelled=True)
        else:
            self.run = replace(self.run, cancel_requested=True, reason=why)
        for node in self.view.unstarted():
            if exiting or not node.on_exit:
                self.end(node, Step.CANCEL, "the run was cancelled")
        for node in self.view.handed_out():
            if node.phase == "items" and (exiting or not node.on_exit):
                self.end_items(node, NodeState.CANCELLED, "the run was cancelled")
        self.kill = True

    # Parts of the answers

    def begin(self) -> None:
        if self.run.state is RunState.PENDING:
            self.run = replace(self.run, state=next_run_state(self.run.state, RunState.RUNNING))

    def try_again_or_fail(
        self, node: NodeView, why: str, *, lost: bool = False, permanent: bool = False
    ) -> None:
        stopping = self.run.stopping and not _starts_after_failure(node)
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
        if node.parent:
            self.item_ended(node)
            return
        if node.mapped and node.phase in ("", "waiting") and node.state is not NodeState.SUCCESS:
            # Its items may be there already, of an attempt that did not come to hand them out.
            self.unstarted_items_end(node, NodeState.CANCELLED, f"`{node.id}` ended before")
        self.ended.append(node)
        failed = node.state is NodeState.FAILED
        self.run = replace(
            self.run,
            open_nodes=self.run.open_nodes - 1,
            failed_nodes=self.run.failed_nodes + failed,
            open_exits=self.run.open_exits - node.on_exit,
        )
        if failed and self.run.failed_nodes == 1 and not self.run.cancel_requested:
            self.stop_now = self.run.on_failure == "stop"
            self.run = replace(self.run, reason=f"`{node.id}` failed", stopping=self.stop_now)

    def item_ended(self, item: NodeView) -> None:
        """Count an item, and queue the next one or what follows the last one."""
        node = self.now_of(item.parent)
        failed = item.state is NodeState.FAILED
        counted = replace(
            node,
            items_open=node.items_open - 1,
            items_failed=node.items_failed + failed,
        )
        self.put(node, counted)
        node = counted
        most = allowed_failures(node.allow_failures, node.items_total)
        if failed and node.phase == "items" and node.items_failed > most:
            self.end_items(node, NodeState.SKIPPED, f"too many items of `{node.id}` failed")
        elif node.items_open == 0:
            self.items_done(node)
        elif node.phase == "items" and node.items_queued < node.items_total:
            self.put(node, replace(node, items_queued=node.items_queued + 1))
            self.enqueue(self.now_of(item_id(node.id, node.items_queued)))

    def end_items(self, node: NodeView, state: NodeState, reason: str) -> None:
        """Start no more items of a mapped node. Those that run are waited for."""
        node = self.now_of(node.id)
        ended = self.unstarted_items_end(node, state, reason)
        node = replace(node, phase="end", items_open=node.items_open - ended)
        self.put(node, node)
        if node.items_open == 0:
            self.items_done(node)

    def unstarted_items_end(self, node: NodeView, state: NodeState, reason: str) -> int:
        """End all items of a node that have not started; how many there were."""
        mine = [view for view in self.after.values() if view.parent == node.id]
        known = sum(self.before[view.id].state in UNSTARTED for view in mine)
        count = self.view.unstarted_items(node.id) - known
        self.ended_items.append(EndItems(node.id, count, state, reason))
        step = Step.SKIP if state is NodeState.SKIPPED else Step.CANCEL
        queued_just_now = [view for view in mine if view.state in UNSTARTED]
        for item in queued_just_now:
            self.move(item, step, reason=reason)
        return count + len(queued_just_now)

    def items_done(self, node: NodeView) -> None:
        """No item of a mapped node is left."""
        if self.ending(node):
            self.end(node, Step.CANCEL, "the run was cancelled")
        elif node.phase == "items":
            self.collect(node)
        elif node.items_failed > allowed_failures(node.allow_failures, node.items_total):
            self.end(node, Step.FAIL, failed_items(node))
        else:
            self.end(node, Step.CANCEL, self.stop_reason())

    def decide(self, node: NodeView) -> None:
        """Start or skip a pending node whose upstream nodes have all ended."""
        if not RUN_IF[node.run_if](node):
            self.end(node, Step.SKIP, _UNMET.get(node.run_if) or node.blocked_by)
        elif self.run.stopping and not _starts_after_failure(node):
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
        if self.run.open_nodes == self.run.open_exits > 0 and not self.run.exiting:
            self.exit()
            self.follow()
        if self.run.open_nodes == 0 and self.run.state not in ENDED_RUN:
            self.end_run()

    def follow(self) -> None:
        while self.ended:
            wave, self.ended = self.ended, []
            if self.run.cancel_requested and not self.run.exiting:
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
            if node.state not in UNSTARTED or _starts_after_failure(node):
                continue
            if node.state is NodeState.WAITING:
                self.end(node, Step.CANCEL, self.stop_reason())
            elif node.attempt and node.state is NodeState.PENDING:
                reason = f"attempt {node.attempt} failed; {self.stop_reason()} before the next"
                self.end(node, Step.FAIL, reason)
            else:
                self.end(node, Step.SKIP, self.stop_reason())
        for node in list(self.view.handed_out()):
            if self.now_of(node.id).phase == "items" and not _starts_after_failure(node):
                self.end_items(node, NodeState.SKIPPED, self.stop_reason())

    def exit(self) -> None:
        """Nothing but the nodes on exit is left: start them, whatever has happened before."""
        self.begin()
        self.run = replace(self.run, exiting=True)
        for loaded in list(self.view.unstarted()):
            node = self.after.get(loaded.id, loaded)
            if node.on_exit and node.state is NodeState.PENDING and node.upstream_open == 0:
                self.decide(node)

    def now_of(self, node: str) -> NodeView:
        """A node as this call has changed it so far."""
        return self.after[node] if node in self.after else self.view.node(node)

    def load(self, names: set[str]) -> dict[str, NodeView]:
        fresh = self.view.nodes(sorted(names - self.after.keys()))
        return {**fresh, **{name: self.after[name] for name in names & self.after.keys()}}

    def count(self, children: dict[str, NodeView], parent: NodeView, name: str) -> NodeView:
        """One upstream node of `name` has ended."""
        child = children[name]
        blocked_by = child.blocked_by
        not_taken = self.not_taken(parent, name)
        if (parent.state is not NodeState.SUCCESS or not_taken) and (
            not blocked_by or (parent.state is NodeState.FAILED and not child.upstream_failed)
        ):
            blocked_by = not_taken or f"upstream `{parent.id}` {_ENDED.get(parent.state, 'failed')}"
        success = parent.state is NodeState.SUCCESS and not not_taken
        skipped = parent.state is NodeState.SKIPPED or bool(not_taken)
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

    def not_taken(self, parent: NodeView, child: str) -> str:
        """In words, that `parent` took no branch that leads to `child`; empty if it did."""
        ports, taken = (parent.cases or {}).get(child), self.taken.get(parent.id)
        if ports is None or taken is None or not taken.isdisjoint(ports):
            return ""
        took = ", ".join(f"`{case}`" for case in sorted(taken)) or "none"
        return f"branch `{parent.id}` took {took}"

    def end_run(self) -> None:
        others = self.run.failed_nodes - 1
        reason = self.run.reason
        state = self.run.outcome
        if state is RunState.FAILED and others > 0:
            reason = f"{reason}, and {others} more node{'s' if others > 1 else ''}"
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
        commands.extend(self.ended_items)
        if self.kill:
            commands.append(KillRunning())
        changes = tuple(Change(self.before[name], node) for name, node in self.after.items())
        return Advance(self.view.run, self.run, changes, tuple(commands))
