"""The chart in a browser: figures under a cursor, a zoom, and colours; none of it needs a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from tests.browser.visitor import NARROW, Visitor, colour_of
from tests.conftest import PASSWORD, Cast
from tests.dashboard import seed

pytestmark = pytest.mark.browser

COUNTS = [2] * 60 + [7] + [1, None, 5, 14, 5] + [4] * 13 + [9] * 42
_WAIT = """async (known) => {
    for (let frame = 0; frame < 600; frame++) {
        if (%s) return true;
        await new Promise(requestAnimationFrame);
    }
    return false;
}"""
"""The policy forbids Playwright's own way of asking the page a second time."""

IS_REPAINTED = _WAIT % "document.querySelector('.uplot canvas').toDataURL() !== known"
IS_NARROWED = _WAIT % "document.querySelector('.uplot').clientWidth < known"
DEPLOYED_AT = datetime(2026, 3, 4, 10, 0, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on, as it does in the browser."""


@pytest.fixture
def deploy(cast: Cast) -> Deploy:
    """A deploy of last spring whose verdict rests on eighteen minutes; another came after four."""
    with write():
        db.session.add(cast.project)
        shop = seed.add_deployment(cast.project, "Web shop")
        payments = seed.add_deployment(cast.project, "Payments")
        deploy = seed.add_deploy(shop, deployed_at=DEPLOYED_AT)
        seed.add_deploy(payments, deployed_at=DEPLOYED_AT + timedelta(minutes=4), revision="v7")
        sentry = seed.add_integration(cast.project)
        source = seed.add_source(sentry, cast.project.environments[0])
        verdict = seed.add_verdict(
            deploy,
            source,
            "unhealthy",
            counts=COUNTS,
            minutes_of_data=18,
            began_at=DEPLOYED_AT,
            group_size=2,
        )
        start = int(DEPLOYED_AT.timestamp()) // 60 * 60 + 60
        band = {"start": start, "expected": [2.0], "low": [0.2] * 60, "high": [4.7] * 60}
        verdict.assessment = {**verdict.assessment, "band": band}
        return deploy


@pytest.fixture
def visitor(browser: Browser, served: str, deploy: Deploy) -> Iterator[Visitor]:
    """Somebody signed in, whose browser has nothing to complain about at the end."""
    visitor = Visitor(browser, served)
    visitor.sign_in("dora@acme.test", PASSWORD)
    yield visitor
    visitor.close()


@pytest.fixture
def page(visitor: Visitor, deploy: Deploy) -> Page:
    """The deploy's page, with its chart."""
    visitor.go(f"/o/acme/deploys/{deploy.public_id}")
    expect(visitor.page.get_by_role("application")).to_be_visible()
    return visitor.page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.get_by_role("application").press(key)


def read_out(page: Page) -> Locator:
    return page.locator("output.chart-read-out")


def renew(deploy: Deploy, newest: int) -> None:
    """Let the last count be another one, and tell the pages that show it."""
    with write():
        verdict = db.session.query(Verdict).filter_by(deploy_id=deploy.id).one()
        verdict.picture = [*COUNTS[:-1], newest]
        audit.publish(deploy.organization_id, "deployChanged", deploy.public_id)


def test_the_keyboard_moves_a_cursor_that_tells_its_figures(page: Page) -> None:
    told = read_out(page)
    press(page, "ArrowRight")
    expect(told).to_contain_text("7 errors · deployed · Web shop b450349, this deploy")
    press(page, "ArrowRight")
    expect(told).to_contain_text("1 error · 0 to 5 expected · after, counted")
    press(page, "ArrowRight")
    expect(told).to_contain_text("unknown · 0 to 5 expected")
    press(page, "ArrowRight", "ArrowRight")
    expect(told).to_contain_text("14 errors")
    expect(told).to_contain_text("Payments v7, shares this verdict")
    press(page, "End")
    expect(told).to_contain_text("9 errors · 0 to 5 expected · after")
    press(page, "ArrowRight", "Home")
    expect(told).to_contain_text("2 errors · before")


def test_times_are_told_as_in_the_table(page: Page) -> None:
    press(page, "Home")
    page.get_by_text("Counts per minute as a table").click()
    first = page.get_by_role("row").nth(1).get_by_role("cell").first.inner_text()
    expect(read_out(page)).to_contain_text(first)


def test_a_drag_zooms_and_a_button_takes_it_back(page: Page) -> None:
    stage = page.get_by_role("application")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    expect(page.get_by_role("button", name="Reset")).to_be_hidden()
    y = box["y"] + 100
    page.mouse.move(box["x"] + box["width"] * 0.7, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, y, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 60, y)
    expect(read_out(page)).to_contain_text("9 errors")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("button", name="Reset")).to_be_hidden()
    page.mouse.move(box["x"] + 60, y)
    expect(read_out(page)).to_contain_text("2 errors · before")


