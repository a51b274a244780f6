"""Every screen, light and dark: nothing that axe-core objects to, no word in the console, a picture."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor

Show = Callable[[Page, "Things"], None]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Things:
    """What there is to look at."""

    pipeline: str
    run: str
    failed: str
    live_pipeline: str
    live: str
    blank: str
    unready: str
    patterns_pipeline: str
    patterns: str
    waits: str


LEARNING = """\
import json, time

def run(data=None):
    for step in range(60):
        print(json.dumps({"metric": {"loss": 1 / (step + 1)}, "step": step}))
    print(json.dumps({"progress": 0.6}))
    print("learning from 569 rows")
    time.sleep(900)
"""


@pytest.fixture(scope="module")
def things(stack: Stack) -> Iterator[Things]:
    example = _example(stack)
    blank = pipelines.create(stack, {"schema": 1, "name": "Untitled pipeline", "nodes": []})
    broken = pipelines.python(
        ("read", "def run():\n    print('three rows read')\n    return [4, 2, 0]\n"),
        ("divide", "def run(data=None):\n    return [8 / number for number in data]\n"),
        ("write", "def run(data=None):\n    return data\n"),
        edges=("read divide", "divide write"),
    )
    failed = stack.run({**broken, "name": "Divide by each"})
    with stack.api as api:
        started = api.post(f"/pipelines/{example}/runs/", json={"parameters": {}})
        assert started.status_code == 201, started.text
    stack.wait_run(failed["id"])
    stack.wait_run(started.json()["id"])
    unready = pipelines.rows()
    del unready["edges"][0], unready["nodes"][2]["params"]["x"]
    waits = pipelines.rows()
    waits["nodes"][0] |= {
        "queue": "gpu",
        "resources": {"cpu": 2, "memory": "4Gi", "gpu": 1},
        "pool": "licences",
        "priority": 10,
    }
    learning = pipelines.python(
        ("read", "def run():\n    return 569\n"), ("learn", LEARNING), edges=("read learn",)
    )
    live = stack.run({**learning, "name": "Learn"})
    patterns = stack.run(pipelines.patterns(pipelines.create_halving(stack)))
    yield Things(
        pipeline=example,
        run=started.json()["id"],
        failed=failed["id"],
        live_pipeline=live["pipeline"]["id"],
        live=live["id"],
        blank=blank,
        unready=pipelines.create(stack, unready),
        patterns_pipeline=patterns["pipeline"]["id"],
        patterns=patterns["id"],
        waits=pipelines.create(stack, waits),
    )
    with stack.api as api:
        api.post(f"/runs/{live['id']}/cancel/")
        api.post(f"/runs/{patterns['id']}/cancel/")


def _example(stack: Stack) -> str:
    """The id of the example that trains and chooses, published."""
    with stack.api as api:
        found = api.get("/pipelines/", params={"search": "train and choose"}).json()["results"]
        (example,) = [row["id"] for row in found if row["created_by"] is None]
        api.post(f"/pipelines/{example}/versions/", json={"message": "As it came"})
    return str(example)


@pytest.fixture(scope="module")
def eyes(browser: Browser, window: dict[str, Any], signed_in: Any) -> Iterator[BrowserContext]:
    """A browser in which nothing moves."""
    context = browser.new_context(**window, storage_state=signed_in, reduced_motion="reduce")
    yield context
    context.close()


@dataclass(frozen=True)
class Screen:
    """A screen that is open."""

    name: str
    page: Page


@pytest.fixture(scope="module")
def screen(
    request: pytest.FixtureRequest, eyes: BrowserContext, things: Things, signed_in: Any
) -> Iterator[Screen]:
    """A screen, opened once for light and dark, on a page that may say nothing in its console.

    Every other one is opened dark.
    """
    show: Show = request.param
    page = eyes.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning")
            and "410 (Gone)" not in message.text  # How a browser tells of a used link's page.
            and said.append(f"{message.type}: {message.text}")
        ),
    )
    page.emulate_media(color_scheme=SCHEMES[SCREENS.index(show) % 2])
    show(page, things)
    yield Screen(show.__name__, page)
    page.close()
    eyes.add_cookies(signed_in["cookies"])
    assert said == []


def home(page: Page, things: Things) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="Wet days").first).to_be_visible()


def home_newcomer(page: Page, things: Things) -> None:
    """As it is at the first start: nothing but the examples, and nothing has run."""

    def first_day(route: Route) -> None:
        # The other tests' pipelines stand before the examples, which must not fall off the page.
        body = route.fetch(url=f"{route.request.url}&page_size=200&ordering=created_at").json()
        kept = [row for row in body["results"] if row["example"] is not None]
        body["results"] = [{**row, "last_run": None} for row in kept]
        body["count"] = len(kept)
        route.fulfill(body=json.dumps(body), content_type="application/json")

    page.route("**/api/v1/pipelines/?*", first_day)
    page.goto("/")
    expect(page.get_by_role("heading", name="Start with an example")).to_be_visible()
    cards = page.get_by_role("region", name="Start with an example").get_by_role("link")
    expect(cards.first).to_contain_text("Example: diamond")
    expect(page.get_by_role("link", name="Example: one fold")).to_be_hidden()
    page.get_by_text("Parts of other examples").click()
    expect(page.get_by_role("link", name="Example: one fold")).to_be_visible()


def editor_blank(page: Page, things: Things) -> None:
    page.goto(f"/pipelines/{things.blank}")
    expect(page.get_by_test_id("empty-canvas")).to_be_visible()
    expect(Editor(page).palette.get_by_role("option").first).to_be_visible()


def editor_node(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.pipeline, "?node=split")
    expect(editor.inspector).to_be_visible()
    expect(editor.setting("Same shares of")).to_be_visible()
    editor.settle()


def editor_run(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.pipeline, f"?run={things.run}&node=try_forest")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    expect(editor.drawer.get_by_role("img").first).to_be_visible()
    editor.settle()


def editor_history(page: Page, things: Things) -> None:
    Editor(page).open(things.pipeline)
    page.get_by_role("button", name="Version history").click()
    page.get_by_test_id("history").get_by_role("button", name=re.compile("^Version 1")).click()
    expect(page.get_by_test_id("version-view").locator("[data-node-id]")).to_have_count(7)


def editor_dialog(page: Page, things: Things) -> None:
    Editor(page).open(things.pipeline)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("dialog", name="Run")).to_be_visible()


def editor_problems(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.unready)
    problems = page.get_by_test_id("problems")
    expect(problems).to_contain_text("2 problems")
    problems.get_by_role("button").click()
    expect(problems.get_by_role("listitem")).to_have_count(2)
    editor.settle()


def editor_waits(page: Page, things: Things) -> None:
    Editor(page).open(things.waits)
    page.get_by_role("button", name="Run", exact=True).click()
    dialog = page.get_by_role("dialog", name="Run")
    expect(dialog).to_contain_text("will wait: no worker serves the queue gpu.")


def editor_place(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.waits, "?node=load")
    editor.inspector.get_by_role("tab", name="Options").click()
    editor.inspector.get_by_label("Priority").scroll_into_view_if_needed()
    expect(editor.inspector.get_by_label("GPUs")).to_have_value("1")
    expect(editor.inspector.get_by_label("Pool")).to_have_value("licences")
    editor.settle()


def editor_publish(page: Page, things: Things) -> None:
    Editor(page).open(things.unready)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("dialog").get_by_label("What is new?")).to_be_visible()


def editor_live(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.live_pipeline, f"?run={things.live}")
    editor.expect_states({"read": "success", "learn": "running"})
    expect(editor.node("learn").get_by_role("progressbar")).to_be_visible()
    editor.settle()


def editor_help(page: Page, things: Things) -> None:
    editor = Editor(page).open(things.pipeline)
    editor.canvas.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys and mouse")).to_be_visible()


def run_graph(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}?node=choose")
    expect(page.locator("[data-node-id]")).to_have_count(7)
    expect(page.get_by_test_id("node-drawer").get_by_role("tabpanel")).to_contain_text("model")


def run_failed(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.failed}?node=divide")
    expect(page.get_by_test_id("node-error")).to_contain_text("division by zero")
    expect(page.locator("[data-node-id]")).to_have_count(3)


def run_live(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.live}?node=learn")
    drawer = page.get_by_test_id("node-drawer")
    expect(drawer.get_by_test_id("log")).to_contain_text("learning from 569 rows")
    drawer.get_by_role("tab", name="Metrics").click()
    expect(drawer.get_by_role("tabpanel")).to_contain_text("loss")


def run_timeline(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}?tab=timeline&node=try_forest")
    expect(page.get_by_role("button", name="Keep the better, success")).to_be_visible()
    expect(page.get_by_test_id("table-preview").first).to_be_visible()


def run_events(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}?tab=events")
    expect(page.get_by_role("table", name="Events").get_by_role("row").nth(5)).to_be_visible()


def run_artifacts(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}?tab=artifacts")
    expect(page.get_by_role("tabpanel").get_by_role("row").nth(5)).to_be_visible()


def run_parameters(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}?tab=parameters")
    expect(page.get_by_role("tabpanel")).to_contain_text("Part kept for the test")


def waits(page: Page, things: Things, node: str) -> None:
    """The run of patterns, once all is over but what a person decides on."""
    page.goto(f"/runs/{things.patterns}?node={node}")
    expect(page.locator('[data-node-id="ask"]')).to_have_attribute("data-state", "waiting")
    expect(page.locator('[data-node-id="loop"]')).to_have_attribute("data-state", "success")


def run_items(page: Page, things: Things) -> None:
    waits(page, things, "square")
    expect(page.get_by_role("table", name="Items of square")).to_contain_text("not allowed")


def run_item(page: Page, things: Things) -> None:
    waits(page, things, "square[2]")
    expect(page.get_by_test_id("node-error")).to_contain_text("not allowed")


def run_rounds(page: Page, things: Things) -> None:
    waits(page, things, "loop")
    expect(page.get_by_role("table", name="Rounds of loop")).to_contain_text("Round 2")


def run_approval(page: Page, things: Things) -> None:
    waits(page, things, "ask")
    page.get_by_test_id("approval").get_by_label("Reason").fill("Good enough")


def editor_patterns(page: Page, things: Things) -> None:
    """A branch beside a map, a loop and a node on exit; the options of the map."""
    Editor(page).open(things.patterns_pipeline, "?node=square")
    edit = page.get_by_role("button", name="Edit", exact=True)
    expect(edit).to_be_visible()
    edit.click()
    page.get_by_role("tab", name="Options").click()
    expect(page.get_by_role("combobox", name="Runs for each element of")).to_be_visible()


def editor_cases(page: Page, things: Things) -> None:
    Editor(page).open(things.patterns_pipeline, "?node=check")
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("region", name="Cases")).to_be_visible()


def editor_inside(page: Page, things: Things) -> None:
    Editor(page).open(things.patterns_pipeline)
    page.get_by_role("button", name="Open loop").click()
    expect(page.get_by_test_id("inside").locator('[data-node-id="half"]')).to_be_visible()


def runs_waiting(page: Page, things: Things) -> None:
    page.goto("/runs")
    expect(page.get_by_test_id("waiting-runs")).to_contain_text("Patterns")


def run_clone(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.run}")
    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_role("dialog")).to_contain_text("Part kept for the test")


def run_resume(page: Page, things: Things) -> None:
    page.goto(f"/runs/{things.failed}")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("outlook-run")).to_contain_text("2 nodes run")
    expect(page.locator('[data-node-id="read"]')).to_have_attribute("data-fate", "keep")


def runs(page: Page, things: Things) -> None:
    page.goto("/runs?state=failed")
    expect(page.get_by_role("link", name="Divide by each").first).to_be_visible()
    expect(page.get_by_role("table")).not_to_contain_text("Success")
    page.get_by_role("combobox", name="State").click()
    page.get_by_role("option", name="Any state").click()
    expect(page).not_to_have_url(re.compile("state="))
    expect(page.get_by_role("table")).to_contain_text("Success")


def runs_none(page: Page, things: Things) -> None:
    page.goto("/runs?created_by=nobody")
    expect(page.get_by_text("No run matches")).to_be_visible()


def components(page: Page, things: Things) -> None:
    page.goto("/components")
    expect(page.get_by_role("link", name="Join tables")).to_be_visible()


def component(page: Page, things: Things) -> None:
    page.goto("/components/core/join")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Join tables")
    expect(page.get_by_text("Missing values in the keys match nothing")).to_be_visible()


def environment(page: Page, things: Things) -> None:
    digest = page.request.get("/api/v1/environments/").json()["results"][0]["digest"]
    page.goto(f"/environments/{digest}")
    page.get_by_text("The lock", exact=True).click()
    expect(page.get_by_text("pandas==")).to_be_visible()


def workers(page: Page, things: Things) -> None:
    page.goto("/workers")
    expect(page.get_by_role("table").first).to_contain_text("Strong")
    expect(page.get_by_role("heading", name="Limits")).to_be_visible()


def account(page: Page, things: Things) -> None:
    page.goto("/account")
    expect(page.get_by_role("cell", name="command line").first).to_be_visible()


def nothing_there(page: Page, things: Things) -> None:
    page.goto("/no/such/page")
    expect(page.get_by_role("main").get_by_role("heading")).to_be_visible()


def login(page: Page, things: Things) -> None:
    page.context.clear_cookies()
    page.goto("/login/")
    expect(page.get_by_label("Password")).to_be_visible()


def link_used(page: Page, things: Things) -> None:
    page.context.clear_cookies()
    page.goto("/welcome/a-link-that-was-used/")
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


SCREENS: tuple[Show, ...] = (
    home,
    home_newcomer,
    editor_blank,
    editor_node,
    editor_run,
    editor_history,
    editor_dialog,
    editor_problems,
    editor_waits,
    editor_place,
    editor_publish,
    editor_live,
    editor_help,
    run_graph,
    run_failed,
    run_live,
    run_timeline,
    run_events,
    run_artifacts,
    run_parameters,
    run_clone,
    run_resume,
    run_items,
    run_item,
    run_rounds,
    run_approval,
    editor_patterns,
    editor_cases,
    editor_inside,
    runs,
    runs_waiting,
    runs_none,
    components,
    component,
    environment,
    workers,
    account,
    nothing_there,
    login,
    link_used,
)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda show: show.__name__, indirect=True)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_screen(
    screen: Screen, scheme: Literal["light", "dark"], pictures: Callable[[Page, str], None]
) -> None:
    screen.page.emulate_media(color_scheme=scheme)
    pictures(screen.page, f"{screen.name}-{scheme}")
    found = Axe().run(screen.page)
    assert found.violations_count == 0, found.generate_report()
