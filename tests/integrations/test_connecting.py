"""Connecting Sentry: the job validates, the row decides, the token is never seen again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from plugins.sentry.sandbox import TOKENS
from sleuth.accounts.models import AuditEntry, Event
from sleuth.extensions import db, write
from sleuth.impact.disabling import disable_integration
from sleuth.integrations import checks, project_list, service
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration, TrackerProject
from tests.conftest import NOW, Cast


def attempt() -> ConnectionCheck:
    db.session.rollback()
    return db.session.scalars(select(ConnectionCheck).order_by(ConnectionCheck.id.desc())).first()


@pytest.fixture
def connect(sandbox, cast: Cast, queued, run_jobs):
    """Paste a token of the sandbox by name and run the jobs."""

    def go(token: str, **more: str) -> ConnectionCheck:
        credentials = {"token": TOKENS[token].value, **more}
        service.connect_integration(cast.acme.id, "sentry", credentials, cast.developer.id)
        run_jobs()
        return attempt()

    return go


def integration(cast: Cast) -> Integration | None:
    db.session.rollback()
    return service.get_integration(cast.acme.id, "sentry")


def test_a_good_token_connects_and_is_shown_by_its_last_four_characters(connect, cast) -> None:
    assert connect("full").state == CheckState.SUCCEEDED
    row = integration(cast)
    assert row is not None
    assert row.masked_token.endswith("full")
    assert "sntryu" not in row.masked_token
    assert "Ada" in row.account_label


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("revoked", "token"),
        ("expired", "expired"),
        ("organization", "organization token"),
        ("no_org_read", "org:read"),
        ("sso", "single sign-on"),
        ("two_factor", "two-factor"),
    ],
)
def test_a_token_that_cannot_work_is_refused_by_its_cause(connect, cast, token, word) -> None:
    decided = connect(token)
    assert decided.state == CheckState.FAILED
    assert word in decided.message.lower()
    assert integration(cast) is None


@pytest.mark.parametrize("kind", ["503", "429", "html-200", "truncated", "hang-up"])
def test_a_sentry_that_does_not_answer_leaves_nothing_connected(
    connect, cast, sandbox, kind
) -> None:
    sandbox.misbehave(kind)
    decided = connect("full")
    assert (decided.state, integration(cast)) == (CheckState.FAILED, None)
    assert "Sentry" in decided.message


def test_an_attempt_keeps_what_was_pasted_only_until_it_is_decided(connect, cast) -> None:
    assert connect("full").payload is None
    assert connect("revoked").payload is None


def test_an_integration_token_is_asked_for_its_organization_and_then_connects(
    connect, cast
) -> None:
    waiting = connect("integration_opaque")
    assert waiting.state == CheckState.INCOMPLETE
    kept = service.kept_credentials(waiting, cast.developer.id)
    assert service.kept_credentials(waiting, cast.administrator.id) == {}
    assert kept["token"] == TOKENS["integration_opaque"].value
    decided = connect("integration_opaque", organization="acme")
    assert decided.state == CheckState.SUCCEEDED


def test_the_token_is_nowhere_readable_in_the_database(connect, cast) -> None:
    connect("full")
    raw = db.session.execute(text("SELECT credentials FROM integration")).scalar_one()
    assert "sntryu_ada_full" not in str(raw)
    for table in ("connection_check", "audit_entry", "event", "integration"):
        rows = db.session.execute(text(f"SELECT * FROM {table}")).all()
        assert "sntryu_ada_full" not in str(rows)


def test_a_cancelled_attempt_connects_nothing_even_if_its_job_runs(
    cast, sandbox, queued, run_jobs
) -> None:
    token = TOKENS["full"].value
    service.connect_integration(cast.acme.id, "sentry", {"token": token}, cast.developer.id)
    checks.cancel(attempt())
    run_jobs()
    assert integration(cast) is None


def test_connecting_twice_keeps_the_first_and_says_so(connect, cast) -> None:
    connect("full")
    decided = connect("full")
    assert decided.state == CheckState.FAILED
    assert "connected" in decided.message


def test_the_trackers_projects_are_kept_page_after_page(connect, cast) -> None:
    connect("three_organizations")
    row = integration(cast)
    assert row is not None
    projects = project_list.tracker_projects(row.id)
    assert len(projects) > 134
    assert {each.org_label for each in projects} == {"Acme", "Globex", "Initech"}


def test_a_name_too_long_for_its_column_is_cut(connect, cast, sandbox, run_jobs) -> None:
    connect("full")
    row = integration(cast)
    assert row is not None
    sandbox.world.organization("acme").projects[0].name = "long\0" + 300 * "g"
    project_list.request_projects(row)
    run_jobs()
    labels = [each.label for each in project_list.tracker_projects(row.id)]
    assert "long" + 251 * "g" in labels


def test_an_error_leaves_the_list_of_projects_as_it_was(connect, cast, sandbox, run_jobs) -> None:
    connect("full")
    row = integration(cast)
    assert row is not None
    before = len(project_list.tracker_projects(row.id))
    sandbox.misbehave("503")
    project_list.request_projects(row)
    run_jobs()
    row = integration(cast)
    assert row is not None
    assert row.projects_error
    assert len(project_list.tracker_projects(row.id)) == before


def test_disabling_erases_the_token_and_everything_below_it(connect, cast) -> None:
    connect("full")
    assert disable_integration(cast.acme.id, "sentry", "Sentry")
    assert integration(cast) is None
    assert db.session.scalars(select(TrackerProject)).all() == []


def test_disabling_leaves_other_integrations_and_organizations_alone(connect, cast) -> None:
    connect("full")
    other = Integration(
        organization_id=cast.globex.id, provider="sentry", credentials={}, connected_at=NOW
    )
    with write():
        db.session.add(other)
    disable_integration(cast.acme.id, "sentry", "Sentry")
    assert service.get_integration(cast.globex.id, "sentry") is not None


def test_connecting_and_disabling_are_in_the_audit_log_and_the_outbox(connect, cast) -> None:
    connect("full")
    disable_integration(cast.acme.id, "sentry", "Sentry")
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"integration.connected", "integration.disabled"} <= actions
    assert "integrationChanged" in set(db.session.scalars(select(Event.name)))


def test_the_audit_log_names_who_connected_though_a_job_did_it(connect, cast) -> None:
    connect("full")
    connected = select(AuditEntry).where(AuditEntry.action == "integration.connected")
    assert db.session.scalars(connected).one().actor_label == cast.developer.email


def test_an_attempt_whose_worker_died_is_taken_up_again(cast, sandbox, queued) -> None:
    token = TOKENS["full"].value
    service.connect_integration(cast.acme.id, "sentry", {"token": token}, cast.developer.id)
    checks.claim(attempt().id, NOW)
    assert service.due_check_ids(NOW + timedelta(seconds=60)) == []
    assert service.due_check_ids(NOW + timedelta(seconds=91)) == [attempt().id]


def test_an_attempt_for_a_tracker_that_is_gone_says_so(cast, queued, run_jobs) -> None:
    service.connect_integration(cast.acme.id, "no-such-tracker", {}, cast.developer.id)
    run_jobs()
    assert "no longer installed" in attempt().message
