"""Two-step sign-in in a real browser: set up by the key, asked for, with light and dark pages."""

from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

pytestmark = pytest.mark.browser
PASSWORD = "a long enough one"


def look_at(page: Page, screenshots: Path, name: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"{name}-{scheme}.png", full_page=True)
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()


def test_two_step_sign_in_is_set_up_and_asked_for(
    page: Page, browser: Browser, stack: Stack, screenshots: Path
) -> None:
    page.goto("/teams/main")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_test_id("invitation-link").inner_text()
    guest = browser.new_context(
        base_url=stack.url, viewport={"width": 1440, "height": 900}
    ).new_page()
    guest.goto(link)
    guest.get_by_label("Username").fill("linus")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_label("Password, again").fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    guest.goto("/account")
    guest.get_by_role("region", name="Two-step sign-in").get_by_role(
        "link", name="Set it up"
    ).click()
    look_at(guest, screenshots, "second-factor-setup")
    guest.get_by_text("You cannot scan it?").click()
    key = guest.get_by_test_id("totp-key").inner_text().replace(" ", "")
    guest.get_by_role("textbox", name="Code").fill(pyotp.TOTP(key).now())
    guest.get_by_role("button", name="Switch it on").click()
    codes = guest.get_by_test_id("recovery-codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    look_at(guest, screenshots, "recovery-codes")
    guest.get_by_role("link", name="I have kept them").click()
    guest.get_by_role("button", name="Account of linus").click()
    guest.get_by_role("menuitem", name="Sign out").click()

    guest.get_by_label("Username").fill("linus")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("heading", name="Type your code")).to_be_visible()
    guest.get_by_role("textbox", name="Code").fill("000000")
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_text("This code is not right")).to_be_visible()
    look_at(guest, screenshots, "login-code")
    guest.get_by_role("textbox", name="Code").fill(recovery)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("heading", name="Pipelines")).to_be_visible()
    guest.goto("/second-factor/")
    expect(guest.get_by_text("9 of your recovery codes are left")).to_be_visible()
    look_at(guest, screenshots, "second-factor")
    guest.context.close()
