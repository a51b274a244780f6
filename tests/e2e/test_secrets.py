"""A secret from its first writing to a step that may not show it."""

from playwright.sync_api import Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor

VALUE = "hunter22/with+signs"


def test_a_secret_is_written_named_by_a_node_and_masked(stack: Stack, page: Page) -> None:
    page.goto("/teams/main/secrets")
    page.get_by_role("button", name="Write a secret").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Not Good")
    dialog.get_by_label("Value").fill(VALUE)
    dialog.get_by_role("button", name="Write").click()
    expect(dialog).to_contain_text("small letters, digits and underscores")
    dialog.get_by_label("Name").fill("warehouse")
    dialog.get_by_label("What it is for").fill("Reads the warehouse")
    dialog.get_by_role("button", name="Write").click()
    row = page.get_by_role("row", name="warehouse")
    expect(row).to_contain_text("Reads the warehouse")

    code = (
        "from pipelines.sdk import secret\n\n"
        "def run(data=None):\n    print('it is', secret('warehouse'))\n    return 1\n"
    )
    pipeline = pipelines.create(stack, pipelines.python(("ask", code)))
    editor = Editor(page).open(pipeline, "?node=ask")
    editor.inspector.get_by_role("button", name="Add to Secrets").click()
    page.get_by_role("menuitem", name="warehouse").click()
    editor.expect_saved()
    assert pipelines.draft(stack, pipeline)["nodes"][0]["params"]["secrets"] == ["warehouse"]
    page.keyboard.press("Control+Enter")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    editor.select("ask")
    editor.drawer.get_by_role("tab", name="Log").click()
    expect(editor.drawer.get_by_test_id("log")).to_contain_text("it is ***")

    page.goto("/teams/main/secrets")
    page.get_by_role("button", name="Rotate warehouse").click()
    dialog.get_by_label("New value").fill(VALUE[::-1])
    dialog.get_by_role("button", name="Rotate").click()
    expect(row.get_by_role("cell", name="2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete warehouse").click()
    expect(dialog.get_by_role("link", name="Python")).to_be_visible()
    dialog.get_by_role("button", name="Delete all the same").click()
    expect(page.get_by_text("No secrets yet")).to_be_visible()
    assert VALUE not in page.content()
