"""A stranger's tracker that declares everything at once, connected and measured by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Route, expect
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.deploys import service as deploys
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db
from sleuth.impact.disabling import disable_integration
from sleuth.integrations.models import Integration
from sleuth.projects.models import Project
from tests.browser.newcomers import PASSWORD, found
from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
TAB = "/o/hooli/projects/web-shop/impact"


@pytest.fixture(scope="module")
def gavin(product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization that nothing is left collecting for."""
    visitor = found(product, browser, "hooli")
    yield visitor
    with product.inside():
        row = db.session.scalars(select(Integration).filter_by(provider="hourglass")).one()
        disable_integration(row.organization_id, "hourglass", "Hourglass")
    visitor.close()


def drop_down(visitor: Visitor, label: str) -> Locator:
    """Return a drop-down of the open dialog."""
    return visitor.dialog.get_by_label(label, exact=False).and_(visitor.page.locator("select"))


def expect_options(visitor: Visitor, label: str, *options: str) -> None:
    """Wait for what a drop-down offers."""
    expect(drop_down(visitor, label).locator("option")).to_have_text(list(options))


def test_it_is_connected_with_two_credentials_and_an_answer(gavin: Visitor) -> None:
    gavin.go("/o/hooli/integrations/error-trackers")
    gavin.page.get_by_role("link", name="Log Services").click()
    dialog = gavin.open("enable", within=gavin.page.get_by_role("region", name="Hourglass"))
    gavin.picture("connect")
    dialog.get_by_label("E-mail").fill("gavin@hooli.test")
    dialog.get_by_label("API key").fill("hooli")
    gavin.press("Save")
    expect(dialog.get_by_role("alert")).to_contain_text("Hourglass keys begin with hg_")
    expect(dialog.get_by_label("API key")).to_be_focused()
    gavin.picture("refused")
    dialog.get_by_label("API key").fill("hg_0123abcd")
    gavin.press("Save")
    expect(dialog.get_by_role("alert")).to_contain_text("Which one?")
    dialog.get_by_label("Account").fill("Hooli")
    gavin.press("Save")
    gavin.expect_done("Hourglass is connected")


def test_drop_downs_follow_what_is_chosen(gavin: Visitor) -> None:
    gavin.go(TAB)
    gavin.open("Add impact source")
    gavin.leave_mark()
    dialog = gavin.dialog
    dialog.get_by_label("Name").fill("Log errors")
    expect_options(gavin, "Team", "Choose Log first")
    gavin.picture("waits")
    log = dialog.get_by_label("Log*", exact=True)
    expect(log.locator("option")).to_have_count(5)
    log.select_option("Vault")
    expect(dialog.get_by_role("alert")).to_contain_text("Hourglass shows nobody the teams")
    expect(dialog.get_by_role("button", name="Try again")).to_be_visible()
    gavin.picture("failed")
    log.select_option("Shop")
    expect_options(gavin, "Stage", "All environments", "production", "staging")
    expect_options(gavin, "Team", "Choose one", "Checkout", "Search")
    drop_down(gavin, "Team").select_option("Checkout")
    expect_options(gavin, "Service", "Nothing chosen", "Cart", "Payment")
    drop_down(gavin, "Team").select_option("Search")
    expect_options(gavin, "Service", "Nothing chosen", "Index")
    expect(dialog.get_by_label("Name")).to_have_value("Log errors")
    expect(dialog).to_contain_text("Hourglass counts by the hour")
    drop_down(gavin, "Severity").select_option("Errors")
    drop_down(gavin, "Stage").select_option("production")
    gavin.picture("chosen")
    gavin.expect_mark()
    gavin.press("Save")
    gavin.expect_done("Log errors is added")
    expect(gavin.page.get_by_role("table")).to_contain_text("Team: Search")


def test_an_answer_that_comes_late_does_not_undo_a_newer_choice(gavin: Visitor) -> None:
    gavin.go(TAB)
    gavin.open("Add impact source")
    held: list[Route] = []
    polls = re.compile(r"/choices/hourglass/team\?.*tracker_project=%3Alegacy")

    def hold(route: Route) -> None:
        held.append(route)

    gavin.page.route(polls, hold)
    log = gavin.dialog.get_by_label("Log*", exact=True)
    with gavin.page.expect_request(polls):
        log.select_option("Legacy")
    log.select_option("Blog")
    expect_options(gavin, "Team", "Choose one", "Editors")
    drop_down(gavin, "Team").select_option("Editors")
    for each in held:
        each.fulfill(response=each.fetch())
    gavin.page.evaluate("fetch('/o/hooli/').then((answer) => answer.text())")
    expect_options(gavin, "Team", "Choose one", "Editors")
    expect(drop_down(gavin, "Team").locator("option:checked")).to_have_text("Editors")
    gavin.page.unroute(polls)
    gavin.page.keyboard.press("Escape")


def test_editing_shows_what_was_chosen(gavin: Visitor) -> None:
    gavin.go(TAB)
    gavin.open("edit", within=gavin.page.get_by_role("row", name="Log errors"))
    expect(drop_down(gavin, "Team").locator("option:checked")).to_have_text("Search")
    expect(drop_down(gavin, "Stage").locator("option:checked")).to_have_text("production")
    gavin.picture("edit")
    gavin.page.keyboard.press("Escape")
    gavin.page.get_by_role("link", name="Log errors").click()
    expect(gavin.page.locator("#impact-source")).to_contain_text("Hourglass counts by the hour")
    gavin.picture("source")


def test_a_deploy_is_judged_by_whole_hours(gavin: Visitor, product: Product) -> None:
    with product.inside():
        project = db.session.scalars(
            select(Project).join(Organization).where(Organization.slug == "hooli")
        ).one()
        made = deploys.create_code_deployment(project.id, "Web")
        at = clock.now() - timedelta(hours=6)
        told = Registration(revision="b450349", deployed_at=at)
        deploy = register_deploy(made.id, told, clock.now()).public_id
    gavin.go(f"/o/hooli/deploys/{deploy}")
    expect(gavin.page.get_by_text("avg errors an hour").first).to_be_visible()
    expect(gavin.page.get_by_text("In the 4 hours after this deploy")).to_be_visible()
    gavin.picture("deploy")
    gavin.go("/o/hooli/")
    expect(gavin.page.get_by_text("4 hours of data").first).to_be_visible()
    gavin.picture("dashboard")


def test_it_works_without_scripts(product: Product, browser: Browser, gavin: Visitor) -> None:
    plain = Visitor(browser, product.url, name="hooli-plain", has_scripts=False)
    plain.sign_in("olga@hooli.test", PASSWORD)
    plain.go(f"{TAB}/add/hourglass")
    plain.dialog.get_by_label("Name").fill("More errors")
    plain.dialog.get_by_label("Log*", exact=True).select_option("Blog")
    plain.dialog.get_by_role("button", name="Show what can be chosen").first.click()
    plain.wait_for(drop_down(plain, "Team").locator("option", has_text="Editors"))
    expect(plain.dialog.get_by_label("Name")).to_have_value("More errors")
    drop_down(plain, "Team").select_option("Editors")
    drop_down(plain, "Severity").select_option("Errors")
    plain.picture("plain")
    plain.press("Save")
    plain.wait_for(plain.page.get_by_text("More errors is added"))
    plain.close()
