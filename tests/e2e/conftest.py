"""A real browser on a real Penstock: one stack and one browser for the whole session."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.stack import Stack

#: What a person would wait for on a busy machine before calling it broken, in milliseconds.
PATIENCE = 20_000


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def window(stack: Stack) -> dict[str, Any]:
    """How a new browser window looks at the stack."""
    return {"base_url": stack.url, "viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="session")
def signed_in(browser: Browser, stack: Stack, window: dict[str, Any]) -> Any:
    """The cookies of the first administrator, got by a one-time link."""
    context = browser.new_context(**window)
    page = context.new_page()
    page.goto(stack.login_link())
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def browser_context_args(window: dict[str, Any], signed_in: Any) -> dict[str, Any]:
    """For pytest-playwright's `page` and `new_context`: signed in."""
    return {**window, "storage_state": signed_in}


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> Iterator[BrowserContext]:
    """A signed-in browser in which no page may raise an error that nobody caught."""
    context = new_context()
    uncaught: list[str] = []
    context.on("weberror", lambda error: uncaught.append(str(error.error)))
    context.set_default_timeout(PATIENCE)
    yield context
    assert uncaught == []


@pytest.fixture
def console(page: Page) -> list[str]:
    """What the page complains about in its console, as it comes."""
    said: list[str] = []
    page.on(
        "console",
        lambda message: (
            said.append(f"{message.type}: {message.text} ({message.location.get('url')})")
            if message.type in ("error", "warning")
            else None
        ),
    )
    return said


@pytest.fixture(scope="session")
def pictures(screenshots: Path) -> Callable[[Page, str], None]:
    """Keeps a picture of a page under a name."""

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=screenshots / f"{name}.png", animations="disabled")

    return keep
