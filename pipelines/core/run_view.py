"""A run as the machine sees it: plain facts, loaded lazily."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .document import Backoff
from .states import NodeState, RunState

_NO_BACKOFF = Backoff()


@dataclass(frozen=True, slots=True)
class NodeView:
    """What the machine needs to know about one node run.

    `blocked_by` says in words which upstream node speaks against starting ("`load` failed").
    `cases` names, for each neighbour downstream that hangs on branches of this node, the branches.
    `parent` is set on the items of a `mapped` node. `phase` is what a node is about that hands its
    work out or waits: `items` or `child` while others are at work, `collect` when they have ended,
    `end` when too many items failed and the rest is waited for, `waiting` from the first look on. Of its `items_total` items the first
    `items_queued` have been queued, and `items_open` have not ended.
    """

    id: str
    state: NodeState = NodeState.PENDING
    reason: str = ""
    run_if: str = "all_success"
    downstream: tuple[str, ...] = ()
    cases: Mapping[str, Sequence[str]] | None = None
    on_exit: bool = False
    parent: str = ""
    mapped: bool = False
    phase: str = ""
    items_total: int = 0
    items_queued: int = 0
    items_open: int = 0
    items_failed: int = 0
    allow_failures: int | str = 0
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
    """`reason` names the first failure from the moment it happens.

    `open_nodes` counts the nodes that have not ended, `open_exits` those of them that are on exit.
    The run is `exiting` once only those are left; cancelling it then ends them too.
    """

    state: RunState = RunState.PENDING
    reason: str = ""
    on_failure: str = "stop"
    open_nodes: int = 0
    failed_nodes: int = 0
    open_exits: int = 0
    stopping: bool = False
    cancel_requested: bool = False
    exiting: bool = False
    exit_cancelled: bool = False

    @property
    def outcome(self) -> RunState:
        """How the run will end, as things stand."""
        if self.cancel_requested:
            return RunState.CANCELLED
        return RunState.FAILED if self.failed_nodes else RunState.SUCCESS


class View(Protocol):
    """A run as the machine sees it; loads lazily."""

    @property
    def run(self) -> RunView: ...
    def node(self, node: str) -> NodeView: ...
    def nodes(self, nodes: Iterable[str]) -> Mapping[str, NodeView]:
        """Several nodes at once: one query."""

    def unstarted(self) -> Iterable[NodeView]:
        """Every node that is pending, queued or waiting, without items."""

    def handed_out(self) -> Iterable[NodeView]:
        """Every node that runs by its items or its child run, without items."""

    def unstarted_items(self, node: str) -> int:
        """How many items of a mapped node are pending, queued or waiting."""


#: When a node whose upstream nodes have all ended may start.
RUN_IF: Mapping[str, Callable[[NodeView], bool]] = {
    "all_success": lambda node: not (node.upstream_failed or node.upstream_skipped),
    "none_failed": lambda node: not node.upstream_failed,
    "one_success": lambda node: node.upstream_success > 0,
    "one_failed": lambda node: node.upstream_failed > 0,
    "all_done": lambda node: True,
    "always": lambda node: True,
}
