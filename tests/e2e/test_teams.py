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


def test_a_second_team_is_made_chosen_and_left(
    page: Page, browser: Browser, stack: Stack, screenshots: Path
) -> None:
    page.goto("/")
    page.get_by_role("button", name="Team: My team").click()
    page.get_by_role("menuitem", name="New team…").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Data & ML")
    expect(page.get_by_label("Short name")).to_have_value("data-ml")
    page.get_by_role("button", name="Make the team").click()
    expect(page.get_by_role("heading", name="Data & ML")).to_be_visible()

    page.get_by_role("link", name="Pipelines").click()
    expect(page).to_have_url(re.compile(r"/\?team=data-ml"))
    expect(page.get_by_text("Draw your first pipeline")).to_be_visible()
    page.get_by_role("button", name="Team: Data & ML").click()
    page.screenshot(path=screenshots / "switcher.png")
    page.get_by_role("menuitemcheckbox", name="My team (admin)").click()
    expect(page.get_by_text("Draw your first pipeline")).to_have_count(0)
    page.get_by_role("button", name="Team: My team").click()
    page.get_by_role("menuitemcheckbox", name="All my teams").click()
    expect(page).not_to_have_url(re.compile("team="))

    page.goto("/teams/data-ml")
    members = page.get_by_role("region", name="Members")
    members.get_by_role("button", name="Leave the team").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("dialog").get_by_text("last administrator")).to_be_visible()
    page.get_by_role("button", name="Stay").click()
    page.get_by_role("combobox", name="Role of the invited").click()
    page.get_by_role("option", name="admin").click()
    page.get_by_role("button", name="Make a link").click()
    guest = browser.new_context(base_url=stack.url).new_page()
    guest.goto(page.get_by_test_id("invitation-link").inner_text())
    guest.get_by_label("Username").fill("grace")
    guest.get_by_label("Password", exact=True).fill("a long enough one")
    guest.get_by_label("Password, again").fill("a long enough one")
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("heading", name="Pipelines")).to_be_visible()
    guest.context.close()
    members.get_by_role("button", name="Leave the team").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Team: My team")).to_be_visible()


def test_a_service_account_gets_a_token_and_is_deleted(page: Page, screenshots: Path) -> None:
    page.goto("/teams/main/services")
    page.get_by_label("Name of the new service account").fill("CI")
    page.get_by_role("button", name="Make a service account").click()
    tokens = page.get_by_role("region", name="Tokens of ci@main")
    tokens.get_by_label("Name of the new token").fill("build")
    tokens.get_by_role("combobox", name="What the new token may do").click()
    page.get_by_role("option", name="Look, run and edit").click()
    expect(tokens.get_by_test_id("token-right")).to_contain_text("view, run, cancel (main)")
    tokens.get_by_role("button", name="Make a token").click()
    expect(tokens.get_by_test_id("new-token")).to_have_text(re.compile("^pst_"))
    expect(tokens.get_by_role("row", name="build")).to_contain_text("view, run, cancel")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"services-{scheme}.png")
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
    tokens.get_by_role("button", name="Revoke build").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(tokens.get_by_text("The account has no tokens")).to_be_visible()
    page.get_by_role("button", name="Delete ci@main").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is no service account yet")).to_be_visible()
