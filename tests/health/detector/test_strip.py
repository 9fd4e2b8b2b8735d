"""The health of an environment's latest windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector import StripValue, health_strip, window_count, window_seconds
from tests.health.detector.series import DAY, HOUR, MINUTE, Case, drawn


def survey(case: Case, later: int = 0, **others: object) -> list[StripValue]:
    """Return the strip at the end of a series, or so many seconds later."""
    now = int(case.minutes[-1]) + case.step + later
    return health_strip(case.minutes, case.counts, now, [], step_seconds=case.step, **others)


def healths(values: list[StripValue]) -> set[str]:
    return {each.health for each in values}


def course(ratio: float = 1.0, rate: float = 20, days: int = 8, since: int = 60) -> Case:
    """Return a series of which the last minutes, counted from the end, are multiplied."""
    return drawn(rate, ratio, days=days, after=60, onset=60 - since)


def test_an_hour_has_twenty_windows_of_three_minutes():
    values = survey(course())
    assert len(values) == 20
    starts = [each.start for each in values]
    assert starts == list(range(starts[0], starts[0] + HOUR, 180))


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_windows_start_at_whole_multiples_and_the_newest_is_whole(left_out):
    case = course()
    size = case.counts.size - left_out
    case = replace(case, minutes=case.minutes[:size], counts=case.counts[:size])
    values = survey(case)
    end = int(case.minutes[-1]) + MINUTE
    assert {each.start % 180 for each in values} == {0}
    assert values[-1].start + 180 == end // 180 * 180


def test_steady_errors_are_healthy_throughout():
    values = survey(course())
    assert healths(values) == {"healthy"}
    assert all(each.reason == "" for each in values)


def test_each_window_tells_what_came_and_what_is_usual():
    case = course()
    values = survey(case)
    assert values[-1].observed == case.counts[-3:].sum()
    assert values[-1].expected == pytest.approx(60, rel=0.2)


def test_a_rise_of_the_last_minutes_shows_in_the_last_windows():
    values = survey(course(8, since=18))
    assert [each.health for each in values[-4:]] == ["unhealthy"] * 4
    assert healths(values[:12]) == {"healthy"}


def test_a_fall_is_improved():
    assert survey(course(0.1, since=30))[-1].health == "improved"


def test_a_window_with_a_missing_minute_is_a_gap():
    case = course()
    counts = case.counts.copy()
    counts[-5] = np.nan
    values = survey(replace(case, counts=counts))
    assert values[-2] == StripValue(values[-2].start, "unknown", "gap")
    assert healths([*values[:-2], values[-1]]) == {"healthy"}


def test_what_has_not_come_yet_ends_the_strip():
    case = course()
    counts = case.counts.copy()
    counts[-6:] = np.nan
    values = survey(replace(case, counts=counts))
    assert values[-1].start + 180 == int(case.minutes[-6])
    assert healths(values) == {"healthy"}


def test_nothing_known_is_all_gaps():
    case = course()
    values = survey(replace(case, counts=np.full(case.counts.size, np.nan)))
    assert {(each.health, each.reason) for each in values} == {("unknown", "gap")}


def test_an_empty_series_is_all_gaps():
    values = health_strip([], [], 1_700_000_000, [])
    assert len(values) == 20
    assert {each.reason for each in values} == {"gap"}


def test_under_two_days_of_history_the_counts_are_told_without_a_health():
    values = survey(course(days=1))
    assert {each.reason for each in values} == {"short_history"}
    assert all(each.observed is not None for each in values)


def test_few_errors_are_unknown():
    assert {each.reason for each in survey(course(rate=0.05))} == {"too_few_errors"}


@pytest.mark.parametrize(("threshold", "health"), [(1.0, "unhealthy"), (1000.0, "healthy")])
def test_the_users_limit_decides(threshold, health):
    assert healths(survey(course(), threshold=threshold)) == {health}


def test_the_users_limit_decides_with_a_short_history():
    assert healths(survey(course(days=1), threshold=1.0)) == {"unhealthy"}


def test_hourly_counts_have_six_windows_of_an_hour():
    values = survey(drawn(300, after=6, step=HOUR))
    assert (window_seconds(HOUR), window_count(HOUR), len(values)) == (HOUR, 6, 6)
    assert healths(values) == {"healthy"}


def test_a_rise_of_hourly_counts_shows():
    values = survey(drawn(300, 6, after=6, onset=4, step=HOUR))
    assert [each.health for each in values] == ["healthy"] * 4 + ["unhealthy"] * 2


def test_shifting_by_whole_weeks_changes_nothing_but_the_times():
    case = course(3, since=15)
    shifted = survey(replace(case, minutes=case.minutes + 14 * DAY))
    assert [replace(each, start=each.start - 14 * DAY) for each in shifted] == survey(case)
