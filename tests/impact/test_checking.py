"""An impact source is proven with the very call that collection makes, then saved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import checking, series, service
from sleuth.impact.checking import Proposal
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ImpactSource
from sleuth.integrations import checks
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings


def attempt() -> ConnectionCheck:
    db.session.rollback()
    return db.session.scalars(select(ConnectionCheck)).one()


def names() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(ImpactSource.name).order_by(ImpactSource.id)))


@pytest.fixture
def propose(integration: Integration, cast: Cast, sandbox, queued):
    """Start an attempt with some settings changed."""

    def start(source_id: int | None = None, **changes) -> None:
        proposal = Proposal(source_settings(cast, sandbox, **changes), source_id)
        row = db.session.get_one(Integration, integration.id)
        checking.start_check(row, proposal, cast.developer.id)

    return start


def test_a_source_that_can_be_collected_is_saved_and_collected(propose, run_jobs) -> None:
    propose()
    run_jobs()
    assert attempt().state == CheckState.SUCCEEDED
    source = db.session.scalars(select(ImpactSource)).one()
    assert (source.name, source.collected_at) == ("Web errors", NOW)


def test_a_project_without_access_is_refused_with_a_sentence(propose, run_jobs) -> None:
    propose(error_project_key="4504")
    run_jobs()
    assert attempt().state == CheckState.FAILED
    assert attempt().message
    assert names() == []


def test_what_proved_a_source_is_there_as_soon_as_it_is_saved(propose, sandbox) -> None:
    propose()
    checking.validate_impact_source(attempt().id)
    source = db.session.scalars(select(ImpactSource)).one()
    acme = sandbox.world.organization("acme")
    begin, end = int(NOW.timestamp()) - 7200, int(NOW.timestamp()) - 120
    assert series.read_counts(source.id, begin, end, 60) == sandbox.counts(
        acme, acme.projects[0], "production", begin, end
    )


@pytest.mark.parametrize("what", ["project", "environment"])
def test_a_source_whose_filter_is_ignored_is_not_saved(propose, run_jobs, sandbox, what) -> None:
    sandbox.misbehave(f"ignores-{what}", match="/events-")
    propose()
    run_jobs()
    assert f"Sentry ignores the {what}" in attempt().message
    assert names() == []


def test_an_environment_not_seen_yet_is_saved_with_a_suggestion(propose, run_jobs) -> None:
    propose(error_environment="prodution")
    run_jobs()
    assert attempt().state == CheckState.SUCCEEDED
    assert "production" in attempt().message
    assert "production" in db.session.scalars(select(ImpactSource)).one().warning


def test_what_was_entered_can_be_shown_again_after_a_failure(propose, run_jobs, sandbox) -> None:
    sandbox.misbehave("503")
    propose()
    run_jobs()
    kept = Proposal.from_payload(attempt().result["proposal"])
    assert kept.settings.error_environment == "production"


def test_a_cancelled_attempt_saves_nothing(propose, run_jobs) -> None:
    propose()
    checks.cancel(attempt())
    run_jobs()
    assert (attempt().state, names()) == (CheckState.CANCELLED, [])


def test_an_integration_disabled_meanwhile_ends_the_attempt(propose, run_jobs, cast) -> None:
    propose()
    disable_integration(cast.acme.id, "sentry", "Sentry")
    run_jobs()
    assert names() == []


def test_two_attempts_with_one_name_give_one_source_and_one_message(propose, run_jobs) -> None:
    propose()
    propose()
    run_jobs()
    db.session.rollback()
    states = {each.state for each in db.session.scalars(select(ConnectionCheck))}
    assert (states, names()) == ({CheckState.SUCCEEDED, CheckState.FAILED}, ["Web errors"])


def test_an_attempt_that_lost_its_worker_is_due_again_after_the_lease(propose, queued) -> None:
    propose()
    assert checks.claim(attempt().id, NOW) is not None
    assert checking.due_check_ids(NOW + timedelta(seconds=74)) == []
    assert checking.due_check_ids(NOW + timedelta(seconds=76)) == [attempt().id]


def test_an_attempt_nobody_decides_is_given_up_after_an_hour(propose) -> None:
    propose()
    checks.erase_expired(NOW + timedelta(minutes=61))
    assert (attempt().state, attempt().payload) == (CheckState.FAILED, None)


def test_measuring_something_else_starts_the_series_over(propose, run_jobs) -> None:
    propose()
    run_jobs()
    source_id = db.session.scalars(select(ImpactSource.id)).one()
    with clock.frozen(NOW + timedelta(hours=1)):
        propose(source_id, error_environment="staging")
        run_jobs()
    changed = db.session.get_one(ImpactSource, source_id)
    assert changed.error_environment == "staging"
    assert changed.collected_at == NOW + timedelta(hours=1)


def test_changing_only_the_name_keeps_the_counts(source, cast, sandbox, queued) -> None:
    with write():
        series.replace_counts([series.Replacement(source.id, 0, 60, [(0, 5)])])
    service.save_impact_source(source, source_settings(cast, sandbox, "Shop errors"))
    db.session.rollback()
    changed = db.session.get_one(ImpactSource, source.id)
    assert (changed.name, series.read_counts(source.id, 0, 60, 60)) == ("Shop errors", [5])


def test_a_deleted_source_takes_its_counts_along(source, queued) -> None:
    service.delete_impact_source(source)
    assert names() == []
