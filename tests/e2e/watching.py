"""What the tests of a live run need: steps that wait, a line that breaks, words for what is seen."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.support.stack import Stack, wait_until


class Gates:
    """Steps that go on when the test lets them: each waits for a file of its name.

    When the test is over its directory goes, and with it whatever still waits.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def code(self, name: str, then: str = "return 1") -> str:
        """A function that waits at the gate `name`, and then does what is told."""
        return f"{self.wait}\n\ndef run(data=None):\n    _wait({name!r})\n    {then}\n"

    @property
    def wait(self) -> str:
        """Code of a function `_wait` for steps that have more to do."""
        return (
            "import os, time\n"
            f"def _wait(name, _in={str(self.directory)!r}):\n"
            "    while os.path.isdir(_in) and not os.path.exists(os.path.join(_in, str(name))):\n"
            "        time.sleep(0.02)\n"
        )

    def open(self, *names: str) -> None:
        for name in names:
            (self.directory / name).touch()


@dataclass
class Line:
    """The live line of a page, which a test may cut, keep cut, or make lose a frame."""

    page: Page
    #: The number each socket was asked to go on from, and the events it then brought.
    sockets: list[tuple[int, list[int]]] = field(default_factory=list)
    broken: bool = False
    losing: bool = False
    lost: list[int] = field(default_factory=list)
    _ends: list[tuple[WebSocketRoute, WebSocketRoute]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route_web_socket(re.compile(r"/ws/runs/"), self._opened)

    def cut(self) -> None:
        """The socket breaks, and no other can be opened until `mend`."""
        self.broken = True
        for browser, server in self._ends:
            server.close()
            browser.close(code=1011)
        self._ends.clear()

    def mend(self) -> None:
        self.broken = False

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something on the line, which moves only while the page is asked something."""
        wait_until(lambda: self.page.evaluate("true") and condition(), what, 30)

    def _opened(self, browser: WebSocketRoute) -> None:
        if self.broken:
            browser.close(code=1011)
            return
        asked = re.search(r"after=(\d+)", browser.url)
        assert asked, f"{browser.url} does not say from where to go on"
        brought: list[int] = []
        self.sockets.append((int(asked.group(1)), brought))
        server = browser.connect_to_server()
        self._ends.append((browser, server))

        def pass_on(message: str | bytes) -> None:
            numbers = [event["seq"] for event in json.loads(message).get("events", ())]
            if self.losing and numbers:
                self.losing = False
                self.lost += numbers
                return
            brought.extend(numbers)
            browser.send(message)

        server.on_message(pass_on)


def watch(page: Page, run: dict[str, Any], **query: str) -> None:
    """Open the page of a run."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    page.goto(f"/runs/{run['id']}?{words}")
    expect(page.get_by_test_id("run-state")).to_be_visible()


def expect_run(page: Page, state: str) -> None:
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", state)


def expect_nodes(page: Page, **states: str) -> None:
    for name, state in states.items():
        expect(card(page, name)).to_have_attribute("data-state", state)


def card(page: Page, name: str) -> Locator:
    return page.locator(f'[data-node-id="{name}"]')


def open_drawer(page: Page, name: str) -> Locator:
    """Click on a node of the graph; its drawer."""
    card(page, name).click(position={"x": 60, "y": 14})
    return drawer(page, name)


def drawer(page: Page, name: str) -> Locator:
    found = page.get_by_role("region", name=f"Node {name}")
    expect(found).to_be_visible()
    return found


def events(stack: Stack, run: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of a run, as the server has them."""
    with stack.api as api:
        answer = api.get(f"/runs/{run['id']}/events/", params={"limit": 500})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["results"])


def expect_all_events(stack: Stack, page: Page, run: dict[str, Any]) -> None:
    """The page's open table of events has each event of the server once, in order."""
    numbers = [event["seq"] for event in events(stack, run)]
    assert numbers == list(range(1, len(numbers) + 1))
    rows = page.get_by_role("table", name="Events").locator("[aria-rowindex]")
    expect(rows).to_have_count(len(numbers))
    shown = rows.evaluate_all("rows => rows.map(row => Number(row.ariaRowIndex))")
    assert shown == numbers
