"""Random graphs and random outcomes: what holds for every run."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.document import Backoff
from pipelines.core.machine import (
    RUN_IF,
    CancelRequested,
    ChildEnded,
    Claimed,
    ConditionFalse,
    Due,
    Failed,
    HandedOut,
    Lost,
    Parked,
    Released,
    Reused,
    Stopped,
    Succeeded,
)
from pipelines.core.states import ENDED_NODE, ENDED_RUN, NodeState, RunState
from tests.unit.core.simulation import Simulation, simulate

#: So often may the nodes of one run wait or hand out, or none would end.
MAX_LOOKS = 30


@st.composite
def worlds(draw: st.DrawFn) -> Simulation:
    size = draw(st.integers(1, 12))
    names = [f"n{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=30)) if pairs else []
    exits = [f"x{i}" for i in range(draw(st.integers(0, 2)))]
    edges += list(itertools.pairwise(exits)) if draw(st.booleans()) else []
    branches = draw(st.lists(st.sampled_from(names), max_size=2))
    return simulate(
        edges,
        nodes=[*names, *exits],
        exits=exits,
        cases={
            branch: {b: (draw(st.sampled_from(["yes", "no"])),) for a, b in edges if a == branch}
            for branch in branches
        },
        allow_failures=draw(st.sampled_from([0, 1, "50%"])),
        on_failure=draw(st.sampled_from(["stop", "continue"])),
        run_if={name: draw(st.sampled_from(sorted(RUN_IF))) for name in [*names, *exits]},
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
        view = world.views[name]
        if view.phase in ("items", "end"):
            continue  # its items are at work
        if view.phase == "child":
            moves += [ChildEnded(name)] * 4
            continue
        taken = frozenset({"yes"}) if view.cases else None
        moves += [Succeeded(name, taken)] * 4
        moves += [Failed(name, "boom"), Failed(name, "never", True)]
        if view.releases < 3:
            moves += [Lost(name, "gone"), Released(name, "stopped")]
        if world.looks < MAX_LOOKS:
            moves += [Parked(name, "waits", world.now)]
            if not view.items_total:  # a node that maps has items, and never a child run itself
                moves += [HandedOut(name, "child")]
            if not view.parent and not view.phase and not view.items_total:
                moves += [HandedOut(name, "items", 5, 2), HandedOut(name, "items", 1, 9)]
        if world.run.exit_cancelled if view.on_exit else world.run.cancel_requested:
            moves += [Stopped(name)]
    for name in world.in_state(NodeState.WAITING):
        moves += [Succeeded(name), Failed(name, "rejected", True)]
    if world.due():
        moves += [Due(world.due())] * 3
    if not moves:
        return None
    if not (world.run.exit_cancelled if world.run.exiting else world.run.cancel_requested):
        moves += [CancelRequested()]
    return draw(st.sampled_from(moves))


def check_start(world: Simulation, node: str) -> None:
    """No node starts before everything upstream of it has ended, and only if its rule agrees."""
    if world.views[node].parent:
        return
    upstream = [world.views[name].state for name in world.upstream[node]]
    assert all(state in ENDED_NODE for state in upstream)
    view = world.views[node]
    # A branch that was not taken counts as skipped, although the branch itself succeeded.
    left = sum(1 for name in world.upstream[node] if not_taken(world, name, node))
    assert view.upstream_success == upstream.count(NodeState.SUCCESS) - left
    assert view.upstream_skipped == upstream.count(NodeState.SKIPPED) + left
    if view.run_if == "all_success":
        assert all(state is NodeState.SUCCESS for state in upstream)


def not_taken(world: Simulation, branch: str, node: str) -> bool:
    """Whether `branch` took `yes`, as it does in the moves above, and `node` hangs on `no`."""
    view = world.views[branch]
    hangs_on = (view.cases or {}).get(node)
    took = world.took.get(branch)
    return view.state is NodeState.SUCCESS and took is not None and hangs_on == ("no",)


@settings(max_examples=300, deadline=None)
@given(world=worlds(), data=st.data())
def test_every_run_ends_in_order_and_replays(world, data):
    for _ in range(2000):
        event = one_move(world, data.draw)
        if event is None:
            break
        if isinstance(event, Claimed):
            check_start(world, event.node)
        if isinstance(event, Succeeded) and event.taken is not None:
            world.took[event.node] = event.taken
        if isinstance(event, HandedOut | Parked):
            world.looks += 1
        was_exiting = world.run.exiting
        if isinstance(event, HandedOut) and event.items:
            answer = world.hand_out(event.node, event.items, event.parallel)
        else:
            answer = world.feed(event)
        nodes = [view for view in world.views.values() if not view.parent]
        open_nodes = [view for view in nodes if view.state not in ENDED_NODE]
        if world.exits and not world.run.exiting:
            assert all(world.views[name].state is NodeState.PENDING for name in world.exits)
        for view in nodes:
            items = [each for each in world.views.values() if each.parent == view.id]
            if items:
                left = [each for each in items if each.state not in ENDED_NODE]
                assert view.items_open == len(left)
                assert not left or view.state is NodeState.RUNNING
        assert world.run.open_nodes == len(open_nodes)
        assert (world.run.state in ENDED_RUN) == (not open_nodes)
        if not any(c.after.state is NodeState.FAILED for c in answer.changes):
            exits_now = world.run.exiting and not was_exiting
            assert not world.swept or isinstance(event, CancelRequested) or exits_now
    assert world.run.state in ENDED_RUN
    assert all(state in ENDED_NODE for state in world.states().values())
    states = [view.state for view in world.views.values() if not view.parent]
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
        if name in replayed:
            assert replayed[name][0] not in ENDED_NODE, "an ended node changed again"
        replayed[name] = (state, attempt)
    assert {n: replayed[n] for n in world.baseline} == {
        n: (v.state, v.attempt) for n, v in world.views.items() if not v.parent
    }
