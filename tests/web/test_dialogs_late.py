"""Answers that reach a dialog late: it was left, or another one is open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.web.conftest import fill, open_dialog

pytestmark = pytest.mark.browser


@pytest.fixture
def leave_while_sending(home: Page, dialog: Locator) -> Callable[[], Route]:
    """Press Save, leave by Escape before the answer, and return what was sent."""

    def leave() -> Route:
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route) if route.request.method == "POST" else route.continue_()

        home.route("**/connect", hold)
        with home.expect_request("**/connect"):
            dialog.get_by_role("button", name="Save").click()
        home.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        return held[0]

    return leave


def test_what_was_sent_after_all_is_no_draft(
    home: Page, dialog: Locator, leave_while_sending
) -> None:
    fill(dialog)
    leave_while_sending().continue_()
    expect(home.get_by_text("Connected.")).to_be_visible()
    expect(home.get_by_text("What you typed is kept")).to_have_count(0)
    expect(open_dialog(home).get_by_label("Name")).to_have_value("")


def test_the_answer_to_a_dialog_that_was_left_does_not_replace_the_next(
    home: Page, dialog: Locator, leave_while_sending
) -> None:
    for label in ("Name", "Token"):
        dialog.get_by_label(label).fill(" ")
    sent = leave_while_sending()
    again = open_dialog(home)
    again.get_by_role("button", name="Start afresh").click()
    again.get_by_label("Note").fill("New")
    with home.expect_response(lambda answer: answer.request.method == "POST"):
        sent.continue_()
    home.evaluate("fetch('/')")
    expect(again.get_by_label("Note")).to_have_value("New")
    expect(again.get_by_role("alert")).to_have_count(0)
