"""The tab that says who did what to an integration."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from sleuth.accounts import audit
from sleuth.accounts.models import Membership, User
from sleuth.extensions import db, write
from sleuth.impact.disabling import disable_integration
from tests import tracker_samples
from tests.conftest import Cast

URL = "/o/acme/integrations/sentry/audit"


def words(browser: FlaskClient, url: str = URL) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<[^>]+>", "", browser.get(url).text.partition("<main")[2])
    return " ".join(text.split())


def pause(cast: Cast, times: int = 1) -> None:
    """Note so often that Adam paused Sentry, numbered in the details."""
    with write(), audit.acting_as(cast.administrator.email, cast.administrator.id):
        for number in range(times):
            audit.record(
                cast.acme.id,
                "integration.paused",
                "Sentry",
                provider="sentry",
                time=f"no. {number}.",
            )


@pytest.fixture
def paused(cast: Cast) -> None:
    """Adam paused Sentry."""
    pause(cast)


def test_it_says_who_did_what(sign_in, paused) -> None:
    assert "Adam paused Sentry 4 Mar 2026, 12:00 UTC" in words(sign_in("owner"))


def test_what_a_click_does_is_there_with_the_newest_first(sign_in, cast, queued) -> None:
    tracker_samples.connected(cast)
    browser = sign_in("owner")
    for verb in ("pause", "resume", "collect", "recheck"):
        browser.post(f"/o/acme/integrations/sentry/{verb}")
    told = words(browser)
    expected = ("asked Sentry whether", "asked Sentry for counts", "resumed", "paused")
    places = [told.index(f"Olga {each}") for each in expected]
    assert places == sorted(places)


def test_impact_sources_are_part_of_it(sign_in, cast, queued) -> None:
    tracker_samples.an_impact_source(cast)
    told = words(sign_in("owner"))
    assert re.search(r"Sleuth added the impact source \S+ .*Project: Shop Environment: Prod", told)


def test_what_concerns_something_else_is_not(sign_in, cast, paused) -> None:
    browser = sign_in("owner")
    browser.post("/o/acme/settings/rename", data={"name": "Acme & Sons"})
    assert "renamed" not in words(browser)


def test_what_nobody_asked_for_was_done_by_sleuth(sign_in, cast) -> None:
    with write():
        audit.record(cast.acme.id, "integration.disabled", "Sentry", provider="sentry")
    assert "Sleuth disconnected Sentry" in words(sign_in("owner"))


def test_the_command_line_is_called_that(sign_in, cast) -> None:
    with write(), audit.acting_as("command line"):
        audit.record(cast.acme.id, "integration.disabled", "Sentry", provider="sentry")
    assert "command line disconnected Sentry" in words(sign_in("owner"))


def test_who_is_no_member_any_more_is_still_named(sign_in, cast, paused) -> None:
    with write():
        db.session.execute(delete(Membership).where(Membership.user_id == cast.administrator.id))
    assert "Adam (no member any more) paused Sentry" in words(sign_in("owner"))


def test_who_has_no_account_any_more_is_named_by_address(sign_in, cast, paused) -> None:
    with write():
        db.session.execute(delete(Membership).where(Membership.user_id == cast.administrator.id))
        db.session.execute(delete(User).where(User.id == cast.administrator.id))
    assert "adam@acme.test (no member any more) paused" in words(sign_in("owner"))


def test_another_organization_does_not_see_it(sign_in, cast, paused) -> None:
    assert "Nothing was done yet" in words(
        sign_in("outsider"), "/o/globex/integrations/sentry/audit"
    )


@pytest.mark.parametrize("who", ["developer", "observer"])
def test_only_administrators_see_it(sign_in, paused, who: str) -> None:
    browser = sign_in(who)
    assert browser.get(URL).status_code == 403
    assert URL not in browser.get("/o/acme/integrations/error-trackers").text


def test_the_card_leads_there_connected_or_not(sign_in, cast) -> None:
    browser = sign_in("administrator")
    assert URL in browser.get("/o/acme/integrations/error-trackers").text
    tracker_samples.connected(cast)
    assert URL in browser.get("/o/acme/integrations/error-trackers").text


def test_the_history_of_what_was_disconnected_stays(sign_in, cast, queued) -> None:
    tracker_samples.connected(cast)
    pause(cast)
    disable_integration(cast.acme.id, "sentry", "Sentry")
    told = words(sign_in("owner"))
    assert "paused Sentry" in told
    assert "disconnected Sentry" in told


def test_the_history_of_a_tracker_whose_plugin_is_gone_stays(sign_in, cast) -> None:
    with write():
        audit.record(cast.acme.id, "integration.paused", "Bug Net", provider="bug-net")
    assert "paused Bug Net" in words(sign_in("owner"), "/o/acme/integrations/bug-net/audit")


def test_a_tracker_that_never_was_has_no_page(sign_in, cast) -> None:
    browser = sign_in("owner")
    assert browser.get("/o/acme/integrations/bug-net/audit").status_code == 404


def test_older_and_newer_entries_are_pages(sign_in, cast) -> None:
    pause(cast, times=120)
    browser = sign_in("owner")
    page = browser.get(URL).text
    assert "no. 119." in page
    assert "no. 69." not in page
    assert "Newer" not in page
    older = browser.get(f"{URL}?upto=70").text
    assert f'href="{URL}?upto=70"' in page
    assert "no. 69." in older
    assert f'href="{URL}?upto=20"' in older
    assert f'href="{URL}"' in older
    oldest = browser.get(f"{URL}?upto=20").text
    assert "no. 0." in oldest
    assert "Older" not in oldest
    assert f'href="{URL}?upto=70"' in oldest


def test_a_page_stays_the_same_while_entries_are_added(sign_in, cast) -> None:
    pause(cast, times=60)
    browser = sign_in("owner")
    before = words(browser, f"{URL}?upto=10").partition("Newer")[0]
    pause(cast, times=60)
    assert words(browser, f"{URL}?upto=10").partition("Newer")[0] == before


@pytest.mark.parametrize("upto", ["-5", "0", "999", "x"])
def test_a_page_that_cannot_be_is_the_newest_or_empty(sign_in, paused, upto: str) -> None:
    assert sign_in("owner").get(f"{URL}?upto={upto}").status_code == 200


def test_what_people_wrote_is_escaped(sign_in, cast) -> None:
    with write():
        audit.record(cast.acme.id, "impact_source.added", "<script>x</script>", provider="sentry")
    assert "<script>x" not in sign_in("owner").get(URL).text
