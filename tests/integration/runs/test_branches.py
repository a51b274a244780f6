"""Conditions: which way a run goes, and what becomes of the other ways."""

from tests.support.fake_executor import give

IF = {"component": "control/if", "params": {"condition": "inputs.value > 10"}}


def test_only_the_branch_that_is_taken_runs(world):
    run = world.start(
        {"a": {}, "check": IF, "big": {}, "small": {}, "join": {"run_if": "none_failed"}},
        [
            "a.result -> check.value", "check.yes -> big", "check.no -> small",
            "big -> join", "small -> join",
        ],
    )  # fmt: skip
    world.executor.behaviours["a"] = give(result=12, file=None)
    world.work(run)
    assert world.states(run) == {
        "a": "success", "check": "success", "big": "success", "small": "skipped", "join": "success",
    }  # fmt: skip
    assert world.node(run, "small").reason == "branch `check` took `yes`"
    assert world.node(run, "check").outputs == {"yes": 12}
    assert run.state == "success"


def test_a_branch_hands_on_what_came_in(world):
    run = world.start(
        {"a": {}, "check": IF, "small": {}},
        ["a.result -> check.value", "check.no -> small.data"],
    )
    world.executor.behaviours["a"] = give(result=3, file=None)
    world.work(run)
    assert world.executor.requests["small"][0].inputs == {"data": 3}


def test_a_join_of_all_is_skipped_with_the_reason(world):
    run = world.start(
        {"check": {**IF, "params": {"condition": "1 > 2"}}, "yes": {}, "no": {}, "join": {}},
        ["check.yes -> yes", "check.no -> no", "yes -> join", "no -> join"],
    )
    world.work(run)
    assert world.states(run)["join"] == "skipped"
    assert world.node(run, "join").reason == "upstream `yes` was skipped"


def test_a_switch_takes_the_first_case_that_holds_else_the_last(world):
    cases = [
        {"name": "small", "when": "inputs.value < 10"},
        {"name": "medium", "when": "inputs.value < 100"},
    ]
    for value, taken in ((3, "small"), (30, "medium"), (300, "otherwise")):
        run = world.start(
            {
                "a": {},
                "pick": {"component": "control/switch", "params": {"cases": cases}},
                **{name: {} for name in ("s", "m", "o")},
            },
            [
                "a.result -> pick.value",
                "pick.small -> s",
                "pick.medium -> m",
                "pick.otherwise -> o",
            ],
        )
        world.executor.behaviours["a"] = give(result=value, file=None)
        world.work(run)
        assert world.node(run, "pick").outputs == {taken: value}
        ran = [node for node in ("s", "m", "o") if world.states(run)[node] == "success"]
        assert ran == [taken[0]]


def test_a_condition_without_a_truth_value_fails_the_branch_in_words(world):
    run = world.start(
        {"a": {}, "check": IF, "b": {}}, ["a.result -> check.value", "check.yes -> b"]
    )
    world.executor.behaviours["a"] = give(result="many", file=None)
    world.work(run)
    assert run.state == "failed"
    assert world.node(run, "check").reason.startswith(
        "the condition `inputs.value > 10` cannot be evaluated"
    )


def test_a_node_that_also_hangs_on_the_branch_by_order_runs_either_way(world):
    run = world.start(
        {"check": {**IF, "params": {"condition": "1 > 2"}}, "b": {}},
        ["check.yes -> b", "check -> b"],
    )
    world.work(run)
    assert world.states(run)["b"] == "success"
