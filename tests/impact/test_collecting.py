"""Collecting from a server that answers like sentry.io, and that misbehaves on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

from plugins.sentry.sandbox import Sandbox
from sleuth import clock
from sleuth.dashboard import changes
from sleuth.extensions import db, write
from sleuth.http import deadline
from sleuth.impact import collecting, leases, series, service, storing
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.tasks import tasks_of
from sleuth.impact.turn import Outcome
from sleuth.integrations.models import Integration
from sleuth.trackers.calls import PluginHooks
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

Queued = list[tuple[Any, ...]]


def fresh(source: ImpactSource) -> ImpactSource:
    db.session.rollback()
    return db.session.get_one(ImpactSource, source.id)


def collect(source: ImpactSource, at: datetime = NOW) -> ImpactSource:
    with clock.frozen(at):
        collect_integrations([source.integration_id])
    return fresh(source)


def sweep(source: ImpactSource, kind: SweepKind) -> Sweep:
    return db.session.get_one(Sweep, (source.id, kind))


def stored(source: ImpactSource, since: datetime, until: datetime) -> list[int | None]:
    return series.read_counts(source.id, int(since.timestamp()), int(until.timestamp()), 60)


def told_by(
    sandbox: Sandbox, since: datetime, until: datetime, environment: str = "production"
) -> list[int]:
    acme = sandbox.world.organization("acme")
    begin, end = int(since.timestamp()), int(until.timestamp())
    return sandbox.counts(acme, acme.projects[0], environment, begin, end)


@pytest.fixture(autouse=True)
def no_queue(queued: Queued) -> Queued:
    return queued


def test_the_stored_minutes_are_exactly_the_trackers(source: ImpactSource, sandbox) -> None:
    known = collect(source)
    since = NOW - timedelta(days=6)
    assert known.complete_until is not None
    assert stored(source, since, known.complete_until) == told_by(
        sandbox, since, known.complete_until
    )


def test_a_minute_that_the_tracker_calls_incomplete_is_not_stored(source: ImpactSource) -> None:
    known = collect(source)
    assert known.complete_until == NOW - timedelta(minutes=2)
    assert stored(source, NOW - timedelta(minutes=2), NOW) == [None, None]


def test_29_days_back_are_collected_and_then_the_past_is_done(source: ImpactSource) -> None:
    collect(source)
    assert sweep(source, SweepKind.ALL).confirmed_at == NOW
    assert None not in stored(source, NOW - timedelta(days=29), NOW - timedelta(minutes=2))


def test_live_pages_hear_when_the_past_is_done(source: ImpactSource) -> None:
    collect(source)
    with write():
        whole = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        whole.due_at = NOW
    before = changes.latest(source.organization_id)
    collect(source)
    heard = changes.changes_after(source.organization_id, before)
    assert heard.names == ("impactSourceChanged",)


def test_the_next_minute_is_collected_when_it_is_complete(source: ImpactSource) -> None:
    known = collect(source)
    assert known.due_at is not None
    later = collect(source, known.due_at)
    assert later.complete_until == NOW - timedelta(minutes=1)


def test_events_that_arrive_late_are_counted_by_the_next_reading(
    source: ImpactSource, sandbox
) -> None:
    collect(source)
    later = NOW + timedelta(minutes=10)
    with clock.frozen(later):
        truth = told_by(sandbox, NOW - timedelta(minutes=3), NOW - timedelta(minutes=2))
    collect(source, later)
    assert stored(source, NOW - timedelta(minutes=3), NOW - timedelta(minutes=2)) == truth


def test_nothing_is_due_before_the_next_minute_can_be_complete(
    source: ImpactSource, queued: Queued
) -> None:
    known = collect(source)
    assert known.due_at is not None
    assert leases.due_integration_ids(known.due_at - timedelta(seconds=1)) == []
    assert leases.due_integration_ids(known.due_at) == [source.integration_id]


def test_after_an_outage_of_three_days_nothing_is_missing(source: ImpactSource, sandbox) -> None:
    collect(source)
    later = NOW + timedelta(days=3)
    collect(source, later)
    window = (NOW - timedelta(hours=1), later - timedelta(minutes=30))
    with clock.frozen(later):
        assert stored(source, *window) == told_by(sandbox, *window)


def test_collecting_needs_no_thread_for_each_request(
    source: ImpactSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise AssertionError("A thread was made for one request.")

    monkeypatch.setattr(deadline, "Thread", refuse)
    assert collect(source).last_error == ""


def test_who_was_asked_longest_ago_comes_first(
    source: ImpactSource, integration: Integration, cast: Cast, sandbox
) -> None:
    with write():
        other = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Other", error_environment="staging"),
            interval_seconds=60,
            warning="",
        )
        other.due_at, other.scheduled_at = NOW, NOW - timedelta(minutes=2)
        first = db.session.get_one(ImpactSource, source.id)
        first.due_at, first.scheduled_at = NOW - timedelta(minutes=1), NOW - timedelta(minutes=1)
    newest = [task.source_id for task in tasks_of(integration.id, NOW, 90) if task.kind is None]
    assert newest == [other.id, source.id]


@pytest.mark.parametrize(
    "kind",
    [
        "500",
        "503",
        "html-200",
        "html-502",
        "truncated",
        "429",
        "400-transient",
        "hang-up",
        "interval",
    ],
)
def test_bad_weather_is_kept_beside_the_source_and_tried_again(
    source: ImpactSource, sandbox, kind: str
) -> None:
    sandbox.misbehave(kind, match="/events-timeseries/")
    known = collect(source)
    assert known.last_error
    assert known.failure_count == 1
    assert known.due_at is not None
    assert known.due_at > NOW
    assert stored(source, NOW - timedelta(minutes=9), NOW) == [None] * 9


def test_an_answer_that_outlasts_its_job_is_noted_and_not_asked_for_at_once(
    source: ImpactSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ring(*_arguments: object, **_more: object) -> None:
        raise JobTimeoutException("time is up")

    monkeypatch.setattr(PluginHooks, "call", ring)
    known = collect(source)
    assert "longer to answer" in known.last_error
    assert leases.due_integration_ids(NOW) == []


def test_recovery_clears_the_error_by_itself(source: ImpactSource, sandbox) -> None:
    sandbox.misbehave("500", match="/events-timeseries/")
    failed = collect(source)
    sandbox.behave()
    assert failed.due_at is not None
    known = collect(source, failed.due_at + timedelta(minutes=1))
    assert (known.last_error, known.failure_count) == ("", 0)
    assert known.integration.last_error == ""


def test_a_revoked_token_stops_the_integration_with_a_sentence(
    source: ImpactSource, sandbox
) -> None:
    sandbox.revoke("sntryu_ada_full")
    known = collect(source)
    assert "token" in known.integration.last_error.lower()
    assert known.integration.retry_at is not None


def test_one_forbidden_project_leaves_the_other_sources_working(
    source: ImpactSource, integration: Integration, cast: Cast, sandbox
) -> None:
    with write():
        payroll = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Payroll", error_project_key="4504"),
            interval_seconds=60,
            warning="",
        )
    collect(source)
    assert fresh(payroll).last_error
    assert fresh(source).last_error == ""
    assert fresh(source).collected_at == NOW


def test_an_environment_not_seen_yet_counts_as_zeros(
    integration: Integration, cast: Cast, sandbox
) -> None:
    with write():
        quiet = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Quiet", error_environment="no-such-env"),
            interval_seconds=60,
            warning="",
        )
    collect(quiet)
    assert stored(quiet, NOW - timedelta(minutes=9), NOW - timedelta(minutes=4)) == [0] * 5


def test_events_without_an_environment_are_counted_on_request(
    integration: Integration, cast: Cast, sandbox
) -> None:
    with write():
        bare = service.add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox, "Bare", error_environment=""),
            interval_seconds=60,
            warning="",
        )
    collect(bare)
    window = (NOW - timedelta(hours=2), NOW - timedelta(minutes=30))
    assert stored(bare, *window) == told_by(sandbox, *window, environment="")


def test_an_answer_to_an_outdated_question_is_thrown_away(
    source: ImpactSource, cast: Cast, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit_meanwhile(*_arguments: object) -> None:
        with write():
            current = db.session.get_one(ImpactSource, source.id)
            other = source_settings(cast, sandbox, error_environment="staging")
            service.change_impact_source(current, other, "")

    _interrupt_first_call(sandbox, monkeypatch, edit_meanwhile)
    collect(source)
    window = (NOW - timedelta(hours=1), NOW - timedelta(minutes=30))
    assert stored(source, *window) == told_by(sandbox, *window, environment="staging")


def test_what_is_stored_while_a_source_is_changed_is_forgotten(
    source: ImpactSource, cast: Cast, sandbox, app, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = source.id
    staging = source_settings(cast, sandbox, error_environment="staging")

    def change() -> None:
        with app.app_context():
            service.save_impact_source(db.session.get_one(ImpactSource, source_id), staging)

    def store_meanwhile(*arguments: Any) -> None:
        if not changing.ident:
            changing.start()
            changing.join(0.5)  # it cannot end before this transaction does
        store(*arguments)

    changing, store = Thread(target=change), storing._Batch.store
    monkeypatch.setattr(storing._Batch, "store", store_meanwhile)
    monkeypatch.setattr(collecting, "ROUND_SECONDS", 0.05)
    collect_integrations([source.integration_id])
    changing.join()
    assert fresh(source).error_environment == "staging"
    assert fresh(source).complete_until is None
    assert series.covered(source_id, 0, 2**40) == []


def test_a_source_deleted_while_it_is_collected_leaves_nothing_behind(
    source: ImpactSource, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = source.id
    _interrupt_first_call(
        sandbox, monkeypatch, lambda *_: service.delete_impact_source(fresh(source))
    )
    collect_integrations([source.integration_id])
    db.session.rollback()
    assert db.session.get(ImpactSource, source_id) is None
    assert series.covered(source_id, 0, 2**40) == []


def test_two_workers_do_not_collect_the_same_integration_at_once(
    source: ImpactSource, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def second_worker(*_arguments: object) -> None:
        before = len(sandbox.requests)
        collect_integrations([source.integration_id])
        calls.append(len(sandbox.requests) - before)

    _interrupt_first_call(sandbox, monkeypatch, second_worker)
    collect(source)
    assert calls == [0]


def test_a_lease_left_by_a_killed_worker_runs_out(source: ImpactSource) -> None:
    with write():
        integration = db.session.get_one(Integration, source.integration_id)
        integration.claimed_until = NOW + leases.LEASE
    assert leases.due_integration_ids(NOW + leases.LEASE - timedelta(seconds=1)) == []
    assert leases.due_integration_ids(NOW + leases.LEASE) == [source.integration_id]


def test_a_source_whose_plugin_is_gone_rests_without_a_failure(source: ImpactSource, app) -> None:
    app.extensions["sleuth_trackers"].trackers.pop("sentry")
    assert leases.due_integration_ids(NOW) == []
    known = collect(source)
    assert known.integration.last_error == ""
    assert known.integration.failing_since is None


def _interrupt_first_call(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, act: Callable[..., None]
) -> None:
    """Run ``act`` between the tracker's first answer and its being stored."""
    store = storing.store
    is_first = [True]

    def interrupted(outcomes: Sequence[Outcome], token: str) -> None:
        if outcomes and is_first:
            is_first.pop()
            act()
        store(outcomes, token)

    monkeypatch.setattr(storing, "store", interrupted)
