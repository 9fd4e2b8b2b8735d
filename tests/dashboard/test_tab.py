"""A tab that is open for long: what waits, what comes too late, and where the keyboard goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.deploys.service import delete_deploy, rename_code_deployment
from sleuth.extensions import db, write
from sleuth.health.by_hand.overriding import set_override
from sleuth.health.by_hand.people import Person
from sleuth.projects.models import Environment
from sleuth.projects.service import rename_environment, rename_project
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
SLOWLY = 15_000
DRAWN = re.compile(r"/card$|/o/acme/$")
WHERE = "() => document.activeElement.id || document.activeElement.textContent"


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


def poll(page: Page, url: str, dialog: str = "") -> None:
    """Let a part of the page, or of the open dialog, ask every second."""
    page.evaluate(
        """([url, dialog]) => {
            const part = document.createElement("p");
            Object.entries({"hx-get": url, "hx-trigger": "every 1s", "hx-swap": "none"}).forEach(
                ([name, value]) => part.setAttribute(name, value));
            document.querySelector(dialog || "main").append(part);
            htmx.process(part);
        }""",
        [url, dialog],
    )


def test_a_hidden_tab_polls_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: "polled" in request.url and asked.append(request.url))
    poll(page, "/o/acme/projects/?polled")
    hide(page)
    page.clock.run_for(10_000)
    page.evaluate("fetch('/sign-in')")
    assert not asked
    hide(page, "visible")
    with page.expect_request(re.compile("polled")):
        page.clock.run_for(1_100)


def test_a_session_that_ended_leaves_what_is_typed_into_a_dialog(page: Page, served: str) -> None:
    page.goto(f"{served}/o/acme/projects/")
    stop_the_clock(page)
    page.get_by_role("link", name="Create project").click()
    name = page.get_by_role("dialog").get_by_label("Name")
    name.fill("Half typ")
    asked: list[str] = []
    page.on("request", lambda request: "polled" in request.url and asked.append(request.url))
    poll(page, "/o/acme/projects/?polled", "#dialog-body")
    end_sessions()
    with page.expect_response(re.compile("polled")):
        page.clock.run_for(1_100)
    expect(page.locator(".connection")).to_have_attribute("data-message", re.compile("signed out"))
    page.clock.run_for(20_000)
    expect(name).to_have_value("Half typ")
    expect(page.get_by_role("dialog").get_by_text("You were signed out.")).to_be_visible()
    assert len(asked) == 1


def test_what_was_asked_before_a_filter_does_not_take_its_place(
    page: Page, cast: Cast, told: seed.Story
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("/o/acme/$"), hold)
    publish(cast, "deploysChanged")
    with page.expect_request(re.compile("/o/acme/$")):
        page.clock.run_for(PERIOD)
    page.get_by_label("Revision or author").fill(told.deploys[3].revision[:9])
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_have_count(1)
    with page.expect_response(re.compile("/o/acme/$")):
        held[0].continue_()
    page.evaluate("fetch('/sign-in')")
    page.clock.run_for(100)
    assert page.locator("article").count() == 1


def test_a_search_asks_once_and_back_takes_it_back(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: "?q=" in request.url and asked.append(request.url))
    before = page.evaluate("history.length")
    page.get_by_label("Revision or author").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No deploy matches")).to_be_visible(timeout=SLOWLY)
    page.evaluate("fetch('/sign-in')")
    assert len(asked) == 1
    assert page.evaluate("history.length") == before + 1


def test_who_slept_for_long_draws_all_that_listens(page: Page, cast: Cast) -> None:
    page.route(
        CHANGES,
        lambda route: route.fulfill(
            headers={"HX-Trigger": '{"muchChanged": true}', "Content-Type": "text/html"},
            body='<div data-live="/o/acme/changes?after=9"></div>',
        ),
    )
    with page.expect_response(lambda answer: answer.url.endswith("/o/acme/")):
        page.clock.run_for(PERIOD)


@pytest.fixture
def drawn(page: Page) -> list[str]:
    """The cards and lists that the tab asks for again."""
    seen: list[str] = []
    page.on("request", lambda each: DRAWN.search(each.url) and seen.append(each.url))
    return seen


def change(cast: Cast, deploys: Iterable[str]) -> None:
    """Let deploys change."""
    with write():
        for each in deploys:
            audit.publish(cast.acme.id, "deployChanged", each)


def shown(page: Page, count: int) -> list[str]:
    """Return the first deploys on the page."""
    ids: list[str] = page.locator("article").evaluate_all("all => all.map(each => each.id)")
    return [each.removeprefix("deploy-") for each in ids[:count]]


def test_a_few_changed_deploys_are_drawn_card_by_card(page: Page, cast: Cast, drawn) -> None:
    few = shown(page, 8)
    change(cast, few)
    ask(page)
    page.wait_for_load_state("networkidle")
    assert sorted(each.split("/")[-2] for each in drawn) == sorted(few)


def test_many_changed_deploys_are_drawn_with_their_list(page: Page, cast: Cast, drawn) -> None:
    change(cast, shown(page, 9))
    with page.expect_response(re.compile("/o/acme/$")):
        page.clock.run_for(PERIOD)
    ask(page)
    assert [each for each in drawn if each.endswith("/card")] == []


def test_deploys_that_are_not_shown_draw_nothing(page: Page, cast: Cast, drawn) -> None:
    change(cast, (f"elsewhere{number}" for number in range(20)))
    ask(page)
    ask(page)
    assert drawn == []


def set_healthy(cast: Cast, public_id: str) -> None:
    """Let somebody else set a health by hand."""
    deploy = db.session.scalars(select(Deploy).where(Deploy.public_id == public_id)).one()
    set_override(deploy.id, "healthy", "A bot ran wild.", Person.of(cast.owner), "")


def test_another_health_is_counted_where_deploys_are_counted(page: Page, cast: Cast) -> None:
    worse = page.locator(".trend-line")
    bad = page.locator("article.health-unhealthy").first
    count = int(re.search(r"(\d+) made errors worse", worse.inner_text())[1])
    set_healthy(cast, bad.get_attribute("id").removeprefix("deploy-"))
    ask(page)
    expect(worse).to_contain_text(f"; {count - 1} made errors worse")


def test_many_new_healths_in_a_row_are_counted_together(page: Page, cast: Cast, drawn) -> None:
    publish(cast, "healthChanged")
    with page.expect_response(DRAWN):
        page.clock.run_for(PERIOD)
    for _time in range(2):
        publish(cast, "healthChanged")
        ask(page)
    assert len(drawn) == 1
    with page.expect_response(DRAWN):
        page.clock.fast_forward(30_000)
    ask(page)
    assert len(drawn) == 2


def test_a_list_that_was_lost_on_its_way_is_not_put_off(page: Page, cast: Cast, drawn) -> None:
    page.route(DRAWN, lambda route: route.abort())
    publish(cast, "deploysChanged", "healthChanged")
    with page.expect_event("requestfailed", lambda request: DRAWN.search(request.url)):
        page.clock.run_for(PERIOD)
    page.unroute(DRAWN)
    with page.expect_response(DRAWN):
        page.clock.run_for(PERIOD)


def test_a_clock_that_is_set_back_puts_nothing_off(page: Page, cast: Cast, drawn) -> None:
    for back in (0, 3_600_000):
        page.evaluate("back => { const now = Date.now; Date.now = () => now() - back; }", back)
        publish(cast, "healthChanged")
        with page.expect_response(DRAWN):
            page.clock.run_for(PERIOD)


def test_healths_that_were_drawn_with_a_new_deploy_are_not_drawn_again(
    page: Page, cast: Cast, drawn
) -> None:
    for names in (["healthChanged"], ["deploysChanged", "healthChanged"]):
        publish(cast, *names)
        with page.expect_response(DRAWN):
            page.clock.run_for(PERIOD)
    page.clock.fast_forward(30_000)
    ask(page)
    assert len(drawn) == 2


def test_open_evidence_of_a_deleted_deploy_goes_without_a_word(
    page: Page, cast: Cast, told: seed.Story
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    card = page.locator("article.health-unhealthy").first
    public_id = card.get_attribute("id").removeprefix("deploy-")
    card.locator("summary", has_text="Why?").first.click()
    expect(card.locator("[data-loaded]")).to_have_count(1)
    set_healthy(cast, public_id)
    delete_deploy(db.session.scalar(select(Deploy.id).where(Deploy.public_id == public_id)))
    ask(page)
    expect(page.locator(f"#deploy-{public_id}")).to_have_count(0)
    assert page.locator(".toast-box").count() == 0
    assert said == []


def test_a_list_of_one_health_loses_what_has_another(page: Page, served: str, cast: Cast) -> None:
    page.goto(f"{served}/o/acme/?health=unhealthy&range=30d")
    stop_the_clock(page)
    cards = page.locator("article.health-unhealthy")
    count, first = cards.count(), cards.first.get_attribute("id")
    set_healthy(cast, first.removeprefix("deploy-"))
    ask(page)
    expect(page.locator(f"#{first}")).to_have_count(0)
    assert cards.count() == count - 1


def test_a_filter_that_is_taken_back_leaves_the_keyboard_at_the_filters(
    page: Page, served: str
) -> None:
    page.goto(f"{served}/o/acme/?environment=staging&health=unknown")
    stop_the_clock(page)
    page.get_by_role("link", name="Environment: Staging").press("Enter")
    expect(page.get_by_role("link", name="Environment: Staging")).to_have_count(0)
    page.clock.run_for(100)
    assert page.evaluate("document.activeElement.closest('#filters') !== null")


def test_the_page_of_a_deleted_deploy_says_so_once_and_asks_no_more(
    page: Page, served: str, cast: Cast, told: seed.Story
) -> None:
    deploy = told.deploys[3]
    page.goto(f"{served}/o/acme/deploys/{deploy.public_id}")
    stop_the_clock(page)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.get_by_role("link", name="Delete").focus()
    delete_deploy(deploy.id)
    ask(page)
    expect(page.get_by_role("heading", name="This deploy was deleted")).to_be_visible()
    expect(page).to_have_title(re.compile("This deploy was deleted"))
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)
    page.clock.run_for(100)
    expect(page.get_by_role("link", name="All deploys")).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    publish(cast, "deploysChanged", "projectChanged")
    ask(page)
    page.evaluate("fetch('/sign-in')")
    assert [each for each in asked if "/deploys/" in each] == []
    assert page.locator(".toast-box").count() == 0
    assert said == []
    page.get_by_role("link", name="All deploys").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_a_dialog_that_is_open_stays_when_its_deploy_is_deleted(
    page: Page, served: str, told: seed.Story
) -> None:
    deploy = told.deploys[3]
    page.goto(f"{served}/o/acme/deploys/{deploy.public_id}")
    stop_the_clock(page)
    page.get_by_role("link", name="Set the health by hand").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Healthy")).check()
    dialog.get_by_label("Reason").fill("A load test.")
    delete_deploy(deploy.id)
    ask(page)
    dialog.get_by_role("button", name="Set health").click()
    expect(dialog).to_contain_text("There is no such deploy here. Somebody may have deleted it.")
    expect(dialog.get_by_label("Reason")).to_have_value("A load test.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="This deploy was deleted")).to_be_visible()
    expect(page.get_by_role("link", name="All deploys")).to_be_focused()


def test_filters_take_over_another_name_and_leave_what_is_half_typed(
    page: Page, cast: Cast, told: seed.Story
) -> None:
    search = page.get_by_label("Revision or author")
    search.press_sequentially("half ty")
    before = page.evaluate("history.length")
    rename_environment(told.deploys[0].environment_id, "Live")
    ask(page)
    expect(page.locator("#filter-environment option", has_text="Live")).to_have_count(1)
    assert page.evaluate("history.length") == before
    expect(search).to_have_value("half ty")
    expect(search).to_be_focused()


def test_a_page_takes_over_another_name_in_its_title(
    page: Page, served: str, told: seed.Story
) -> None:
    deploy = told.deploys[0]
    page.goto(f"{served}/o/acme/deploys/{deploy.public_id}")
    stop_the_clock(page)
    rename_code_deployment(deploy.code_deployment_id, "Checkout")
    ask(page)
    expect(page).to_have_title(re.compile("^Deploy of Checkout at .* · Sleuth$"))


@pytest.mark.parametrize(
    ("path", "heading", "title"),
    [
        ("/projects/shop", "Renamed", "Renamed · Sleuth"),
        ("/projects/shop/impact", "Renamed", "Impact of Renamed · Sleuth"),
        ("/projects/shop/code-deployments", "Renamed", "Code deployments of Renamed · Sleuth"),
        ("/projects/shop/environments", "Renamed", "Environments of Renamed · Sleuth"),
        ("/projects/shop/environments/staging", "Live", "Live of Renamed · Sleuth"),
        ("/?project=shop", "Renamed", "Renamed · Sleuth"),
    ],
)
def test_pages_of_a_project_take_over_other_names(
    page: Page, served: str, cast: Cast, told: seed.Story, path: str, heading: str, title: str
) -> None:
    page.goto(f"{served}/o/acme{path}")
    stop_the_clock(page)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    rename_project(cast.project.id, "Renamed")
    staging = select(Environment.id).where(Environment.slug == "staging")
    rename_environment(db.session.scalars(staging).first(), "Live")
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page).to_have_title(title)
    assert said == []


def test_what_is_told_and_goes_hands_the_focus_on(page: Page) -> None:
    for message in ("One", "Two"):
        page.evaluate("message => void sleuth.toast(message, 'error')", message)
    crosses = page.get_by_role("button", name="Dismiss")
    crosses.first.press("Enter")
    expect(crosses).to_be_focused()
    crosses.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.context.set_offline(True)
    page.clock.run_for(PERIOD)
    page.clock.run_for(50)
    page.get_by_role("button", name="Try now").focus()
    page.context.set_offline(False)
    page.clock.run_for(100)
    expect(page.locator(".connection")).to_have_attribute("data-message", "Connected again.")
    page.clock.run_for(100)
    expect(page.locator("main")).to_be_focused()


def test_a_change_that_comes_while_a_strip_is_drawn_draws_it_again(page: Page, served: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(f"{served}/o/acme/?project=shop")
    stop_the_clock(page)
    page.route(re.compile("/projects/shop/health"), hold)
    with page.expect_request(re.compile("/projects/shop/health")):
        page.evaluate("void htmx.trigger(document.body, 'seenAgain')")
    page.evaluate("void htmx.trigger(document.body, 'environmentChanged:shop')")
    with page.expect_request(re.compile("/projects/shop/health")):
        held[0].continue_()


def test_the_buttons_of_a_tracker_stand_in_one_row(
    served: str, told: seed.Story, browser: Browser
) -> None:
    tab = enter(browser, served, "adam")
    tab.goto(f"{served}/o/acme/integrations/error-trackers")
    buttons = tab.locator("#integration-sentry .integration-actions a, .integration-actions button")
    expect(buttons.last).to_have_text("disable")
    middles = buttons.evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(({y, height}) => y + height / 2)"
    )
    assert max(middles) - min(middles) < 3
    tab.context.close()


def test_what_left_the_page_is_let_go(page: Page) -> None:
    devices = page.context.new_cdp_session(page)

    def narrow_and_widen() -> int:
        for query, count in (("?q=nobody", 0), ("", 25)):
            swap = "htmx.ajax('GET', url, {target: '#board', swap: 'morph:outerHTML'})"
            page.evaluate(f"url => void {swap}", f"/o/acme/{query}")
            expect(page.locator("article")).to_have_count(count, timeout=SLOWLY)
        page.clock.run_for(1000)
        devices.send("HeapProfiler.collectGarbage")
        return int(devices.send("Memory.getDOMCounters")["jsEventListeners"])

    narrow_and_widen()
    before = narrow_and_widen()
    after = [narrow_and_widen() for _time in range(3)]
    assert min(after) < before + 100
