"""The page and the count of what needs somebody's attention."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import watching
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests import tracker_samples
from tests.conftest import NOW, Cast
from tests.dashboard.conftest import words

URL = "/o/acme/needs-attention"
LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def integration(cast: Cast, queued) -> Integration:
    """Acme's integration with one impact source, whose counts stopped coming at NOW."""
    tracker_samples.an_impact_source(cast)
    return tracker_samples.connected(cast)


def refuse(integration: Integration) -> None:
    with write():
        row = db.session.get_one(Integration, integration.id)
        row.refusals, row.failing_since = 4, NOW
        row.last_error, row.last_error_at = "Sentry does not know this token.", NOW


def at_later(browser, url: str = URL) -> str:
    with clock.frozen(LATER):
        return words(browser.get(url).text)


def test_nothing_needs_attention_while_all_is_well(integration, sign_in) -> None:
    assert "Nothing needs attention" in words(sign_in("observer").get(URL).text)


def test_a_refused_token_is_listed_with_what_mends_it(integration, sign_in) -> None:
    refuse(integration)
    shown = at_later(sign_in("developer"))
    assert "Sentry does not know this token." in shown
    assert "since 20 minutes ago" in shown
    assert "1 impact source of Shop" in shown
    assert "who has a token of Sentry" in shown
    assert "Replace token" in shown


def test_an_observer_sees_what_is_wrong_and_no_button(integration, sign_in) -> None:
    refuse(integration)
    shown = at_later(sign_in("observer"))
    assert "Sentry does not know this token." in shown
    assert "Replace token" not in shown


def test_a_source_without_counts_is_listed_by_name(integration, sign_in) -> None:
    with write():
        source = db.session.query(ImpactSource).one()
        source.name, source.last_error = "Web errors", "Sentry does not know the project."
    shown = at_later(sign_in("developer"))
    assert "1 impact source gets no counts." in shown
    assert "Shop · Web errors : Sentry does not know the project." in shown


def test_a_tracker_whose_plugin_is_gone_is_listed_for_the_operator(
    integration, sign_in, app
) -> None:
    app.extensions["sleuth_trackers"].trackers.pop("sentry")
    shown = at_later(sign_in("owner"))
    assert "Plugin missing" in shown
    assert "The plugin of Sentry is not loaded, so nothing is collected." in shown
    assert "whoever runs this server" in shown
    assert "Replace token" not in shown


def test_the_count_in_the_navigation_comes_and_goes(integration, sign_in) -> None:
    browser = sign_in("observer")
    refuse(integration)
    watching.announce(integration.id)
    assert "Needs attention 1" in words(browser.get("/o/acme/").text)
    with write():
        db.session.get_one(Integration, integration.id).refusals = 0
    watching.announce(integration.id)
    assert "Needs attention" not in words(browser.get("/o/acme/").text)


def test_without_scripts_the_page_is_loaded_again(integration, sign_in) -> None:
    page = sign_in("observer").get(URL).text
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="30">', page)


@pytest.mark.parametrize(("shown", "is_current"), [(URL, True), ("/o/acme/", False)])
def test_the_entry_is_marked_where_it_leads_to_also_when_drawn_again(
    integration, sign_in, shown: str, is_current: bool
) -> None:
    refuse(integration)
    watching.announce(integration.id)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{shown}?page=2"}
    link = sign_in("observer").get(f"{URL}/link", headers=headers).text
    assert "Needs attention" in link
    assert ('aria-current="page"' in link) == is_current


def test_another_organization_sees_nothing_of_it(integration, sign_in) -> None:
    refuse(integration)
    watching.announce(integration.id)
    shown = words(sign_in("outsider").get("/o/globex/needs-attention").text)
    assert "Nothing needs attention" in shown
