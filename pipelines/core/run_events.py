"""What can happen in a run, and what the machine answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .run_view import NodeView, RunView
from .states import NodeState, Step


@dataclass(frozen=True, slots=True)
class Over:
    """A node that is over before its run begins: kept from an earlier run, or skipped.

    `taken` are the branches that it took, as in `Succeeded`.
    """

    step: Step
    reason: str
    taken: frozenset[str] | None = None


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
    """`taken` are the branches that a node with cases takes; None for a node without any."""

    node: str
    taken: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """The node waits without a worker: until a moment, or until it is decided on."""

    node: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A mapped node's items are there, or a sub-pipeline's child run has started.

    At most `parallel` items run at a time. `why` says what of it runs now, such as which round. The
    child run is cancelled if it is not over by `until`.
    """

    node: str
    phase: str
    items: int = 0
    parallel: int = 1
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The child run of a sub-pipeline is over."""

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
    """The time has come for these nodes' next try, or for another look at what they wait for."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelRequested:
    why: str = "cancelled"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing new happened: finish what should have been finished."""


Event = (
    Started | Claimed | Succeeded | Parked | HandedOut | ChildEnded | Failed | Lost | Released
    | Stopped | ConditionFalse | Reused | Due | CancelRequested | Settled
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Tell a worker that these nodes wait for it."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KillRunning:
    """Kill every step of the run that is under way, and cancel its child runs."""


@dataclass(frozen=True, slots=True)
class EndItems:
    """End all items of a mapped node that are pending, queued or waiting; there are `count`."""

    node: str
    count: int
    state: NodeState
    reason: str


Command = Enqueue | KillRunning | EndItems


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
