"""The ten steps of the main job, by keyboard alone and without JavaScript.

From signing in to disabling the tracker; the steps depend on each other, in this order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from plugins.sentry.sandbox import TOKENS
from sleuth.accounts.organizations import create_organization_with_owner
from tests.browser.hands import Hands, Keyboard, WithoutScripts
from tests.browser.newcomers import PASSWORD
from tests.browser.pipeline import run_command
from tests.browser.product import Product
from tests.browser.visitor import NARROW, Visitor

pytestmark = pytest.mark.browser

TOKEN = TOKENS["full"].value
REVISION = "4444444ddddddddddddddddddddddddddddddddd"
WAYS = {"keyboard": Keyboard, "without-scripts": WithoutScripts}
PATIENCE_SECONDS = 90
"""How long counts of a month and a verdict may take on a busy machine."""


class Journey:
    """An owner, her way of using the product, and what one step leaves to the next."""

    def __init__(self, product: Product, hands: Hands, slug: str) -> None:
        self.product, self.hands, self.slug = product, hands, slug
        self.access_token = self.command = self.failed_step = ""


@pytest.fixture(scope="module", params=WAYS)
def journey(
    request: pytest.FixtureRequest, product: Product, browser: Browser
) -> Iterator[Journey]:
    """The owner of an organization that has nothing yet, before the door."""
    way = WAYS[request.param]
    with product.inside():
        slug = create_organization_with_owner(
            request.param, "Olga Owner", f"olga@{request.param}.test", PASSWORD
        ).slug
    visitor = Visitor(browser, product.url, name=f"job-{slug}", has_scripts=way.has_scripts)
    yield Journey(product, way(visitor), slug)
    visitor.close()


@pytest.fixture(autouse=True)
def hands(journey: Journey) -> Hands:
    """The owner, where the step before left her."""
    if journey.failed_step:
        pytest.skip(f"An earlier step failed: {journey.failed_step}")
    return journey.hands


def choose(hands: Hands, entry: str) -> None:
    """Follow an entry of the sidebar."""
    sidebar = hands.page.get_by_role("complementary", name="Sidebar")
    hands.press(sidebar.get_by_role("link", name=entry, exact=True))
    expect(hands.page.get_by_role("heading", level=1)).to_have_text(entry)


def open_dialog(hands: Hands, link: str, within: Locator | None = None) -> Locator:
    """Open a dialog, which is a page without scripts, and return it."""
    place = within or hands.page.get_by_role("main")
    hands.press(place.get_by_role("link", name=link, exact=True).first)
    expect(hands.visitor.dialog).to_be_visible()
    return hands.visitor.dialog


def save(hands: Hands, button: str) -> None:
    """Press a button of the dialog."""
    hands.press(hands.visitor.dialog.get_by_role("button", name=button, exact=True))


def sentry(hands: Hands) -> Locator:
    """Return Sentry's card on the page of integrations."""
    return hands.page.get_by_role("region", name="Sentry")


def test_1_she_signs_in(hands: Hands, journey: Journey) -> None:
    hands.visitor.go("/sign-in")
    hands.enter(hands.page.get_by_label("E-mail"), f"olga@{journey.slug}.test")
    hands.enter(hands.page.get_by_label("Password"), PASSWORD)
    hands.press(hands.page.get_by_role("button", name="Sign in"))
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_2_she_connects_sentry_and_is_told_that_the_token_is_checked(
    hands: Hands, journey: Journey
) -> None:
    choose(hands, "Integrations")
    dialog = open_dialog(hands, "enable", within=sentry(hands))
    hands.enter(dialog.get_by_label("Auth Token"), TOKEN)
    journey.product.sentry.misbehave("slow", token=TOKEN, times=1, seconds=3)
    save(hands, "Save")
    expect(hands.visitor.dialog).to_contain_text("Checking the token with Sentry")
    hands.visitor.expect_done("Sentry is connected")
    journey.product.sentry.behave()


def test_3_she_creates_a_project(hands: Hands) -> None:
    choose(hands, "Projects")
    dialog = open_dialog(hands, "Create project")
    hands.enter(dialog.get_by_label("Name"), "Web shop")
    save(hands, "Create")
    hands.visitor.expect_done("Web shop is created")


