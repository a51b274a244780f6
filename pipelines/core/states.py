"""States and the two tables of transitions. A pair that is not in a table cannot happen."""

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NodeState(StrEnum):
    """`waiting` is a node that waits for something outside: a person, a time, another run."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to a node; the columns of NODE_TRANSITIONS."""

    ENQUEUE = "enqueue"
    CLAIM = "claim"
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    SKIP = "skip"
    REUSE = "reuse"
    KEEP = "keep"
    CANCEL = "cancel"
    #: It waits for something outside, without a worker.
    PARK = "park"
    #: Its items or its child run are at work; it needs no worker itself meanwhile.
    HAND_OUT = "hand out"
    #: They have ended: it needs a worker again, to put their results together.
    COLLECT = "collect"


ENDED_NODE = frozenset(
    {NodeState.SUCCESS, NodeState.FAILED, NodeState.SKIPPED, NodeState.CANCELLED}
)
ENDED_RUN = frozenset({RunState.SUCCESS, RunState.FAILED, RunState.CANCELLED})
#: In no worker's hands, so that the machine alone may end them.
UNSTARTED = frozenset({NodeState.PENDING, NodeState.QUEUED, NodeState.WAITING})

NODE_TRANSITIONS: Mapping[tuple[NodeState, Step], NodeState] = {
    (NodeState.PENDING, Step.ENQUEUE): NodeState.QUEUED,
    (NodeState.PENDING, Step.SKIP): NodeState.SKIPPED,
    # An earlier run did its work, and this run begins with that.
    (NodeState.PENDING, Step.KEEP): NodeState.SUCCESS,
    (NodeState.PENDING, Step.CANCEL): NodeState.CANCELLED,
    # A retry that is not made, because the run stops.
    (NodeState.PENDING, Step.FAIL): NodeState.FAILED,
    (NodeState.QUEUED, Step.CLAIM): NodeState.RUNNING,
    # `when` was false, or the run stops.
    (NodeState.QUEUED, Step.SKIP): NodeState.SKIPPED,
    (NodeState.QUEUED, Step.REUSE): NodeState.SUCCESS,
    # Its expressions or inputs make no sense, so no attempt is made.
    (NodeState.QUEUED, Step.FAIL): NodeState.FAILED,
    (NodeState.QUEUED, Step.CANCEL): NodeState.CANCELLED,
    (NodeState.RUNNING, Step.SUCCEED): NodeState.SUCCESS,
    (NodeState.RUNNING, Step.FAIL): NodeState.FAILED,
    (NodeState.RUNNING, Step.RETRY): NodeState.PENDING,
    (NodeState.RUNNING, Step.CANCEL): NodeState.CANCELLED,
    (NodeState.RUNNING, Step.PARK): NodeState.WAITING,
    (NodeState.RUNNING, Step.HAND_OUT): NodeState.RUNNING,
    (NodeState.RUNNING, Step.COLLECT): NodeState.QUEUED,
    # What it waited for has come, or it is time to look again.
    (NodeState.WAITING, Step.ENQUEUE): NodeState.QUEUED,
    # Somebody decided.
    (NodeState.WAITING, Step.SUCCEED): NodeState.SUCCESS,
    (NodeState.WAITING, Step.FAIL): NodeState.FAILED,
    (NodeState.WAITING, Step.CANCEL): NodeState.CANCELLED,
}

RUN_TRANSITIONS: frozenset[tuple[RunState, RunState]] = frozenset(
    {
        (RunState.PENDING, RunState.RUNNING),
        (RunState.PENDING, RunState.SUCCESS),
        (RunState.PENDING, RunState.FAILED),
        (RunState.PENDING, RunState.CANCELLED),
        (RunState.RUNNING, RunState.SUCCESS),
        (RunState.RUNNING, RunState.FAILED),
        (RunState.RUNNING, RunState.CANCELLED),
    }
)


class IllegalTransition(RuntimeError):
    """Something was said to have happened that cannot happen in this state."""


def next_node_state(node: str, state: NodeState, step: Step, story: str = "") -> NodeState:
    """The state after `step`. Raises IllegalTransition, which tells the node's story."""
    try:
        return NODE_TRANSITIONS[state, step]
    except KeyError:
        told = f" ({story})" if story else ""
        raise IllegalTransition(
            f"node `{node}` is {state}{told}: it cannot {step} from there"
        ) from None


def next_run_state(state: RunState, wanted: RunState) -> RunState:
    if (state, wanted) not in RUN_TRANSITIONS:
        raise IllegalTransition(f"the run is {state}: it cannot become {wanted}")
    return wanted
