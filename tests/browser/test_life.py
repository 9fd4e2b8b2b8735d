"""What somebody does to an integration that is there: pause it, hurry it, replace its token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.extensions import db, write
from sleuth.integrations.models import Integration
from tests.browser.newcomers import found
from tests.browser.product import Product
from tests.browser.visitor import PATIENCE_SECONDS, Visitor

pytestmark = pytest.mark.browser

SLUG = "omnicorp"


@pytest.fixture(scope="module")
def olga(product: Product, browser: Browser) -> Iterator[Visitor]:
    """An owner who has connected Sentry with Grace's token and measures in two regions."""
    visitor = found(product, browser, SLUG)
    visitor.choose("Integrations")
    visitor.open("enable", within=card(visitor))
    visitor.dialog.get_by_label("Auth Token").fill(TOKENS["three_organizations"].value)
    visitor.press("Save")
    visitor.wait_for(card(visitor).get_by_text("Sentry is connected"))
    yield visitor
    visitor.close()
    with product.inside(), write():  # others stop the queue server of this product
        integration_of().paused_at = clock.now()


def integration_of() -> Integration:
    """Return Olga's integration, inside the product's database."""
    mine = select(Integration).join(Organization).where(Organization.slug == SLUG)
    return db.session.scalars(mine).one()


def card(visitor: Visitor) -> Locator:
    """Return Sentry's card."""
    return visitor.page.get_by_role("region", name="Sentry")


def press(visitor: Visitor, button: str) -> None:
    """Press a button of the card."""
    card(visitor).get_by_role("button", name=button, exact=True).click()


def replace_with(visitor: Visitor, token: str) -> None:
    """Paste another token of the sandbox."""
    visitor.open("Replace token", within=card(visitor))
    visitor.dialog.get_by_label("Auth Token").fill(TOKENS[token].value)
    visitor.press("Save")


def measure(visitor: Visitor, name: str, organization: str) -> None:
    """Add an impact source on the first project of one of Sentry's organizations."""
    card(visitor).get_by_text("Add impact").click()
    dialog = visitor.open("Web shop", within=card(visitor))
    dialog.get_by_label(re.compile("^Name")).fill(name)
    projects = dialog.get_by_role("combobox", name="Project")
    group = projects.locator(f'optgroup[label*="{organization}"]')
    first = group.locator("option:not([disabled])").first
    visitor.wait_for(first)
    projects.select_option(value=first.get_attribute("value"))
    dialog.get_by_label("Source Environment").fill("production")
    visitor.press("Save")
    visitor.expect_done(f"{name} is added")


def test_organizations_of_every_region_are_measured_over_one_token(
    olga: Visitor, product: Product
) -> None:
    olga.choose("Integrations")
    measure(olga, "Acme errors", "Acme")
    measure(olga, "Globex errors", "Globex")
    olga.wait_for(card(olga).get_by_text("2 impact sources"))
    olga.choose("Projects")
    olga.page.get_by_role("main").get_by_role("link", name="Web shop").first.click()
    olga.page.get_by_role("link", name="Impact", exact=True).click()
    for name, organization in (("Acme errors", "Acme"), ("Globex errors", "Globex")):
        row = olga.page.get_by_role("row", name=re.compile(name))
        expect(row).to_contain_text(f"of {organization}")
        olga.wait_for(row.get_by_text("Counts collected"))
    olga.picture("regions")
    asked = {each.silo for each in product.sentry.requests if "events-timeseries" in each.path}
    assert {"us", "de"} <= asked


def test_one_source_is_paused_and_the_other_goes_on(olga: Visitor) -> None:
    row = olga.page.get_by_role("row", name=re.compile("Acme errors"))
    row.get_by_role("button", name="pause").click()
    expect(row.get_by_text("Paused")).to_be_visible()
    other = olga.page.get_by_role("row", name=re.compile("Globex errors"))
    expect(other.get_by_text("Counts collected")).to_be_visible()
    row.get_by_role("button", name="resume").click()
    expect(row.get_by_role("button", name="pause")).to_be_visible()


def test_the_integration_is_paused_and_resumed(olga: Visitor) -> None:
    olga.choose("Integrations")
    olga.leave_mark()
    press(olga, "Pause")
    expect(card(olga)).to_contain_text("nothing is collected")
    expect(card(olga).get_by_role("button", name="Collect now")).to_have_count(0)
    olga.picture("paused")
    press(olga, "Resume")
    expect(card(olga).get_by_role("button", name="Collect now")).to_be_visible()
    olga.expect_mark()


def test_collecting_and_checking_at_once_have_a_cool_down(olga: Visitor) -> None:
    press(olga, "Re-check now")
    expect(card(olga)).to_contain_text("The token works")
    press(olga, "Re-check now")
    expect(olga.page.get_by_text("The token was checked a moment ago.")).to_be_visible()
    press(olga, "Collect now")
    expect(olga.page.get_by_text("Counts are being collected").first).to_be_visible()
    press(olga, "Collect now")
    expect(olga.page.get_by_text(re.compile("can be asked again in .* seconds"))).to_be_visible()


def test_a_token_of_another_account_is_used_only_if_somebody_agrees(olga: Visitor) -> None:
    olga.leave_mark()
    replace_with(olga, "full")
    question = olga.dialog.get_by_text("This token belongs to another Sentry account")
    expect(question).to_be_visible()
    expect(olga.dialog.get_by_role("button", name="Keep the old token")).to_be_focused()
    olga.picture("other-account")
    olga.press("Keep the old token")
    expect(card(olga)).to_contain_text("Grace")
    replace_with(olga, "full")
    expect(question).to_be_visible()
    olga.press("Use the new token")
    olga.expect_done("The token of Sentry is replaced")
    expect(card(olga)).to_contain_text("Ada Lovelace")
    expect(card(olga)).to_contain_text("2 impact sources")
    olga.expect_mark()


def test_a_token_of_the_same_account_takes_its_place_without_a_question(olga: Visitor) -> None:
    replace_with(olga, "full")
    olga.expect_done("The token of Sentry is replaced")


def test_a_dead_token_leaves_the_old_one(olga: Visitor) -> None:
    replace_with(olga, "revoked")
    expect(olga.dialog).to_contain_text("Sentry does not know this token")
    olga.page.keyboard.press("Escape")
    expect(card(olga)).to_contain_text("Ada Lovelace")


def let_the_token_die(product: Product) -> None:
    """Store what is known after a token was refused for ten minutes and more."""
    with product.inside(), write():
        row = integration_of()
        row.refusals, row.failure_count = 4, 4
        row.last_error, row.last_error_at = "Sentry does not know this token.", clock.now()
        row.failing_since = clock.now() - timedelta(minutes=11)
        row.retry_at = clock.now() + timedelta(hours=1)


def test_what_needs_attention_is_counted_and_mended_where_it_is_listed(
    olga: Visitor, product: Product
) -> None:
    olga.choose("Dashboard")
    olga.leave_mark()
    let_the_token_die(product)
    link = olga.page.get_by_role("navigation").get_by_role("link", name="Needs attention")
    expect(link).to_contain_text("1", timeout=2 * PATIENCE_SECONDS * 1000)
    link.click()
    main = olga.page.get_by_role("main")
    expect(main).to_contain_text("Sentry does not know this token.")
    expect(main).to_contain_text("2 impact sources")
    olga.picture("needs-attention")
    olga.open("Replace token", within=main)
    olga.dialog.get_by_label("Auth Token").fill(TOKENS["full"].value)
    olga.press("Save")
    olga.expect_done("The token of Sentry is replaced")
    olga.wait_for(main.get_by_text("Nothing needs attention"))
