"""The dialog that connects Sentry: what goes wrong, and how it is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from plugins.sentry.sandbox import TOKENS
from tests.browser.newcomers import enter, found
from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

REFUSED = {
    "expired": "This Sentry token has expired",
    "revoked": "does not know this token",
    "inactive": "inactive or deleted",
    "organization": "This is an organization token of acme (it begins with sntrys_)",
    "no_org_read": "lacks the scope org:read",
    "sso": "requires single sign-on",
    "two_factor": "requires two-factor authentication (2FA)",
    "lonely": "its owner belongs to no active organization",
}
UNANSWERED = {
    "hang-up": "Sentry closed the connection before it had answered.",
    "429": "Sentry has had too many requests",
    "503": "Sentry has a problem on its side",
    "html-200": "A web page came back instead of data",
    "truncated": "cut short or is not JSON",
}


@pytest.fixture(scope="module")
def olga(product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization without integrations."""
    visitor = found(product, browser, "initech")
    yield visitor
    visitor.close()


def card(visitor: Visitor) -> Locator:
    """Return Sentry's card."""
    return visitor.page.get_by_role("region", name="Sentry")


@pytest.fixture
def asked(olga: Visitor) -> Visitor:
    """Olga before the open dialog."""
    olga.go("/o/initech/integrations/error-trackers")
    olga.leave_mark()
    olga.open("enable", within=card(olga))
    return olga


def paste(visitor: Visitor, token: str) -> None:
    """Enter a token and save."""
    visitor.dialog.get_by_label("Auth Token").fill(token)
    visitor.press("Save")


def expect_refusal(visitor: Visitor, token: str, words: str) -> None:
    """Expect the dialog, still open, to say why; the token must not be in it."""
    expect(visitor.dialog.get_by_role("alert")).to_contain_text(words)
    expect(visitor.dialog.get_by_label("Auth Token")).to_be_focused()
    assert token not in visitor.page.content()
    visitor.expect_mark()


@pytest.mark.parametrize("token", REFUSED)
def test_a_token_that_cannot_work_is_refused_with_the_cause(asked: Visitor, token: str) -> None:
    paste(asked, TOKENS[token].value)
    expect_refusal(asked, TOKENS[token].value, REFUSED[token])


@pytest.mark.parametrize("kind", UNANSWERED)
def test_a_sentry_that_gives_no_answer_is_named(
    asked: Visitor, product: Product, kind: str
) -> None:
    token = TOKENS["full"].value
    product.sentry.misbehave(kind, token=token)
    paste(asked, token)
    expect_refusal(asked, token, UNANSWERED[kind])
    product.sentry.behave()


def test_nothing_entered_is_said_beside_the_field(asked: Visitor) -> None:
    paste(asked, "   ")
    expect(asked.dialog.get_by_role("alert")).to_have_text("Enter the Auth Token.")


@pytest.mark.parametrize("way", ["Escape", "cross", "Cancel"])
def test_the_dialog_can_be_left_and_gives_the_focus_back(asked: Visitor, way: str) -> None:
    expect(asked.dialog.get_by_label("Auth Token")).to_be_focused()
    if way == "Escape":
        asked.page.keyboard.press("Escape")
    elif way == "cross":
        asked.press("Close")
    else:
        asked.dialog.get_by_role("link", name="Cancel").click()
    expect(asked.dialog).to_be_hidden()
    expect(card(asked).get_by_role("link", name="enable")).to_be_focused()


def test_a_running_attempt_can_be_given_up(asked: Visitor, product: Product) -> None:
    product.sentry.misbehave("slow", token=TOKENS["demo"].value, times=1, seconds=4)
    paste(asked, TOKENS["demo"].value)
    expect(asked.dialog).to_contain_text("Checking the token with Sentry")
    asked.photograph("checking")
    asked.press("Cancel")
    expect(asked.dialog).to_be_hidden()
    asked.page.reload()
    expect(card(asked).get_by_role("link", name="enable")).to_be_visible()


def test_an_organization_that_sentry_does_not_tell_is_asked_for(asked: Visitor) -> None:
    token = TOKENS["integration_opaque"].value
    paste(asked, token)
    field = asked.dialog.get_by_label("Sentry organization")
    expect(field).to_be_focused()
    asked.picture("organization")
    field.fill("acme")
    asked.press("Save")
    asked.expect_done("Sentry is connected")
    assert token not in asked.page.content()
    asked.expect_mark()


def test_scopes_that_are_missing_but_not_needed_are_reported(
    product: Product, browser: Browser
) -> None:
    olga = found(product, browser, "soylent")
    olga.choose("Integrations")
    olga.open("enable", within=card(olga))
    paste(olga, TOKENS["org_read_only"].value)
    olga.expect_done("Sentry is connected")
    expect(card(olga)).to_contain_text("Missing scopes")
    expect(card(olga)).to_contain_text("event:read, member:read, project:read")
    olga.picture("missing-scopes")
    olga.close()


def test_the_keyboard_alone_connects_and_others_see_it_at_once(
    product: Product, browser: Browser
) -> None:
    olga = found(product, browser, "umbrella")
    other = enter(product, browser, "umbrella")
    for visitor in (olga, other):
        visitor.choose("Integrations")
        visitor.leave_mark()
    press_tab_until(olga, card(olga).get_by_role("link", name="enable"))
    olga.page.keyboard.press("Enter")
    expect(olga.dialog.get_by_label("Auth Token")).to_be_focused()
    olga.page.keyboard.type(TOKENS["full"].value)
    press_tab_until(olga, olga.dialog.get_by_role("button", name="Save"))
    olga.page.keyboard.press("Enter")
    olga.expect_done("Sentry is connected")
    expect(card(other)).to_contain_text("Sentry is connected")
    press_tab_until(olga, card(olga).locator("summary", has_text="Add impact"))
    olga.page.keyboard.press("Enter")
    press_tab_until(olga, card(olga).get_by_role("link", name="Web shop"))
    olga.page.keyboard.press("Enter")
    expect(olga.dialog.get_by_label("Name")).to_be_focused()
    olga.page.keyboard.press("Escape")
    olga.expect_focus()
    for visitor in (olga, other):
        visitor.expect_mark()
        visitor.close()


def press_tab_until(visitor: Visitor, wanted: Locator) -> None:
    """Walk forward by keyboard."""
    for _step in range(40):
        visitor.page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError("The keyboard does not reach it.")
