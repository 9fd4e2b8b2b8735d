"""Somebody at a browser, whose console has to stay empty."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.browser.axe import problems_for_some

PATIENCE_SECONDS = 20
"""How long a job, the tick and the live poll may take together on a busy machine."""
SCREENSHOTS = os.environ.get("SLEUTH_SCREENSHOTS", "")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}

_DRAW = """(each, property) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = getComputedStyle(each)[property];
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
_REFUSAL = re.compile(r"the server responded with a status of (\d+)")
_GIVEN_WAY = re.compile("htmx:(afterRequest|sendAbort),")
"""What htmx logs when looking again for a list gives way to a choice."""


def colour_of(what: Locator, property_: str = "color") -> tuple[int, int, int]:
    """Return a colour as it is drawn: red, green and blue, whatever notation the style has."""
    red, green, blue = what.evaluate(_DRAW, property_)
    return red, green, blue


class Visitor:
    """One browser with its own cookies.

    Args:
        name: Distinguishes its pictures.
        has_scripts: Whether JavaScript is on.
    """

    def __init__(
        self, browser: Browser, url: str, *, name: str = "", has_scripts: bool = True
    ) -> None:
        self.context = browser.new_context(
            base_url=url,
            java_script_enabled=has_scripts,
            viewport=WIDE,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.name, self.has_scripts = name, has_scripts
        self.told: list[str] = []
        self.expected_statuses = {"422"}
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda error: self.told.append(f"Uncaught: {error.error}"))
        self.context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page: Page = self.context.new_page()

    def close(self) -> None:
        """Leave; the browser must have had nothing to complain about."""
        self.context.close()
        assert not self.told, self.told

    def _listen(self, message: ConsoleMessage) -> None:
        refusal = _REFUSAL.search(message.text)
        is_expected = refusal is not None and refusal[1] in self.expected_statuses
        if not (is_expected or _GIVEN_WAY.match(message.text)):
            self.told.append(f"{message.type}: {message.text}")

    # --- going somewhere ----------------------------------------------------------------

    def go(self, path: str, status: int = 200) -> None:
        """Open an address; browsers complain of any error status, so it is announced here."""
        with self.refused(status):
            answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """Expect answers of this status in the block."""
        before = self.expected_statuses
        self.expected_statuses = before | {str(status)}
        yield
        self.page.evaluate("1")  # what the browser has to say about it has arrived by then
        self.expected_statuses = before

    def sign_in(self, email: str, password: str) -> None:
        """Enter by the door."""
        self.go("/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", level=1)).not_to_have_text("Sign in")

    def choose(self, entry: str) -> None:
        """Follow an entry of the sidebar."""
        sidebar = self.page.get_by_role("complementary", name="Sidebar")
        sidebar.get_by_role("link", name=entry, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(entry)

    # --- dialogs ------------------------------------------------------------------------

    @property
    def dialog(self) -> Locator:
        """The open dialog, which is a page of its own without JavaScript."""
        if self.has_scripts:
            return self.page.get_by_role("dialog")
        return self.page.locator(".dialog-page")

    def open(self, link: str, within: Locator | None = None) -> Locator:
        """Open a dialog by its link or button and return it."""
        (within or self.page).get_by_role("link", name=link, exact=True).first.click()
        expect(self.dialog).to_be_visible()
        return self.dialog

    def press(self, button: str) -> None:
        """Press a button of the dialog."""
        self.dialog.get_by_role("button", name=button, exact=True).click()

    def expect_done(self, message: str) -> None:
        """Wait until the dialog is gone and the page says so."""
        expect(self.page.get_by_text(message).first).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
        expect(self.dialog).to_be_hidden()

    def expect_focus(self) -> None:
        """Expect that the keyboard has a place to go on from, or is given one now.

        Not by a function that the page has to wait for: the policy forbids a second look.
        """
        expect(self.page.locator(":focus")).to_have_count(1)

    # --- what happens meanwhile -----------------------------------------------------------

    def leave_mark(self) -> None:
        """Mark the page, so that a reload would be noticed."""
        if self.has_scripts:
            self.page.evaluate("window.isMarked = true")

    def expect_mark(self) -> None:
        """Assert that the page has not been loaded again since ``leave_mark``."""
        if self.has_scripts:
            assert self.page.evaluate("window.isMarked === true"), "The page was loaded again."

    def wait_for(self, what: Locator) -> None:
        """Wait for something to appear by itself; without JavaScript, look again."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not self.has_scripts and time.monotonic() < give_up_at:
            try:
                expect(what.first).to_be_attached(timeout=1000)
            except AssertionError:
                self.page.reload()
            else:
                return
        expect(what.first).to_be_attached(timeout=PATIENCE_SECONDS * 1000)

    def _let_it_settle(self) -> None:
        """Let the page be drawn in its new size."""
        if self.has_scripts:
            self.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def picture(self, step: str) -> None:
        """Look at the page: everybody must be able to use it. Take its pictures, too."""
        if self.has_scripts:
            self.told += [f"{step}: {problem}" for problem in problems_for_some(self.page)]
        self.photograph(step)

    def photograph(self, step: str) -> None:
        """Take four screenshots, light and dark, wide and narrow, if they are wanted."""
        if not SCREENSHOTS:
            return
        for colours in ("light", "dark"):
            for size in (WIDE, NARROW):
                self.page.emulate_media(color_scheme=colours, reduced_motion="reduce")
                self.page.set_viewport_size(size)
                self._let_it_settle()
                file = f"{self.name}-{step}-{colours}-{size['width']}.png"
                self.page.screenshot(path=Path(SCREENSHOTS, file), full_page=True, caret="initial")
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size(WIDE)
