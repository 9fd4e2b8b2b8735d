"""The dashboard in Chromium: it fits, it stays fresh, and it can be used by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.deploys.service import delete_deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from tests.conftest import PASSWORD, Cast, _project
from tests.dashboard import seed

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on, as it does in the browser."""


@pytest.fixture
def told(cast: Cast) -> seed.Story:
    """Forty deploys that ended just now, in two projects, with names that are too long."""
    with write():
        db.session.add_all([cast.project, cast.acme])
        other = _project(cast.acme, "Back office " + "and more " * 8)
        return seed.tell_story(cast.project, [other], datetime.now(UTC))


@pytest.fixture
def enter(served: str, told: seed.Story, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Sign in in a new window; its console must tell of nothing at the end."""
    said: list[str] = []
    windows = []

    def go(**options: Any) -> Page:
        windows.append(browser.new_context(**options))
        page = windows[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(f"Uncaught: {error}"))
        page.goto(f"{served}/sign-in?next=/o/acme/")
        page.get_by_label("E-mail").fill("dora@acme.test")
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        return page

    yield go
    for window in windows:
        window.close()
    assert not said


def deploy_named(page: Page, public_id: str) -> Any:
    return page.locator(f"#deploy-{public_id}")


def worsen(deploy: Deploy) -> None:
    """Give the deploy's verdict another health, as a job does."""
    with write():
        verdict = db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)).one()
        verdict.health, verdict.reason, verdict.minutes_of_data = "unhealthy", "", 4
        verdict.rate_before, verdict.rate_after = 2.0, 9.0
        audit.publish(deploy.organization_id, "deployChanged", deploy.public_id)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out_of_the_window(enter, told, served, width: int, scheme: str) -> None:
    page = enter(viewport={"width": width, "height": 844}, color_scheme=scheme)
    for path in ("/", "/?q=nothing", f"/deploys/{told.deploys[1].public_id}"):
        page.goto(f"{served}/o/acme{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_deploy_that_was_replaced_at_once_fits_the_narrowest_window(enter, told, served) -> None:
    now = clock.now()
    for revision, ago in (("a" * 40, 90), ("b" * 40, 60)):
        deployed_at = now - timedelta(seconds=ago)
        register_deploy(told.deployments[0].id, Registration(revision=revision), deployed_at)
    page = enter(viewport={"width": 320, "height": 640})
    expect(page.get_by_text("replaced after less than a minute by bbbbbbb")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_card_draws_itself_again_when_its_verdict_comes(enter, told) -> None:
    page = enter()
    card = deploy_named(page, told.deploys[0].public_id)
    expect(card).to_contain_text("Not recorded yet")
    later = clock.now() + timedelta(minutes=2)
    with clock.frozen(later):
        worsen(told.deploys[0])
    expect(card).to_contain_text("Unhealthy", timeout=10_000)
    expect(card).to_contain_text("avg errors a minute")


def test_a_new_deploy_appears_on_top(enter, told) -> None:
    page = enter()
    now = clock.now()
    register_deploy(told.deployments[0].id, Registration(revision="brand-new"), now)
    first = page.locator("article").first
    expect(first).to_contain_text("brand-new", timeout=10_000)


def test_when_the_first_commit_came_is_told_exactly_in_the_readers_zone(
    enter: Callable[..., Page], told: seed.Story
) -> None:
    date = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    with write():
        deployment = db.session.merge(told.deployments[0])
        seed.add_deploy(deployment, commits=[{"date": date}])
    page = enter(timezone_id="Asia/Kolkata", locale="en-US")
    committed = page.get_by_text("first commit").locator("time")
    committed.hover()
    expect(committed).to_have_attribute("title", re.compile(r"\d:\d\d .M GMT\+5:30$"))
    expect(committed).to_have_text("3 hours")


def test_a_deploy_deleted_from_its_card_leaves_the_list_and_the_keyboard_goes_on(
    enter, told
) -> None:
    page = enter()
    places = page.locator("article").evaluate_all("cards => cards.map(card => card.id)")
    card, following = (page.locator(f"#{place}") for place in places[1:3])
    card.get_by_role("link", name="Delete this deploy").press("Enter")
    delete = page.get_by_role("dialog").get_by_role("button", name="Delete deploy")
    expect(delete).to_be_visible()
    # HTMX gives a dialog its behaviour, and Cancel the focus, 20 ms after it is shown.
    expect(page.locator("#dialog-body .htmx-added")).to_have_count(0)
    delete.press("Enter")
    expect(card).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(following.locator(".deploy-title a")).to_be_focused()


def test_a_card_whose_deploy_somebody_else_deletes_hands_the_focus_on(enter, told) -> None:
    page = enter()
    deploy_named(page, told.deploys[0].public_id).locator(".deploy-title a").focus()
    delete_deploy(told.deploys[0].id)
    following = deploy_named(page, told.deploys[1].public_id)
    expect(following.locator(".deploy-title a")).to_be_focused(timeout=10_000)


def test_a_deploy_page_keeps_its_table_open_while_it_is_drawn_again(enter, told, served) -> None:
    page = enter()
    deploy = told.deploys[0]
    page.goto(f"{served}/o/acme/deploys/{deploy.public_id}")
    page.get_by_text("Counts per minute as a table").click()
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        worsen(deploy)
    expect(page.get_by_role("heading", name="Unhealthy")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("table")).to_be_visible()


def test_a_filter_takes_effect_at_once_and_back_takes_it_back(enter) -> None:
    page = enter()
    page.get_by_text("Filters", exact=True).click()
    page.locator("#filter-environment").select_option(label="Staging")
    expect(page).to_have_url(re.compile(r"\?environment=staging$"))
    expect(page.locator("article").first).to_contain_text("to Staging")
    expect(page.get_by_role("link", name="Environment: Staging")).to_be_visible()
    page.go_back()
    expect(page.locator("article").first).to_contain_text("to Production")


def test_a_range_takes_effect_at_once_and_keeps_the_keyboard(enter) -> None:
    page = enter()
    page.get_by_role("link", name="24 hours").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?range=24h$"))
    expect(page.get_by_text("over 24 hours")).to_be_visible()
    expect(page.get_by_role("link", name="24 hours")).to_be_focused()


def test_a_search_is_one_press_of_enter(enter, told) -> None:
    page = enter()
    page.get_by_label("Revision or author").fill(told.deploys[3].revision[:9])
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_have_count(1)
    expect(page.get_by_label("Revision or author")).to_be_focused()


def test_the_keyboard_goes_from_the_graph_to_the_first_deploy(enter) -> None:
    page = enter()
    page.locator("#trend-table summary").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Set the health by hand").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".deploy-title a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deploy", exact=True)).to_be_visible()


def test_without_scripts_filters_and_pages_work(enter) -> None:
    page = enter(java_script_enabled=False)
    page.get_by_text("Filters", exact=True).click()
    page.locator("#filter-project").select_option(label="Shop")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Shop", exact=True)).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2", exact=True)).to_be_visible()


