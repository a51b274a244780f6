"""Random graphs and random outcomes: what holds for every run."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.document import Backoff
from pipelines.core.machine import (
    RUN_IF,
    CancelRequested,
    Claimed,
    ConditionFalse,
    Due,
    Failed,
    Lost,
    Released,
    Reused,
    Stopped,
    Succeeded,
)
from pipelines.core.states import ENDED_NODE, ENDED_RUN, NodeState, RunState
from tests.unit.core.simulation import Simulation, simulate


@st.composite
def worlds(draw: st.DrawFn) -> Simulation:
    size = draw(st.integers(1, 12))
    names = [f"n{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []
    return simulate(
        edges,
        nodes=names,
        on_failure=draw(st.sampled_from(["stop", "continue"])),
        run_if={name: draw(st.sampled_from(sorted(RUN_IF))) for name in names},
        max_attempts={name: draw(st.integers(1, 3)) for name in names},
        backoff=Backoff(initial=draw(st.sampled_from([0, 5]))),
    )


def one_move(world: Simulation, draw: st.DrawFn):
    """Any event that can happen now, or None when the run has ended."""
    moves = []
    for name in world.in_state(NodeState.QUEUED):
        moves += [Claimed(name)] * 6
        moves += [ConditionFalse(name, "false"), Reused(name, "cache"), Failed(name, "bad", True)]
    for name in world.in_state(NodeState.RUNNING):
        moves += [Succeeded(name)] * 4
        moves += [Failed(name, "boom"), Failed(name, "never", True)]
        if world.views[name].releases < 3:
            moves += [Lost(name, "gone"), Released(name, "stopped")]
        if world.run.cancel_requested:
            moves += [Stopped(name)]
    if world.due():
        moves += [Due(world.due())] * 3
    if not moves:
        return None
    if not world.run.cancel_requested:
        moves += [CancelRequested()]
    return draw(st.sampled_from(moves))


def check_start(world: Simulation, node: str) -> None:
    """No node starts before everything upstream of it has ended, and only if its rule agrees."""
    upstream = [world.views[name].state for name in world.upstream[node]]
    assert all(state in ENDED_NODE for state in upstream)
    view = world.views[node]
    assert view.upstream_success == upstream.count(NodeState.SUCCESS)
    assert view.upstream_skipped == upstream.count(NodeState.SKIPPED)
    if view.run_if == "all_success":
        assert all(state is NodeState.SUCCESS for state in upstream)


@settings(max_examples=300, deadline=None)
@given(world=worlds(), data=st.data())
def test_every_run_ends_in_order_and_replays(world, data):
    for _ in range(2000):
        event = one_move(world, data.draw)
        if event is None:
            break
        if isinstance(event, Claimed):
            check_start(world, event.node)
        answer = world.feed(event)
        open_nodes = [s for s in world.states().values() if s not in ENDED_NODE]
        assert world.run.open_nodes == len(open_nodes)
        assert (world.run.state in ENDED_RUN) == (not open_nodes)
        if not any(c.after.state is NodeState.FAILED for c in answer.changes):
            assert not world.swept or isinstance(event, CancelRequested)
    assert world.run.state in ENDED_RUN
    assert all(state in ENDED_NODE for state in world.states().values())
    states = list(world.states().values())
    if world.run.cancel_requested:
        assert world.run.state is RunState.CANCELLED
    else:
        expected = RunState.FAILED if NodeState.FAILED in states else RunState.SUCCESS
        assert world.run.state is expected
    for name, view in world.views.items():
        if view.state is NodeState.SKIPPED or view.state is NodeState.FAILED:
            assert view.reason, name

    replayed = dict(world.baseline)
    for name, state, attempt in world.history:
        assert replayed[name][0] not in ENDED_NODE, "an ended node changed again"
        replayed[name] = (state, attempt)
    assert replayed == {n: (v.state, v.attempt) for n, v in world.views.items()}
