"""Nothing that was drawn is ever lost, and nobody's work is overwritten silently."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor


def test_reload_and_back_lose_nothing(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    editor.add_by_search("describe")
    expect(editor.nodes).to_have_count(4)
    page.reload()
    expect(editor.nodes).to_have_count(4)

    page.goto("/")
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    page.go_back()
    expect(editor.nodes).to_have_count(4)
    editor.add_by_search("count rows")
    expect(editor.nodes).to_have_count(5)
    page.get_by_role("link", name="Pipelines", exact=True).click()
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    page.go_back()
    expect(editor.nodes).to_have_count(5)
    editor.expect_saved()
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 5


def test_edits_outlive_a_server_that_is_killed(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    editor.add_by_search("describe")
    expect(editor.nodes).to_have_count(4)
    web = stack.kill("web")
    editor.add_by_search("count rows")
    expect(editor.nodes).to_have_count(5)
    stack.wait_for_restart("web", web)
    stack.wait_ready()
    editor.expect_saved()
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 5


def test_a_reload_while_nothing_can_be_saved(stack: Stack, page: Page) -> None:
    """The edits wait in the browser; the next page brings them back and saves them.

    The draft is too large for the request that a browser sends on while its page goes away.
    """
    large = pipelines.python(
        ("a", "# a long word about it\n" * 3_000 + "def run():\n    return 1\n")
    )
    editor = Editor(page).open(pipelines.create(stack, large))
    drafts = f"**/api/v1/pipelines/{editor.pipeline_id}/draft/"
    page.route(drafts, lambda route: route.abort())
    editor.add_by_search("shell")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "retrying")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(editor.nodes).to_have_count(2)
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 1
    page.unroute(drafts)
    editor.expect_saved()
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 2


def test_an_expired_session_loses_nothing(
    stack: Stack, page: Page, context: BrowserContext
) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    context.clear_cookies()
    editor.add_by_search("describe")
    dialog = page.get_by_role("dialog", name="You have been signed out")
    expect(dialog).to_contain_text("Nothing on this page is lost")
    expect(editor.nodes).to_have_count(4)

    other = context.new_page()
    other.goto(stack.login_link())
    expect(other.get_by_role("heading", name="Pipelines")).to_be_visible()
    expect(dialog).to_be_hidden()
    editor.expect_saved()
    expect(editor.nodes).to_have_count(4)
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 4


def test_two_tabs_of_one_browser_follow_each_other(
    stack: Stack, page: Page, context: BrowserContext
) -> None:
    pipeline = pipelines.create(stack, pipelines.rows())
    first = Editor(page).open(pipeline)
    second = Editor(context.new_page()).open(pipeline)
    first.add_by_search("describe")
    expect(second.nodes).to_have_count(4)
    second.add_by_search("count rows")
    expect(first.nodes).to_have_count(5)
    for editor in (first, second):
        editor.expect_saved()


def test_a_stale_tab_is_told_and_overwrites_nothing(
    stack: Stack, page: Page, new_context: Callable[..., BrowserContext]
) -> None:
    """Another browser saved first; this one keeps its edits, and asks."""
    pipeline = pipelines.create(stack, pipelines.rows())
    mine = Editor(page).open(pipeline)
    theirs = Editor(new_context().new_page()).open(pipeline)
    theirs.add_by_search("describe")
    expect(theirs.nodes).to_have_count(4)
    theirs.expect_saved()

    mine.add_by_search("count rows")
    banner = page.get_by_text("admin saved another version of this draft")
    expect(banner).to_be_visible()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "stale")
    expect(mine.node("count_rows")).to_be_visible()
    assert [node["id"] for node in pipelines.draft(stack, pipeline)["nodes"]][-1] == "describe"

    page.get_by_role("button", name="See theirs").click()
    expect(mine.node("describe")).to_be_attached()
    expect(mine.node("count_rows")).to_have_count(0)
    expect(banner).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(mine.node("count_rows")).to_be_attached()
    mine.expect_saved()
    assert [node["id"] for node in pipelines.draft(stack, pipeline)["nodes"]][-1] == "count_rows"


def test_the_stale_tab_can_become_a_copy(stack: Stack, page: Page) -> None:
    pipeline = pipelines.create(stack, pipelines.rows())
    editor = Editor(page).open(pipeline)
    with stack.api as api:
        other = {**pipelines.rows(), "description": "meanwhile"}
        answer = api.patch(
            f"/pipelines/{pipeline}/draft/",
            json={"definition": other},
            headers={"If-Match": api.get(f"/pipelines/{pipeline}/").headers["ETag"]},
        )
        assert answer.status_code == 200, answer.text
    editor.add_by_search("describe")
    page.get_by_role("button", name="Keep mine as a copy").click()
    expect(page.get_by_test_id("pipeline-name")).to_have_value("Wet days (my copy)")
    expect(editor.nodes).to_have_count(4)
    assert editor.pipeline_id != pipeline
    assert pipelines.draft(stack, pipeline)["description"] == "meanwhile"
    assert len(pipelines.draft(stack, pipeline)["nodes"]) == 3


def test_versions_open_read_only_and_can_be_restored(stack: Stack, page: Page) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows(), "As it was"))
    editor.select("chart")
    page.keyboard.press("Delete")
    expect(editor.nodes).to_have_count(2)
    editor.expect_saved()

    page.get_by_role("button", name="Version history").click()
    history = page.get_by_test_id("history")
    expect(history).to_contain_text("Has changes that are not published")
    history.get_by_role("button", name="Version 1 As it was").click()
    shown = page.get_by_test_id("version-view")
    expect(shown.locator("[data-node-id]")).to_have_count(3)
    expect(shown).to_contain_text("You look at version 1")
    expect(editor.palette).to_be_hidden()
    shown.locator('[data-node-id="wet"]').click()
    page.keyboard.press("Delete")
    expect(shown.locator("[data-node-id]")).to_have_count(3)

    shown.get_by_role("button", name="Restore into the draft").click()
    expect(editor.nodes).to_have_count(3)
    editor.expect_saved()
    assert len(pipelines.draft(stack, editor.pipeline_id)["nodes"]) == 3
    expect(history).to_contain_text("Just like the newest version")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(editor.nodes).to_have_count(2)
