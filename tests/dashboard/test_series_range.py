"""Which part of a series an address asks for, and in how wide buckets it is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sleuth.buckets import DAY, HOUR
from sleuth.dashboard.series_range import MOST_BUCKETS, SeriesRange, custom, read_range
from sleuth.impact.models import ImpactSource
from sleuth.impact.retention import KEEP_HOURS

NOW = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)


def ask(
    *, has_margin: bool = False, interval: int = 60, hours_before: int = 0, **query: str
) -> SeriesRange:
    source = SimpleNamespace(interval_seconds=interval, minutes_from=hours_before)
    named = {name.rstrip("_"): value for name, value in query.items()}
    return read_range(named, cast(ImpactSource, cast(Any, source)), NOW, has_margin=has_margin)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("24h", "5 minutes"), ("7d", "hour"), ("14d", "hour"), ("30d", "3 hours"), ("90d", "day")],
)
def test_each_range_has_buckets_that_suit_it(name: str, unit: str) -> None:
    shown = ask(range=name)
    assert shown.unit == unit
    assert (shown.end - shown.first) / shown.step <= MOST_BUCKETS + 1
    assert shown.end >= NOW.timestamp() > shown.end - shown.step


@pytest.mark.parametrize("query", [{}, {"range": "7d"}, {"range": "nonsense"}])
def test_seven_days_are_shown_unless_asked_otherwise(query: dict[str, str]) -> None:
    assert ask(**query).name == "7d"
    assert ask(**query).as_query == {}


def test_days_of_a_custom_range_both_belong_to_it() -> None:
    shown = ask(range="custom", since="2026-02-01", until="2026-02-02")
    assert shown.since == datetime(2026, 2, 1, tzinfo=UTC)
    assert shown.until == datetime(2026, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-03T00:00Z"])
def test_of_a_time_with_nothing_before_it_the_oldest_minute_is_shown(until: str) -> None:
    shown = ask(range="custom", until=until)
    assert (shown.name, shown.error) == ("custom", "")
    assert shown.until == NOW - KEEP_HOURS
    assert shown.until - shown.since == timedelta(minutes=1)


@pytest.mark.parametrize("form", ["2026-03-01T14:02Z", "2026-03-01T14:02", "2026-03-01T14:02:00Z"])
def test_a_custom_range_may_be_given_to_the_minute(form: str) -> None:
    shown = ask(since=form, until="2026-03-01T18:02Z")
    assert shown.since == datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
    assert (shown.first, shown.step) == (int(shown.since.timestamp()), 60)
    assert shown.as_query == custom(shown.since, shown.until)
    assert shown.as_query["since"] == "2026-03-01T14:02Z"


def test_a_whole_day_that_begins_at_any_minute_is_shown_from_there() -> None:
    shown = ask(since="2026-03-01T14:02Z", until="2026-03-02T14:02Z")
    assert shown.step == 300
    assert shown.end - shown.first == DAY


def test_some_time_to_each_side_is_shown_where_it_is_to_be_compared() -> None:
    shown = ask(has_margin=True, since="2026-03-01T14:00Z", until="2026-03-01T20:00Z")
    assert int(shown.since.timestamp()) - shown.first == HOUR
    assert shown.end - int(shown.until.timestamp()) == HOUR


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        ("yesterday", "", "neither a day"),
        ("2026-02-30", "", "neither a day"),
        ("0001-01-01T00:00+14:00", "", "neither a day"),
        ("2026-03-02", "2026-03-01", "ends before it begins"),
        ("2026-04-01", "2026-04-02", "lies ahead"),
    ],
)
def test_what_cannot_be_shown_says_why_and_the_usual_is_shown(
    since: str, until: str, told: str
) -> None:
    shown = ask(range="custom", since=since, until=until)
    assert told in shown.error
    assert shown.name == "7d"


@pytest.mark.parametrize("since", ["0001-01-01", "1969-12-31", "2020-01-01T00:01Z"])
def test_nothing_is_shown_beyond_what_is_kept_nor_beyond_now(since: str) -> None:
    shown = ask(since=since, until="9999-12-30")
    assert (shown.since, shown.until) == (NOW - timedelta(days=400), NOW)
    assert (shown.end - shown.first) / shown.step <= MOST_BUCKETS


def test_where_only_hours_are_kept_buckets_are_hours() -> None:
    horizon = int((NOW - timedelta(days=35)).timestamp())
    old = ask(hours_before=horizon, since="2026-01-10T14:02Z", until="2026-01-10T15:30Z")
    assert (old.step, old.is_by_the_hour) == (HOUR, True)
    assert old.first % HOUR == 0
    assert not ask(hours_before=horizon, range="90d").is_by_the_hour
    assert not ask(hours_before=horizon, range="24h").is_by_the_hour


@pytest.mark.parametrize("interval", [300, 600, 3600, 7200, 86_400, 604_800])
@pytest.mark.parametrize("name", ["24h", "7d", "90d"])
def test_buckets_are_never_narrower_than_the_trackers_own(interval: int, name: str) -> None:
    shown = ask(interval=interval, range=name)
    assert shown.step % interval == 0
    assert shown.first % interval == 0
    assert shown.end > shown.first
