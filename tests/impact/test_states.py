"""What a tracker's answers do to an integration and its sources, over simulated hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import leases, series, service, states, watching
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations import service as integrations
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

COUNTS = "/events-timeseries/"
WEATHER = ["429", "500", "503", "html-502", "html-200", "truncated", "400-transient", "hang-up"]
REFUSALS: list[Any] = [
    "Invalid token",
    "Token expired",
    "User inactive or deleted",
    "Unauthorized organization access.",
    {"code": "sso-required", "message": "Must login via SSO"},
    {"code": "2fa-required", "message": "Organization requires two-factor authentication"},
    {"code": "member-disabled-over-limit", "message": "Organization over member limit"},
]


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing runs but what a test runs."""


@pytest.fixture
def working(source: ImpactSource) -> ImpactSource:
    """A source that has been collected for a few minutes."""
    live(NOW - timedelta(minutes=5), NOW)
    return source


def live(since: datetime, until: datetime) -> None:
    """Let the tick's time pass: whatever falls due is collected."""
    at = since
    while at <= until:
        with clock.frozen(at):
            if due := leases.due_integration_ids(at):
                collect_integrations(due)
        at += timedelta(seconds=20)


def feels(integration: Integration, at: datetime) -> State:
    db.session.rollback()
    row = db.session.get_one(Integration, integration.id)
    return states.feeling(row, at).state


def source_feels(source: ImpactSource, at: datetime) -> State:
    db.session.rollback()
    return states.state_of_source(db.session.get_one(ImpactSource, source.id), at)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_what_is_collected_by_the_minute_is_connected(working, integration) -> None:
    assert feels(integration, NOW) == State.CONNECTED
    assert source_feels(working, NOW) == State.CONNECTED


def test_a_source_without_counts_is_being_checked(source, integration) -> None:
    assert source_feels(source, NOW) == State.CHECKING
    assert feels(integration, NOW) == State.CONNECTED


@pytest.mark.parametrize("kind", WEATHER)
def test_ten_minutes_of_bad_weather_alarm_nobody(working, integration, sandbox, kind) -> None:
    sandbox.misbehave(kind, match=COUNTS)
    seen = set()
    for minute in range(10):
        live(after(minute), after(minute + 0.9))
        seen.add(feels(integration, after(minute + 0.9)))
    sandbox.behave()
    for minute in range(10, 16):
        live(after(minute), after(minute + 0.9))
        seen.add(feels(integration, after(minute + 0.9)))
    assert State.LATE in seen
    assert State.NEEDS_ATTENTION not in seen
    assert feels(integration, after(16)) == State.CONNECTED


@pytest.mark.parametrize("kind", WEATHER)
def test_bad_weather_that_stays_needs_attention(working, integration, sandbox, kind) -> None:
    sandbox.misbehave(kind, match=COUNTS)
    live(NOW, after(19))
    assert feels(integration, after(19)) == State.NEEDS_ATTENTION
    assert source_feels(working, after(19)) == State.NEEDS_ATTENTION


@pytest.mark.parametrize("detail", REFUSALS, ids=str)
def test_a_refused_token_is_tried_three_times_more_before_it_is_declared(
    working, integration, sandbox, detail
) -> None:
    sandbox.misbehave("401", match=COUNTS, detail=detail)
    before = len(sandbox.requests)
    live(NOW, after(8))
    assert feels(integration, after(8)) == State.CHECKING
    live(after(8), after(15))
    assert feels(integration, after(15)) == State.NEEDS_ATTENTION
    assert len(sandbox.requests) - before == 4


def test_one_refusal_that_was_a_mistake_is_forgotten(working, integration, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, times=1)
    live(NOW, after(2))
    assert feels(integration, after(2)) == State.CHECKING
    live(after(2), after(6))
    assert feels(integration, after(6)) == State.CONNECTED


@pytest.mark.parametrize("detail", REFUSALS, ids=str)
def test_a_token_that_is_accepted_again_clears_the_alarm(
    working, integration, sandbox, detail
) -> None:
    sandbox.misbehave("401", match=COUNTS, detail=detail)
    live(NOW, after(20))
    sandbox.behave()
    live(after(20), after(36))
    assert feels(integration, after(36)) == State.CONNECTED


