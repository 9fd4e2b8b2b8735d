"""Pages that no link leads to; and that our ears hear, because silence proves nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.access import problems_in_two_windows
from tests.browser.axe import problems_for_some
from tests.browser.newcomers import found
from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def olga(product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization in which nothing has happened."""
    visitor = found(product, browser, "hooli")
    yield visitor
    visitor.close()


@pytest.mark.parametrize(("path", "status"), [("/organizations", 200), ("/o/hooli/nothing", 404)])
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
