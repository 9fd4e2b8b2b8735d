"""Bringing back what was disabled, as a browser sees it and as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.accounts.models import AuditEntry
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.impact.disabling import disable_integration, kept_of
from sleuth.impact.models import ErrorCount, ImpactSource, Sweep
from sleuth.impact.service import add_impact_source, pause_impact_source
from sleuth.integrations import service
from sleuth.integrations.models import ConnectionCheck, Integration
from sleuth.integrations.service import registry
from sleuth.trackers import Tracker
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

BASE = "/o/acme/integrations/sentry"
HTMX = {"HX-Request": "true"}
LATER = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def disabled(
    source: ImpactSource, integration: Integration, cast: Cast, queued: list[tuple[Any, ...]]
) -> ImpactSource:
    """What Ada's token collected before Sentry was disabled."""
    token = {"token": TOKENS["full"].value}
    answer = registry().trackers["sentry"].validate_token(token, clock.now())
    with write():
        row = db.session.get_one(Integration, integration.id)
        row.account_id, row.account_label = answer.account_id, "Ada"
        db.session.add(ErrorCount(impact_source_id=source.id, bucket_start=60, count=3))
    disable_integration(cast.acme.id, "sentry", "Sentry")
    return source


def attempt() -> ConnectionCheck:
    db.session.rollback()
    newest = select(ConnectionCheck).order_by(ConnectionCheck.id.desc())
    found = db.session.scalars(newest).first()
    assert found is not None
    return found


def connected(cast: Cast) -> Integration | None:
    db.session.rollback()
    return service.get_integration(cast.acme.id, "sentry")


def names() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(ImpactSource.name).order_by(ImpactSource.id)))


@pytest.fixture
def enter(sign_in, run_jobs):
    """Paste a token of the sandbox by name, wait, and return what the dialog says then."""

    def go(token: str, page: str = "restore", watch: str = "restorations") -> str:
        browser = sign_in("administrator")
        data = {"token": TOKENS[token].value}
        browser.post(f"{BASE}/{page}", data=data, headers=HTMX)
        run_jobs()
        return browser.get(f"{BASE}/{watch}/{attempt().public_id}", headers=HTMX).text

    return go


def test_the_dialog_says_what_comes_back_and_with_whose_token(sign_in) -> None:
    text = sign_in("administrator").get(f"{BASE}/restore", headers=HTMX).text
    assert "1 impact source is kept" in text
    assert "a token of the same account, and what it collected goes on: Ada" in text


def test_a_token_of_the_same_account_brings_everything_back(enter, cast, disabled) -> None:
    assert enter("org_admin") == ""
    row = connected(cast)
    assert row is not None
    assert row.credentials["token"] == TOKENS["org_admin"].value
    assert names() == ["Web errors"]
    assert db.session.get(ErrorCount, (disabled.id, 60)) is not None
    assert kept_of(cast.acme.id, NOW) == {}


def test_what_was_missed_is_collected_and_judged_again(enter, disabled, cast) -> None:
    with clock.frozen(LATER):
        enter("full")
    row = db.session.scalars(select(ImpactSource)).one()
    assert row.complete_until is not None
    assert row.complete_until > LATER - timedelta(minutes=5)
    assert row.changed_since is not None
    assert row.changed_since <= int(NOW.timestamp())
    assert row.changed_until == int(LATER.timestamp())


def test_it_is_not_called_late_for_the_time_it_was_disabled(enter, sign_in) -> None:
    with clock.frozen(LATER):
        enter("full")
        card = sign_in("developer").get(f"{BASE}/card").text
    assert "Late" not in card
    assert "Needs attention" not in card


def test_a_paused_source_comes_back_paused(enter, cast, disabled, run_jobs) -> None:
    enter("full")
    pause_impact_source(db.session.scalars(select(ImpactSource)).one())
    disable_integration(cast.acme.id, "sentry", "Sentry")
    enter("full")
    assert db.session.scalars(select(ImpactSource)).one().paused_at is not None


def test_a_token_of_another_account_restores_nothing(enter, cast) -> None:
    text = enter("three_organizations")
    assert "another Sentry account" in text
    assert "instead of Ada" in text
    assert "Nothing was restored" in text
    assert connected(cast) is None
    assert "sentry" in kept_of(cast.acme.id, NOW)


def test_a_token_that_does_not_work_restores_nothing(enter, cast) -> None:
    assert "Sentry does not know this token" in enter("revoked")
    assert connected(cast) is None


@pytest.mark.parametrize("kind", ["503", "html-200", "hang-up"])
def test_a_sentry_that_does_not_answer_leaves_everything_as_it_is(
    enter, cast, sandbox, kind
) -> None:
    sandbox.misbehave(kind)
    assert "Sentry" in enter("full")
    assert connected(cast) is None
    assert "sentry" in kept_of(cast.acme.id, NOW)


def test_connecting_another_account_restores_nothing(enter, cast) -> None:
    enter("three_organizations", "enable", "checks")
    assert connected(cast) is not None
    assert names() == []