def test_the_keyboard_alone_zooms_moves_on_and_resets(page: Page) -> None:
    press(page, "ArrowRight")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Zoom in")).to_be_focused()
    for _press in range(9):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Zoom in")).to_be_disabled()
    expect(read_out(page)).to_contain_text("7 errors · deployed")
    press(page, "PageUp")
    expect(read_out(page)).to_contain_text("2 errors · before")
    press(page, "End")
    expect(read_out(page)).to_contain_text("9 errors")
    page.get_by_role("button", name="Reset").press("Enter")
    expect(page.get_by_role("application")).to_be_focused()
    expect(page.get_by_role("button", name="Reset")).to_be_hidden()


def test_a_live_change_keeps_the_chart_its_zoom_and_its_cursor(page: Page, deploy: Deploy) -> None:
    press(page, "End")
    page.get_by_role("button", name="Zoom in").click()
    press(page, "End")
    page.locator(".uplot").evaluate("each => { each.isTheSame = true; }")
    renew(deploy, newest=33)
    expect(read_out(page)).to_contain_text("33 errors", timeout=10_000)
    expect(page.locator(".uplot")).to_have_count(1)
    assert page.locator(".uplot").evaluate("each => each.isTheSame")
    expect(page.get_by_role("button", name="Reset")).to_be_visible()
    expect(page.get_by_role("application")).to_be_focused()


def test_other_colours_are_drawn_at_once(page: Page) -> None:
    pixels = "each => each.toDataURL()"
    canvas = page.locator(".uplot canvas")
    light = canvas.evaluate(pixels)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate(IS_REPAINTED, light)
    assert max(colour_of(read_out(page))) > 128


def test_the_chart_goes_by_the_width_of_the_window(page: Page) -> None:
    page.set_viewport_size(NARROW)
    assert page.evaluate(IS_NARROWED, NARROW["width"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_finger_moves_the_cursor(browser: Browser, served: str, deploy: Deploy) -> None:
    context = browser.new_context(base_url=served, has_touch=True, viewport=NARROW)
    page = context.new_page()
    page.goto(f"/sign-in?next=/o/acme/deploys/{deploy.public_id}")
    page.get_by_label("E-mail").fill("dora@acme.test")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    stage = page.get_by_role("application")
    stage.scroll_into_view_if_needed()
    stage.tap(position={"x": 300, "y": 90})
    expect(read_out(page)).to_contain_text("errors")
    context.close()


def test_where_the_library_is_missing_the_picture_of_the_server_stays(
    browser: Browser, served: str, deploy: Deploy
) -> None:
    visitor = Visitor(browser, served)
    visitor.sign_in("dora@acme.test", PASSWORD)
    visitor.page.route("**/charts.js", lambda route: route.abort())
    visitor.go(f"/o/acme/deploys/{deploy.public_id}")
    expect(visitor.page.locator(".chart-plot")).to_be_visible()
    assert not [told for told in visitor.told if "Uncaught" in told]
    visitor.context.close()
