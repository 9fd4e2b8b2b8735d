"""What a connected integration's card says and offers over its life."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.extensions import db, write
from sleuth.integrations import rechecking, service, trouble
from sleuth.integrations.models import ConnectionCheck, Integration
from tests.conftest import NOW, Cast

BASE = "/o/acme/integrations"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def integration(sandbox, cast: Cast, queued: list[tuple[Any, ...]], run_jobs) -> Integration:
    """Acme's connection, made the way people make it."""
    token = TOKENS["full"].value
    service.connect_integration(cast.acme.id, "sentry", {"token": token}, cast.developer.id)
    run_jobs()
    return fresh()


def stored() -> Integration:
    return db.session.scalars(select(Integration)).one()


def fresh() -> Integration:
    db.session.rollback()
    return stored()


def card(browser) -> str:
    return browser.get(f"{BASE}/sentry/card", headers=HTMX).text


def pressed_first(browser) -> list[str]:
    """Return what the buttons say that stand out on the card."""
    page = browser.get(f"{BASE}/error-trackers").text.partition('id="integration-sentry"')[2]
    found = re.findall(
        r'class="btn[^"]*btn-primary".*?>(.*?)</(?:a|summary)>',
        page.partition("</section>")[0],
        re.DOTALL,
    )
    return [re.sub(r"<[^>]*>", "", each).strip() for each in found]


def test_a_card_says_not_connected_while_it_is_not(sandbox, sign_in, cast) -> None:
    assert "Not connected" in card(sign_in("observer"))


def test_a_card_says_checking_while_a_token_is_tried(sandbox, sign_in, cast, queued) -> None:
    service.connect_integration(cast.acme.id, "sentry", {"token": "x" * 20}, cast.developer.id)
    assert "Checking" in card(sign_in("observer"))


def test_a_card_says_who_connected_what_as_whom_with_which_scopes(integration, sign_in) -> None:
    text = card(sign_in("observer"))
    for words in ("Sentry is connected", "Connected", "Ada", "by Dora", "event:read", "scopes"):
        assert words in text


def test_requests_left_are_shown_where_the_tracker_tells(integration, sign_in) -> None:
    assert "Requests left" not in card(sign_in("observer"))
    with write():
        stored().quota_left = 1234
    assert "1\u202f234" in card(sign_in("observer"))


def test_a_recheck_says_that_the_token_works(integration, sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    assert "Asking Sentry whether the token works" in card(browser)
    run_jobs()
    assert "The token works as Ada" in card(browser)


def test_a_recheck_of_a_dead_token_says_so_and_alarms_nobody_yet(
    integration, sign_in, run_jobs, sandbox
) -> None:
    sandbox.revoke(TOKENS["full"].value)
    browser = sign_in("developer")
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    run_jobs()
    text = card(browser)
    assert "Sentry does not know this token" in text
    assert "Needs attention" not in text


def test_a_card_whose_token_was_refused_says_so_once_and_offers_first_to_replace_it(
    integration, sign_in, run_jobs, sandbox, cast
) -> None:
    browser = sign_in("developer")
    assert pressed_first(browser) == ["Add impact"]
    sandbox.revoke(TOKENS["full"].value)
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    run_jobs()
    told = db.session.scalars(select(ConnectionCheck).order_by(ConnectionCheck.id.desc())).first()
    with write():
        row = stored()
        row.refusals, row.last_error, row.last_error_at = 1, told.message, NOW
    assert card(browser).count("Sentry does not know this token") == 1
    assert "it is still so" in card(browser)
    assert pressed_first(browser) == ["Replace token"]


def test_a_recheck_that_succeeds_clears_the_alarm(integration, sign_in, run_jobs) -> None:
    with write():
        row = stored()
        row.refusals, row.last_error, row.last_error_at = 9, "Refused.", NOW
    browser = sign_in("developer")
    assert "Needs attention" in card(browser)
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    run_jobs()
    assert "Needs attention" not in card(browser)
    assert fresh().last_error == ""


def test_what_a_recheck_came_to_is_forgotten_once_the_token_works(
    integration, sign_in, run_jobs, sandbox
) -> None:
    sandbox.revoke(TOKENS["full"].value)
    browser = sign_in("developer")
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    run_jobs()
    assert "Re-checked" in card(browser)
    with write():
        stored().proven_at = NOW + timedelta(minutes=1)
    assert "Re-checked" not in card(browser)


def test_nobody_can_recheck_all_the_time(integration, sign_in, run_jobs, queued) -> None:
    browser = sign_in("developer")
    browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    run_jobs()
    answer = browser.post(f"{BASE}/sentry/recheck", headers=HTMX)
    assert "a moment ago" in answer.headers["HX-Trigger"]
    assert queued == []


def test_a_token_that_collects_nothing_is_proven_every_hour(integration, sandbox) -> None:
    assert rechecking.unproven_ids(NOW + timedelta(minutes=59)) == []
    later = NOW + timedelta(minutes=61)
    assert rechecking.unproven_ids(later) == [integration.id]
    with clock.frozen(later):
        rechecking.prove_token(integration.id)
    assert fresh().proven_at == later
    assert rechecking.unproven_ids(later) == []


def test_a_dead_token_that_collects_nothing_is_noticed(integration, sandbox) -> None:
    sandbox.revoke(TOKENS["full"].value)
    at = NOW + timedelta(minutes=61)
    for _ in range(29):
        with clock.frozen(at):
            for id_ in rechecking.unproven_ids(at):
                rechecking.prove_token(id_)
        at += timedelta(seconds=20)
    assert trouble.is_refused(fresh()) is False
    for _ in range(6):
        with clock.frozen(at):
            for id_ in rechecking.unproven_ids(at):
                rechecking.prove_token(id_)
        at += timedelta(minutes=1)
    assert trouble.is_refused(fresh())


def test_an_administrator_pauses_and_resumes(integration, sign_in, queued) -> None:
    browser = sign_in("administrator")
    browser.post(f"{BASE}/sentry/pause", headers=HTMX)
    assert "Paused" in card(browser)
    browser.post(f"{BASE}/sentry/resume", headers=HTMX)
    assert "Paused" not in card(browser)


def test_a_developer_cannot_pause_an_integration(integration, sign_in) -> None:
    browser = sign_in("developer")
    assert browser.post(f"{BASE}/sentry/pause", headers=HTMX).status_code == 403
    assert f"{BASE}/sentry/pause" not in card(browser)


def test_an_observer_is_offered_nothing(integration, sign_in) -> None:
    text = card(sign_in("observer"))
    assert "recheck" not in text
    assert "collect-sentry" not in text


def test_collect_now_has_a_cool_down(integration, sign_in, queued) -> None:
    browser = sign_in("developer")
    first = browser.post(f"{BASE}/sentry/collect", headers=HTMX)
    second = browser.post(f"{BASE}/sentry/collect", headers=HTMX)
    assert "being collected" in first.headers["HX-Trigger"]
    assert "can be asked again in 60 seconds" in second.headers["HX-Trigger"]


def test_what_happens_to_an_integration_is_in_the_audit_log(integration, sign_in, queued) -> None:
    browser = sign_in("owner")
    browser.post(f"{BASE}/sentry/pause")
    browser.post(f"{BASE}/sentry/resume")
    browser.post(f"{BASE}/sentry/collect")
    log = browser.get("/o/acme/settings/audit-log").text
    for action in ("paused", "resumed", "asked <b>Sentry</b> for counts at once"):
        assert action in log
