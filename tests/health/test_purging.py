"""What a disabled integration leaves to verdicts, until it is deleted for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sleuth import clock
from sleuth.accounts.models import AuditEntry
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.health import purging, service
from sleuth.health.models import Verdict
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW

AFTER = NOW + timedelta(days=30)


def left(model) -> int:
    db.session.rollback()
    counted = select(func.count()).select_from(model)
    return db.session.scalar(counted, execution_options=SEES_DISABLED) or 0


@pytest.fixture
def disabled(source, deploy, cast) -> Verdict:
    """A verdict of a source whose tracker was disabled then."""
    judged = deploy(60)
    with write():
        db.session.add(ErrorCount(impact_source_id=source.id, bucket_start=60, count=3))
        db.session.add(Coverage(impact_source_id=source.id, since=0, until=120))
    service.assess_deploy(judged.id)
    disable_integration(cast.acme.id, "sentry", "Sentry")
    return db.session.scalars(select(Verdict)).one()


def test_for_thirty_days_nothing_is_deleted(disabled) -> None:
    assert purging.due_integration_ids(AFTER - timedelta(seconds=1)) == []
    purging.purge_integration(
        db.session.scalar(select(Integration.id), execution_options=SEES_DISABLED)
    )
    assert (left(Integration), left(ImpactSource), left(Verdict)) == (1, 1, 1)


def test_then_sources_counts_and_verdicts_go_together(disabled) -> None:
    [due] = purging.due_integration_ids(AFTER)
    with clock.frozen(AFTER):
        purging.purge_integration(due)
    rows = [left(each) for each in (Integration, ImpactSource, Verdict, ErrorCount, Coverage)]
    assert rows == [0, 0, 0, 0, 0]


def test_the_log_says_that_it_was_deleted_for_good(disabled) -> None:
    with clock.frozen(AFTER):
        purging.purge_integration(*purging.due_integration_ids(AFTER))
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert "integration.purged" in actions


def test_what_takes_too_long_is_gone_on_with(disabled, monkeypatch) -> None:
    monkeypatch.setattr(purging, "SECONDS_OF_WORK", 0.0)
    [due] = purging.due_integration_ids(AFTER)
    with clock.frozen(AFTER):
        purging.purge_integration(due)
        assert purging.due_integration_ids(AFTER) == [due]


def test_what_is_connected_is_never_deleted(source) -> None:
    assert purging.due_integration_ids(AFTER) == []
    with clock.frozen(AFTER):
        purging.purge_integration(source.integration_id)
    assert left(ImpactSource) == 1


def test_a_card_says_that_the_tracker_is_disconnected_until_then(disabled, sign_in) -> None:
    url = f"/o/acme/deploys/{disabled.deploy.public_id}/card"
    assert "Sentry, disconnected" in sign_in("observer").get(url).text
    with clock.frozen(AFTER):
        purging.purge_integration(*purging.due_integration_ids(AFTER))
        assert "Sentry, disconnected" not in sign_in("observer").get(url).text


def test_a_source_disabled_while_it_is_judged_gets_no_verdict(
    source, deploy, cast, monkeypatch
) -> None:
    fresh = deploy(60)
    judge = service.judge

    def judge_and_disable(*arguments):
        made = judge(*arguments)
        disable_integration(cast.acme.id, "sentry", "Sentry")
        return made

    monkeypatch.setattr(service, "judge", judge_and_disable)
    service.assess_deploy(fresh.id)
    assert left(Verdict) == 0
