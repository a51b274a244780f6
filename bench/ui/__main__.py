"""`python -m bench.ui`: how quick the editor is in Chromium, beside the bare renderer on the same graph."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from bench import report
from bench.penstock import publish
from tests.support.stack import ROOT, Stack

from . import browser
from .graphs import Drawing

BARE = ROOT / "test-artifacts" / "bare"
SIZES = (1_000, 5_000)
#: Seconds until the graph is seen, and frames a second at 100 % and with the whole in view.
OPEN = {1_000: 1.2, 5_000: 2.5}
NEAR = 50.0
WHOLE = 30.0
TIDY_SECONDS = 2.0
FIRST_LOAD_KIB = 350.0


@contextmanager
def bare() -> Iterator[str]:
    """The bare renderer, built and served; its address."""
    build = [
        "npm",
        "exec",
        "--",
        "vite",
        "build",
        "--logLevel=error",
        "--config",
        "bench/vite.config.ts",
    ]
    subprocess.run([sys.executable, "pipelines/config/bootstrap.py", *build], cwd=ROOT, check=True)
    for size in SIZES:
        (BARE / f"graph-{size}.json").write_text(json.dumps(Drawing(size).bare()))
    handler = functools.partial(_Quiet, directory=str(BARE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/index.html"
        finally:
            server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


def moves(page: Page, name: str, fit: str, goals: bool) -> None:
    """Frames a second of every movement on an open graph."""
    near = NEAR if goals else None
    for work, words in (("pan", "pan"), ("zooming", "zoom"), ("drag", "drag")):
        page.evaluate(fit)
        page.evaluate("hand.frames(600)")
        page.evaluate("hand.zoomTo(1)")
        _above(f"{name}, {words} at 100 %", browser.rate(page, work), near)
    page.evaluate(fit)
    page.evaluate("hand.frames(600)")
    zoom = page.evaluate("hand.zoom()")
    _above(
        f"{name}, pan of the whole ({zoom:.2f})",
        browser.rate(page, "pan"),
        WHOLE if goals else None,
    )


def _above(name: str, value: float, goal: float | None) -> None:
    text = f"{value:8.1f} frames/s"
    report.line(name, text, goal and f"over {goal:g}", value >= (goal or 0))


def ours(page: Page, stack: Stack) -> None:
    page.goto(stack.login_link())
    page.goto(f"{stack.url}/")
    first_load(page, stack)
    for size in SIZES:
        with stack.api as api:
            pipeline = publish(api, Drawing(size).definition())
        name = f"editor, {size:,} nodes"
        seconds = browser.opened(page, f"{stack.url}/pipelines/{pipeline}")
        report.seconds(f"{name}, open", [seconds], OPEN[size])
        moves(page, name, "document.querySelector('button[aria-label=Fit]').click()", goals=True)
        page.screenshot(path=ROOT / "test-artifacts" / f"bench-{size}.png")
        if size == SIZES[0]:
            tidy(page, name)


def tidy(page: Page, name: str) -> None:
    """Until a tidied graph is shown, and how the page was doing meanwhile."""
    before = page.evaluate("document.querySelector('.react-flow__viewport').style.transform")
    page.evaluate(
        "window.slow = 0; (function look(last) { requestAnimationFrame((now) => { slow = Math.max(slow, now - last); look(now); }); })(performance.now())"
    )
    seconds = browser.timed(
        page,
        lambda: page.get_by_role("button", name="Tidy").click(),
        f"document.querySelector('.react-flow__viewport').style.transform !== {json.dumps(before)}",
    )
    report.seconds(f"{name}, tidy", [seconds], TIDY_SECONDS)
    report.below(f"{name}, longest frame while tidying", page.evaluate("slow"), "ms")


def first_load(page: Page, stack: Stack) -> None:
    """Compressed JavaScript of the first page."""
    entries = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => /[.]js$/.test(one.name)).map((one) => one.encodedBodySize)"
    )
    report.below("first load, JavaScript", sum(entries) / 1024, "KiB", FIRST_LOAD_KIB)


def main() -> int:
    directory = ROOT / "test-artifacts" / "bench-ui-home"
    with bare() as address, browser.window() as page:
        for size in SIZES:
            name = f"bare, {size:,} nodes"
            seconds = browser.opened(page, f"{address}?nodes={size}&visible&sized")
            report.seconds(f"{name}, open", [seconds])
            moves(page, name, "fitAll()", goals=False)
        stack = _stack(directory)
        try:
            ours(page, stack)
        finally:
            stack.stop()
    load = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores; load at the end {load:.1f}, which says how quiet it was")
    return 0


def _stack(directory: Path) -> Stack:
    shutil.rmtree(directory, ignore_errors=True)
    stack = Stack(directory).start()
    stack.wait_ready()
    return stack


if __name__ == "__main__":
    sys.exit(main())
