"""Pages that no link leads to; and that our ears hear, because silence proves nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.access import problems_in_two_windows
from tests.browser.axe import problems_for_some
from tests.browser.hands import Keyboard
from tests.browser.newcomers import found
from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

LOW = {"width": 390, "height": 600}
PUT_AT_THE_LOWER_EDGE = """(each) => {
    scrollBy(0, each.getBoundingClientRect().bottom + 24 - innerHeight);
    const before = document.createElement("button");
    each.before(before);
    before.focus({preventScroll: true});
    before.remove();
}"""
"""Scrolls something there, and puts the keyboard just before it."""


@pytest.fixture(scope="module")
def olga(product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization in which nothing has happened."""
    visitor = found(product, browser, "aviato")
    yield visitor
    visitor.close()


@pytest.mark.parametrize(("path", "status"), [("/organizations", 200), ("/o/aviato/nothing", 404)])
def test_a_page_that_no_link_leads_to_can_be_used_by_everybody(
    olga: Visitor, path: str, status: int
) -> None:
    olga.go(path, status)
    assert list(problems_in_two_windows(olga.page)) == []


def test_the_door_can_be_used_by_everybody(product: Product, browser: Browser) -> None:
    stranger = Visitor(browser, product.url)
    stranger.go("/sign-in")
    assert list(problems_in_two_windows(stranger.page)) == []
    stranger.close()


def test_what_is_told_in_the_corner_covers_nothing_that_gets_the_focus(olga: Visitor) -> None:
    olga.go("/o/aviato/integrations/error-trackers")
    olga.page.set_viewport_size(LOW)
    olga.page.evaluate("window.sleuth.toast('It stays until it is dismissed.', 'error')")
    command = olga.page.locator("main pre").last
    command.evaluate(PUT_AT_THE_LOWER_EDGE)
    olga.page.keyboard.press("Tab")
    Keyboard(olga).reach(command)
    expect(command).to_be_focused()


def test_a_picture_without_words_would_be_found(olga: Visitor) -> None:
    olga.go("/organizations")
    olga.page.evaluate("document.querySelector('main').append(new Image())")
    (problem,) = problems_for_some(olga.page)
    assert problem.startswith("image-alt")


def test_a_style_that_the_policy_forbids_would_be_heard(olga: Visitor) -> None:
    olga.go("/organizations")
    olga.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"top: 0\"></p>')")
    olga.page.evaluate("1")  # what the browser has to say about it has arrived by then
    (complaint,) = olga.told
    assert "Content Security Policy" in complaint
    olga.told.clear()
