"""Branches, maps, loops and approvals, built by mouse and keyboard and watched live."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor, drawn_states, watch_states
from .watching import Gates, drawer, expect_run


@pytest.fixture
def gates(common: Path) -> Gates:
    return Gates(common)


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option).click()


def options(editor: Editor, node: str) -> None:
    """The options of a node, beside the canvas."""
    editor.select(node)
    if editor.page.get_by_role("button", name="Edit", exact=True).is_visible():
        editor.page.get_by_role("button", name="Edit", exact=True).click()
    editor.inspector.get_by_role("tab", name="Options").click()


def code(editor: Editor, source: str) -> None:
    editor.write("Code", source)


def run(editor: Editor) -> None:
    editor.expect_saved()
    expect(editor.page.get_by_text("No problems")).to_be_visible()
    editor.focus()
    editor.page.keyboard.press("ControlOrMeta+Enter")


def test_a_branch_with_a_join(page: Page) -> None:
    editor = Editor(page).new()
    editor.add_by_search("python function")
    code(editor, "def run(data=None):\n    return 12\n")
    editor.add_by_search("if")
    expect(editor.edge("python.result", "if.value")).to_be_attached()
    editor.write("Condition", "inputs.value > 10")

    # What is added to a branch hangs on its first side, then on the other one.
    editor.add_by_search("python function")
    code(editor, "def run(data=None):\n    return f'many: {data}'\n")
    expect(editor.edge("if.yes", "python_2.data")).to_be_attached()
    editor.select("if")
    editor.add_by_search("python function")
    code(editor, "def run(data=None):\n    return 'few'\n")
    expect(editor.edge("if.no", "python_3.data")).to_be_attached()
    expect(page.get_by_test_id("branch-label")).to_have_text(["yes", "no"])

    # The join takes what one of them gives, and its rule says that a skipped one does not matter.
    editor.add_by_search("python function")
    code(editor, "def run(data=None, extra=None):\n    return 'joined'\n")
    expect(editor.edge("python_3.result", "python_4.data")).to_be_attached()
    editor.fit()
    editor.wire(("python_2", ".order"), ("python_4", ".order"))
    expect(editor.edge("python_2", "python_4")).to_be_attached()
    options(editor, "python_4")
    choose(page, "Runs when", "nothing before it failed")
    mark = editor.node("python_4").get_by_test_id("patterns")
    expect(mark).to_contain_text("Runs when nothing before it failed")

    run(editor)
    expect(editor.run_state).to_have_attribute("data-state", "success")
    editor.expect_states({"python_2": "success", "python_3": "skipped", "python_4": "success"})
    expect(editor.node("python_3")).to_contain_text("branch if took yes")


def test_a_switch_whose_case_is_renamed(page: Page) -> None:
    editor = Editor(page).new()
    editor.add_by_search("switch")
    expect(page.get_by_text("1 problem")).to_be_visible()
    editor.inspector.get_by_role("button", name="Add case").click()
    expect(editor.port("switch", "case_1", "out")).to_be_attached()
    editor.inspector.get_by_role("textbox", name="Condition").fill("1 > 0")
    editor.add_by_search("python function")
    expect(editor.edge("switch.case_1", "python")).to_be_attached()
    editor.select("switch")
    name = editor.inspector.get_by_role("textbox", name="Case 1")
    name.fill("small")
    name.press("Enter")
    expect(editor.edge("switch.small", "python")).to_be_attached()
    expect(page.get_by_test_id("branch-label")).to_have_text("small")
    expect(page.get_by_text("No problems")).to_be_visible()
    editor.focus()
    page.keyboard.press("ControlOrMeta+z")
    expect(editor.edge("switch.case_1", "python")).to_be_attached()


def test_a_map_of_which_one_item_may_fail(page: Page, gates: Gates) -> None:
    editor = Editor(page).new()
    editor.add_by_search("python function")
    code(editor, "def run(data=None):\n    return [1, 2, 3, 4]\n")
    editor.add_by_search("python function")
    code(
        editor,
        f"{gates.wait}\n\ndef run(data=None):\n    print('at', data)\n"
        "    if data == 2:\n        raise ValueError('two is not allowed')\n"
        "    if data == 4:\n        _wait('four')\n    return data * 10\n",
    )
    options(editor, "python_2")
    choose(page, "Runs for each element of", "data (input)")
    may_fail = editor.inspector.get_by_role("textbox", name="May fail")
    may_fail.fill("25%")
    may_fail.press("Enter")
    marks = editor.node("python_2").get_by_test_id("patterns")
    expect(marks).to_contain_text("× data")
    expect(marks).to_contain_text("25% may fail")

    run(editor)
    count = editor.node("python_2").get_by_test_id("items-count")
    expect(count).to_have_text("3 of 4, 1 failed")
    editor.select("python_2")
    table = drawer(page, "python_2").get_by_role("table", name="Items of python_2")
    expect(table.locator("[data-item='3']")).to_have_attribute("data-state", "running")
    expect(table.locator("[data-item='0']")).to_contain_text("10")
    gates.open("four")
    expect(table.locator("[data-item='3']")).to_have_attribute("data-state", "success")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    expect(count).to_have_text("4, 1 failed")

    choose(page, "State of the items", re.compile("Failed: 1"))
    expect(table.locator("[data-item]")).to_have_count(1)
    page.get_by_role("button", name="Open item 1").press("Enter")
    item = drawer(page, "python_2[1]")
    expect(item.get_by_test_id("node-error")).to_contain_text("two is not allowed")
    expect(item.get_by_test_id("log")).to_contain_text("at 2")
    item.get_by_role("tab", name="Inputs").click()
    expect(item.get_by_role("region", name="data")).to_contain_text("2")
    item.get_by_role("heading").get_by_role("button").click()
    drawer(page, "python_2").get_by_role("tab", name="Outputs").click()
    expect(drawer(page, "python_2").get_by_role("tabpanel")).to_contain_text("null")


def test_a_map_over_an_empty_list_says_so(stack: Stack, page: Page) -> None:
    definition = pipelines.python(
        ("none", "def run(data=None):\n    return []\n"),
        ("each", "def run(data):\n    return data\n"),
        edges=("none each",),
        each={"map": {"over": "data"}},
    )
    run = stack.run(definition)
    page.goto(f"/runs/{run['id']}")
    expect_run(page, "success")
    expect(page.locator('[data-node-id="each"]').get_by_test_id("patterns")).to_contain_text(
        "no items"
    )


def test_a_loop_over_a_published_pipeline(stack: Stack, page: Page, gates: Gates) -> None:
    halve = pipelines.python(
        ("half", f"{gates.wait}\n\ndef run(data=None):\n    _wait(${{{{ params.x }}}})\n"
         "    return ${{ params.x }} / 2\n"),
        name="Halve it",
        parameters=[{"name": "x", "type": "number", "default": 8}],
        outputs=[{"name": "x", "from": "half.result"}],
    )  # fmt: skip
    pipelines.create(stack, halve, "first")
    editor = Editor(page).new()
    editor.add_by_search("halve it")
    expect(editor.node("halve_it")).to_be_visible()
    expect(editor.port("halve_it", "x", "out")).to_be_attached()

    # Its inside, in place of the canvas, and the way back.
    editor.node("halve_it").dblclick(position={"x": 100, "y": 14})
    inside = page.get_by_test_id("inside")
    expect(inside.locator('[data-node-id="half"]')).to_be_visible()
    inside.get_by_role("button", name="Untitled pipeline").click()
    editor.select("halve_it")

    options(editor, "halve_it")
    editor.inspector.get_by_role("switch", name="Repeat").click()
    editor.inspector.get_by_role("textbox", name="Until").fill("out")
    editor.inspector.get_by_role("button", name="outputs.x").click()
    editor.inspector.get_by_role("textbox", name="Until").press_sequentially(" < 3.0")
    run(editor)
    marks = editor.node("halve_it").get_by_test_id("patterns")
    expect(marks).to_contain_text("round 1 of at most 10")
    gates.open("8", "8.0")
    expect(marks).to_contain_text("round 2 of at most 10")
    editor.select("halve_it")
    rounds = drawer(page, "halve_it").get_by_role("table", name="Rounds of halve_it")
    expect(rounds.locator("[data-round='1']")).to_have_attribute("data-state", "success")
    expect(rounds.locator("[data-round='2']")).to_have_attribute("data-state", "running")
    gates.open("4", "4.0")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    expect(rounds.locator("[data-round]")).to_have_count(2)

    page.get_by_role("link", name="Open run page").click()
    expect_run(page, "success")
    page.locator('[data-node-id="halve_it"]').dblclick(position={"x": 100, "y": 14})
    crumbs = page.get_by_role("navigation", name="Where this run belongs")
    expect(crumbs).to_contain_text("round 2")
    expect(page.locator('[data-node-id="half"]')).to_have_attribute("data-state", "success")
    crumbs.get_by_role("link", name="halve_it").click()
    expect(drawer(page, "halve_it")).to_be_visible()


def test_an_approval_in_the_browser(stack: Stack, page: Page) -> None:
    form = {
        "type": "object",
        "required": ["reason"],
        "properties": {
            "reason": {"type": "string", "title": "Reason"},
            "share": {"type": "number", "title": "Share", "default": 0.5},
        },
    }
    definition = pipelines.python(
        ("accuracy", "def run(data=None):\n    return 0.97\n"),
        ("live", "def run(data=None):\n    return data\n"),
        name="Ask first",
    )
    definition["nodes"].append(
        {
            "id": "ask",
            "component": "control/approval",
            "params": {"message": "May it go live?", "form": form, "deadline": "2d"},
        }
    )
    definition["edges"] = [
        {"from": "accuracy.result", "to": "ask.value"},
        {"from": "ask.values", "to": "live.data"},
        {"from": "ask.approved", "to": "live"},
    ]
    started = stack.run(definition)
    page.goto("/runs")
    waiting = page.get_by_test_id("waiting-runs")
    mine = waiting.get_by_role("listitem").filter(has_text=f"Ask first #{started['number']}")
    mine.get_by_role("link", name="May it go live?").click()
    watch_states(page)
    panel = page.get_by_test_id("approval")
    expect(panel).to_contain_text("May it go live?")
    expect(panel).to_contain_text("then the node fails")
    expect(panel.get_by_role("region", name="value")).to_contain_text("0.97")
    approve = panel.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled()
    panel.get_by_label("Reason").fill("Good enough")
    panel.get_by_label("Comment").fill("Watch it closely")
    approve.click()
    decision = panel.get_by_test_id("decision")
    expect(decision).to_contain_text("Approved")
    expect(decision).to_contain_text("by admin")
    expect(decision).to_contain_text("Watch it closely")
    expect_run(page, "success")
    assert drawn_states(page)["live"][-1] == "success"
    nodes = {node["id"]: node for node in stack.wait_run(started["id"])["nodes"]}
    assert nodes["live"]["outputs"] == {"result": {"reason": "Good enough", "share": 0.5}}


def test_an_approval_deep_inside_is_found_from_outside(stack: Stack, page: Page) -> None:
    ask = {"id": "ask", "component": "control/approval", "params": {"message": "May it end?"}}
    middle = {"id": "deep", "pipeline": "asks-inside"}
    outer = {
        "id": "sub",
        "pipeline": "asks-in-between",
        "map": {"over": "turn"},
        "params": {"turn": [1]},
    }
    turn = {"name": "turn", "type": "integer", "default": 1}
    for definition in (
        {"schema": 1, "name": "Asks inside", "nodes": [ask]},
        {"schema": 1, "name": "Asks in between", "parameters": [turn], "nodes": [middle]},
    ):
        pipelines.create(stack, definition, "first")
    started = stack.run({"schema": 1, "name": "Asks outside", "nodes": [outer]})
    page.goto(f"/runs/{started['id']}")
    expect(page.get_by_text("“ask” waits for a decision, in Asks inside #")).to_be_visible()
    page.goto("/runs")
    place = (
        page.get_by_test_id("waiting-runs").get_by_role("listitem").filter(has_text="Asks inside #")
    )
    expect(place).to_contain_text(f"Asks outside #{started['number']} ›")
    page.goto(f"/runs/{started['id']}")
    expect(page.get_by_role("link", name="Look at it")).to_be_visible()
    page.goto(f"/pipelines/{started['pipeline']['id']}?run={started['id']}")
    expect(page.get_by_text("“ask” waits for a decision, in Asks inside #")).to_be_visible()
    page.get_by_role("link", name="Look at it").click()
    page.get_by_test_id("approval").get_by_role("button", name="Approve").click()
    assert stack.wait_run(started["id"])["state"] == "success"
