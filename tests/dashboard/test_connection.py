"""Live pages in Chromium: what is drawn, what stays, and what is said if nobody answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from sleuth import clock
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db, write
from tests.conftest import Cast
from tests.dashboard import seed
from tests.dashboard.tab import (
    CHANGES,
    PERIOD,
    ask,
    end_sessions,
    enter,
    hide,
    publish,
    stop_the_clock,
)

pytestmark = pytest.mark.browser
EVERYTHING = "**/o/**"
SLOWLY = 15_000
"""Milliseconds that a busy machine may take to draw a dashboard."""

LOST = "Connection lost. What you see is from"


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on, as it does in the browser, where tests wind it."""


@pytest.fixture
def told(cast: Cast) -> seed.Story:
    with write():
        db.session.add(cast.project)
        return seed.tell_story(cast.project, [], datetime.now(UTC))


@pytest.fixture
def page(served: str, told: seed.Story, browser: Browser) -> Iterator[Page]:
    """The dashboard in a tab whose timers the test winds."""
    tab = enter(browser, served)
    yield tab
    tab.context.close()


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The questions of the tab, as they are sent."""
    seen: list[str] = []
    page.on("request", lambda request: CHANGES.search(request.url) and seen.append(request.url))
    return seen


def deploy(told: seed.Story, revision: str) -> None:
    register_deploy(told.deployments[0].id, Registration(revision=revision), clock.now())


def say_lost(page: Page) -> None:
    """Wait until the tab says so; what it says is drawn in the next frame."""
    expect(page.locator(".connection")).to_have_attribute("data-message", re.compile(LOST))
    page.clock.run_for(50)
    expect(page.get_by_text(LOST)).to_be_visible()


def test_a_lost_connection_says_so_backs_off_and_draws_what_came_meanwhile(
    page: Page, asked: list[str], told: seed.Story
) -> None:
    page.context.route(CHANGES, lambda route: route.abort())
    page.clock.run_for(PERIOD)
    say_lost(page)
    for wait, count in [(PERIOD, 2), (2 * PERIOD - 100, 2), (200, 3), (4 * PERIOD, 4)]:
        page.clock.run_for(wait)
        page.evaluate("fetch('/sign-in')")
        assert len(asked) == count
    expect(page.get_by_text(LOST)).to_have_count(1)
    deploy(told, "meanwhile")
    page.context.unroute(CHANGES)
    page.clock.run_for(8 * PERIOD)
    expect(page.locator("article").first).to_contain_text("meanwhile", timeout=SLOWLY)
    page.clock.run_for(50)
    expect(page.get_by_text("Connected again.")).to_be_visible()
    page.clock.run_for(PERIOD + 100)
    expect(page.get_by_text("Connected again.")).to_have_count(0)


def broken(route: Route) -> None:
    route.fulfill(status=500, content_type="text/plain", body="Something broke on our side.")


def another_page(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to the hotel</h1>")


def no_gateway(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")


@pytest.mark.parametrize(
    "answer", [broken, no_gateway, another_page], ids=lambda each: each.__name__
)
def test_an_answer_that_is_not_sleuths_is_no_connection(
    page: Page, answer: Callable[[Route], None]
) -> None:
    page.context.route(CHANGES, answer)
    page.clock.run_for(PERIOD)
    say_lost(page)
    expect(page.locator(".toast-box")).to_have_count(0)


def test_what_failed_for_want_of_a_connection_is_not_said_beside_the_next_one(page: Page) -> None:
    page.context.route(EVERYTHING, lambda route: route.abort())
    page.clock.run_for(PERIOD)
    say_lost(page)
    page.get_by_role("link", name="Set the health by hand").first.click()
    told = page.locator(".toast-box", has_text="No connection to Sleuth. Try again.")
    expect(told).to_be_visible()
    page.context.unroute(EVERYTHING)
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".connection[data-is-good]")).to_be_attached()
    expect(told).to_have_count(0)


def test_an_answer_that_does_not_come_is_waited_for_ten_seconds(page: Page) -> None:
    page.context.route(CHANGES, lambda route: None)
    page.clock.run_for(PERIOD)
    page.clock.run_for(9_900)
    expect(page.locator(".connection")).to_have_count(0)
    page.clock.run_for(200)
    say_lost(page)


def test_a_session_that_ended_says_so_and_asks_no_more(page: Page, asked: list[str]) -> None:
    end_sessions()
    page.clock.run_for(PERIOD)
    expect(page.locator(".connection")).to_have_attribute("data-message", re.compile("signed out"))
    page.clock.run_for(70_000)
    expect(page.get_by_text("You were signed out. What you see is from")).to_be_visible()
    way = page.get_by_role("link", name="Sign in again")
    expect(way).to_have_attribute("href", re.compile(r"/sign-in\?next=/o/acme/$"))
    assert len(asked) <= 1  # a part of the page may have been the first to learn of it


def test_a_hidden_tab_asks_nothing_and_at_once_when_it_is_seen_again(
    page: Page, asked: list[str], told: seed.Story
) -> None:
    hide(page)
    page.clock.run_for(60_000)
    assert not asked
    deploy(told, "unseen")
    hide(page, "visible")
    expect(page.locator("article").first).to_contain_text("unseen", timeout=SLOWLY)


def test_several_changes_at_once_draw_once(page: Page, cast: Cast) -> None:
    drawn: list[str] = []
    page.on("request", lambda request: request.url.endswith("/o/acme/") and drawn.append("board"))
    publish(cast, "projectChanged", "deploysChanged", "integrationChanged", "impactSourceChanged")
    with page.expect_response(lambda answer: answer.url.endswith("/o/acme/")):
        page.clock.run_for(PERIOD)
    ask(page)
    assert drawn == ["board"]


def test_nothing_that_the_reader_does_is_lost_when_the_page_draws_itself(
    page: Page, told: seed.Story
) -> None:
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.type("half typ")
    card = page.locator(f"#deploy-{told.deploys[4].public_id}")
    card.evaluate("each => each.scrollIntoView({behavior: 'instant'})")
    search.evaluate("each => each.setSelectionRange(2, 5)")
    before = card.bounding_box()
    deploy(told, "brand-new")
    page.clock.run_for(PERIOD)
    expect(page.locator("article").first).to_contain_text("brand-new", timeout=SLOWLY)
    expect(search).to_be_focused()
    expect(search).to_have_value("half typ")
    assert search.evaluate("each => [each.selectionStart, each.selectionEnd]") == [2, 5]
    after = card.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2


def test_selected_text_and_the_words_of_times_stay_when_a_card_is_drawn_again(
    page: Page, told: seed.Story, cast: Cast
) -> None:
    title = page.locator(".deploy-title").first
    title.evaluate("each => getSelection().selectAllChildren(each)")
    selected = page.evaluate("String(getSelection())")
    page.evaluate("document.querySelector('article time').firstChild.isSame = true")
    publish(cast, "deploysChanged")
    with page.expect_response(lambda answer: answer.url.endswith("/o/acme/")):
        page.clock.run_for(PERIOD)
    ask(page)
    assert selected
    assert page.evaluate("String(getSelection())") == selected
    assert page.evaluate("document.querySelector('article time').firstChild.isSame")


@pytest.mark.parametrize(
    "path", ["projects/", "projects/shop/environments", "settings/access-tokens", "verdicts"]
)
def test_every_page_asks(page: Page, served: str, asked: list[str], path: str) -> None:
    page.goto(f"{served}/o/acme/{path}")
    stop_the_clock(page)
    ask(page)
    assert asked
