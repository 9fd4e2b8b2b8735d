"""When to collect and what to ask for: pure functions of moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sleuth.impact import schedule

NOW = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)
NOON = NOW.replace(second=0)
MINUTE = timedelta(minutes=1)


def test_a_new_source_reads_two_hours_up_to_the_running_minute() -> None:
    window = schedule.newest_window(None, NOW, 60)
    assert window == schedule.Window(NOON - timedelta(hours=2), NOON)


def test_every_collection_reads_the_last_quarter_of_an_hour_again() -> None:
    window = schedule.newest_window(NOON - MINUTE, NOW, 60)
    assert window.since == NOON - MINUTE - timedelta(minutes=15)


def test_after_a_long_outage_only_the_last_day_is_read_at_once() -> None:
    window = schedule.newest_window(NOON - timedelta(days=3), NOW, 60)
    assert window.since == NOON - timedelta(days=1)


def test_hourly_buckets_start_on_the_hour() -> None:
    window = schedule.newest_window(None, NOW + timedelta(minutes=20), 3600)
    assert (window.since.minute, window.until) == (0, NOON)


def test_a_page_of_the_past_has_9000_buckets_at_most() -> None:
    assert schedule.page_of(0, 10_000 * 60, 60) == (1000 * 60, 10_000 * 60)


@pytest.mark.parametrize(("failures", "buckets"), [(1, 4500), (3, 1125), (50, 60)])
def test_a_page_that_failed_is_asked_for_in_smaller_pieces(failures: int, buckets: int) -> None:
    assert schedule.page_of(0, 60 * 20_000, 60, failures) == (60 * (20_000 - buckets), 60 * 20_000)


def test_the_last_page_of_the_past_does_not_reach_beyond_what_is_wanted() -> None:
    assert schedule.page_of(600, 1200, 60) == (600, 1200)


def test_a_minute_is_due_91_to_110_seconds_after_its_end() -> None:
    waits = [schedule.next_due_at(NOON, source, 60) - (NOON + MINUTE) for source in range(100)]
    assert min(waits) == timedelta(seconds=91)
    assert max(waits) <= timedelta(seconds=110)


def test_failures_in_a_row_wait_longer_and_longer_up_to_two_minutes() -> None:
    delays = [schedule.retry_delay(count, None).total_seconds() for count in (1, 2, 3, 99)]
    assert delays == [30, 60, 120, 120]


def test_the_wait_that_a_tracker_asks_for_is_honoured() -> None:
    assert schedule.retry_delay(1, 7.0) == timedelta(seconds=7)
    assert schedule.retry_delay(1, 3600.0) == timedelta(hours=1)


def test_no_wait_is_longer_than_a_day() -> None:
    assert schedule.retry_delay(1, 1e9) == timedelta(days=1)


def test_what_only_a_person_can_mend_is_tried_four_times_an_hour() -> None:
    waits = [schedule.retry_delay(count, None, is_permanent=True) for count in (1, 2, 3, 9)]
    assert waits == [timedelta(minutes=minutes) for minutes in (5, 5, 15, 15)]
