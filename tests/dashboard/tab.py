"""A dashboard in a tab of Chromium whose timers a test winds."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from sleuth.accounts import audit
from sleuth.extensions import write
from tests.conftest import PASSWORD, Cast

CHANGES = re.compile(r"/changes\?")
PERIOD = 4000


def enter(browser: Browser, served: str, who: str = "dora") -> Page:
    """Open the dashboard of Acme in a window of its own, and stop its clock."""
    tab = browser.new_context(viewport={"width": 1280, "height": 700}).new_page()
    tab.goto(f"{served}/sign-in?next=/o/acme/")
    tab.get_by_label("E-mail").fill(f"{who}@acme.test")
    tab.locator("input[type=password]").fill(PASSWORD)
    tab.clock.install()
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="Dashboard")).to_be_visible()
    stop_the_clock(tab)
    return tab


def stop_the_clock(page: Page) -> None:
    """Let time pass only where a test says so."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 30)


def ask(page: Page) -> None:
    """Let the time of a period pass, and wait for the answer."""
    with page.expect_event("requestfinished", lambda request: CHANGES.search(request.url)):
        page.clock.run_for(PERIOD)


def hide(page: Page, state: str = "hidden") -> None:
    """Turn to another tab, or back."""
    page.evaluate(
        """state => {
            Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def publish(cast: Cast, *names: str) -> None:
    """Put events into the outbox."""
    with write():
        for name in names:
            audit.publish(cast.acme.id, name)
