"""A component is written in the browser: problems at their line, a draft that stays, a version."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

SOURCE = '''def shout(text: str, *, marks: int = 1) -> str:
    """Say it louder.

    Args:
        marks: How many exclamation marks.
    """
    return text.upper() + "!" * marks
'''
KFP = """
name: Upper case
inputs: [{name: Text, type: Data}]
outputs: [{name: Result, type: String}]
implementation:
  container:
    image: alpine:3
    command: [sh, -c, 'tr a-z A-Z < "$0" > "$1"', {inputPath: Text}, {outputPath: Result}]
    resources: {}
"""


def test_a_component_is_written_kept_and_published(
    page: Page, pictures: Callable[[Page, str], None]
) -> None:
    page.goto("/components")
    page.get_by_role("link", name="New component").click()
    page.get_by_role("button", name="Python function").click()
    problems = page.get_by_role("status", name="Problems")
    expect(problems).to_have_text("No problems.")
    code = page.get_by_role("textbox", name="Python source")
    code.fill("def shout(text: str, *, marks: int = ) -> str:\n    return text\n")
    expect(problems).to_contain_text("line 1")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    code.fill(SOURCE)
    expect(problems).to_have_text("No problems.")
    preview = page.get_by_role("region", name="The form in a pipeline")
    expect(preview.get_by_role("textbox", name="Marks")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_test_id("component-saved")).to_have_text("Saved")
    page.reload()
    code = page.get_by_role("textbox", name="Python source")
    expect(page.get_by_role("textbox", name="Python source")).to_contain_text("Say it louder.")
    pictures(page, "component-editor")

    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("textbox", name="Sample for text").fill("hear")
    code.fill(SOURCE.replace("    return", '    print("louder")\n    return'))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("try-state")).to_have_text("Success")
    expect(page.get_by_role("region", name="Outputs of the try")).to_contain_text("HEAR!")
    expect(page.get_by_role("region", name="Log of the try")).to_contain_text("louder")
    code.fill(SOURCE.replace("return text", "return no_text"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("node-error")).to_contain_text("no_text")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    pictures(page, "component-try")
    code.fill(SOURCE)
    page.get_by_role("tab", name="Ports and parameters").click()

    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page).to_have_url(re.compile(r"/components/[a-z0-9_-]+/shout$"))
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Component file").click()
    assert saved.value.suggested_filename.endswith(".shout.component.yaml")
    page.get_by_role("link", name="Edit").click()
    code = page.get_by_role("textbox", name="Python source")
    code.fill(SOURCE.replace(", *, marks: int = 1", "").replace('"!" * marks', '"!"'))
    expect(page.get_by_text("after version 1")).to_be_visible()
    expect(preview).to_have_count(0)
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_text("has to change something")).to_be_visible()
    publish = page.get_by_role("button", name="Publish version 2")
    expect(publish).to_be_disabled()
    page.get_by_label("What is new?").fill("It always shouts once.")
    publish.click()
    expect(page.get_by_role("combobox", name="Version")).to_contain_text("Version 2, newest")


def test_a_component_of_kubeflow_comes_in_as_a_draft(
    page: Page, pictures: Callable[[Page, str], None]
) -> None:
    page.goto("/components")
    page.get_by_role("button", name="Import").click()
    page.get_by_label("The file").fill(KFP)
    pictures(page, "component-import")
    page.get_by_role("button", name="Make a draft").click()
    expect(page.get_by_role("list", name="Notes")).to_contain_text("resources")
    page.get_by_role("link", name="Open the draft").click()
    expect(page.get_by_role("textbox", name="Image")).to_have_value("alpine:3")
    expect(page.get_by_role("status", name="Problems")).to_have_text("No problems.")
    expect(page.get_by_role("region", name="Inputs").get_by_label("Name")).to_have_value("text")
