"""A graph of hundreds of nodes, seen from so far that one picture stands for all of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.ui.graphs import Drawing
from tests.e2e import pipelines
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

NODES = 400


def test_a_large_graph_is_worked_with_from_far(stack: Stack, page: Page, screenshots: Path) -> None:
    drawing = Drawing(NODES)
    pipeline = pipelines.create(stack, drawing.definition())
    page.goto(f"/pipelines/{pipeline}")
    nodes = page.locator(".react-flow__node")
    expect(nodes.first).to_be_visible()
    page.get_by_role("button", name="Fit").click()
    overview = page.get_by_role("img", name=f"{NODES} nodes, seen from far")
    expect(overview).to_be_visible()
    expect(nodes).to_have_count(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"overview-{scheme}.png")

    # A click chooses the node below the mouse; a drag moves it.
    x, y = page.evaluate(_PLACE, drawing.places()["n200"])
    page.mouse.click(x, y)
    expect(page.get_by_role("region", name="Node n200")).to_be_visible()
    x, y = page.evaluate(_PLACE, drawing.places()["n200"])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    there = pipelines.draft(stack, pipeline)["layout"]["n200"]
    assert there[0] > drawing.places()["n200"][0]
    assert there[1] > drawing.places()["n200"][1]

    # With Shift the mouse draws a box around several.
    left, top = page.evaluate(_PLACE, drawing.places()["n0"])
    page.keyboard.down("Shift")
    page.mouse.move(left - 12, top - 12)
    page.mouse.down()
    page.mouse.move(left + 60, top + 60, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("nodes")

    # A double click goes there: the picture turns into nodes again.
    x, y = page.evaluate(_PLACE, drawing.places()["n0"])
    page.mouse.dblclick(x, y)
    expect(overview).to_have_count(0)
    expect(page.locator('[data-node-id="n0"]')).to_be_visible()


#: Where the middle of a node is on the screen, from its place in the graph.
_PLACE = """([x, y]) => {
  const view = document.querySelector('.react-flow__viewport');
  const { a, e, f } = new DOMMatrix(getComputedStyle(view).transform);
  const box = document.querySelector('.react-flow').getBoundingClientRect();
  return [box.x + e + (x + 110) * a, box.y + f + (y + 40) * a];
}"""
