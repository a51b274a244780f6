"""The main job: from the one-time link to a run that is cloned with another value."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.support.stack import Stack

from .editor import Editor, drawn_states, watch_states

NODES = ("dataset", "filter", "sort", "chart")


@pytest.fixture
def newcomer(browser: Browser, window: dict[str, Any]) -> Any:
    """A browser that has never been here."""
    context = browser.new_context(**window)
    yield context.new_page()
    context.close()


def test_from_the_link_to_a_clone(stack: Stack, newcomer: Page) -> None:
    page = newcomer
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))

    page.goto(stack.link)
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    editor = Editor(page)
    page.get_by_role("button", name="New pipeline").click()
    expect(page.get_by_test_id("empty-canvas")).to_be_visible()

    draw(editor)
    be_refused_a_cycle(editor)
    be_refused_a_type(editor)
    editor.wire(("dataset", "table"), ("filter", "table"))
    expect(editor.edges).to_have_count(3)
    configure(editor)
    publish(editor)
    run_with(editor, "sun")
    look_at_results(editor)
    read_the_run_page(page)
    clone_with(page, "snow")
    assert complaints == []


def draw(editor: Editor) -> None:
    """Two nodes dragged in, two found by typing: those join what is selected."""
    editor.drag_in("core/dataset", 60, 320)
    expect(editor.nodes).to_have_count(1)
    editor.drag_in("core/filter", 340, 120)
    expect(editor.nodes).to_have_count(2)
    expect(editor.edges).to_have_count(0)
    editor.add_by_search("sort rows")
    expect(editor.edge("filter.table", "sort.table")).to_be_attached()
    editor.add_by_search("chart")
    expect(editor.edge("sort.table", "chart.table")).to_be_attached()
    expect(editor.nodes).to_have_count(4)
    editor.fit()
    for name in NODES:
        expect(editor.node(name)).to_be_in_viewport(ratio=0.99)


def be_refused_a_cycle(editor: Editor) -> None:
    page = editor.page
    refusal = page.get_by_test_id("refusal")
    editor.press_on(editor.port("chart", "table", "out"))
    target = editor.port("filter", "table", "in")
    expect(target).to_have_attribute("data-fit", "no")
    expect(editor.port("dataset", "table", "out")).to_have_attribute("data-fit", "no")
    editor.pull_to(target)
    expect(refusal).to_have_text(
        "chart → filter → sort → chart would be a cycle; a pipeline never goes back."
    )
    words, port = refusal.bounding_box(), target.bounding_box()
    assert words
    assert port
    assert abs(words["x"] - port["x"]) < 60, "the words are not at the cursor"
    assert abs(words["y"] - port["y"]) < 60, "the words are not at the cursor"
    page.mouse.up()
    expect(refusal).to_be_visible()
    expect(editor.edges).to_have_count(2)


def be_refused_a_type(editor: Editor) -> None:
    editor.press_on(editor.port("chart", "image", "out"))
    editor.pull_to(editor.port("filter", "table", "in"))
    expect(editor.page.get_by_test_id("refusal")).to_have_text(
        "filter at table takes a table, but image of chart is an image; "
        "put a component between them that makes a table."
    )
    editor.page.mouse.up()
    expect(editor.edges).to_have_count(2)


def configure(editor: Editor) -> None:
    page = editor.page
    editor.select("filter")
    editor.write("Keep rows where", "weather = '${{ params.weather }}'")
    editor.select("sort")
    editor.write("Sort by", "temp_max")
    page.keyboard.press("Enter")
    editor.select("chart")
    editor.write("Across", "temp_max")
    editor.inspector.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="histogram").click()
    expect(page.get_by_test_id("problems")).to_contain_text("1 problem")
    page.get_by_test_id("problems").get_by_role("button").first.click()
    expect(page.get_by_test_id("problems")).to_contain_text("params.weather")

    page.keyboard.press("Escape")
    settings = page.get_by_test_id("pipeline-settings")
    settings.get_by_role("button", name="Add parameter").click()
    settings.get_by_label("Name").fill("weather")
    settings.get_by_label("Name").press("Enter")
    settings.get_by_label("Default").fill("rain")
    expect(page.get_by_test_id("problems")).to_contain_text("No problems")
    page.get_by_test_id("pipeline-name").fill("Seattle's weather")
    editor.expect_saved()


def publish(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_label("What is new?").fill("The first that works")
    page.get_by_role("dialog").get_by_role("button", name="Publish version").click()
    expect(page.get_by_text("Version 1 is published", exact=True)).to_be_visible()
    page.get_by_role("button", name="Version history").click()
    history = page.get_by_test_id("history")
    expect(history).to_contain_text("The first that works")
    expect(history).to_contain_text("Just like the newest version")
    history.get_by_role("button", name="Close the history").click()


def run_with(editor: Editor, weather: str) -> None:
    """The states of the nodes arrive over the WebSocket, and are drawn.

    Most nodes are done within one frame of the screen, the first ones before the page has opened its
    socket; the chart takes long enough to be seen at work.
    """
    page = editor.page
    frames: list[dict[str, Any]] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: frames.append(json.loads(payload)))

    page.on("websocket", listen)
    watch_states(page)
    page.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog", name="Run")
    field = form.get_by_role("textbox", name="weather")
    expect(field).to_have_value("rain")
    field.fill(weather)
    form.get_by_role("button", name="Start run").click()
    expect(form).to_be_hidden()
    expect(editor.run_state).to_have_attribute("data-state", "success")
    editor.expect_states(dict.fromkeys(NODES, "success"))
    drawn = drawn_states(page)
    assert {name: drawn[name][-1] for name in NODES} == dict.fromkeys(NODES, "success")
    told = [
        event["data"]["state"]
        for frame in frames
        for event in frame.get("events", ())
        if event["kind"] == "node.state" and event["node"] == "chart"
    ]
    assert told[-1] == "success"
    assert {"queued", "running"} & set(drawn["chart"]), f"the chart was drawn {drawn['chart']}"


def look_at_results(editor: Editor) -> None:
    editor.select("filter")
    table = editor.drawer.get_by_test_id("table-preview")
    expect(table.get_by_role("columnheader", name="temp_max")).to_contain_text("number")
    expect(table.get_by_role("row").nth(1)).to_contain_text("sun")
    expect(editor.drawer).to_contain_text("714")
    editor.select("chart")
    picture = editor.drawer.get_by_role("img", name="image, a picture")
    expect(picture).to_be_visible()
    width = picture.evaluate(
        "async picture => { await picture.decode(); return picture.naturalWidth; }"
    )
    assert width > 300


def read_the_run_page(page: Page) -> None:
    page.get_by_role("link", name="Open run page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Seattle's weather")
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", "success")
    cards = page.locator("[data-node-id]")
    expect(cards).to_have_count(4)
    for name in NODES:
        card = page.locator(f'[data-node-id="{name}"]')
        expect(card).to_have_attribute("data-state", "success")

    page.get_by_role("tab", name="Timeline").click()
    for name in NODES:
        row = page.get_by_role("tabpanel").get_by_role("button", name=name)
        expect(row).to_have_accessible_name(re.compile(rf"{name}, success, [\d.]+ m?s"))

    page.get_by_role("tab", name="Events").click()
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("run.state")
    expect(rows.filter(has_text="chart").last).to_contain_text("Success")

    page.get_by_role("tab", name="Artifacts").click()
    artifacts = page.get_by_role("tabpanel").get_by_role("row")
    expect(artifacts.filter(has_text="chart.image")).to_contain_text("image")
    expect(artifacts.filter(has_text="filter.table")).to_contain_text("KiB")


def clone_with(page: Page, weather: str) -> None:
    first = page.url
    page.get_by_role("button", name="Clone").click()
    form = page.get_by_role("dialog")
    field = form.get_by_role("textbox", name="weather")
    expect(field).to_have_value("sun")
    field.fill(weather)
    form.get_by_text("Options of this run").click()
    form.get_by_role("textbox", name="Priority").fill("7")
    form.get_by_role("button", name="Start the clone").click()
    expect(page).not_to_have_url(first)
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", "success")
    path = urlsplit(first).path
    expect(page.get_by_role("main").locator(f'a[href="{path}"]')).to_be_visible()
    page.get_by_role("tab", name="Parameters").click()
    expect(page.get_by_role("tabpanel").get_by_role("row", name="weather")).to_contain_text(weather)
    expect(page.get_by_test_id("run-options")).to_contain_text("Priority 7")
    page.get_by_role("tab", name="Graph").click()
    page.locator('[data-node-id="filter"]').click()
    table = page.get_by_test_id("table-preview")
    expect(table.get_by_role("row").nth(1)).to_contain_text(weather)
    expect(table).not_to_contain_text("sun")
