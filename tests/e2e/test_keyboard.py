"""The editor with no mouse at all."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor


def test_build_and_run_by_keyboard_alone(page: Page) -> None:
    editor = Editor(page).new()
    keys = page.keyboard

    keys.press("Control+k")
    keys.type("example dataset")
    keys.press("Enter")
    expect(editor.nodes).to_have_count(1)
    keys.type("filter rows")
    keys.press("Enter")
    expect(editor.edge("dataset.table", "filter.table")).to_be_attached()
    keys.press("Escape")  # Empties the search,
    keys.press("Escape")  # then leaves it.
    keys.press("n")
    expect(page.get_by_test_id("quick-add")).to_be_visible()
    keys.type("count rows")
    keys.press("Enter")
    expect(editor.nodes).to_have_count(3)
    expect(page.get_by_test_id("quick-add")).to_be_hidden()
    expect(editor.edges).to_have_count(1)

    # Connected by the choice at the port, reached with Tab from the chosen node's title.
    keys.press("F2")
    expect(editor.inspector.get_by_label("Title")).to_be_focused()
    tab_to(page, editor.inspector.get_by_role("tab", name="Settings"))
    keys.press("ArrowRight")
    expect(editor.inspector.get_by_role("tab", name="Ports & docs")).to_be_focused()
    tab_to(page, editor.inspector.get_by_role("combobox", name="Take from, count_rows.table"))
    keys.press("Enter")
    choice = page.get_by_role("option", name=re.compile("filter"))
    expect(choice).to_be_visible()
    keys.press("End")
    expect(choice).to_be_focused()
    keys.press("Enter")
    expect(editor.edge("filter.table", "count_rows.table")).to_be_attached()

    # Tidied up, walk to the node before it, and configure that.
    keys.press("Shift+Alt+t")
    keys.press("Escape")
    expect(page.get_by_test_id("pipeline-settings")).to_be_visible()
    keys.press("Control+a")
    keys.press("Escape")
    page.keyboard.press("ArrowRight")
    expect(editor.node("dataset")).to_have_attribute("data-selected", "true")
    keys.press("ArrowRight")
    expect(editor.node("filter")).to_have_attribute("data-selected", "true")
    keys.press("F2")
    keys.type("Sunny days")
    expect(editor.node("filter")).to_contain_text("Sunny days")
    tab_to(page, editor.inspector.get_by_role("tab", name="Ports & docs"))
    keys.press("ArrowLeft")
    tab_to(page, editor.setting("Keep rows where"))
    keys.type("weather = 'sun'")
    keys.press("Escape")  # Closes what is offered to complete the word;
    keys.press("Escape")  # then Tab no longer belongs to the code.
    keys.press("Tab")
    expect(editor.setting("Keep rows where")).not_to_be_focused()

    keys.press("Control+Enter")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    editor.expect_states({"dataset": "success", "filter": "success", "count_rows": "success"})


def tab_to(page: Page, place: Locator) -> None:
    """Press Tab until the focus is there, as often as a patient person would."""
    for _ in range(40):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {place}")


def test_undo_duplicate_delete_copy_and_paste(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    keys = page.keyboard
    editor.select("wet")

    keys.press("Control+d")
    expect(editor.nodes).to_have_count(4)
    keys.press("Control+z")
    expect(editor.nodes).to_have_count(3)
    keys.press("Control+Shift+z")
    expect(editor.nodes).to_have_count(4)
    keys.press("Control+z")

    editor.select("wet")
    keys.press("Delete")
    expect(editor.nodes).to_have_count(2)
    expect(editor.edges).to_have_count(0)
    keys.press("Control+z")
    expect(editor.edges).to_have_count(2)

    editor.focus()
    keys.press("Control+a")
    expect(editor.canvas.locator("[data-selected]")).to_have_count(3)
    keys.press("Control+c")
    keys.press("Control+v")
    expect(editor.nodes).to_have_count(6)
    expect(editor.edges).to_have_count(4)
    keys.press("Control+z")
    expect(editor.nodes).to_have_count(3)
    keys.press("Control+y")
    expect(editor.nodes).to_have_count(6)
    expect(editor.edges).to_have_count(4)

    keys.press("Control+a")
    keys.press("Control+x")
    expect(page.get_by_test_id("empty-canvas")).to_be_visible()
    keys.press("Control+v")
    expect(editor.nodes).to_have_count(6)
    editor.expect_saved()
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 6


def test_move_with_the_arrows(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    editor.select("wet")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    editor.expect_saved()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert pipelines.draft(stack, editor.pipeline_id)["layout"]["wet"] == [300, 40]
    page.keyboard.press("Control+z")
    editor.expect_saved()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert pipelines.draft(stack, editor.pipeline_id)["layout"]["wet"] == [300, 0]


def test_typing_in_a_field_does_nothing_else(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    keys = page.keyboard
    editor.select("wet")
    editor.setting("Keep rows where").click()
    keys.press("Control+End")
    keys.type(" and n f ? y")
    keys.press("Backspace")
    keys.press("Delete")
    keys.press("ArrowLeft")
    expect(editor.setting("Keep rows where")).to_contain_text("and n f ?")
    editor.inspector.get_by_label("Title").click()
    keys.type("fin?")
    keys.press("Delete")
    keys.press("Backspace")
    keys.press("ArrowLeft")
    expect(editor.inspector.get_by_label("Title")).to_have_value("fin")
    keys.press("Control+a")
    keys.press("Control+c")
    keys.press("End")
    keys.press("Control+v")
    expect(editor.inspector.get_by_label("Title")).to_have_value("finfin")
    expect(editor.nodes).to_have_count(3)
    expect(editor.canvas.locator("[data-selected]")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    editor.expect_saved()
    assert pipelines.draft(stack, editor.pipeline_id)["layout"]["wet"] == [300, 0]


def test_help_and_escape(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    help_ = page.get_by_role("dialog", name="Keys and mouse")
    editor.focus()
    page.keyboard.press("?")
    expect(help_).to_contain_text("Duplicate")
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()

    editor.select("wet")
    expect(page).to_have_url(re.compile(r"[?&]node=wet"))
    page.keyboard.press("Escape")
    expect(editor.inspector).to_be_hidden()
    expect(page).not_to_have_url(re.compile(r"node="))

    page.keyboard.press("n")
    expect(page.get_by_test_id("quick-add")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("quick-add")).to_be_hidden()
    expect(editor.nodes).to_have_count(3)
