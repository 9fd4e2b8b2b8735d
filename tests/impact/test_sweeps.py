"""Reading the past again: what is confirmed how often, and what an outage leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import Sandbox
from sleuth import clock
from sleuth.extensions import db, write
from sleuth.health import due, revising
from sleuth.impact import leases, schedule, series, service, sweeps
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import Coverage, ImpactSource, Sweep, SweepKind
from sleuth.impact.sweeps import Run
from sleuth.integrations.models import Integration
from tests.conftest import NOW

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


def collect(source: ImpactSource, at: datetime = NOW) -> ImpactSource:
    with clock.frozen(at):
        collect_integrations([source.integration_id])
    db.session.rollback()
    return db.session.get_one(ImpactSource, source.id)


def sweep(source: ImpactSource, kind: SweepKind) -> Sweep:
    db.session.rollback()
    return db.session.get_one(Sweep, (source.id, kind))


def stored(source: ImpactSource, since: datetime, until: datetime) -> list[int | None]:
    return series.read_counts(source.id, int(since.timestamp()), int(until.timestamp()), 60)


def told(sandbox: Sandbox, since: datetime, until: datetime) -> list[int]:
    acme = sandbox.world.organization("acme")
    begin, end = int(since.timestamp()), int(until.timestamp())
    return sandbox.counts(acme, acme.projects[0], "production", begin, end)


def spoil(source: ImpactSource, moment: datetime) -> None:
    """Store a count that the tracker does not give."""
    start = int(moment.timestamp())
    with write():
        series.replace_counts([series.Replacement(source.id, start, start + 60, [(start, 999)])])


def windows_asked(sandbox: Sandbox) -> list[int]:
    """Return the widths in minutes of all windows asked for so far."""
    widths = []
    for request in sandbox.requests:
        query = dict(request.query)
        if request.path.endswith("/events-timeseries/"):
            since, until = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
            widths.append((until - since) // MINUTE)
    return widths


def test_a_call_asks_for_9000_minutes_at_most(source: ImpactSource, sandbox: Sandbox) -> None:
    collect(source)
    widths = windows_asked(sandbox)
    assert max(widths) == 9000
    assert sum(widths) > 29 * 1440


def test_the_last_day_is_read_again_within_the_hour(source: ImpactSource, sandbox: Sandbox) -> None:
    collect(source)
    wrong = NOW - 20 * timedelta(hours=1)
    spoil(source, wrong)
    later = NOW + timedelta(hours=1)
    collect(source, later)
    with clock.frozen(later):
        assert stored(source, wrong, wrong + MINUTE) == told(sandbox, wrong, wrong + MINUTE)


def test_seven_days_are_read_again_within_the_day(source: ImpactSource, sandbox: Sandbox) -> None:
    collect(source)
    wrong = NOW - 6 * DAY
    spoil(source, wrong)
    collect(source, NOW + timedelta(hours=2))
    assert stored(source, wrong, wrong + MINUTE) == [999]
    collect(source, NOW + DAY)
    assert stored(source, wrong, wrong + MINUTE) == told(sandbox, wrong, wrong + MINUTE)


def test_everything_is_read_again_within_the_week(source: ImpactSource, sandbox: Sandbox) -> None:
    collect(source)
    wrong = NOW - 21 * DAY
    spoil(source, wrong)
    collect(source, NOW + 7 * DAY)
    assert stored(source, wrong, wrong + MINUTE) == told(sandbox, wrong, wrong + MINUTE)


def test_reading_more_confirms_what_lies_within(source: ImpactSource) -> None:
    collect(source)
    confirmed = {kind: sweep(source, kind).confirmed_at for kind in schedule.SWEEP_INTERVALS}
    assert set(confirmed.values()) == {NOW}


def test_what_the_tracker_vouches_for_in_part_is_not_confirmed(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    collect(source)
    sandbox.misbehave("unfinished", match="/events-")
    collect(source, NOW + timedelta(hours=1))
    day = sweep(source, SweepKind.DAY)
    assert day.confirmed_at == NOW
    assert day.last_error == "The tracker calls 2026-03-04 00:29 UTC incomplete now."


def test_what_was_incomplete_is_confirmed_once_it_is_complete(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    collect(source)
    sandbox.misbehave("unfinished", match="/events-")
    collect(source, NOW + timedelta(hours=1))
    sandbox.behave()
    later = NOW + timedelta(hours=1, minutes=2)
    collect(source, later)
    assert (sweep(source, SweepKind.DAY).confirmed_at, sweep(source, SweepKind.DAY).last_error) == (
        later,
        "",
    )


def test_an_answer_to_a_run_that_was_begun_anew_moves_nothing(source: ImpactSource) -> None:
    collect(source)
    with write():
        found = sweeps.sweeps_of([source.id])[source.id]
        row = db.session.get_one(ImpactSource, source.id)
        began_before = Run(0, 600, 6000, NOW)
        is_done = sweeps.advance(found, SweepKind.ALL, began_before, 0, row, NOW)
    assert not is_done
    assert sweep(source, SweepKind.ALL).reached is None


def test_too_large_a_piece_of_the_past_keeps_nothing_else_waiting(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    sandbox.misbehave("400-transient", match="/events-", times=3)
    with write():
        source.due_at = NOW + timedelta(seconds=10)
        source.complete_until = NOW - 2 * MINUTE
    known = collect(source)
    whole = sweep(source, SweepKind.ALL)
    assert (whole.failure_count, known.last_error) == (1, "")
    assert db.session.get_one(Integration, known.integration_id).retry_at is None


@pytest.mark.parametrize(("step", "hours"), [(86_400, 24), (86_400, 47), (21_600, 11), (3600, 2)])
def test_the_past_is_read_all_day_also_of_trackers_with_wide_buckets(
    source: ImpactSource, step: int, hours: int
) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.interval_seconds, row.due_at = step, NOW + 4 * DAY
        row.complete_until = NOW - timedelta(hours=hours)
    assert leases.due_integration_ids(NOW) == [source.integration_id]
    missed = NOW - timedelta(hours=hours) + max(timedelta(hours=3), timedelta(seconds=2 * step))
    assert leases.due_integration_ids(missed + MINUTE) == []


def test_a_gap_reaches_no_further_than_the_history(source: ImpactSource) -> None:
    known = collect(source)
    much_later = NOW + 60 * DAY
    with write():
        row = db.session.get_one(ImpactSource, known.id)
        sweeps.fill_in(row, NOW, much_later, much_later)
    assert sweep(source, SweepKind.GAP).since == int((much_later - 29 * DAY).timestamp())


def test_reading_more_does_not_take_back_what_was_read_since(source: ImpactSource) -> None:
    collect(source)
    with write():
        found = sweeps.sweeps_of([source.id])[source.id]
        found[SweepKind.DAY].confirmed_at = NOW + timedelta(hours=2)
        row = db.session.get_one(ImpactSource, source.id)
        run = Run(0, 6000, 6000, NOW + timedelta(hours=1))
        sweeps.advance(found, SweepKind.ALL, run, 0, row, NOW + timedelta(hours=3))
    assert sweep(source, SweepKind.ALL).confirmed_at == NOW + timedelta(hours=1)
    assert sweep(source, SweepKind.WEEK).confirmed_at == NOW + timedelta(hours=1)
    assert sweep(source, SweepKind.DAY).confirmed_at == NOW + timedelta(hours=2)


def test_a_run_that_took_long_makes_the_next_one_no_later(source: ImpactSource) -> None:
    collect(source)
    began, ended = NOW + timedelta(hours=1), NOW + 10 * DAY
    with write():
        found = sweeps.sweeps_of([source.id])[source.id]
        row = db.session.get_one(ImpactSource, source.id)
        sweeps.advance(found, SweepKind.ALL, Run(0, 6000, 6000, began), 0, row, ended)
    assert sweep(source, SweepKind.ALL).due_at <= began + 7 * DAY


def test_a_tracker_that_keeps_more_than_before_is_read_further_back(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    acme = sandbox.world.organization("acme")
    acme.retention_days = 10
    try:
        collect(source)
        assert db.session.get_one(ImpactSource, source.id).history_days == 9
        acme.retention_days = 90
        collect(source, NOW + 7 * DAY)
        assert db.session.get_one(ImpactSource, source.id).history_days == 29
    finally:
        acme.retention_days = 90


def test_sources_added_together_do_not_stay_together() -> None:
    moments = {schedule.next_sweep_at(SweepKind.DAY, each, NOW) for each in range(50)}
    assert len(moments) == 50
    assert max(moments) <= NOW + timedelta(hours=1)
    assert min(moments) >= NOW + timedelta(minutes=55)


def test_a_sweep_goes_on_where_it_was_interrupted(source: ImpactSource, sandbox: Sandbox) -> None:
    with write():
        started = schedule.from_epoch(int(NOW.timestamp()))
        row = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        row.since, row.started_from = int((NOW - 29 * DAY).timestamp()), int(NOW.timestamp())
        row.reached, row.started_at = int((NOW - 28 * DAY).timestamp()), started
    collect(source)
    assert max(windows_asked(sandbox)) == 1440


def test_what_lies_before_the_trackers_retention_is_unknown(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    sandbox.world.organization("acme").retention_days = 14
    collect(source)
    oldest = db.session.scalar(select(Coverage.since).order_by(Coverage.since))
    assert oldest is not None
    assert schedule.from_epoch(oldest) >= NOW - 14 * DAY
    assert stored(source, NOW - 20 * DAY, NOW - 20 * DAY + MINUTE) == [None]


def test_a_source_goes_back_one_day_less_than_its_tracker_keeps(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    sandbox.world.organization("acme").retention_days = 14
    assert collect(source).history_days == 13


def test_the_present_comes_before_the_past(source: ImpactSource, sandbox: Sandbox) -> None:
    collect(source)
    before = len(windows_asked(sandbox))
    collect(source, NOW + 10 * DAY)
    first, second = windows_asked(sandbox)[before : before + 2]
    assert first == 1440
    assert second == 9000


def test_an_outage_leaves_no_gap(source: ImpactSource) -> None:
    collect(source)
    collect(source, NOW + 10 * DAY)
    assert db.session.get(Sweep, (source.id, SweepKind.GAP)) is None
    assert len(db.session.scalars(select(Coverage)).all()) == 1


def test_progress_is_shown_while_the_past_is_read(source: ImpactSource, sandbox: Sandbox) -> None:
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        row.since, row.reached, row.started_from = 0, 25, 100
    db.session.expire_all()
    assert db.session.get_one(ImpactSource, source.id).progress == 75


def test_a_page_that_fails_is_asked_for_again_and_the_present_goes_on(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    collect(source)
    sandbox.misbehave("403", match="/events-timeseries/", times=1)
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.DAY))
        row.due_at = NOW
    collect(source)
    failed = sweep(source, SweepKind.DAY)
    assert failed.last_error
    assert failed.due_at > NOW
    assert collect(source, NOW + 3 * MINUTE).last_error == ""


def test_growing_at_the_end_is_no_change_of_the_past(source: ImpactSource) -> None:
    with write():
        series.replace_counts([series.Replacement(source.id, 0, 60, [(0, 1)])])
        changed = series.replace_counts([series.Replacement(source.id, 60, 120, [(60, 1)])])
    assert changed == {}


def test_a_count_that_was_corrected_is_a_change_of_the_past(source: ImpactSource) -> None:
    with write():
        series.replace_counts([series.Replacement(source.id, 0, 180, [(60, 1)])])
        changed = series.replace_counts([series.Replacement(source.id, 0, 180, [(120, 2)])])
    assert changed == {source.id: (60, 121)}


def test_a_gap_that_is_filled_is_a_change_of_the_past(source: ImpactSource) -> None:
    with write():
        series.replace_counts([series.Replacement(source.id, 0, 60, [])])
        series.replace_counts([series.Replacement(source.id, 240, 300, [])])
        changed = series.replace_counts([series.Replacement(source.id, 60, 240, [])])
    assert changed == {source.id: (60, 240)}


def test_what_changed_is_taken_once(source: ImpactSource) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.changed_since, row.changed_until, row.changed_at = 0, 60, NOW
    assert service.changed_source_ids(NOW) == []
    assert service.changed_source_ids(NOW + MINUTE) == [source.id]
    assert due.due_changes(NOW + MINUTE) == [0]
    with clock.frozen(NOW + MINUTE):
        revising.follow_changes()
    assert service.changed_source_ids(NOW + MINUTE) == []
    assert due.due_changes(NOW + MINUTE) == []


def test_rows_scheduled_before_the_clock_was_set_back_are_due_again(source: ImpactSource) -> None:
    collect(source)
    earlier = NOW - timedelta(hours=1)
    assert leases.due_integration_ids(earlier) == []
    assert leases.ids_scheduled_ahead(earlier) == [source.integration_id]
    with clock.frozen(earlier):
        leases.schedule_anew(source.integration_id)
        assert leases.due_integration_ids(earlier) == [source.integration_id]
        assert leases.ids_scheduled_ahead(earlier) == []


def test_a_lease_taken_before_the_clock_was_set_back_is_free(source: ImpactSource) -> None:
    leases.claim([source.integration_id], "somebody", NOW)
    assert leases.due_integration_ids(NOW) == []
    assert leases.due_integration_ids(NOW - timedelta(hours=1)) == []
    with clock.frozen(NOW - timedelta(hours=1)):
        leases.schedule_anew(source.integration_id)
    assert leases.due_integration_ids(NOW - timedelta(hours=1)) == [source.integration_id]


def test_counts_are_right_after_the_clock_was_an_hour_ahead(
    source: ImpactSource, sandbox: Sandbox
) -> None:
    collect(source, NOW + timedelta(hours=1))
    with clock.frozen(NOW):
        leases.schedule_anew(source.integration_id)
    known = collect(source)
    assert known.complete_until == NOW - 2 * MINUTE
    window = (NOW - timedelta(hours=3), NOW - 2 * MINUTE)
    assert stored(source, *window) == told(sandbox, *window)
    assert stored(source, NOW, NOW + MINUTE) == [None]
