"""A series in a browser: figures under a cursor, a time of one's own; it needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from sleuth.accounts import audit
from sleuth.extensions import write
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.impact.series import Replacement
from tests.browser.visitor import Visitor
from tests.conftest import PASSWORD
from tests.dashboard import seed

pytestmark = pytest.mark.browser

END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
BEGIN = END - timedelta(hours=4)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """The server tells the time, as browsers do."""


def know(source_id: int, since: datetime, until: datetime) -> None:
    first, end = int(since.timestamp()), int(until.timestamp())
    points = [(at, 4) for at in range(first, end, 60)]
    with write():
        series.replace_counts([Replacement(source_id, first, end, points)])


@pytest.fixture
def source(shop, sentry) -> ImpactSource:
    """Four hours of counts with a gap of ten minutes."""
    with write():
        source = seed.add_source(sentry, shop.production, complete_until=END)
        deploy = seed.add_deploy(shop.web, deployed_at=END - MINUTE)
        seed.add_verdict(deploy, source, "unhealthy")
    know(source.id, BEGIN, END - 12 * MINUTE)
    know(source.id, END - 2 * MINUTE, END)
    return source


@pytest.fixture
def address(source: ImpactSource) -> str:
    """Those hours on the source's page."""
    since, until = (f"{at:%Y-%m-%dT%H:%M}Z" for at in (BEGIN, END))
    return f"/o/acme/projects/shop/impact/{source.public_id}?since={since}&until={until}"


@pytest.fixture
def visitor(browser: Browser, served: str, source: ImpactSource) -> Iterator[Visitor]:
    """Somebody signed in, whose browser has nothing to complain about at the end."""
    visitor = Visitor(browser, served)
    visitor.sign_in("dora@acme.test", PASSWORD)
    yield visitor
    visitor.close()


@pytest.fixture
def page(visitor: Visitor, address: str) -> Page:
    """The source's page, with its chart."""
    visitor.go(address)
    expect(visitor.page.get_by_role("application")).to_be_visible()
    return visitor.page


def test_the_keyboard_tells_counts_gaps_and_deploys(page: Page) -> None:
    told = page.locator("output.chart-read-out")
    chart = page.get_by_role("application")
    chart.press("Home")
    expect(told).to_contain_text("4 errors")
    chart.press("End")
    expect(told).to_contain_text("4 errors · Web shop b450349: unhealthy")
    for _press in range(2):
        chart.press("ArrowLeft")
    expect(told).to_contain_text("unknown")


def test_what_comes_in_is_drawn_while_the_zoom_stays(page: Page, source: ImpactSource) -> None:
    chart, told = page.get_by_role("application"), page.locator("output.chart-read-out")
    chart.press("End")
    page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_text("95.8 % known").first).to_be_visible()
    know(source.id, END - 12 * MINUTE, END - 2 * MINUTE)
    with write():
        audit.publish(source.organization_id, "impactSourceChanged", source.public_id)
    expect(page.get_by_text("100 % known").first).to_be_visible()
    expect(page.get_by_role("button", name="Reset")).to_be_visible()
    chart.press("End")
    for _press in range(2):
        chart.press("ArrowLeft")
    expect(told).to_contain_text("4 errors")


def test_a_time_of_ones_own_is_chosen_by_keyboard_and_is_in_the_address(page: Page) -> None:
    page.locator("#series-custom > summary").press("Enter")
    page.get_by_label("Until (UTC)").fill(f"{BEGIN + 60 * MINUTE:%Y-%m-%dT%H:%M}")
    page.get_by_label("Until (UTC)").press("Enter")
    expect(page.get_by_text("240 errors in this time")).to_be_visible()
    assert "until=" in page.url


def test_without_scripts_the_picture_of_the_server_and_the_form_stay(
    browser: Browser, served: str, address: str
) -> None:
    visitor = Visitor(browser, served, has_scripts=False)
    visitor.sign_in("dora@acme.test", PASSWORD)
    visitor.go(address)
    expect(visitor.page.locator(".chart-plot")).to_be_visible()
    expect(visitor.page.locator(".chart-gap")).to_be_visible()
    visitor.page.get_by_role("link", name="24 h").click()
    expect(visitor.page.get_by_role("heading", name="Errors per 5 minutes")).to_be_visible()
    visitor.close()