def test_while_another_account_is_connected_nothing_can_be_restored(enter, cast) -> None:
    enter("three_organizations", "enable", "checks")
    assert "connected with another account now" in enter("full")
    assert names() == []


def test_sources_join_a_connection_that_was_made_anew_with_the_same_account(enter, cast) -> None:
    enter("full", "enable", "checks")
    assert names() == []
    assert enter("full") == ""
    assert names() == ["Web errors"]
    row = connected(cast)
    assert row is not None
    assert db.session.scalars(select(ImpactSource)).one().integration_id == row.id
    assert set(db.session.scalars(select(Sweep.integration_id))) == {row.id}
    assert kept_of(cast.acme.id, NOW) == {}


def test_a_source_whose_name_was_given_away_comes_back_under_another(enter, cast, sandbox) -> None:
    enter("full", "enable", "checks")
    with write():
        row = service.get_integration(cast.acme.id, "sentry")
        wanted = source_settings(cast, sandbox)
        add_impact_source(row, wanted, interval_seconds=60, warning="")
    enter("full")
    assert sorted(names()) == ["Web errors", "Web errors (restored)"]


def test_what_was_disabled_twice_comes_back_at_once(enter, cast, sandbox) -> None:
    enter("full", "enable", "checks")
    with write():
        row = service.get_integration(cast.acme.id, "sentry")
        wanted = source_settings(cast, sandbox)
        add_impact_source(row, wanted, interval_seconds=60, warning="")
    disable_integration(cast.acme.id, "sentry", "Sentry")
    assert enter("full") == ""
    assert sorted(names()) == ["Web errors", "Web errors (restored)"]
    assert kept_of(cast.acme.id, NOW) == {}


def test_after_thirty_days_there_is_nothing_to_restore(sign_in) -> None:
    with clock.frozen(NOW + timedelta(days=30)):
        answer = sign_in("administrator").get(f"{BASE}/restore", headers=HTMX)
    assert "Nothing of Sentry is left to restore" in answer.headers["HX-Trigger"]


def test_what_is_deleted_for_good_meanwhile_is_not_restored(sign_in, run_jobs, cast) -> None:
    browser = sign_in("administrator")
    browser.post(f"{BASE}/restore", data={"token": TOKENS["full"].value}, headers=HTMX)
    browser.post(f"{BASE}/purge", headers=HTMX)
    run_jobs()
    assert connected(cast) is None
    text = browser.get(f"{BASE}/restorations/{attempt().public_id}", headers=HTMX).text
    assert "There is nothing left to restore." in text


def test_a_cancelled_attempt_restores_nothing_and_is_erased(sign_in, run_jobs, cast) -> None:
    browser = sign_in("administrator")
    browser.post(f"{BASE}/restore", data={"token": TOKENS["full"].value}, headers=HTMX)
    browser.post(f"{BASE}/restorations/{attempt().public_id}/cancel", headers=HTMX)
    run_jobs()
    assert (attempt().payload, connected(cast)) == (None, None)


def test_another_organization_restores_nothing_of_acme(cast, enter, sign_in, run_jobs) -> None:
    browser = sign_in("outsider")
    url = "/o/globex/integrations/sentry/restore"
    answer = browser.post(url, data={"token": TOKENS["full"].value}, headers=HTMX)
    assert "Nothing of Sentry is left" in answer.headers["HX-Trigger"]


def test_the_audit_log_names_who_restored_it(enter, cast) -> None:
    enter("full")
    entry = select(AuditEntry).where(AuditEntry.action == "integration.restored")
    assert db.session.scalars(entry).one().actor_label == cast.administrator.email


def forget_ids_of_accounts(label: str) -> None:
    with write():
        row = db.session.scalars(select(Integration).execution_options(**SEES_DISABLED)).one()
        row.account_id, row.account_label = "", label


def test_where_ids_of_accounts_are_not_known_a_token_of_another_restores_nothing(
    enter, cast
) -> None:
    forget_ids_of_accounts("Ada")
    assert "Nothing was restored" in enter("three_organizations")
    assert connected(cast) is None


def test_where_ids_of_accounts_are_not_known_their_names_are_compared(enter, cast) -> None:
    token = {"token": TOKENS["full"].value}
    answer = registry().trackers["sentry"].validate_token(token, clock.now())
    forget_ids_of_accounts(answer.account_label)
    assert enter("full") == ""
    row = connected(cast)
    assert row is not None
    assert row.account_id == answer.account_id


def test_a_restoration_that_finds_it_disabled_again_leaves_nothing_half_done(
    enter, cast, monkeypatch
) -> None:
    enter("full", "enable", "checks")
    validate = Tracker.validate_token

    def validate_and_disable(*arguments):
        answer = validate(*arguments)
        disable_integration(cast.acme.id, "sentry", "Sentry")
        return answer

    monkeypatch.setattr(Tracker, "validate_token", validate_and_disable)
    assert "Sentry has been disabled meanwhile." in enter("full")
    assert (connected(cast), names()) == (None, [])
