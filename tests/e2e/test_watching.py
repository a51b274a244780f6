"""Watching runs: live over a line that breaks, logs that pour, failures, cancelling, retries."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import drawn_states, watch_states

#: Ends when a file appears, so that a test decides how long a node runs.
UNTIL_TOLD = """
import os, time
def run(data=None):
    print("waiting", flush=True)
    while not os.path.exists({path!r}):
        time.sleep(0.02)
    return 1
"""
POUR = """
import os, sys, time
def run(data=None):
    print("ready to pour", flush=True)
    while not os.path.exists({path!r}):
        time.sleep(0.02)
    began, number = time.monotonic(), 0
    while number < 40_000:
        due = int((time.monotonic() - began) * 10_000)
        while number < min(due, 40_000):
            number += 1
            sys.stdout.write(f"line {{number}} of the pouring log\\n")
        sys.stdout.flush()
        time.sleep(0.01)
    return number
"""
FAIL = """
def _divide(whole, parts):
    return whole / parts

def run(data=None):
    print("about to divide")
    return _divide(1, 0)
"""
QUICK = "def run(data=None):\n    return 1\n"


def start(stack: Stack, definition: pipelines.Definition) -> str:
    return str(stack.run(definition)["id"])


def node(page: Page, name: str) -> Any:
    return page.locator(f'[data-node-id="{name}"]')


def state(page: Page) -> Any:
    return page.get_by_test_id("run-state")


def test_a_broken_line_leaves_no_gap(stack: Stack, page: Page, common: Path) -> None:
    """The socket dies twice, once with the network; the page goes on where it was."""
    first, second = common / "first", common / "second"
    sockets: list[WebSocketRoute] = []
    asked: list[str] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)
        asked.append(socket.url)

    page.route_web_socket(re.compile("/ws/runs/"), pass_on)
    run = start(
        stack,
        pipelines.python(
            ("a", UNTIL_TOLD.format(path=str(first))),
            ("b", UNTIL_TOLD.format(path=str(second))),
            ("c", QUICK),
            edges=("a b", "b c"),
        ),
    )
    page.goto(f"/runs/{run}")
    expect(node(page, "a")).to_have_attribute("data-state", "running")
    watch_states(page)
    sockets[-1].close(code=1011)
    first.touch()
    expect(node(page, "b")).to_have_attribute("data-state", "running")
    expect(node(page, "a")).to_have_attribute("data-state", "success")
    expect(page.get_by_text("Not live")).to_have_count(0)

    page.context.set_offline(True)
    sockets[-1].close(code=1011)
    second.touch()
    assert stack.wait_run(run)["state"] == "success"
    expect(state(page)).to_have_attribute("data-state", "running")
    page.context.set_offline(False)
    expect(state(page)).to_have_attribute("data-state", "success")
    for name in "abc":
        expect(node(page, name)).to_have_attribute("data-state", "success")
    assert all(re.search(r"[?&]after=\d+", url) for url in asked)

    page.get_by_role("tab", name="Events").click()
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    last = stack.get_run(run)["last_seq"]
    expect(rows).to_have_count(last + 1)
    numbers = [int(row) for row in rows.locator("> [role=cell]:first-child").all_inner_texts()]
    assert numbers == list(range(1, last + 1))
    assert drawn_states(page)["b"][-1] == "success"


def test_a_pouring_log_leaves_the_page_usable(stack: Stack, page: Page, common: Path) -> None:
    pour = common / "pour"
    run = start(stack, pipelines.python(("pour", POUR.format(path=str(pour)))))
    page.goto(f"/runs/{run}?node=pour")
    log = page.get_by_test_id("log")
    expect(log).to_contain_text("ready to pour")
    pour.touch()
    expect(log).to_contain_text("of the pouring log")
    page.evaluate(
        """() => {
            window.slowest = 0;
            let before = performance.now();
            const frame = now => {
                window.slowest = Math.max(window.slowest, now - before);
                before = now;
                requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
        }"""
    )
    for tab in ("Inputs", "Attempts", "Log"):
        page.get_by_role("tab", name=tab).click(timeout=3_000)
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible(timeout=3_000)
    follow = page.get_by_role("button", name="Follow the end of the log")
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(state(page)).to_have_attribute("data-state", "running")

    expect(log).to_contain_text("line 40000 of")
    assert page.evaluate("window.slowest") < 1_500, "the page stood still"
    expect(state(page)).to_have_attribute("data-state", "success")

    page.get_by_label("Search in the log").fill("line 39999 ")
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(log.locator("mark")).to_have_text("line 39999")
    expect(follow).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Search in the log").fill("")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the whole log").click()
    text = download.value.path().read_text()
    lines = [line for line in text.splitlines() if line.endswith("of the pouring log")]
    assert len(lines) == 40_000
    assert lines[0] == "line 1 of the pouring log"


def test_a_failure_names_the_line(stack: Stack, page: Page) -> None:
    run = start(
        stack,
        pipelines.python(
            ("fine", QUICK),
            ("broken", FAIL),
            ("after", QUICK),
            edges=("fine broken", "broken after"),
        ),
    )
    page.goto(f"/runs/{run}")
    expect(state(page)).to_have_attribute("data-state", "failed")
    expect(node(page, "after")).to_have_attribute("data-state", "skipped")
    node(page, "broken").click()
    error = page.get_by_test_id("node-error")
    expect(error).to_contain_text("division by zero")
    expect(error).to_contain_text("in line 3 of its code")
    expect(error.get_by_label("Traceback")).to_contain_text("return whole / parts")
    expect(error.get_by_label("Traceback")).not_to_contain_text("pipelines/kinds")
    expect(page.get_by_test_id("log")).to_contain_text("about to divide")

    drawer = page.get_by_test_id("node-drawer")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    node(page, "after").click()
    expect(node(page, "after")).to_be_in_viewport(ratio=0.99)
    expect(drawer.get_by_test_id("node-state")).to_have_attribute("data-state", "skipped")
    expect(drawer).to_contain_text("broken")


def test_cancel(stack: Stack, page: Page, common: Path) -> None:
    never = UNTIL_TOLD.format(path=str(common / "never"))
    run = start(stack, pipelines.python(("long", never), ("next", QUICK), edges=("long next",)))
    page.goto(f"/runs/{run}?node=long")
    expect(page.get_by_test_id("log")).to_contain_text("waiting")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(state(page)).to_have_attribute("data-state", "cancelled")
    expect(node(page, "long")).to_have_attribute("data-state", "cancelled")
    expect(node(page, "next")).to_have_attribute("data-state", re.compile("cancelled|skipped"))
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()


def test_attempts_are_told(stack: Stack, page: Page, common: Path) -> None:
    flaky = f"""
import pathlib
def run(data=None):
    mark = pathlib.Path({str(common / "tried")!r})
    print("try", mark.exists())
    if not mark.exists():
        mark.touch()
        raise ValueError("not yet")
    return 1
"""
    retry = {"retry": {"max_attempts": 3, "backoff": {"initial": "0.2s"}}}
    run = start(stack, pipelines.python(("flaky", flaky), flaky=retry))
    page.goto(f"/runs/{run}")
    expect(state(page)).to_have_attribute("data-state", "success")
    expect(node(page, "flaky")).to_contain_text("↻2")
    node(page, "flaky").click()
    drawer = page.get_by_test_id("node-drawer")
    drawer.get_by_role("tab", name="Log").click()
    expect(drawer.get_by_test_id("log")).to_contain_text("try True")
    drawer.get_by_role("combobox", name="Attempt").click()
    page.get_by_role("option", name="Attempt 1 of 3").click()
    expect(drawer.get_by_test_id("log")).to_contain_text("try False")
    expect(drawer.get_by_test_id("node-error")).to_contain_text("not yet")
    drawer.get_by_role("tab", name="Attempts").click()
    attempts = drawer.get_by_role("listitem")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("Success")
    expect(attempts.last).to_contain_text("Failed")


def test_a_node_that_nobody_can_run_says_why_on_its_card(stack: Stack, page: Page) -> None:
    run = start(stack, pipelines.python(("far", QUICK), far={"queue": "nowhere"}))
    page.goto(f"/runs/{run}")
    expect(node(page, "far")).to_contain_text("no worker serves the queue nowhere")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(state(page)).to_have_attribute("data-state", "cancelled")


def test_a_skipped_node_says_why(stack: Stack, page: Page) -> None:
    run = start(
        stack,
        pipelines.python(
            ("a", QUICK),
            ("rare", QUICK),
            edges=("a rare",),
            rare={"when": "nodes.a.outputs.result > 10"},
        ),
    )
    page.goto(f"/runs/{run}?node=rare")
    expect(state(page)).to_have_attribute("data-state", "success")
    drawer = page.get_by_test_id("node-drawer")
    expect(drawer.get_by_test_id("node-state")).to_have_attribute("data-state", "skipped")
    expect(drawer).to_contain_text("nodes.a.outputs.result > 10")
