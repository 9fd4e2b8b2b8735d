"""``./run demo`` as somebody sees it who wants to know what all this is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SECONDS = 90
"""How long four weeks of counts and some forty verdicts may take on a busy machine."""
CARDS = "/o/lumen-works/integrations/error-trackers"
MONTH = "/o/lumen-works/?range=30d"


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
    visitor.page.goto(MONTH)
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
    expect(visitor.page.locator(".deploy-card").first).to_be_visible()
    visitor.close()


def test_an_observer_sees_everything_and_changes_nothing(demo: Product, browser: Browser) -> None:
    visitor = Visitor(browser, demo.url)
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="observer").click()
    expect(visitor.page.locator(".deploy-card").first).to_be_visible()
    expect(visitor.page.get_by_role("link", name="Reset the demo")).to_have_count(0)
    visitor.page.goto("/o/lumen-works/integrations/error-trackers")
    expect(visitor.page.get_by_text("Sentry is connected")).to_be_visible(timeout=SECONDS * 1000)
    expect(visitor.page.get_by_text("disable")).to_have_count(0)
    visitor.close()


def test_a_revoked_token_is_watched_and_recovers(demo: Product, browser: Browser) -> None:
    visitor = Visitor(browser, demo.url, name="situations")
    page = visitor.page
    page.goto("/")
    page.get_by_role("button", name="Enter the demo").click()
    page.goto(CARDS)
    expect(page.get_by_text("4 impact sources")).to_be_visible(timeout=SECONDS * 1000)
    page.get_by_role("link", name="Situations").click()
    row = page.locator("#situation-token-revoked")
    row.get_by_role("button", name="Switch on").click()
    expect(row.get_by_text(re.compile("^On$"))).to_be_visible(timeout=SECONDS * 1000)
    expect(row.get_by_text("until")).to_be_visible()
    visitor.picture("revoked")
    page.goto(CARDS)
    card = page.locator("#integration-sentry")
    card.get_by_role("button", name="Re-check now").click()
    refused = card.get_by_text("Sentry does not know this token")
    expect(refused.first).to_be_visible()
    expect(card.get_by_text("Needs attention")).to_have_count(0)
    page.get_by_role("link", name="Situations").click()
    row.get_by_role("button", name="End it").click()
    expect(row.get_by_text("Off")).to_be_visible()
    page.goto(CARDS)
    works = card.get_by_text("The token works as Dana")
    until_it_may_be_asked_again = range(10)
    for _ in until_it_may_be_asked_again:
        card.get_by_role("button", name="Re-check now").click()
        with suppress(AssertionError):
            expect(works).to_be_visible(timeout=5000)
            break
    expect(works).to_be_visible()
    expect(refused).to_have_count(0)
    visitor.close()
