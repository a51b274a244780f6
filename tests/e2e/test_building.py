"""Building a graph by hand: nodes into edges, in line, found again."""

import re

from playwright.sync_api import Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor

WET_CHART = ("wet.table", "chart.table")


def opened(stack: Stack, page: Page) -> tuple[Editor, str]:
    pipeline = pipelines.create(stack, pipelines.rows())
    editor = Editor(page).open(pipeline)
    editor.settle()
    return editor, pipeline


def edges_of(stack: Stack, pipeline: str) -> set[tuple[str, str]]:
    return {(edge["from"], edge["to"]) for edge in pipelines.draft(stack, pipeline)["edges"]}


def middle_of_edge(editor: Editor, source: str, target: str) -> tuple[float, float]:
    """A point of the window that the edge goes through."""
    x, y = (
        editor.edge(source, target)
        .locator("path.react-flow__edge-path")
        .evaluate(
            """path => {
            const point = path.getPointAtLength(path.getTotalLength() / 2);
            const { x, y } = point.matrixTransform(path.getScreenCTM());
            return [x, y];
        }"""
        )
    )
    return x, y


def test_a_component_dropped_on_an_edge_is_put_into_it(stack: Stack, page: Page) -> None:
    editor, pipeline = opened(stack, page)
    x, y = middle_of_edge(editor, *WET_CHART)
    box = editor.canvas.bounding_box()
    assert box
    editor.palette.get_by_role("combobox").fill("sort")
    editor.drag_in("core/sort", x - box["x"], y - box["y"])
    expect(editor.node("sort")).to_have_attribute("data-selected", "true")
    editor.expect_saved()
    assert edges_of(stack, pipeline) >= {
        ("wet.table", "sort.table"),
        ("sort.table", "chart.table"),
    }
    assert WET_CHART not in edges_of(stack, pipeline)

    page.keyboard.press("ControlOrMeta+z")
    expect(editor.edge(*WET_CHART)).to_be_attached()
    expect(editor.nodes).to_have_count(3)


def test_a_chosen_edge_takes_a_node_by_its_button_or_by_n(stack: Stack, page: Page) -> None:
    editor, pipeline = opened(stack, page)
    page.mouse.click(*middle_of_edge(editor, *WET_CHART))
    page.get_by_role("button", name="Insert a node into wet.table -> chart.table").click()
    search = page.get_by_role("dialog", name="Insert a node into the edge")
    expect(search.get_by_role("option", name="Write CSV")).to_have_count(0)
    search.get_by_role("combobox").fill("sort")
    page.keyboard.press("Enter")
    expect(editor.node("sort")).to_be_visible()

    editor.settle()
    page.mouse.click(*middle_of_edge(editor, "wet.table", "sort.table"))
    page.keyboard.press("n")
    search.get_by_role("combobox").fill("filter rows")
    page.keyboard.press("Enter")
    editor.expect_saved()
    path = {edge for edge in edges_of(stack, pipeline) if "table" in edge[0]}
    assert ("sort.table", "chart.table") in path
    assert len(path) == 4


def test_a_free_node_dragged_onto_an_edge_goes_into_it(stack: Stack, page: Page) -> None:
    editor, pipeline = opened(stack, page)
    editor.palette.get_by_role("combobox").fill("sort")
    editor.drag_in("core/sort", 300, 60)
    editor.settle()
    card = editor.node("sort").bounding_box()
    assert card
    page.mouse.move(card["x"] + 60, card["y"] + 14)
    page.mouse.down()
    page.mouse.move(*middle_of_edge(editor, *WET_CHART), steps=12)
    page.mouse.up()
    expect(editor.edge("sort.table", "chart.table")).to_be_attached()
    editor.expect_saved()
    assert ("wet.table", "sort.table") in edges_of(stack, pipeline)


def test_nodes_are_put_in_line_by_key_and_by_button(stack: Stack, page: Page) -> None:
    editor, pipeline = opened(stack, page)
    editor.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Shift+Alt+ArrowUp")
    editor.expect_saved()
    rows = {y for _, y in pipelines.draft(stack, pipeline)["layout"].values()}
    assert len(rows) == 1
    page.get_by_role("button", name="Align left sides").click()
    editor.expect_saved()
    columns = {x for x, _ in pipelines.draft(stack, pipeline)["layout"].values()}
    assert len(columns) == 1


def test_a_node_is_found_by_words_and_filters(stack: Stack, page: Page) -> None:
    editor, _ = opened(stack, page)
    editor.focus()
    page.keyboard.press("ControlOrMeta+f")
    find = page.get_by_test_id("find")
    field = find.get_by_role("combobox", name="Find nodes")
    field.fill("uses:wet")
    expect(find.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(editor.node("chart")).to_have_attribute("data-selected", "true")
    expect(find.get_by_role("status")).to_have_text("1 of 1")
    field.fill("is:nonsense")
    expect(find.get_by_role("alert")).to_contain_text("Nothing is is:nonsense")
    page.keyboard.press("Escape")
    expect(find).to_be_hidden()
    expect(page.locator('.react-flow__node[data-id="chart"]')).to_be_focused()
    assert re.search(r"node=chart", page.url)
