"""The Integrations page, its card and dialogs, as a browser with and without HTMX sees them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.accounts.models import AuditEntry
from sleuth.extensions import db, write
from sleuth.integrations import service
from sleuth.integrations.models import ConnectionCheck, Integration
from sleuth.trackers import LoadFailure
from tests.conftest import NOW, Cast

HTMX = {"HX-Request": "true"}
BASE = "/o/acme/integrations"


@pytest.fixture(autouse=True)
def over_the_sandbox(sandbox, cast: Cast, queued) -> None:
    """Everything here talks to the stand-in."""


@pytest.fixture
def connected(cast: Cast, run_jobs) -> None:
    token = TOKENS["full"].value
    service.connect_integration(cast.acme.id, "sentry", {"token": token}, cast.developer.id)
    run_jobs()


def paste(browser, token: str, **more: str):
    return browser.post(
        f"{BASE}/sentry/enable", data={"token": TOKENS[token].value, **more}, headers=HTMX
    )


def watch_url() -> str:
    db.session.rollback()
    newest = select(ConnectionCheck.public_id).order_by(ConnectionCheck.id.desc())
    return f"{BASE}/sentry/checks/{db.session.scalars(newest).first()}"


def test_the_page_has_the_tab_and_a_card_that_offers_to_enable_sentry(sign_in) -> None:
    page = sign_in("developer").get(f"{BASE}/error-trackers").text
    assert "Error Trackers" in page
    assert "Enable Sentry to track errors for your project." in page
    assert f"{BASE}/sentry/enable" in page


def test_an_observer_sees_the_card_and_no_button(sign_in) -> None:
    page = sign_in("observer").get(f"{BASE}/error-trackers").text
    assert "Sentry" in page
    assert f"{BASE}/sentry/enable" not in page


def test_the_page_hears_of_what_others_change(sign_in) -> None:
    assert "data-live" in sign_in("observer").get(f"{BASE}/error-trackers").text


def test_an_unknown_category_or_tracker_is_no_page(sign_in) -> None:
    browser = sign_in("developer")
    assert browser.get(f"{BASE}/chat").status_code == 404
    assert browser.get(f"{BASE}/nope/enable").status_code == 404


def test_the_dialog_says_where_the_token_is_found_and_what_it_needs(sign_in) -> None:
    body = sign_in("developer").get(f"{BASE}/sentry/enable", headers=HTMX).text
    assert "Your Sentry auth token" in body
    assert "generate" in body
    assert "Auth Token" in body
    assert "Account Details" in body
    assert "event:read, member:read, org:read, project:read, project:releases, team:read" in body
    assert "elf-hosted Sentry" in body
    assert "<html" not in body


def test_the_dialog_is_a_page_of_its_own_for_a_plain_browser(sign_in) -> None:
    body = sign_in("developer").get(f"{BASE}/sentry/enable").text
    assert "<html" in body
    assert "Your Sentry auth token" in body


def test_saving_nothing_is_refused_beside_the_field(sign_in) -> None:
    answer = sign_in("developer").post(f"{BASE}/sentry/enable", data={"token": " "}, headers=HTMX)
    assert answer.status_code == 422
    assert "Enter the Auth Token." in answer.text


def test_saving_shows_a_running_state_that_asks_again(sign_in) -> None:
    answer = paste(sign_in("developer"), "full")
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert watch_url() in answer.text
    assert TOKENS["full"].value not in answer.text


def test_success_closes_the_dialog_and_the_card_says_connected(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    paste(browser, "full")
    run_jobs()
    answer = browser.get(watch_url(), headers=HTMX)
    triggers = json.loads(answer.headers["HX-Trigger"])
    assert answer.text == ""
    assert {"dialogClose", "integrationChanged"} <= triggers.keys()
    card = browser.get(f"{BASE}/sentry/card", headers=HTMX).text
    assert "Sentry is connected" in card
    assert "Ada" in card
    assert "Add impact" in card
    assert TOKENS["full"].value not in card
    assert f"…{TOKENS['full'].value[-4:]}" in card


def test_failure_keeps_the_dialog_open_with_the_cause(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    paste(browser, "organization")
    run_jobs()
    body = browser.get(watch_url(), headers=HTMX).text
    assert "organization token" in body.lower()
    assert 'role="alert"' in body
    assert TOKENS["organization"].value not in body
    assert "Auth Token" in body


def test_a_plain_browser_is_led_through_the_same_steps(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    sent = browser.post(f"{BASE}/sentry/enable", data={"token": TOKENS["full"].value})
    assert (sent.status_code, sent.location) == (303, watch_url())
    assert 'http-equiv="refresh"' in browser.get(watch_url()).text
    run_jobs()
    done = browser.get(watch_url(), follow_redirects=True)
    assert "Sentry is connected" in done.text


def test_a_missing_organization_is_asked_for_without_the_token_again(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    paste(browser, "integration_opaque")
    run_jobs()
    body = browser.get(watch_url(), headers=HTMX).text
    assert 'name="organization"' in body
    assert 'name="token"' not in body
    public_id = watch_url().rsplit("/", 1)[1]
    data = {"check": public_id, "organization": "acme"}
    browser.post(f"{BASE}/sentry/enable", data=data, headers=HTMX)
    run_jobs()
    assert "Sentry is connected" in browser.get(f"{BASE}/sentry/card").text


def test_a_mistyped_organization_is_asked_for_again(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    paste(browser, "integration_opaque")
    run_jobs()
    data = {"check": watch_url().rsplit("/", 1)[1], "organization": "nonsense"}
    browser.post(f"{BASE}/sentry/enable", data=data, headers=HTMX)
    run_jobs()
    body = browser.get(watch_url(), headers=HTMX).text
    assert "nonsense" in body
    assert 'name="organization"' in body
    data = {"check": watch_url().rsplit("/", 1)[1], "organization": "acme"}
    browser.post(f"{BASE}/sentry/enable", data=data, headers=HTMX)
    run_jobs()
    assert "Sentry is connected" in browser.get(f"{BASE}/sentry/card").text


@pytest.mark.parametrize(
    "pasted", [' "{}"\n', "“{}”", "\u200b{}\ufeff"], ids=["quotes", "word processor", "invisible"]
)
def test_what_surrounds_a_pasted_token_is_not_part_of_it(sign_in, run_jobs, pasted: str) -> None:
    check_pasted(sign_in("developer"), run_jobs, pasted.format(TOKENS["full"].value))


@pytest.mark.parametrize("broken_by", ["\n", "\r\n    ", "\u200b", "\u2060"])
def test_what_a_terminal_put_into_a_token_is_not_part_of_it(
    sign_in, run_jobs, broken_by: str
) -> None:
    token = TOKENS["full"].value
    check_pasted(sign_in("developer"), run_jobs, token[:9] + broken_by + token[9:])


def check_pasted(browser, run_jobs, pasted: str) -> None:
    entered = {"token": pasted}
    browser.post(f"{BASE}/sentry/enable", data=entered, headers=HTMX)
    run_jobs()
    assert "…full" in browser.get(f"{BASE}/sentry/card").text


def test_a_colleague_cannot_go_on_with_somebody_elses_token(sign_in, run_jobs, cast) -> None:
    paste(sign_in("developer"), "integration_opaque")
    run_jobs()
    public_id = watch_url().rsplit("/", 1)[1]
    data = {"check": public_id, "organization": "acme"}
    answer = sign_in("administrator").post(f"{BASE}/sentry/enable", data=data, headers=HTMX)
    assert answer.status_code == 422
    assert service.get_integration(cast.acme.id, "sentry") is None


def test_cancel_erases_what_was_pasted(sign_in) -> None:
    browser = sign_in("developer")
    paste(browser, "full")
    browser.post(f"{watch_url()}/cancel", headers=HTMX)
    db.session.rollback()
    assert db.session.scalars(select(ConnectionCheck.payload)).all() == [None]


def test_after_twenty_seconds_without_a_worker_the_dialog_says_so(sign_in) -> None:
    browser = sign_in("developer")
    paste(browser, "full")
    assert "No worker" not in browser.get(watch_url(), headers=HTMX).text
    with clock.frozen(NOW + timedelta(seconds=21)):
        assert "No worker" in browser.get(watch_url(), headers=HTMX).text


def test_enabling_what_is_connected_just_says_so(sign_in, connected) -> None:
    answer = sign_in("developer").get(f"{BASE}/sentry/enable", headers=HTMX)
    assert "Sentry is connected" in answer.headers["HX-Trigger"]


def test_add_impact_lists_every_project_of_the_organization(sign_in, connected) -> None:
    card = sign_in("developer").get(f"{BASE}/sentry/card").text
    assert "/o/acme/projects/shop/impact/add/sentry" in card
    assert "reactor" not in card


def test_only_administrators_and_owners_are_offered_to_disable(sign_in, connected) -> None:
    url = f"{BASE}/sentry/disable"
    assert url in sign_in("owner").get(f"{BASE}/sentry/card").text
    assert url in sign_in("administrator").get(f"{BASE}/sentry/card").text
    assert url not in sign_in("developer").get(f"{BASE}/sentry/card").text
    assert sign_in("developer").post(url).status_code == 403


def test_disabling_asks_first_and_then_the_card_offers_to_enable_again(
    sign_in, connected, cast
) -> None:
    browser = sign_in("administrator")
    dialog = browser.get(f"{BASE}/sentry/disable", headers=HTMX).text
    assert "Disable Sentry for Acme?" in dialog
    assert service.get_integration(cast.acme.id, "sentry") is not None
    done = browser.post(f"{BASE}/sentry/disable", data={"organization": "Acme"}, headers=HTMX)
    assert "integrationChanged" in done.headers["HX-Trigger"]
    assert f"{BASE}/sentry/enable" in browser.get(f"{BASE}/sentry/card").text


def test_a_plugin_that_fails_to_load_shows_on_a_card_of_its_own(sign_in, app) -> None:
    origin = app.extensions["sleuth_trackers"].trackers["sentry"].origin
    failure = LoadFailure("broken", origin, api_version=None, error="It has a syntax error.")
    app.extensions["sleuth_trackers"].failures.append(failure)
    page = sign_in("administrator").get(f"{BASE}/error-trackers").text
    assert "failed to load" in page
    assert "It has a syntax error." in page
    assert "Enable Sentry" in page
    page = sign_in("developer").get(f"{BASE}/error-trackers").text
    assert "This tracker cannot be used now. Administrators and owners see why." in page
    assert "It has a syntax error." not in page


def test_an_error_of_the_integration_is_said_on_its_card(sign_in, connected) -> None:
    with write():
        row = db.session.scalars(select(Integration)).one()
        row.last_error = "Sentry does not know this token any more."
    assert "does not know this token" in sign_in("observer").get(f"{BASE}/sentry/card").text


def test_another_organizations_attempt_cannot_be_watched(sign_in, cast) -> None:
    paste(sign_in("developer"), "full")
    url = watch_url().replace("/o/acme/", "/o/globex/")
    assert sign_in("outsider").get(url).status_code == 404


def test_the_token_is_in_no_page_and_no_audit_entry(sign_in, connected) -> None:
    browser = sign_in("owner")
    for url in (f"{BASE}/error-trackers", f"{BASE}/sentry/card", f"{BASE}/sentry/disable"):
        assert TOKENS["full"].value not in browser.get(url).text
    for entry in db.session.scalars(select(AuditEntry)):
        assert TOKENS["full"].value not in f"{entry.subject} {entry.detail}"


def test_null_characters_are_refused_with_a_sentence(sign_in) -> None:
    answer = sign_in("developer").post(
        f"{BASE}/sentry/enable", data={"token": "abc\0def"}, headers=HTMX
    )
    assert answer.status_code == 400
    assert "Null characters" in answer.text
