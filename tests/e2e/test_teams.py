"""The pages of a team and of the audit log, in a real browser."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

pytestmark = pytest.mark.browser


def test_somebody_is_invited_joins_gets_a_role_and_is_removed(
    page: Page, browser: Browser, stack: Stack, screenshots: Path
) -> None:
    page.goto("/teams/main")
    members = page.get_by_role("region", name="Members")
    expect(members.get_by_role("row", name="admin")).to_be_visible()
    page.get_by_label("For whom the invitation is").fill("Ada")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_test_id("invitation-link").inner_text()
    guest = browser.new_context(base_url=stack.url).new_page()
    guest.goto(link)
    guest.screenshot(path=screenshots / "invitation.png")
    guest.get_by_label("Username").fill("ada")
    guest.get_by_label("Password", exact=True).fill("a long enough one")
    guest.get_by_label("Password, again").fill("a long enough one")
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("heading", name="Pipelines")).to_be_visible()

    page.reload()
    ada = members.get_by_role("row", name="ada")
    ada.get_by_role("combobox").click()
    page.get_by_role("option", name="editor").click()
    expect(ada.get_by_role("combobox")).to_have_text("editor")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"team-{scheme}.png")
        assert Axe().run(page).violations_count == 0
    ada.get_by_role("button", name="Remove ada").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(ada).to_have_count(0)
    guest.goto("/teams/main")
    expect(guest.get_by_text("You are not in this team")).to_be_visible()
    guest.context.close()


def test_the_audit_log_tells_it_and_can_be_searched(page: Page, screenshots: Path) -> None:
    page.goto("/audit")
    expect(page.get_by_role("row", name="person.sign_in").first).to_be_visible()
    page.get_by_label("Search the log").fill("sign_in")
    expect(page).to_have_url(re.compile("search=sign_in"))
    expect(page.get_by_role("row", name="component.publish")).to_have_count(0)
    page.get_by_role("button", name="Clear the filters").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"audit-{scheme}.png")
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()


def test_a_token_is_made_with_scopes_and_an_end(page: Page, screenshots: Path) -> None:
    page.goto("/account")
    page.get_by_label("Name of the new token").fill("nightly")
    page.get_by_role("combobox", name="What the new token may do").click()
    page.get_by_role("option", name="Only look").click()
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_test_id("new-token")).to_have_text(re.compile("^pst_"))
    row = page.get_by_role("row", name="nightly")
    expect(row.get_by_role("cell", name="view", exact=True)).to_be_visible()
    expect(row.get_by_role("cell", name="never")).to_have_count(1)  # not used yet, but with an end
    page.screenshot(path=screenshots / "tokens.png", full_page=True)
