"""Who did what to an integration, and the file for bug reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from plugins.sentry.sandbox import TOKENS
from tests.browser.newcomers import PASSWORD, found
from tests.browser.product import Product
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

TOKEN = TOKENS["full"].value


@pytest.fixture(scope="module", params=["scripted", "plain"])
def olga(request: pytest.FixtureRequest, product: Product, browser: Browser) -> Iterator[Visitor]:
    """An owner who has connected Sentry, with JavaScript and without."""
    slug = f"cyberdyne-{request.param}"
    visitor = found(product, browser, slug)
    if request.param == "plain":
        visitor.close()
        visitor = Visitor(browser, product.url, name=slug, has_scripts=False)
        visitor.sign_in(f"olga@{slug}.test", PASSWORD)
    visitor.choose("Integrations")
    visitor.open("enable", within=card(visitor))
    visitor.dialog.get_by_label("Auth Token").fill(TOKEN)
    visitor.press("Save")
    visitor.wait_for(card(visitor).get_by_text("Sentry is connected"))
    yield visitor
    visitor.close()


def card(visitor: Visitor) -> Locator:
    """Return Sentry's card."""
    return visitor.page.get_by_role("region", name="Sentry")


def lines(visitor: Visitor) -> Locator:
    """Return what was done, newest first."""
    return visitor.page.get_by_role("main").get_by_role("listitem").filter(has_text="Sentry")


def test_the_card_leads_to_who_did_what(olga: Visitor) -> None:
    olga.choose("Integrations")
    card(olga).get_by_role("button", name="Pause").click()
    olga.wait_for(card(olga).get_by_text("Paused", exact=True))
    card(olga).get_by_role("link", name="Audit").click()
    expect(olga.page.get_by_role("heading", level=1)).to_have_text("Sentry")
    expect(lines(olga).first).to_contain_text("Olga Owner paused Sentry")
    expect(lines(olga).nth(1)).to_contain_text("Olga Owner connected Sentry")
    assert TOKEN not in olga.page.content()
    olga.picture("audit")


def test_the_diagnostics_are_a_file_without_token_and_names(olga: Visitor, tmp_path: Path) -> None:
    olga.choose("Integrations")
    card(olga).get_by_role("link", name="Audit").click()
    with olga.page.expect_download() as waiting:
        olga.page.get_by_role("button", name="Download diagnostics").click()
    assert waiting.value.suggested_filename.startswith("sleuth-diagnostics-sentry-")
    waiting.value.save_as(tmp_path / "file")
    text = (tmp_path / "file").read_text()
    assert json.loads(text)["integration"]["connected_by"] == "person-1"
    for name in (TOKEN, "Olga", "Web shop", "Ada Lovelace"):
        assert name not in text
