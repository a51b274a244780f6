"""Running again in a real browser: what is told beforehand, on the graph too, and what then runs."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack

from . import pipelines
from .editor import Editor
from .watching import card, drawer, expect_nodes, expect_run, open_drawer, watch

READ = "def run(data=None):\n    return [4, 2, 1]\n"
HALF = "def run(data=None):\n    return [number / 2 for number in data]\n"
SUM = "def run(data=None):\n    return sum(data)\n"


def unless(path: Path) -> str:
    """A function that fails until a file is there."""
    return (
        "import os\n\ndef run(data=None):\n"
        f"    if not os.path.exists({str(path)!r}):\n"
        "        raise ValueError('the disk is full')\n"
        "    return [number / 2 for number in data]\n"
    )


def chain(second: str = HALF) -> pipelines.Definition:
    nodes = (
        ("read", READ),
        ("half", second),
        ("sum", SUM),
        ("show", SUM.replace("sum(data)", "data")),
    )
    return pipelines.python(*nodes, edges=("read half", "half sum", "sum show"))


def preview(page: Page) -> Locator:
    return page.get_by_test_id("rerun")


def expect_fates(page: Page, **fates: str) -> None:
    """What the list says, and what stands on the nodes."""
    for node, fate in fates.items():
        row = preview(page).get_by_test_id(f"outlook-{fate}").locator(f'[data-node="{node}"]')
        expect(row).to_be_visible()
        expect(card(page, node)).to_have_attribute("data-fate", fate)


def test_a_failed_run_is_resumed_by_mouse(
    stack: Stack, page: Page, common: Path, pictures: Callable[[Page, str], None]
) -> None:
    mended = common / "mended"
    run = stack.run(chain(unless(mended)))
    assert stack.wait_run(run["id"])["state"] == "failed"
    watch(page, run)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("dialog", name="Resume run #1")).to_be_visible()
    expect_fates(page, read="keep", half="run", sum="run", show="run")
    expect(preview(page).locator('[data-node="half"]')).to_contain_text("it failed in run #1")
    expect(preview(page).locator('[data-node="sum"]')).to_contain_text("half runs again")
    pictures(page, "resume")
    mended.touch()
    preview(page).get_by_role("button", name="Run 3 nodes").click()
    expect(page.get_by_test_id("origin")).to_have_text("· resumes run #1")
    expect_run(page, "success")
    expect_nodes(page, read="success", half="success", sum="success", show="success")
    expect(page.locator("[data-fate]")).to_have_count(0)
    kept = open_drawer(page, "read")
    expect(kept.get_by_test_id("reused-from")).to_contain_text("kept: run #1")
    kept.get_by_role("link", name="run #1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("#1")
    expect(drawer(page, "read")).to_be_visible()


def test_run_from_here_by_keyboard_after_a_change_in_the_editor(
    stack: Stack, page: Page, pictures: Callable[[Page, str], None]
) -> None:
    first = stack.run(chain())
    assert stack.wait_run(first["id"])["state"] == "success"
    editor = Editor(page).open(first["pipeline"]["id"], f"?run={first['id']}")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    editor.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(editor.node("half")).to_have_attribute("data-selected", "true")
    page.keyboard.press("Alt+Enter")
    dialog = page.get_by_role("dialog", name="Run from half")
    expect(dialog).to_be_visible()
    expect_fates(page, read="keep", half="run", sum="run", show="run")
    pictures(page, "run-from-here")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("run-bar")).to_contain_text("Run #2")
    expect(editor.run_state).to_have_attribute("data-state", "success")
    with stack.api as api:
        found = api.get("/runs/", params={"pipeline": first["pipeline"]["id"]}).json()["results"]
    again = stack.get_run(found[0]["id"])
    assert [again["mode"], again["chosen"], again["version"]] == ["from", ["half"], 1]
    kept = {node["id"] for node in again["nodes"] if node["reused_from"]}
    assert kept == {"read"}


def test_the_menu_of_a_node_runs_to_it_and_only_it(stack: Stack, page: Page) -> None:
    first = stack.run(chain())
    assert stack.wait_run(first["id"])["state"] == "success"
    editor = Editor(page).open(first["pipeline"]["id"], f"?run={first['id']}")
    editor.node("half").click(button="right", position={"x": 60, "y": 14})
    page.get_by_role("menuitem", name="Run to here").click()
    expect_fates(page, read="keep", half="run", sum="leave", show="leave")
    expect(preview(page).locator('[data-node="sum"]')).to_contain_text("not on the way to half")
    page.keyboard.press("Escape")
    expect(page.locator("[data-fate]")).to_have_count(0)
    editor.node("sum").click(button="right", position={"x": 60, "y": 14})
    page.get_by_role("menuitem", name="Run only these").click()
    expect_fates(page, read="keep", half="keep", sum="run", show="leave")
    preview(page).get_by_role("button", name="Run 1 node").click()
    expect(page.get_by_test_id("run-bar")).to_contain_text("Run #2")
    editor.expect_states({"half": "success", "sum": "success", "show": "skipped"})


def test_a_node_is_retried_with_another_parameter(
    stack: Stack, page: Page, pictures: Callable[[Page, str], None]
) -> None:
    run = stack.run(pipelines.rows())
    assert stack.wait_run(run["id"])["state"] == "success"
    watch(page, run)
    opened = open_drawer(page, "wet")
    opened.get_by_role("button", name="Run again").click()
    page.get_by_role("menuitem", name="Retry with other parameters…").click()
    expect(preview(page).get_by_role("button", name="Run 2 nodes")).to_be_disabled()
    field = preview(page).get_by_label("Keep rows where")
    field.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("temp_max > 30")
    expect_fates(page, load="keep", wet="run", chart="run")
    pictures(page, "retry")
    preview(page).get_by_role("button", name="Run 2 nodes").click()
    expect(page.get_by_test_id("origin")).to_have_text("· retries wet, with results of run #1")
    expect_run(page, "success")
    page.get_by_role("tab", name="Parameters", exact=True).click()
    changed = page.get_by_role("table", name="Changed for this run")
    expect(changed).to_contain_text("temp_max > 30")


def test_one_item_of_a_map_runs_again_alone(stack: Stack, page: Page, common: Path) -> None:
    wait = f"import os\n\ndef run(data):\n    there = os.path.exists({str(common / 'mended')!r})\n"
    definition = pipelines.python(
        ("list", "def run(data=None):\n    return [1, 2, 3]\n"),
        ("each", f"{wait}    if data == 3 and not there:\n        raise ValueError('three')\n"
         "    return data * 10\n"),
        edges=("list each",),
        each={"map": {"over": "data"}},
    )  # fmt: skip
    run = stack.run(definition)
    assert stack.wait_run(run["id"])["state"] == "failed"
    (common / "mended").touch()
    watch(page, run)
    open_drawer(page, "each")
    page.get_by_role("button", name="Open item 2").press("Enter")
    drawer(page, "each[2]").get_by_role("button", name="Run again").click()
    page.get_by_role("menuitem", name="Run this item again").click()
    expect(preview(page).locator('[data-node="each"]')).to_contain_text(
        "item 2 runs again; the others that succeeded keep their results"
    )
    preview(page).get_by_role("button", name="Run 1 node").click()
    expect(page.get_by_test_id("origin")).to_contain_text("runs from each[2] on")
    expect_run(page, "success")
    table = open_drawer(page, "each").get_by_role("table", name="Items of each")
    expect(table.locator("[data-item='0']")).to_contain_text("kept")
    expect(table.locator("[data-item='2']")).not_to_contain_text("kept")
    expect(table.locator("[data-item='2']")).to_contain_text("30")
    page.get_by_role("button", name="Open item 0").press("Enter")
    expect(drawer(page, "each[0]").get_by_test_id("reused-from")).to_contain_text("kept: run #1")


def test_a_run_travels_in_a_file(
    stack: Stack, page: Page, tmp_path: Path, pictures: Callable[[Page, str], None]
) -> None:
    run = stack.run(pipelines.rows())
    assert stack.wait_run(run["id"])["state"] == "success"
    watch(page, run)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Bundle").click()
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    assert file.name == "Wet days 1.penstock.zip"
    page.get_by_role("link", name="Pipelines").click()
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Run a bundle").click()
    choosing.value.set_files(file)
    dialog = page.get_by_role("dialog", name="Run a bundle")
    expect(dialog).to_contain_text("3 components are here already")
    pictures(page, "bundle")
    dialog.get_by_role("button", name="Run it").click()
    expect_run(page, "success")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wet days #1")
    assert page.url.rpartition("/")[2] != run["id"]
