"""What is done in the browser, and how long it takes there."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support import chromium

HAND = Path(__file__).with_name("hand.js")
SIZE = {"width": 1440, "height": 900}
#: How long the hand is at work for one figure, in milliseconds.
WORK = 2_000
TIMES = 3

#: Nodes can be seen, and the page has had a moment to itself.
DRAWN = """() => new Promise((resolve) => {
  const look = () => document.querySelector('.react-flow__node, [data-testid=overview]')
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0))
    : requestAnimationFrame(look);
  look();
})"""


@contextmanager
def window() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        page = browser.new_context(viewport=SIZE, reduced_motion="reduce").new_page()
        page.add_init_script(HAND.read_text())
        page.set_default_timeout(60_000)
        try:
            yield page
        finally:
            browser.close()


def opened(page: Page, url: str) -> float:
    """Seconds from the navigation until the graph can be seen; the median of three."""
    found = []
    for _ in range(TIMES):
        page.goto("about:blank")
        page.goto(url, wait_until="commit")
        found.append(page.evaluate(DRAWN) / 1000)
    return statistics.median(found)


def rate(page: Page, work: str) -> float:
    """Frames a second while the hand does its work; the median of three."""
    return statistics.median(page.evaluate(f"hand.{work}({WORK})") for _ in range(TIMES))


def timed(page: Page, act: Callable[[], None], done: str) -> float:
    """Seconds until a condition of the page holds after an act."""
    began = time.perf_counter()
    act()
    page.wait_for_function(done)
    return time.perf_counter() - began
