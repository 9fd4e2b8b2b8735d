"""Disabling a tracker for the organization, as rows and as a browser sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from sleuth import clock
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.impact import leases, service, storing
from sleuth.impact.disabling import disable_integration, kept_of, purge_now
from sleuth.impact.models import ErrorCount, ImpactSource, Sweep
from sleuth.impact.tasks import tasks_of
from sleuth.impact.turn import Outcome
from sleuth.integrations.models import ConnectionCheck, Integration, TrackerProject
from sleuth.plugin_api import TrackerError
from tests.conftest import NOW, Cast

BASE = "/o/acme/integrations/sentry"
HTMX = {"HX-Request": "true"}


def kept_row(model=Integration):
    db.session.rollback()
    return db.session.scalars(select(model).execution_options(**SEES_DISABLED)).one()


@pytest.fixture
def disabled(source: ImpactSource, cast: Cast) -> ImpactSource:
    """A source whose tracker was disabled just now."""
    with write():
        db.session.add(ErrorCount(impact_source_id=source.id, bucket_start=60, count=3))
    disable_integration(cast.acme.id, "sentry", "Sentry")
    return source


def test_the_token_is_erased_at_once(disabled) -> None:
    row = kept_row()
    assert (dict(row.credentials), row.masked_token) == ({}, "")


@pytest.mark.parametrize("kind", ["replace", "connect", "impact_source"])
def test_what_somebody_is_just_trying_is_erased_too(source, integration, cast, kind) -> None:
    with write():
        db.session.add(
            ConnectionCheck(
                public_id="try",
                organization_id=cast.acme.id,
                integration_id=None if kind == "connect" else integration.id,
                provider="sentry",
                kind=kind,
                payload={"credentials": {"token": "sntryu_new"}},
                created_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )
        db.session.add(TrackerProject(integration_id=integration.id, project_key="1", label="web"))
    disable_integration(cast.acme.id, "sentry", "Sentry")
    check = db.session.scalars(select(ConnectionCheck)).one()
    assert (check.payload, check.state) == (None, "failed")
    assert check.message == "Sentry has been disabled meanwhile."
    assert db.session.scalar(select(func.count(TrackerProject.id))) == 0


def test_sources_and_counts_are_kept_for_thirty_days(disabled) -> None:
    assert kept_row().purge_at == clock.now() + timedelta(days=30)
    assert kept_row(ImpactSource).name == "Web errors"
    assert db.session.scalar(select(func.sum(ErrorCount.count))) == 3


@pytest.mark.parametrize(
    "statement",
    [
        select(Integration),
        select(Integration.id),
        select(ImpactSource),
        select(ImpactSource.id).join(Integration),
        select(func.count()).where(ImpactSource.id > 0).having(func.count() > 0),
        select(Sweep.kind).join(ImpactSource, ImpactSource.id == Sweep.impact_source_id),
        select(Sweep.kind).where(Sweep.impact_source_id.in_(select(ImpactSource.id))),
        select(Sweep.kind).where(
            select(ImpactSource.id).where(ImpactSource.id == Sweep.impact_source_id).exists()
        ),
    ],
    ids=str,
)
def test_no_query_sees_what_is_disabled_unless_it_asks_for_it(disabled, statement) -> None:
    assert db.session.execute(statement).all() == []
    assert db.session.execute(statement, execution_options=SEES_DISABLED).all() != []


def test_what_is_disabled_cannot_be_changed_by_accident(disabled) -> None:
    with write():
        changed = db.session.execute(update(Integration).values(quota_left=1))
    assert changed.rowcount == 0


def test_nothing_is_collected_any_more(disabled) -> None:
    assert leases.due_integration_ids(NOW + timedelta(days=1)) == []


def test_an_answer_that_was_under_way_is_not_stored(source, integration, cast) -> None:
    leases.claim([integration.id], "round", NOW)
    [task] = [each for each in tasks_of(integration.id, NOW, 90) if each.kind is None]
    disable_integration(cast.acme.id, "sentry", "Sentry")
    storing.store([Outcome(task, NOW, TrackerError("Refused."))], "round")
    assert kept_row(ImpactSource).last_error == ""


def test_the_name_of_a_disabled_source_is_free(disabled, cast) -> None:
    assert not service.is_name_taken(cast.project.default_environment.id, "Web errors")


def test_disabling_what_is_not_connected_does_nothing(cast) -> None:
    assert not disable_integration(cast.acme.id, "sentry", "Sentry")


def test_the_dialog_counts_what_is_affected_and_says_until_when(sign_in, source) -> None:
    text = sign_in("administrator").get(f"{BASE}/disable", headers=HTMX).text
    assert "Disable Sentry for Acme?" in text
    assert "1 impact source in 1 project" in text
    assert "Web errors of Shop" in text
    assert "keep their words until 3 April 2026" in text


def test_without_the_organizations_name_nothing_is_disabled(sign_in, source, cast) -> None:
    browser = sign_in("administrator")
    for name in ("", "Globex"):
        answer = browser.post(f"{BASE}/disable", data={"organization": name}, headers=HTMX)
        assert answer.status_code == 422
        assert "Type the name of the organization, Acme." in answer.text
    assert kept_row().disabled_at is None


def test_the_name_may_be_typed_in_small_letters(sign_in, source) -> None:
    sign_in("administrator").post(f"{BASE}/disable", data={"organization": " acme "}, headers=HTMX)
    assert kept_row().disabled_at is not None


def test_pausing_is_offered_instead_unless_it_is_paused(sign_in, source, integration) -> None:
    browser = sign_in("administrator")
    assert "Pause instead" in browser.get(f"{BASE}/disable", headers=HTMX).text
    browser.post(f"{BASE}/pause", headers=HTMX)
    assert "Pause instead" not in browser.get(f"{BASE}/disable", headers=HTMX).text


@pytest.mark.parametrize("role", ["developer", "observer"])
def test_only_administrators_are_told_that_it_can_be_restored(sign_in, disabled, role) -> None:
    words = "Restore until 3 April 2026"
    assert words in sign_in("administrator").get(f"{BASE}/card").text
    card = sign_in(role).get(f"{BASE}/card").text
    assert words not in card
    assert "Not connected" in card


def test_projects_show_none_of_what_is_disabled(sign_in, disabled) -> None:
    page = sign_in("developer").get("/o/acme/projects/shop/impact").text
    assert "Web errors" not in page
    url = f"/o/acme/projects/shop/impact/{disabled.public_id}"
    assert sign_in("developer").get(url).status_code == 404


def test_another_organization_has_nothing_to_restore(disabled, cast) -> None:
    assert "sentry" in kept_of(cast.acme.id, NOW)
    assert kept_of(cast.globex.id, NOW) == {}


def test_after_thirty_days_nothing_is_offered_any_more(disabled, cast) -> None:
    assert kept_of(cast.acme.id, NOW + timedelta(days=30)) == {}


def test_deleting_everything_at_once_takes_the_offer_away(disabled, sign_in, queued) -> None:
    browser = sign_in("administrator")
    asked = browser.get(f"{BASE}/purge", headers=HTMX).text
    assert "1 impact source, with all counts" in asked
    browser.post(f"{BASE}/purge", headers=HTMX)
    assert "Restore until" not in browser.get(f"{BASE}/card").text
    assert ("sleuth.health.jobs.purge_integration", kept_row().id) in queued


def test_giving_up_leaves_other_organizations_alone(disabled, cast) -> None:
    purge_now(cast.globex.id, "sentry", "Sentry")
    assert "sentry" in kept_of(cast.acme.id, NOW)
