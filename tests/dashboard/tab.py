"""A dashboard in a tab of Chromium whose timers a test winds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from sleuth.accounts import audit
from sleuth.accounts.models import User
from sleuth.extensions import db, write
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
    tab.wait_for_load_state()
    with answered(tab):
        stop_the_clock(tab)  # which jumps over the first question
    return tab


def stop_the_clock(page: Page) -> None:
    """Let time pass only where a test says so."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 30)


def ask(page: Page) -> None:
    """Let the time of a period pass, and wait for the answer."""
    with answered(page):
        page.clock.run_for(PERIOD)


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """Wait until a question that is asked inside is answered, and the page has read it."""
    with page.expect_event("requestfinished", lambda request: CHANGES.search(request.url)):
        yield
    page.evaluate("0")


def hide(page: Page, state: str = "hidden") -> None:
    """Turn to another tab, or back."""
    page.evaluate(
        """state => {
            Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def end_sessions() -> None:
    """Sign everybody out: a cookie that is only deleted comes back with an answer on its way."""
    with write():
        db.session.execute(update(User).values(session_version=User.session_version + 1))


def publish(cast: Cast, *names: str) -> None:
    """Put events into the outbox."""
    with write():
        for name in names:
            audit.publish(cast.acme.id, name)