def test_a_step_opens_as_a_dialog_and_the_list_moves_on_by_itself(served, cast, browser) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{served}/sign-in?next=/o/globex/")
    page.get_by_label("E-mail").fill("xena@globex.test")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Create code deployment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Reactor core")
    dialog.get_by_role("button").last.click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Waiting for your first deploy")).to_be_visible()
    reactor = db.session.scalars(select(CodeDeployment).filter_by(slug="reactor-core")).one()
    register_deploy(reactor.id, Registration(revision="b450349"), clock.now())
    expect(page.get_by_text("Your first deploy has arrived.")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("2 of 4 done")).to_be_visible()
    page.context.close()


def recount(deploy: Deploy, errors: int) -> None:
    """Let more errors have come than the deploy's verdicts said, as a job does."""
    with write():
        for verdict in db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)):
            verdict.assessment = {**verdict.assessment, "observed": errors}
        audit.publish(deploy.organization_id, "deployChanged", deploy.public_id)


def test_why_opens_by_keyboard_and_stays_open_when_its_deploy_changes(enter, told) -> None:
    page = enter()
    card = deploy_named(page, told.deploys[1].public_id)
    why = card.locator("summary", has_text="Why?").first
    evidence = card.locator(".evidence").first
    why.focus()
    page.keyboard.press("Enter")
    expect(evidence).to_contain_text("after this deploy")
    evidence.get_by_text("Statistics", exact=True).click()
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        recount(told.deploys[1], 98_765)
    expect(evidence).to_contain_text(
        "98 765 errors arrived".replace(" ", "\u202f", 1), timeout=10_000
    )
    expect(evidence.get_by_text("Errors that came")).to_be_visible()
    why.click()
    expect(evidence).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_evidence_fits_a_telephone_and_leads_to_the_deploy(enter, told, scheme: str) -> None:
    page = enter(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    card = deploy_named(page, told.deploys[1].public_id)
    card.locator("summary", has_text="Why?").first.click()
    card.get_by_text("Statistics", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card.get_by_role("link", name="The whole deploy").click()
    expect(page.get_by_role("heading", name="Deploy", exact=True)).to_be_visible()
    expect(page.locator(":target")).to_contain_text("after this deploy")


def test_without_scripts_why_leads_to_the_deploys_page(enter, told) -> None:
    page = enter(java_script_enabled=False)
    card = deploy_named(page, told.deploys[1].public_id)
    card.locator("summary", has_text="Why?").first.click()
    card.get_by_role("link", name="Read it on the deploy's page").first.click()
    expect(page.locator(":target")).to_contain_text("after this deploy")


def follow_to_the_counts(shown: Any) -> None:
    """By keyboard, twice: a fold that was shut again opens again."""
    for _ in range(2):
        shown.locator(".evidence-words a").first.press("Enter")
        expect(shown.get_by_role("region", name="Counts per minute")).to_be_visible()
        shown.get_by_text("Counts per minute as a table").click()
        expect(shown.get_by_role("region", name="Counts per minute")).to_be_hidden()


def test_the_number_opens_its_counts_on_the_card_and_on_the_page(enter, told, served) -> None:
    page = enter()
    card = deploy_named(page, told.deploys[1].public_id)
    card.locator("summary", has_text="Why?").first.click()
    follow_to_the_counts(card.locator(".evidence").first)
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    page.goto(f"{served}/o/acme/deploys/{told.deploys[1].public_id}")
    follow_to_the_counts(page.locator(".verdict").first)