def test_4_she_creates_a_code_deployment(hands: Hands) -> None:
    choose(hands, "Code deployments")
    dialog = open_dialog(hands, "Create code deployment")
    hands.enter(dialog.get_by_label("Name"), "Web")
    hands.choose(dialog.get_by_label("Project"), "Web shop")
    save(hands, "Create")
    hands.visitor.expect_done("Web is created.")


def test_5_she_adds_impact(hands: Hands) -> None:
    choose(hands, "Integrations")
    hands.press(sentry(hands).locator("summary", has_text="Add impact"))
    dialog = open_dialog(hands, "Web shop", within=sentry(hands))
    projects = dialog.get_by_role("combobox", name="Project")
    expect(projects.get_by_role("option", name="Web", exact=True)).to_be_attached()
    hands.enter(dialog.get_by_label(re.compile("^Name")), "Sentry web")
    hands.choose(projects, "Web")
    hands.enter(dialog.get_by_label("Source Environment"), "production")
    save(hands, "Save")
    hands.visitor.expect_done("Sentry web is added")


def test_6_she_creates_an_access_token(hands: Hands, journey: Journey) -> None:
    choose(hands, "Settings")
    hands.press(hands.page.get_by_role("link", name="Access tokens"))
    dialog = open_dialog(hands, "Create access token")
    hands.enter(dialog.get_by_label("Name"), "Pipeline")
    save(hands, "Create")
    expect(hands.visitor.dialog).to_contain_text("it is not shown again")
    journey.access_token = hands.visitor.dialog.locator("code").inner_text()
    hands.press(hands.visitor.dialog.get_by_role("link", name="Done"))
    expect(hands.page.get_by_role("row").filter(has_text="Pipeline")).to_be_visible()


def test_7_she_registers_a_deploy_by_the_command_shown(
    hands: Hands, journey: Journey, tmp_path: Path
) -> None:
    choose(hands, "Code deployments")
    main = hands.page.get_by_role("main")
    hands.press(main.get_by_role("link", name="Web", exact=True))
    command = hands.page.locator("pre code").first.inner_text()
    deployed_at = datetime.now(UTC) - timedelta(minutes=100)
    answer = run_command(command, journey.access_token, REVISION, tmp_path, deployed_at)
    assert answer == "Success"


def card(hands: Hands) -> Locator:
    """Return the card of the deploy."""
    return hands.page.get_by_role("article").filter(has_text=REVISION[:7])


def test_8_she_sees_its_card_and_its_verdict(hands: Hands) -> None:
    choose(hands, "Dashboard")
    verdict = card(hands).get_by_text("avg errors a minute").first
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not verdict.is_visible() and time.monotonic() < give_up_at:
        hands.page.wait_for_timeout(1000)
        hands.look_again()
    expect(verdict).to_be_visible()


def test_9_she_opens_why(hands: Hands) -> None:
    hands.press(card(hands).locator("summary", has_text="Why?").first)
    if not hands.has_scripts:
        hands.press(card(hands).get_by_role("link", name="Read it on the deploy's page").first)
        expect(hands.page.get_by_role("heading", level=1)).to_have_text("Deploy")
    evidence = hands.page.locator(".evidence-words").first
    expect(evidence).to_be_visible()
    expect(evidence).to_contain_text("minutes")


def test_from_end_to_end_of_the_page_and_back(hands: Hands) -> None:
    if isinstance(hands, Keyboard):
        hands.page.reload()
        assert len(hands.walk_round()) > 10


def test_10_she_disables_sentry(hands: Hands, journey: Journey) -> None:
    choose(hands, "Integrations")
    dialog = open_dialog(hands, "disable", within=sentry(hands))
    hands.enter(dialog.get_by_label("to confirm"), journey.slug)
    save(hands, "Disable Sentry")
    hands.visitor.expect_done("Sentry is disconnected")
    expect(sentry(hands).get_by_role("link", name="enable")).to_be_visible()


def test_a_narrow_window_has_a_menu(hands: Hands) -> None:
    hands.page.set_viewport_size(NARROW)
    menu = hands.page.get_by_role("button", name="Menu")
    sidebar = hands.page.get_by_role("complementary", name="Sidebar")
    expect(sidebar).to_be_hidden()
    hands.press(menu)
    expect(sidebar).to_be_visible()
    if isinstance(hands, Keyboard):
        hands.page.keyboard.press("Escape")
        expect(sidebar).to_be_hidden()
        expect(menu).to_be_focused()
        hands.press(menu)
    choose(hands, "Dashboard")