def test_a_token_that_one_organization_refuses_alarms_though_another_accepts_it(
    working, integration, cast: Cast, sandbox
) -> None:
    with write():
        other = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Elsewhere", error_org_key="1002"),
            interval_seconds=60,
            warning="",
        )
    sandbox.misbehave("401", match="/organizations/1002/", detail=REFUSALS[4])
    live(NOW, after(20))
    assert source_feels(other, after(20)) == State.NEEDS_ATTENTION
    assert source_feels(working, after(20)) == State.CONNECTED
    assert feels(integration, after(20)) == State.NEEDS_ATTENTION


def test_a_pause_during_the_doubt_does_not_last_a_day(working, integration, cast, sandbox) -> None:
    sandbox.misbehave("401", match=COUNTS, times=1, detail=REFUSALS[4])
    live(NOW, after(2))
    integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
    integrations.resume_integration(cast.acme.id, "sentry", "Sentry")
    live(after(2), after(6))
    assert feels(integration, after(6)) == State.CONNECTED


def test_one_answer_that_a_project_is_closed_alarms_nobody(working, integration, sandbox) -> None:
    sandbox.misbehave("403", match=COUNTS, times=1)
    seen = set()
    for minute in range(20):
        live(after(minute), after(minute + 0.9))
        seen.add(feels(integration, after(minute + 0.9)))
    assert State.NEEDS_ATTENTION not in seen
    assert feels(integration, after(20)) == State.CONNECTED


def test_what_is_wrong_with_an_integration_that_measures_nothing_needs_attention(
    integration,
) -> None:
    with write():
        row = db.session.get_one(Integration, integration.id)
        row.last_error, row.failing_since = "Sentry could not be reached.", NOW
    assert feels(integration, after(14)) == State.CONNECTED
    assert feels(integration, after(15)) == State.NEEDS_ATTENTION


def test_after_the_clock_was_set_back_nothing_waits_for_the_future(
    working, integration, sandbox
) -> None:
    ahead = NOW + timedelta(days=1)
    with write():
        row = db.session.get_one(Integration, integration.id)
        row.resumed_at = row.hurried_at = row.proven_at = ahead
    assert leases.ids_scheduled_ahead(NOW) == [integration.id]
    leases.schedule_anew(integration.id)
    assert leases.ids_scheduled_ahead(NOW) == []
    assert feels(integration, after(6)) == State.LATE


@pytest.mark.parametrize("kind", ["403", "404-empty"])
def test_one_closed_project_leaves_the_others_working(
    working, integration, cast: Cast, sandbox, kind
) -> None:
    with write():
        other = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Payroll", error_project_key="4504"),
            interval_seconds=60,
            warning="",
        )
    live(NOW, after(20))
    assert source_feels(other, after(20)) == State.NEEDS_ATTENTION
    assert source_feels(working, after(20)) == State.CONNECTED
    assert feels(integration, after(20)) == State.NEEDS_ATTENTION
    assert states.feeling(integration, after(20)).tally.troubled == 1


def test_where_nothing_collects_it_is_late_and_then_needs_attention(working, integration) -> None:
    assert feels(integration, after(2)) == State.CONNECTED
    assert feels(integration, after(6)) == State.LATE
    assert feels(integration, after(18)) == State.NEEDS_ATTENTION


def test_counts_by_the_hour_may_be_hours_late(working, integration, declare) -> None:
    declare(3600)
    with write():
        row = db.session.get_one(ImpactSource, working.id)
        row.interval_seconds, row.expected_at = 3600, NOW
    assert feels(integration, after(179)) == State.CONNECTED
    assert feels(integration, after(181)) == State.LATE
    assert feels(integration, after(241)) == State.NEEDS_ATTENTION


