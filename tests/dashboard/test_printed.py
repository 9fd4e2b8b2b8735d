"""The dashboard on paper, for those who look at the week together."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from sleuth.extensions import write
from tests.conftest import NOW, PASSWORD
from tests.dashboard import seed
from tests.dashboard.conftest import words

BLACK_ON_WHITE = """() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return [color, backgroundColor];
}"""


def sentence(markup: str) -> str:
    """Return what paper says instead of filters."""
    found = re.search(r'class="print-only shown">(.*?)</p>', markup, re.DOTALL)
    return words(found[1]) if found else ""


def test_paper_says_which_deploys_these_are(read, story) -> None:
    assert sentence(read()).startswith("Acme: deploys in the last 7 days.")
    narrowed = sentence(read(project="shop", environment="staging", q="b450"))
    assert narrowed.startswith(
        "Acme: deploys in the last 7 days; project: Shop; environment: Staging;"
        " with “b450” in them."
    )


def test_paper_says_which_page_of_them_and_when_it_was_printed(read, story) -> None:
    told = sentence(read(page=2, range="90d"))
    assert told.endswith("Page 2 of 2. Printed 4 Mar 2026, 12:00 UTC.")


def test_paper_says_whose_deploy_it_is_and_when_it_was_printed(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=1))
    assert sentence(read(f"/deploys/{deploy.public_id}")) == (
        "Acme: a deploy of Web shop, 3 Mar 2026, 12:00 UTC. Printed 4 Mar 2026, 12:00 UTC."
    )


def test_what_is_asked_for_is_text(read, story) -> None:
    assert "with “&lt;b&gt;x” in them" in read(q="<b>x")


@pytest.fixture
def printed(served: str, story: object, browser: Browser) -> Callable[[str], Page]:
    """Open a page of Acme as it is printed by somebody who likes it dark."""

    def show(path: str) -> Page:
        page = browser.new_context(color_scheme="dark").new_page()
        page.goto(f"{served}/sign-in?next=/o/acme/{path}")
        page.get_by_label("E-mail").fill("dora@acme.test")
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".deploy-card").first.wait_for()
        page.emulate_media(media="print", color_scheme="dark")
        return page

    return show


@pytest.mark.browser
def test_the_dashboard_is_printed_black_on_white_without_what_can_be_pressed(printed) -> None:
    page = printed("?project=shop")
    expect(page.locator(".shown")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    assert page.evaluate(BLACK_ON_WHITE) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    for away in (".sidebar", ".filters", ".btn", "summary"):
        expect(page.locator(f"{away}:visible")).to_have_count(0)
    expect(page.locator(".deploy-card .health:visible").first).to_have_text(re.compile(r"\w"))
    page.emulate_media(media="screen", color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.context.close()


@pytest.mark.browser
def test_a_card_is_not_cut_in_two(printed) -> None:
    page = printed("")
    style = page.locator(".deploy-card").first.evaluate(
        "each => getComputedStyle(each).breakInside"
    )
    assert style == "avoid"
    page.context.close()
