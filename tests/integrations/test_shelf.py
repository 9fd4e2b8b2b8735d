"""The Integrations page as a shelf: tabs, order, search, and the way to a tracker of one's own."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event

from sleuth.extensions import db, write
from sleuth.trackers import LoadFailure, Registry
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.dashboard.conftest import HTMX, words

PAGE = "/o/acme/integrations/error-trackers"


@pytest.fixture
def registry(app: Flask) -> Registry:
    """Sentry, and three made-up trackers beside it, one of them of another kind."""
    loaded: Registry = app.extensions["sleuth_trackers"]
    sentry = loaded.trackers["sentry"]
    loaded.trackers.clear()
    for slug, name, category in (
        ("zebra", "Zebra", "error-trackers"),
        ("aardvark", "Aardvark", "error-trackers"),
        ("pulse", "Pulse", "uptime-monitors"),
    ):
        info = replace(sentry.info, slug=slug, name=name, category=category, description="Watches.")
        loaded.trackers[slug] = copy(sentry)
        loaded.trackers[slug].info = info
    loaded.trackers["sentry"] = sentry
    return loaded


def connect(cast: Cast, provider: str, **values: object) -> None:
    """Connect a tracker of Acme."""
    with write():
        db.session.add(cast.project)
        integration = seed.add_integration(cast.project, provider)
        integration.connected_by_id = cast.developer.id
        for name, value in values.items():
            setattr(integration, name, value)
        seed.add_source(integration, cast.project.default_environment, provider)


def shown(markup: str) -> list[str]:
    """Return the headings of the cards, in order."""
    return [words(each) for each in re.findall(r"<h2 class=\"card-title[^>]*>(.*?)</h2>", markup)]


def tabs(markup: str) -> str:
    found = markup.partition('id="integration-tabs"')[2].partition("</nav>")[0]
    return words(found.partition(">")[2])


def test_each_category_that_exists_is_a_tab_with_its_count(sign_in, registry) -> None:
    page = sign_in("observer").get(PAGE).text
    assert tabs(page) == "Error Trackers 3 Uptime Monitors 1"
    assert shown(sign_in("observer").get("/o/acme/integrations/uptime-monitors").text)[0] == "Pulse"


def test_without_any_tracker_the_page_says_so(sign_in, registry) -> None:
    registry.trackers.clear()
    page = sign_in("observer").get(PAGE).text
    assert tabs(page) == ""
    assert "No tracker is loaded" in page


def test_what_is_connected_comes_first_and_what_failed_to_load_last(
    sign_in, cast, registry
) -> None:
    connect(cast, "zebra")
    origin = registry.trackers["sentry"].origin
    registry.failures.append(LoadFailure("broken", origin, api_version=None, error="A typo."))
    cards = shown(sign_in("observer").get(PAGE).text)
    assert cards == ["Zebra", "Aardvark", "Sentry", "broken", "Write your own"]


def test_of_what_is_connected_that_in_trouble_comes_first(sign_in, cast, registry) -> None:
    connect(cast, "aardvark")
    connect(cast, "zebra", refusals=9, last_error="Refused.", failing_since=NOW)
    assert shown(sign_in("observer").get(PAGE).text)[:3] == ["Zebra", "Aardvark", "Sentry"]


def test_what_is_connected_without_its_plugin_is_in_trouble(sign_in, cast, registry) -> None:
    connect(cast, "zebra")
    del registry.trackers["zebra"]
    assert shown(sign_in("observer").get(PAGE).text)[:2] == ["Zebra", "Aardvark"]


@pytest.mark.parametrize("query", ["sent", " SENTRY  enable ", "track errors"])
def test_a_search_looks_in_names_and_descriptions(sign_in, registry, query) -> None:
    page = sign_in("observer").get(PAGE, query_string={"q": query}).text
    assert shown(page) == ["Sentry", "Write your own"]
    assert tabs(page) == "Error Trackers 1 Uptime Monitors 0"


def test_tabs_keep_what_is_searched_for(sign_in, registry) -> None:
    page = sign_in("observer").get(PAGE, query_string={"q": "watches"}).text
    assert 'href="/o/acme/integrations/uptime-monitors?q=watches"' in page
    assert 'value="watches"' in page


def test_while_one_types_cards_tabs_and_address_follow(sign_in, registry) -> None:
    answer = sign_in("observer").get(PAGE, query_string={"q": "zeb"}, headers=HTMX)
    assert answer.headers["HX-Replace-Url"] == f"{PAGE}?q=zeb"
    assert 'hx-swap-oob="true"' in answer.text
    assert shown(answer.text) == ["Zebra", "Write your own"]
    assert "<html" not in answer.text


def test_what_is_not_found_is_said_with_a_way_back(sign_in, registry) -> None:
    page = sign_in("observer").get(PAGE, query_string={"q": "<b>nobody"}).text
    assert "No name and no description here has “&lt;b&gt;nobody” in it." in page
    assert f'href="{PAGE}"' in page.partition("Nothing has that name")[2]


def test_one_can_write_ones_own(sign_in, cast) -> None:
    page = words(sign_in("observer").get(PAGE).text)
    assert "./run sleuth plugin new my-tracker" in page
    assert "docs/plugins/tutorial.md" in page


def test_scopes_are_folded_and_missing_ones_are_not(sign_in, cast) -> None:
    connect(cast, "sentry", scopes_present=["org:read", "event:read"], scopes_missing=["team:read"])
    card = sign_in("observer").get("/o/acme/integrations/sentry/card").text
    folded = card.partition('id="scopes-sentry"')[2]
    assert "2 scopes" in folded
    assert "org:read, event:read" in folded
    assert "Missing scopes" in words(card.partition('id="scopes-sentry"')[0])


def test_however_many_are_connected_the_page_takes_as_many_statements(
    sign_in, cast, registry
) -> None:
    browser = sign_in("owner")

    def count() -> int:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        assert browser.get(PAGE).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return sum(not each.startswith("BEGIN") for each in seen)

    connect(cast, "sentry", refusals=9, last_error="Refused.", failing_since=NOW)
    first = count()
    connect(cast, "zebra")
    connect(cast, "aardvark")
    connect(cast, "pulse", disabled_at=NOW, purge_at=NOW.replace(year=2027))
    assert count() == first <= 12
