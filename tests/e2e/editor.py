"""The editor as a person uses it: by mouse and keyboard, looking at what is drawn."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Editor:
    """The open editor of one page. Nodes and ports go by their names in the document."""

    page: Page

    # -- ways in

    def new(self) -> "Editor":
        """From home to a blank canvas."""
        self.page.goto("/")
        self.page.get_by_role("button", name="New pipeline").click()
        expect(self.page.get_by_test_id("empty-canvas")).to_be_visible()
        expect(self.palette.get_by_role("combobox")).to_be_visible()
        return self

    def open(self, pipeline: str, query: str = "") -> "Editor":
        self.page.goto(f"/pipelines/{pipeline}{query}")
        expect(self.canvas.locator("[data-node-id]").first).to_be_visible()
        return self

    @property
    def pipeline_id(self) -> str:
        found = re.search(r"/pipelines/([^/?]+)", self.page.url)
        assert found, f"{self.page.url} is no editor"
        return found.group(1)

    # -- what is there

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_test_id("canvas")

    @property
    def nodes(self) -> Locator:
        return self.canvas.locator("[data-node-id]")

    @property
    def edges(self) -> Locator:
        return self.canvas.locator(".react-flow__edge")

    @property
    def palette(self) -> Locator:
        return self.page.get_by_test_id("palette")

    @property
    def inspector(self) -> Locator:
        return self.page.get_by_test_id("inspector")

    @property
    def drawer(self) -> Locator:
        return self.page.get_by_test_id("node-drawer")

    @property
    def run_state(self) -> Locator:
        return self.page.get_by_test_id("run-bar").get_by_test_id("run-state")

    def node(self, name: str) -> Locator:
        return self.canvas.locator(f'[data-node-id="{name}"]')

    def port(self, name: str, port: str, side: str) -> Locator:
        return self.node(name).locator(f'[data-port="{port}"][data-side="{side}"]')

    def edge(self, source: str, target: str) -> Locator:
        return self.canvas.locator(f'.react-flow__edge[data-id="{source} -> {target}"]')

    # -- by mouse

    def drag_in(self, component: str, x: float, y: float) -> None:
        """Drag a component from the palette to a point of the canvas."""
        self.palette.locator(f'[data-component="{component}"]').first.drag_to(
            self.canvas, target_position={"x": x, "y": y}
        )

    def press_on(self, handle: Locator) -> None:
        """Begin a wire: the mouse goes down on a port, and moves a little."""
        self.settle()
        handle.hover()
        self.page.mouse.down()
        x, y = _middle(handle)
        self.page.mouse.move(x + 4, y + 4, steps=2)

    def pull_to(self, handle: Locator) -> None:
        """Lead a begun wire to a port, as a hand does: in several moves."""
        self.page.mouse.move(*_middle(handle), steps=12)

    def fit(self) -> None:
        self.page.get_by_role("button", name="Fit").click()
        self.settle()

    def wire(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        self.press_on(self.port(*source, "out"))
        self.pull_to(self.port(*target, "in"))
        self.page.mouse.up()

    def select(self, name: str) -> None:
        self.node(name).click(position={"x": 60, "y": 14})
        expect(self.node(name)).to_have_attribute("data-selected", "true")

    def focus(self) -> None:
        """Give the canvas the keyboard by a click on nothing."""
        self.settle()
        self.canvas.click(position={"x": 400, "y": 40})
        expect(self.canvas).to_be_focused()

    # -- by keyboard

    def add_by_search(self, words: str) -> None:
        """Type into the palette's search and press Enter."""
        search = self.palette.get_by_role("combobox", name="Search components")
        search.fill("")
        search.press_sequentially(words)
        search.press("Enter")

    def setting(self, label: str) -> Locator:
        """The field of the selected node that has this label."""
        return self.inspector.get_by_role("textbox", name=label, exact=True)

    def write(self, label: str, text: str) -> None:
        """Write into a field of the selected node, in place of what stands there."""
        self.setting(label).click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    # -- waiting

    def settle(self) -> None:
        """Wait until the view glides no more: where a node is drawn, there it stays."""
        self.page.evaluate("window.lastView = null")
        self.page.wait_for_function(
            """quiet => {
                const view = document.querySelector("[data-canvas] .react-flow__viewport").style.transform;
                const now = performance.now();
                if (window.lastView?.view !== view) window.lastView = { view, since: now };
                return now - window.lastView.since > quiet;
            }""",
            arg=350,
        )

    def expect_saved(self) -> None:
        expect(self.page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")

    def expect_states(self, states: dict[str, str]) -> None:
        for name, state in states.items():
            expect(self.node(name)).to_have_attribute("data-state", state)


def _middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box, f"{place} is not to be seen"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def watch_states(page: Page) -> None:
    """From now on, note every state that a node is drawn in, in the order drawn."""
    page.evaluate(
        """() => {
            window.drawnStates = {};
            const note = () => document.querySelectorAll("[data-node-id][data-state]").forEach((card) => {
                const states = (window.drawnStates[card.dataset.nodeId] ??= []);
                if (states.at(-1) !== card.dataset.state) states.push(card.dataset.state);
            });
            const options = { subtree: true, childList: true, attributeFilter: ["data-state"] };
            new MutationObserver(note).observe(document.body, options);
        }"""
    )


def drawn_states(page: Page) -> dict[str, list[str]]:
    states: Any = page.evaluate("window.drawnStates")
    return states
