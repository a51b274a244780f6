"""What of an earlier run is kept, what runs again, what is left out."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.core.plan import NodePlan, Source
from pipelines.core.problems import InvalidDefinition
from pipelines.core.reuse import Before, Fate, Mode, Verdict, Wish, decide
from pipelines.core.states import NodeState

S, F, K, C = NodeState.SUCCESS, NodeState.FAILED, NodeState.SKIPPED, NodeState.CANCELLED


def plans(*edges: str, **fields: dict[str, Any]) -> list[NodePlan]:
    """Nodes of `a>b` in alphabetical order, which is also an order of the graph."""
    pairs = [tuple(edge.split(">")) for edge in edges]
    names = sorted({name for pair in pairs for name in pair} | fields.keys())
    return [
        NodePlan(
            **{
                "id": name,
                "component": "c@1",
                "digest": "d",
                "upstream": [a for a, b in pairs if b == name],
                "downstream": [b for a, b in pairs if a == name],
                **fields.get(name, {}),
            }
        )
        for name in names
    ]


def before(of: list[NodePlan], **states: NodeState | Before) -> dict[str, Before]:
    found = {}
    for plan in of:
        state = states.get(plan.id, S)
        found[plan.id] = state if isinstance(state, Before) else Before(plan, state)
    return found


def fates(
    of: list[NodePlan], was: dict[str, Before], mode: str, *nodes: str, changed: str = ""
) -> dict[str, str]:
    wish = Wish(Mode(mode), frozenset(nodes), "run #12", frozenset(changed.split()))
    return {node: verdict.fate.value for node, verdict in decide(of, was, wish).items()}


def why(
    of: list[NodePlan], was: dict[str, Before], mode: str, *nodes: str, changed: str = ""
) -> dict[str, str]:
    wish = Wish(Mode(mode), frozenset(nodes), "run #12", frozenset(changed.split()))
    return {node: verdict.why for node, verdict in decide(of, was, wish).items()}


CHAIN = plans("a>b", "b>c", "c>d")
MAP = plans("a>b", b={"map": {"over": "data"}})


def test_resume_keeps_what_succeeded_and_runs_the_rest():
    was = before(CHAIN, c=F, d=Before(CHAIN[3], K, "upstream `c` failed"))
    assert fates(CHAIN, was, "resume") == {"a": "keep", "b": "keep", "c": "run", "d": "run"}
    assert why(CHAIN, was, "resume") == {
        "a": "kept from run #12",
        "b": "kept from run #12",
        "c": "it failed in run #12",
        "d": "`c` runs again",
    }


@pytest.mark.parametrize(
    ("reason", "fate"),
    [
        ("condition was false: `params.x > 1`", "keep"),
        ("the run stopped after `z` failed", "run"),
        ("left out: it is not on the way to `a`", "run"),
    ],
)
def test_a_skip_is_kept_when_the_node_itself_decided_it(reason, fate):
    of = plans("a>b", z={})
    was = before(of, b=Before(of[1], K, reason), z=F)
    assert fates(of, was, "resume") == {"a": "keep", "b": fate, "z": "run"}


def test_a_node_that_succeeded_after_a_skip_is_kept_with_it():
    of = plans("a>b", "b>c", c={"run_if": "none_failed"}, z={})
    was = before(of, b=Before(of[1], K, "condition was false: `false`"), z=C)
    assert fates(of, was, "resume") == {"a": "keep", "b": "keep", "c": "keep", "z": "run"}


def test_run_from_here_runs_what_follows():
    of = plans("a>b", "b>c", "a>x")
    assert fates(of, before(of), "from", "b") == {
        "a": "keep",
        "b": "run",
        "c": "run",
        "x": "keep",
    }


def test_run_from_here_takes_along_what_has_no_result():
    of = plans("a>c", "b>d", "c>d", "b>x")
    was = before(of, b=F, x=Before(of[4], K, "upstream `b` failed"))
    assert fates(of, was, "from", "c") == {
        "a": "keep",
        "b": "run",
        "c": "run",
        "d": "run",
        "x": "leave",
    }
    assert why(of, was, "from", "c")["x"] == "left out: it does not come after `c`"


def test_run_to_here_leaves_out_what_follows():
    of = plans("a>b", "b>c", "x>y")
    was = before(of, x=F, y=Before(of[4], K, "upstream `x` failed"))
    assert fates(of, was, "to", "b") == {
        "a": "keep",
        "b": "run",
        "c": "leave",
        "x": "leave",
        "y": "leave",
    }
    assert why(of, was, "to", "b")["c"] == "left out: it is not on the way to `b`"


def test_run_to_here_needs_no_earlier_run():
    wish = Wish(Mode.TO, frozenset("b"))
    found = decide(CHAIN, {}, wish)
    assert {node: verdict.fate for node, verdict in found.items()} == {
        "a": Fate.RUN,
        "b": Fate.RUN,
        "c": Fate.LEAVE,
        "d": Fate.LEAVE,
    }
    assert found["a"] == Verdict(Fate.RUN, "it is needed")


def test_only_runs_only_these():
    assert fates(CHAIN, before(CHAIN), "only", "c") == {
        "a": "keep",
        "b": "keep",
        "c": "run",
        "d": "leave",
    }
    assert why(CHAIN, before(CHAIN), "only", "c")["d"] == "left out: only `c` was to run"


def test_only_says_which_result_is_missing():
    with pytest.raises(InvalidDefinition) as refused:
        fates(CHAIN, before(CHAIN, b=F), "only", "c")
    (problem,) = refused.value.problems
    assert (problem.code, problem.node) == ("missing_result", "c")
    assert problem.message == (
        "`c` needs `b`, whose result cannot be kept: it failed in run #12. "
        "Choose `b` too, or run to `c`."
    )
    with pytest.raises(InvalidDefinition, match="`a` runs again"):
        fates(CHAIN, before(CHAIN), "only", "a", "c")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": "e", "component": "c@2"}, "its component was `c@1`, now `c@2`"),
        ({"environment": "e"}, "its environment differs"),
        ({"params": {"x": 2}}, "its parameter `x` changed"),
        ({"params": {}}, "its parameter `x` changed"),
        ({"params": {"x": 1, "y": None}}, "its parameter `y` changed"),
        ({"inputs": {"p": [Source(node="a", port="r")]}}, "its inputs are connected otherwise"),
        ({"when": "true"}, "its condition changed"),
        ({"run_if": "always"}, "the rule when it may start changed"),
    ],
)
def test_a_node_that_changed_runs_again(change, said):
    of = plans("a>b", "b>c", b={"params": {"x": 1}})
    new = [of[0], of[1].model_copy(update=change), of[2]]
    assert fates(new, before(of), "resume") == {"a": "keep", "b": "run", "c": "run"}
    assert why(new, before(of), "resume") == {
        "a": "kept from run #12",
        "b": said,
        "c": "`b` runs again",
    }


def test_what_does_not_touch_the_result_changes_nothing():
    changes: dict[str, Any] = {
        "title": "B",
        "component": "c@2",
        "timeout": 3.0,
        "cache": True,
        "queue": "gpu",
        "memory_bytes": 5,
        "retry": {"max_attempts": 3},
        "pools": ["data"],
    }
    new = plans("a>b", "b>c", "b>e", b=changes)
    was = before(plans("a>b", "b>c"), c=F)
    assert fates(new, was, "resume") == {"a": "keep", "b": "keep", "c": "run", "e": "run"}
    assert why(new, was, "resume")["e"] == "it is not in run #12"


@pytest.mark.parametrize(
    ("value", "runs"),
    [
        ("${{ params.size }}", True),
        ("n=${{ params.size + 1 }}", True),
        ("${{ params['size'] }}", True),
        ("${{ size(params) }}", True),
        ("${{ params.sizes }}", False),
        ("${{ run.number }}", False),
        ("size", False),
    ],
)
def test_a_parameter_of_the_pipeline_that_changed_reaches_who_looks_at_it(value, runs):
    of = plans(a={"params": {"x": value}}, z={})
    found = fates(of, before(of, z=F), "resume", changed="size")
    assert found == {"a": "run" if runs else "keep", "z": "run"}


def test_a_condition_looks_at_parameters_too():
    of = plans(a={"when": "params.size > 1"}, z={})
    assert why(of, before(of, z=F), "resume", changed="size")["a"] == (
        "the pipeline's parameter `size` changed"
    )


def test_a_node_whose_artifacts_are_gone_runs_again():
    was = before(CHAIN, b=Before(CHAIN[1], S, intact=False), d=F)
    assert why(CHAIN, was, "resume")["b"] == "its artifacts are gone"


def test_nothing_to_run_and_unknown_nodes_are_refused():
    with pytest.raises(InvalidDefinition, match="nothing to run"):
        fates(CHAIN, before(CHAIN), "resume")
    with pytest.raises(InvalidDefinition, match="no node `q`"):
        fates(CHAIN, before(CHAIN), "from", "q")
    with pytest.raises(InvalidDefinition, match="Name the nodes"):
        fates(CHAIN, before(CHAIN), "to")


# What holds for every graph

NAMES = "abcdefghij"


@st.composite
def worlds(draw: Any) -> tuple[list[NodePlan], dict[str, Before], Wish]:
    pairs = draw(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
    edges = [f"{NAMES[a]}>{NAMES[b]}" for a, b in pairs if a < b]
    of = plans(*edges, **{name: {} for name in NAMES[: draw(st.integers(1, 10))]})
    was = {}
    for plan in of:
        sort = draw(st.sampled_from(["ok", "ok", "ok", "failed", "changed", "gone", "new", "skip"]))
        old = plan.model_copy(update={"digest": "old"}) if sort == "changed" else plan
        state = {"failed": F, "skip": K}.get(sort, S)
        if sort != "new":
            reason = draw(st.sampled_from(["condition was false: `x`", "the run stopped after y"]))
            was[plan.id] = Before(old, state, reason if state is K else "", intact=sort != "gone")
    mode = draw(st.sampled_from(list(Mode)))
    chosen = draw(st.sets(st.sampled_from([plan.id for plan in of]), min_size=1))
    return of, was, Wish(mode, frozenset(chosen), "run #1")


def decided(world: Any) -> dict[str, Verdict]:
    of, was, wish = world
    try:
        return decide(of, was, wish)
    except InvalidDefinition as refused:
        codes = {problem.code for problem in refused.problems}
        assert codes <= {"nothing_to_run", "missing_result"}
        assert ("nothing_to_run" in codes) <= (wish.mode is Mode.RESUME)
        assert ("missing_result" in codes) <= (wish.mode is Mode.ONLY)
        assume(False)
        raise


@given(worlds())
def test_what_is_kept_stands_on_what_is_kept_and_what_runs_has_its_inputs(world):
    of, was, _ = world
    found = decided(world)
    assert found.keys() == {plan.id for plan in of}
    for plan in of:
        above = {found[node].fate for node in plan.upstream}
        if found[plan.id].fate is Fate.KEEP:
            assert above <= {Fate.KEEP}
            old = was[plan.id]
            assert old.intact
            assert old.plan.digest == plan.digest
            assert old.state is S or old.reason.startswith("condition")
        if found[plan.id].fate is Fate.RUN:
            assert Fate.LEAVE not in above


@given(worlds())
def test_each_mode_runs_what_it_says_and_no_more(world):
    of, _, wish = world
    found = decided(world)
    running = {node for node, verdict in found.items() if verdict.fate is Fate.RUN}
    parents = {plan.id: set(plan.upstream) for plan in of}

    def above(nodes: set[str]) -> set[str]:
        seen: set[str] = set()
        todo = list(nodes)
        while todo:
            for parent in parents[todo.pop()] - seen:
                seen.add(parent)
                todo.append(parent)
        return seen

    chosen = set(wish.nodes)
    after = {node for node in parents if not above({node}).isdisjoint(chosen)} | chosen
    if wish.mode is Mode.RESUME:
        assert all(verdict.fate is not Fate.LEAVE for verdict in found.values())
        return
    assert chosen <= running
    if wish.mode is Mode.ONLY:
        assert running == chosen
    elif wish.mode is Mode.TO:
        assert running <= above(chosen) | chosen
    else:
        assert after <= running
        assert running <= after | above(after)


@given(worlds())
def test_resuming_what_succeeded_runs_just_what_was_left_out(world):
    of, _, _ = world
    first = decided(world)
    ended = {
        plan.id: Before(
            plan,
            K if first[plan.id].fate is Fate.LEAVE else S,
            first[plan.id].why if first[plan.id].fate is Fate.LEAVE else "",
        )
        for plan in of
    }
    left = {node for node, verdict in first.items() if verdict.fate is Fate.LEAVE}
    try:
        second = decide(of, ended, Wish(Mode.RESUME, origin="run #2"))
    except InvalidDefinition:
        assert not left
    else:
        assert {node for node, verdict in second.items() if verdict.fate is Fate.RUN} == left


def test_items_are_kept_only_where_the_map_and_all_before_it_are_as_they_were() -> None:
    def verdict(
        mode: str, *nodes: str, was: dict[str, Before], now: list[NodePlan] = MAP
    ) -> Verdict:
        return decide(now, was, Wish(Mode(mode), frozenset(nodes), "run #12"))["b"]

    failed = before(MAP, b=Before(MAP[1], F, items=3))
    assert verdict("resume", was=failed).items
    assert verdict("from", "b[1]", "b[4]", was=failed) == Verdict(
        Fate.RUN,
        "items 1 and 4 run again; the others that succeeded keep their results",
        items=True,
        anew=frozenset({1, 4}),
    )
    faster = plans("a>b", b={"map": {"over": "data", "max_parallel": 9}})
    assert verdict("resume", was=failed, now=faster).items
    assert not verdict("from", "b", was=failed).items
    assert not verdict("from", "b", "b[1]", was=failed).items
    assert not verdict("from", "a", was=failed).items
    assert not verdict("resume", was=failed, now=plans("a>b", b={**OTHER, "map": MAP[1].map})).items
    over = plans("a>b", b={"map": {"over": "extra"}})
    assert not verdict("resume", was=failed, now=over).items
    assert not verdict("resume", was=before(MAP, b=Before(MAP[1], F))).items
    with pytest.raises(InvalidDefinition, match=r"no node `a\[1\]`"):
        verdict("from", "a[1]", was=failed)
    with pytest.raises(InvalidDefinition, match=r"no node `b\[1\]`"):
        verdict("only", "b[1]", was=failed)


OTHER = {"params": {"x": 2}}
