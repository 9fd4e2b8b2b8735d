"""Replacing a token in place, as a browser sees it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.accounts.models import AuditEntry
from sleuth.extensions import db, write
from sleuth.impact import leases, storing
from sleuth.impact.models import ImpactSource
from sleuth.impact.tasks import tasks_of
from sleuth.impact.turn import Outcome
from sleuth.integrations.models import ConnectionCheck, Integration
from sleuth.integrations.service import registry
from sleuth.plugin_api import TrackerError
from tests.conftest import NOW, Cast

BASE = "/o/acme/integrations/sentry"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def measured(source: ImpactSource, queued: list[tuple[Any, ...]]) -> ImpactSource:
    """Acme measures a project with Ada's token."""
    return source


@pytest.fixture(autouse=True)
def account(integration: Integration) -> None:
    """It is known whose token it is."""
    answer = (
        registry().trackers["sentry"].validate_token({"token": TOKENS["full"].value}, clock.now())
    )
    with write():
        row = db.session.get_one(Integration, integration.id)
        row.account_id, row.account_label = answer.account_id, "Ada"


def current() -> Integration:
    db.session.rollback()
    return db.session.scalars(select(Integration)).one()


def attempt() -> ConnectionCheck:
    db.session.rollback()
    newest = select(ConnectionCheck).order_by(ConnectionCheck.id.desc())
    found = db.session.scalars(newest).first()
    assert found is not None
    return found


def enter(browser, run_jobs, token: str) -> str:
    """Paste a token, wait, and return what the dialog says then."""
    browser.post(f"{BASE}/replace-token", data={"token": TOKENS[token].value}, headers=HTMX)
    run_jobs()
    return browser.get(f"{BASE}/replacements/{attempt().public_id}", headers=HTMX).text


def test_a_token_of_the_same_account_takes_the_old_ones_place(sign_in, run_jobs) -> None:
    assert enter(sign_in("developer"), run_jobs, "org_admin") == ""
    assert current().credentials["token"] == TOKENS["org_admin"].value
    assert db.session.scalars(select(ImpactSource.name)).all() == ["Web errors"]


def test_what_the_old_token_is_still_answered_is_not_held_against_the_new_one(
    sign_in, run_jobs, integration, measured
) -> None:
    leases.claim([integration.id], "old round", NOW)
    [task] = [each for each in tasks_of(integration.id, NOW, 90) if each.kind is None]
    enter(sign_in("developer"), run_jobs, "org_admin")
    refused = TrackerError("Refused.", permanent=True, reason="credentials")
    storing.store([Outcome(task, NOW, refused)], "old round")
    assert current().refusals == 0


def test_a_token_that_does_not_work_leaves_the_old_one(sign_in, run_jobs) -> None:
    text = enter(sign_in("developer"), run_jobs, "revoked")
    assert "Sentry does not know this token" in text
    assert current().credentials["token"] == TOKENS["full"].value


def test_the_dialog_says_that_the_old_one_works_meanwhile(sign_in) -> None:
    answer = sign_in("developer").post(
        f"{BASE}/replace-token", data={"token": TOKENS["org_admin"].value}, headers=HTMX
    )
    assert "the old one works meanwhile" in answer.text
    assert TOKENS["org_admin"].value not in answer.text


def test_a_token_of_another_account_is_refused_until_somebody_agrees(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    text = enter(browser, run_jobs, "three_organizations")
    assert "another Sentry account" in text
    assert "Grace" in text
    assert "sees every project that is measured" in text
    assert current().credentials["token"] == TOKENS["full"].value
    browser.post(f"{BASE}/replacements/{attempt().public_id}/confirm", headers=HTMX)
    run_jobs()
    assert current().credentials["token"] == TOKENS["three_organizations"].value
    assert "Grace" in current().account_label


def test_what_would_stop_is_listed(sign_in, run_jobs) -> None:
    text = enter(sign_in("developer"), run_jobs, "demo")
    assert "would get no more counts" in text
    assert "Web errors" in text


def test_keeping_the_old_token_changes_nothing_and_erases_the_new_one(sign_in, run_jobs) -> None:
    browser = sign_in("developer")
    enter(browser, run_jobs, "three_organizations")
    browser.post(f"{BASE}/replacements/{attempt().public_id}/cancel", headers=HTMX)
    assert attempt().payload is None
    assert current().credentials["token"] == TOKENS["full"].value


def test_nobody_agrees_in_somebody_elses_name(sign_in, run_jobs) -> None:
    enter(sign_in("developer"), run_jobs, "three_organizations")
    url = f"{BASE}/replacements/{attempt().public_id}/confirm"
    answer = sign_in("administrator").post(url, headers=HTMX)
    assert "Only whoever pasted that token" in answer.text
    assert current().credentials["token"] == TOKENS["full"].value
    assert sign_in("outsider").post(url, headers=HTMX).status_code == 404


def test_an_observer_cannot_replace_a_token(sign_in) -> None:
    assert sign_in("observer").get(f"{BASE}/replace-token").status_code == 403


def test_the_audit_log_knows_both_accounts_and_no_token(sign_in, run_jobs, cast: Cast) -> None:
    enter(sign_in("developer"), run_jobs, "org_admin")
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "integration.token_replaced")
    ).one()
    assert entry.actor_label == cast.developer.email
    assert entry.detail["account_before"] == "Ada"
    assert TOKENS["org_admin"].value not in str(entry.detail)