def test_a_paused_integration_asks_nothing_and_alarms_nobody(
    working, integration, cast: Cast, sandbox
) -> None:
    integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
    before = len(sandbox.requests)
    live(NOW, after(30))
    assert len(sandbox.requests) == before
    assert feels(integration, after(30)) == State.PAUSED
    assert source_feels(working, after(30)) == State.PAUSED


def test_after_a_pause_what_was_missed_is_read(working, integration, cast: Cast) -> None:
    integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
    with clock.frozen(after(60)):
        integrations.resume_integration(cast.acme.id, "sentry", "Sentry")
    assert feels(integration, after(60)) == State.CONNECTED
    live(after(60), after(63))
    db.session.rollback()
    since, until = (int(each.timestamp()) for each in (NOW, after(60)))
    assert None not in series.read_counts(working.id, since, until - 120, 60)


def test_a_paused_source_leaves_the_others_working(working, integration, cast, sandbox) -> None:
    with write():
        other = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "More", error_environment="staging"),
            interval_seconds=60,
            warning="",
        )
    service.pause_impact_source(other)
    live(NOW, after(20))
    assert source_feels(other, after(20)) == State.PAUSED
    assert feels(integration, after(20)) == State.CONNECTED
    assert states.feeling(integration, after(20)).tally.paused == 1
    with clock.frozen(after(20)):
        service.resume_impact_source(other)
    live(after(20), after(22))
    assert source_feels(other, after(22)) == State.CONNECTED


def test_everything_can_be_collected_at_once_and_not_all_the_time(working, integration) -> None:
    assert leases.due_integration_ids(NOW) == []
    assert service.collect_now(integration) is None
    assert leases.due_integration_ids(NOW) == [integration.id]
    assert service.collect_now(integration) == NOW + service.COOL_DOWN


def test_a_tracker_that_wants_to_be_left_alone_is(working, integration, sandbox) -> None:
    sandbox.misbehave("429", match=COUNTS, retry_after="600")
    live(NOW, after(2))
    free_at = service.collect_now(db.session.get_one(Integration, integration.id))
    assert free_at is not None
    assert after(10) < free_at <= after(12)


@pytest.mark.parametrize("what", ["source", "integration"])
def test_what_is_paused_cannot_be_hurried(
    working, integration, cast: Cast, sign_in, what: str
) -> None:
    if what == "source":
        service.pause_impact_source(working)
    else:
        integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
    url = "/o/acme/integrations/sentry/collect"
    told = sign_in("developer").post(url, headers={"HX-Request": "true"}).headers["HX-Trigger"]
    name = "Sentry" if what == "integration" else "Every impact source of Sentry"
    assert f"{name} is paused: nothing is collected" in told
    db.session.rollback()
    assert db.session.get_one(Integration, integration.id).hurried_at is None


def test_however_many_integrations_there_are_watching_takes_two_statements(
    working, integration, cast: Cast
) -> None:
    with write():
        for number in range(5):
            db.session.add(
                Integration(
                    organization_id=cast.globex.id,
                    provider=f"tracker-{number}",
                    credentials={},
                    connected_at=NOW,
                )
            )
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert len(watching.changed_ids(NOW)) == 6
    assert len([each for each in seen if each.startswith("SELECT")]) == 2


def test_live_pages_hear_when_time_alone_makes_counts_late(working, integration) -> None:
    watching.announce(integration.id)
    assert watching.changed_ids(NOW) == []
    assert watching.changed_ids(after(6)) == [integration.id]
    with clock.frozen(after(6)):
        watching.announce(integration.id)
    assert watching.changed_ids(after(6)) == []


def test_counts_that_were_asked_for_at_once_are_being_collected_until_they_are_there(
    working: ImpactSource,
) -> None:
    integration, at = working.integration, NOW + timedelta(seconds=10)
    assert not states.feeling(integration, at).is_collecting
    with clock.frozen(at):
        service.collect_now(integration)
    db.session.rollback()
    assert states.feeling(integration, at).is_collecting
    live(at, at + timedelta(seconds=20))
    db.session.rollback()
    assert not states.feeling(integration, at + timedelta(seconds=20)).is_collecting
