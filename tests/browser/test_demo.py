"""``./run demo`` as somebody sees it who wants to know what all this is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SECONDS = 90
"""How long three weeks of counts and some forty verdicts may take on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running demo."""
    with Product(tmp_path_factory.mktemp("demo"), "--demo") as running:
        yield running


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
def test_one_click_leads_to_verdicts_of_every_kind(
    demo: Product, browser: Browser, has_scripts: bool
) -> None:
    visitor = Visitor(browser, demo.url, has_scripts=has_scripts)
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="Enter the demo").click()
    cards = visitor.page.locator(".deploy-card")
    expect(cards).to_have_count(25)
    for health in ("Unhealthy", "Ailing", "Healthy", "Improved"):
        badge = cards.locator(".health").get_by_text(re.compile(f"^\\s*{health}\\s*$"))
        expect(badge.first).to_be_visible(timeout=SECONDS * 1000)
    visitor.close()


def test_the_owner_lets_it_begin_again_without_losing_the_session(
    demo: Product, browser: Browser
) -> None:
    visitor = Visitor(browser, demo.url)
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="Enter the demo").click()
    visitor.page.get_by_role("link", name="Reset the demo").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(visitor.page.get_by_text("The demo starts afresh")).to_be_visible()
    expect(visitor.page.locator(".deploy-card")).to_have_count(25)
    visitor.close()


def test_an_observer_sees_everything_and_changes_nothing(demo: Product, browser: Browser) -> None:
    visitor = Visitor(browser, demo.url)
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="observer").click()
    expect(visitor.page.locator(".deploy-card")).to_have_count(25)
    expect(visitor.page.get_by_role("link", name="Reset the demo")).to_have_count(0)
    visitor.page.goto("/o/lumen-works/integrations/error-trackers")
    expect(visitor.page.get_by_text("Sentry is connected")).to_be_visible(timeout=SECONDS * 1000)
    expect(visitor.page.get_by_text("disable")).to_have_count(0)
    visitor.close()
