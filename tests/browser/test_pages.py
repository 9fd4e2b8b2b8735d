"""Every page that a link leads to: it fits a telephone, is quiet, and can be used by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from sleuth.accounts.members import add_member
from sleuth.accounts.models import Organization, Role, TokenType, User
from sleuth.accounts.tokens import create_token
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations.models import Integration
from sleuth.notifications import channels, deliveries, messages
from sleuth.notifications.models import Delivery, Notice
from sleuth.projects.models import Project
from sleuth.projects.service import create_project
from tests.browser.access import DIALOG_LINKS, open_each, problems_in_two_windows, unfold
from tests.browser.newcomers import PASSWORD, found
from tests.browser.product import Product
from tests.browser.visitor import Visitor
from tests.dashboard.seed import HOSTILE, tell_story

pytestmark = pytest.mark.browser

OF_EACH = 2
"""How many addresses of one kind are visited: forty deploys look alike."""
NOT_LINKED = {
    "accounts.set_up": "before anybody can sign in; the journeys begin with it",
    "accounts.sign_in": "before one is signed in; the journeys go through it",
    "accounts.organizations": "for members of several organizations or of none",
    "integrations.card": "a part of a page",
    "impact.sources": "a part of a page",
    "impact.source_state": "a part of a page",
    "impact.tracker_projects": "a part of a page",
    "impact.choices": "a part of a page",
    "dashboard.deploy_card": "a part of a page",
    "dashboard.explanation": "a part of a page",
    "dashboard.counts": "leads on to the series of an impact source",
    "dashboard.environments_health": "a part of a page",
    "dashboard.live": "a part of a page",
    "dashboard.attention_link": "a part of a page",
    "dashboard.project_picker": "a part of a page",
    "verdicts.answer": "a part of a page",
    "integrations.replacement": "an attempt to replace a token, which no page leads to",
    "integrations.restoration": "an attempt to restore a tracker, which no page leads to",
    "integrations.restore": "for a tracker that was disabled; the journeys go through it",
    "integrations.purge": "for a tracker that was disabled; the journeys go through it",
    "integrations.check": "an attempt; the journeys go through it",
    "impact.check": "an attempt; the journeys go through it",
    "health.replay": "a look at what is proposed; a test of its own goes through it",
    "api.deploys_page": "for programs",
    "api.deploy": "for programs",
    "api.evidence": "for programs",
    "api.series": "for programs",
    "api.openapi": "a file",
    "diagnostics.download": "a file",
    "asset": "no page",
}


@pytest.fixture(scope="module")
def visited() -> set[str]:
    """The endpoints that the tests below have seen."""
    return set()


@pytest.fixture(scope="module")
def opened() -> set[str]:
    """The endpoints of the dialogs that were looked at where they open."""
    return set()


@pytest.fixture(params=["busy", "empty"])
def owner(request: pytest.FixtureRequest, product: Product, browser: Browser) -> Iterator[Visitor]:
    """The owner of an organization in which nothing has happened, or a lot, with long names."""
    visitor = found(product, browser, request.param)
    if request.param == "busy":
        with product.inside():
            fill(db.session.scalars(select(Organization).filter_by(slug="busy")).one())
    yield visitor
    visitor.close()


def fill(organization: Organization) -> None:
    """Let a lot happen: people, a token, projects, forty deploys, and a tracker in trouble."""
    id_ = organization.id
    add_member(id_, "otto@busy.test", Role.OBSERVER, name=HOSTILE[:80], password=PASSWORD)
    create_token(id_, HOSTILE[:80], TokenType.ALL)
    create_project(id_, HOSTILE[:80], ["Production " + "and more " * 8, "Staging"])
    send_messages(id_)
    hostile, shop = db.session.scalars(
        select(Project).filter_by(organization_id=id_).order_by(Project.name)
    )
    with write():
        tell_story(shop, [hostile], datetime.now(UTC))
        # Nobody is to judge these deploys again: there are no counts.
        db.session.execute(
            update(ImpactSource)
            .where(ImpactSource.organization_id == id_)
            .values(judges_from=datetime.now(UTC))
        )
        db.session.execute(
            update(Integration)
            .where(Integration.organization_id == id_)
            .values(
                refusals=9,
                failing_since=datetime.now(UTC),
                retry_at=datetime.now(UTC) + timedelta(days=1),
                last_error=HOSTILE,
                announced=State.NEEDS_ATTENTION,
            )
        )
        tell_nobody(id_)


def tell_nobody(organization_id: int) -> None:
    """Note that all have been told, so that nothing is really sent."""
    now = datetime.now(UTC)
    for integration in db.session.scalars(
        select(Integration).filter_by(organization_id=organization_id)
    ):
        db.session.add(
            Notice(integration_id=integration.id, began_at=now, opened_at=now, told_at=now)
        )


def send_messages(organization_id: int) -> None:
    """Let a chat and a webhook be told something long, which they did not take."""
    user_id = db.session.scalars(select(User).filter_by(email="olga@busy.test")).one().id
    channels.add_channel(organization_id, "x" * 120, "discord://4174216298/abcdefghijkl", user_id)
    channels.add_webhook(organization_id, f"https://{'hooks.' * 20}example.com/", user_id)
    told = messages.Message(messages.NEEDS_ATTENTION, HOSTILE, HOSTILE, {})
    with write():
        deliveries.spread(organization_id, told)
        db.session.execute(
            update(Delivery).values(state="given_up", due_at=None, outcome=HOSTILE, attempts=4)
        )


def test_every_page_fits_and_complains_of_nothing(
    owner: Visitor, product: Product, visited: set[str], opened: set[str]
) -> None:
    routes = product.application.url_map.bind("localhost")
    problems: list[str] = []
    for endpoint, path in crawl(owner, routes):
        owner.photograph(endpoint)
        is_known = endpoint in visited and owner.page.locator(".dialog-page").count() > 0
        problems += [f"{path}: {problem}" for problem in problems_of(owner, is_known)]
        problems += [f"{path}: {problem}" for problem in problems_of_dialogs(owner, routes, opened)]
        visited.add(endpoint)
    assert not problems, "\n".join(problems)


def problems_of(visitor: Visitor, is_known: bool) -> Iterator[str]:
    """Look at a page as it is, and then with open folds in two windows.

    Args:
        is_known: Whether it is a dialog's form that axe has seen with other values in it.
    """
    page = visitor.page
    if page.get_by_role("heading", level=1).count() != 1:
        yield "has not one heading"
    if not re.fullmatch(r"\S.* · Sleuth", page.title()):
        yield f"is called {page.title()}"
    unfold(page)
    yield from problems_in_two_windows(page, with_axe=not is_known)


def problems_of_dialogs(visitor: Visitor, routes: MapAdapter, seen: set[str]) -> Iterator[str]:
    """Open one dialog of each kind that the page offers and no page before it did."""
    kinds: dict[str, str] = {}
    for link in visitor.page.locator(DIALOG_LINKS).all():
        address = link.get_attribute("href") or ""
        kinds.setdefault(endpoint_of(address, routes), address)
    fresh = [address for kind, address in kinds.items() if kind not in seen]
    seen.update(kinds)
    for address in open_each(visitor.page, fresh):
        problems = problems_in_two_windows(visitor.page, "#dialog")
        yield from (f"dialog {address} {each}" for each in problems)


def crawl(visitor: Visitor, routes: MapAdapter) -> Iterator[tuple[str, str]]:
    """Open one page after the other; yield its endpoint and address.

    They are taken as they stand on pages: ids are random, and so would be any other order.
    """
    waiting, seen, counted = ["/"], {"/"}, dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        endpoint = endpoint_of(path, routes)
        counted[endpoint] = counted.get(endpoint, 0) + 1
        if not endpoint or counted[endpoint] > OF_EACH:
            continue
        visitor.go(path)
        links = [each for each in dict.fromkeys(links_of(visitor.page)) if each not in seen]
        seen.update(links)
        waiting += links
        yield endpoint, path


def endpoint_of(path: str, routes: MapAdapter) -> str:
    """Return which page an address belongs to; empty if it only takes posts."""
    try:
        return routes.match(urlsplit(path).path, "GET")[0]
    except HTTPException:
        return ""


def links_of(page: Page) -> list[str]:
    """Return the addresses of pages on this site that a page links to."""
    hrefs: list[str] = page.locator("a[href^='/']:not([href^='/api/'])").evaluate_all(
        "links => links.map(link => link.getAttribute('href').split('#')[0])"
    )
    return hrefs


def test_no_page_was_left_out(product: Product, visited: set[str]) -> None:
    pages = {
        rule.endpoint
        for rule in product.application.url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }
    assert pages - visited == NOT_LINKED.keys()
