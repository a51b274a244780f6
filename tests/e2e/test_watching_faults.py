"""A watched run while something breaks: nothing is missing, nothing is told twice, the end is right."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.processes import holders
from tests.support.stack import Stack, wait_until

from . import pipelines
from .watching import (
    Gates,
    Line,
    card,
    expect_all_events,
    expect_nodes,
    expect_run,
    open_drawer,
    watch,
)


@pytest.fixture
def gates(common: Path) -> Gates:
    return Gates(common)


def three(gates: Gates) -> pipelines.Definition:
    """Three nodes in a row, each with a gate of its name."""
    nodes = [(name, gates.code(name)) for name in ("first", "second", "third")]
    return pipelines.python(*nodes, edges=("first second", "second third"))


def test_a_new_socket_goes_on_after_what_was_polled(stack: Stack, page: Page, gates: Gates) -> None:
    line = Line(page)
    run = stack.run(three(gates))
    watch(page, run)
    expect_nodes(page, first="running", second="pending")
    line.cut()
    gates.open("first")
    expect_nodes(page, first="success", second="running")  # By polling.
    line.mend()
    line.wait_for(lambda: len(line.sockets) == 2, "a new socket")
    page.get_by_role("tab", name="Events").click()
    gates.open("second", "third")
    expect_run(page, "success")
    expect_all_events(stack, page, run)

    (asked, before), (after, brought) = line.sockets
    assert after > max([asked, *before]), "what was polled is asked for again"
    assert brought == list(range(after + 1, brought[-1] + 1))


def test_a_lost_frame_is_noticed(stack: Stack, page: Page, gates: Gates) -> None:
    line = Line(page)
    run = stack.run(three(gates))
    watch(page, run)
    expect_nodes(page, first="running")
    line.wait_for(lambda: len(line.sockets) == 1, "the socket")
    page.get_by_role("tab", name="Events").click()
    line.losing = True
    gates.open("first")
    line.wait_for(lambda: line.lost != [], "a frame to be lost")
    gates.open("second", "third")
    expect_run(page, "success")
    expect_all_events(stack, page, run)
    assert len(line.sockets) == 1


def test_the_end_is_right_after_the_server_was_killed(
    stack: Stack, page: Page, gates: Gates
) -> None:
    definition = pipelines.python(
        ("good", gates.code("good")),
        ("bad", gates.code("bad", "raise RuntimeError('as the test wants it')")),
        ("after", "def run(data):\n    return data"),
        edges=("bad after",),
        on_failure="continue",
    )
    run = stack.run(definition)
    watch(page, run)
    expect_nodes(page, good="running", bad="running", after="pending")
    web = stack.kill("web")
    gates.open("good", "bad")
    stack.wait_for_restart("web", web)
    stack.wait_ready()
    expect_run(page, "failed")
    expect_nodes(page, good="success", bad="failed", after="skipped")
    page.get_by_role("tab", name="Events").click()
    expect_all_events(stack, page, run)


def test_attempts_are_numbered_as_they_come(stack: Stack, page: Page, gates: Gates) -> None:
    code = (
        f"{gates.wait}\n\n"
        "def run():\n"
        "    attempt = int(os.environ['PENSTOCK_ATTEMPT'])\n"
        "    print('this is try', attempt, flush=True)\n"
        "    _wait(attempt)\n"
        "    if attempt < 3:\n"
        "        raise RuntimeError(f'try {attempt} was not enough')\n"
        "    return attempt\n"
    )
    retry = {"retry": {"max_attempts": 3, "backoff": {"initial": "50ms"}}}
    run = stack.run(pipelines.python(("stubborn", code), stubborn=retry))
    watch(page, run)
    state = card(page, "stubborn").get_by_test_id("node-state")
    expect(state).to_contain_text("Running")
    expect(state).not_to_contain_text("attempt")
    gates.open("1")
    expect(state).to_contain_text("Running, attempt 2 of 3")
    shown = open_drawer(page, "stubborn")
    expect(shown.get_by_test_id("log")).to_contain_text("this is try 2")
    gates.open("2")
    expect(state).to_contain_text("Running, attempt 3 of 3")
    expect(shown.get_by_role("combobox", name="Attempt")).to_have_text("Attempt 3 of 3")
    expect(shown.get_by_test_id("log")).to_contain_text("this is try 3")
    gates.open("3")
    expect_run(page, "success")
    expect(state).to_contain_text("Success, attempt 3 of 3")


def test_every_skipped_node_says_why(stack: Stack, page: Page) -> None:
    passing = "def run(data=None):\n    return 1"
    definition = pipelines.python(
        ("one", passing),
        ("large", passing),
        ("after_large", passing),
        ("broken", "def run():\n    raise RuntimeError('no')"),
        ("after_broken", passing),
        ("rescue", passing),
        edges=("one large", "large after_large", "broken after_broken", "one rescue"),
        large={"when": "nodes.one.outputs.result > 5"},
        rescue={"run_if": "one_failed"},
        on_failure="continue",
    )
    reasons = {
        "large": "condition was false: `nodes.one.outputs.result > 5`",
        "after_large": "upstream `large` was skipped",
        "after_broken": "upstream `broken` failed",
        "rescue": "no upstream node failed",
    }
    watch(page, stack.run(definition))
    expect_run(page, "failed")
    expect_nodes(page, **dict.fromkeys(reasons, "skipped"))
    for name, reason in reasons.items():
        expect(card(page, name).get_by_test_id("node-state")).to_contain_text(reason)
    page.get_by_role("tab", name="Events").click()
    told = page.get_by_role("table", name="Events").get_by_role("row").filter(has_text="Skipped")
    expect(told).to_have_count(len(reasons))
    for reason in reasons.values():
        expect(told.filter(has_text=reason.replace("`", ""))).to_have_count(1)


def test_cancel_kills_the_step_that_sleeps(stack: Stack, page: Page, gates: Gates) -> None:
    held = gates.directory / "held"
    code = f"import time\ndef run():\n    held = open({str(held)!r}, 'w')\n    time.sleep(600)\n"
    watch(page, stack.run(pipelines.python(("sleep", code))))
    wait_until(lambda: holders(stack.process.pid, held) != [], "the step to sleep")
    expect_nodes(page, sleep="running")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect_run(page, "cancelled")
    expect_nodes(page, sleep="cancelled")
    assert holders(stack.process.pid, held) == []
    expect(page.get_by_text("cancelled by admin")).to_be_visible()
