"""Small things one only notices when they are missing."""

import re

from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor


def run_rows(stack: Stack) -> str:
    return str(stack.wait_run(stack.run(pipelines.rows())["id"])["id"])


def test_the_chosen_node_stays_in_view_beside_the_drawer(stack: Stack, page: Page) -> None:
    page.goto(f"/runs/{run_rows(stack)}")
    chart = page.locator('[data-node-id="chart"]')
    chart.click()
    expect(page.get_by_test_id("node-drawer")).to_be_visible()
    expect(chart).to_be_in_viewport(ratio=1)
    edge = page.get_by_role("separator", name="Width of Node")
    expect(edge).to_be_visible()
    # The view glides until the node does not lie under the drawer.
    page.wait_for_function(
        """([card, edge]) =>
            card.getBoundingClientRect().right < edge.getBoundingClientRect().left""",
        arg=[chart.element_handle(), edge.element_handle()],
    )


def test_control_enter_sends_a_dialog(stack: Stack, page: Page) -> None:
    run = run_rows(stack)
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="Clone").click()
    page.get_by_role("dialog").get_by_label("weather").press("Control+Enter")
    expect(page).not_to_have_url(re.compile(run))
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", "success")

    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()))
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("dialog", name="Run").get_by_label("weather").press("Control+Enter")
    expect(editor.run_state).to_have_attribute("data-state", "success")


def test_what_is_selected_stays_so_when_the_code_editor_arrives(stack: Stack, page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile(r"/assets/CodeEditor-.*\.js"), lambda route: held.append(route))
    pipeline = pipelines.create(stack, pipelines.rows())
    editor = Editor(page).open(pipeline, "?node=wet")
    editor.setting("Keep rows where").click()
    page.keyboard.press("ControlOrMeta+a")
    assert held
    for route in held:
        route.continue_()
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.insert_text("weather = 'snow'")
    editor.expect_saved()
    assert pipelines.draft(stack, pipeline)["nodes"][1]["params"] == {
        "condition": "weather = 'snow'"
    }


def test_control_enter_runs_from_a_field_with_what_was_typed(stack: Stack, page: Page) -> None:
    pipeline = pipelines.create(stack, pipelines.rows())
    editor = Editor(page).open(pipeline, "?node=wet")
    dialog = page.get_by_role("dialog", name="Run")
    editor.write("Keep rows where", "weather = 'snow'")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(editor.setting("Keep rows where")).to_be_focused()

    editor.select("chart")
    editor.setting("Up").click()
    page.keyboard.type("temp_min")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    editor.expect_saved()
    _, wet, chart = pipelines.draft(stack, pipeline)["nodes"]
    assert wet["params"] == {"condition": "weather = 'snow'"}
    assert chart["params"]["y"] == ["temp_min"]


def test_whoever_watches_a_node_that_writes_nothing_sees_what_it_made(
    stack: Stack, page: Page
) -> None:
    editor = Editor(page).open(pipelines.create(stack, pipelines.rows()), "?node=chart")
    editor.focus()
    editor.select("chart")
    page.keyboard.press("Control+Enter")
    page.get_by_role("dialog", name="Run").get_by_label("weather").press("Control+Enter")
    expect(editor.drawer.get_by_role("img", name="image, a picture")).to_be_visible()
    editor.drawer.get_by_role("tab", name="Log").click()
    expect(editor.drawer.get_by_test_id("log")).to_contain_text("wrote nothing")


def test_a_long_name_is_shown_whole_where_there_is_room(stack: Stack, page: Page) -> None:
    long = {
        **pipelines.rows(),
        "name": "Wet days of Seattle, by the month, from 2012 to 2015, in one picture",
    }
    Editor(page).open(pipelines.create(stack, long))
    name = page.get_by_test_id("pipeline-name")
    assert name.evaluate("field => field.scrollWidth <= field.clientWidth")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport(ratio=1)


def test_a_page_of_an_older_build_loads_itself_anew(page: Page) -> None:
    """The first chunk asked for is gone, as after an update."""
    gone: list[str] = []

    def answer(route: Route) -> None:
        if gone:
            return route.continue_()
        gone.append(route.request.url)
        return route.fulfill(status=404, body="")

    page.goto("/")
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    page.route(re.compile(r"/assets/RunsPage-.*\.js"), answer)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    assert len(gone) == 1


def test_a_narrow_window_leaves_room_for_the_canvas(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 800})
    editor = Editor(page)
    page.goto("/")
    page.get_by_role("button", name="New pipeline").click()
    expect(editor.palette).to_be_hidden()
    for words in ("example dataset", "count rows"):
        page.get_by_role("button", name="Add a node").click()
        page.get_by_test_id("quick-add").get_by_role("combobox").fill(words)
        page.keyboard.press("Enter")
    expect(editor.nodes).to_have_count(2)
    box = editor.canvas.bounding_box()
    assert box
    assert box["width"] > 400
    page.keyboard.press("Control+k")
    expect(page.get_by_test_id("quick-add")).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/runs")
    expect(page.get_by_role("button", name="Account of admin")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Components")).to_be_in_viewport(ratio=1)
