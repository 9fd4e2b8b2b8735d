"""At which minutes a verdict is made, and what it makes of those that are missing."""

from __future__ import annotations

import numpy as np
import pytest

from sleuth.health.detector import assess, looks_for, next_bucket
from tests.health.detector.series import MINUTE, SETTLED, drawn

STEADY = drawn(20, after=60)
RISEN = drawn(20, 4, after=60)


@pytest.mark.parametrize(("after", "look"), [(2, 2), (3, 2), (9, 6), (18, 18), (29, 18), (59, 30)])
def test_between_looks_the_last_one_stands(after, look):
    case = STEADY.lost(after)
    assert case.judged(after).minutes_of_data == look


def test_nothing_changes_between_looks():
    assert RISEN.lost(11).judged(11) == RISEN.lost(17).judged(17)


def test_before_the_first_look_the_verdict_is_pending():
    made = STEADY.lost(1).judged(1)
    assert (made.health, made.reason, made.is_final) == ("unknown", "pending", False)


def test_minutes_not_collected_yet_are_waited_for():
    assert STEADY.lost(0).judged(SETTLED).reason == "pending"


def test_minutes_that_should_have_come_by_now_are_a_gap():
    made = STEADY.lost(0).judged(10 + SETTLED)
    assert (made.health, made.reason, made.known_minutes) == ("unknown", "gap", 0)


def test_a_small_hole_does_not_matter():
    made = STEADY.lost(4, 7).lost(18).judged(18)
    assert (made.health, made.known_minutes) == ("healthy", 15)


def test_steady_errors_of_which_more_than_a_fifth_is_missing_are_a_gap():
    made = STEADY.lost(4, 8).lost(18).judged(18)
    assert (made.health, made.reason, made.known_minutes) == ("unknown", "gap", 14)


def test_a_rise_that_outweighs_most_minutes_missing_is_told_more_mildly():
    made = RISEN.lost(2, 10).lost(18).judged(18)
    assert (made.health, made.known_minutes) == ("ailing", 10)


def test_a_rise_that_missing_minutes_may_outweigh_is_not_told():
    made = RISEN.lost(2, 16).lost(18).judged(18)
    assert (made.health, made.reason, made.known_minutes) == ("unknown", "gap", 4)


def test_missing_minutes_count_neither_as_seen_nor_as_expected():
    made = STEADY.lost(4, 8).lost(18).judged(18)
    assert made.observed == STEADY.after()[[*range(4), *range(8, 18)]].sum()
    assert made.ratio == pytest.approx(1, abs=0.2)


def test_the_next_deploy_ends_the_window_for_good_with_the_last_look_before_it():
    until = RISEN.deployed_at + 8 * MINUTE
    made = RISEN.judged(60, until=until)
    assert (made.minutes_of_data, made.is_final) == (6, True)
    assert made.observed == RISEN.after()[:6].sum()


def test_an_end_still_to_come_leaves_the_verdict_open():
    until = RISEN.deployed_at + 30 * MINUTE
    assert not RISEN.lost(10).judged(10, until=until).is_final


def test_a_deploy_replaced_within_its_minute_is_not_judged():
    made = RISEN.judged(60, until=RISEN.deployed_at + 30)
    assert (made.health, made.reason, made.is_final) == ("unknown", "replaced", True)


def test_the_minute_that_a_deploy_falls_into_counts_on_neither_side():
    counts = STEADY.counts.copy()
    counts[STEADY.deploy] = 1e6
    now = STEADY.deployed_at + 20 * MINUTE
    made = assess(STEADY.minutes, counts, STEADY.deployed_at + 30, now)
    assert (made.health, made.observed) == ("healthy", STEADY.after()[1:19].sum())


def test_the_day_after_the_deploy_is_the_last_look():
    case = drawn(20, after=1500)
    made = case.judged(1441)
    assert (made.health, made.minutes_of_data, made.is_final) == ("healthy", 1440, True)


def test_a_verdict_is_not_waited_for_longer_than_two_days():
    made = STEADY.lost(5).judged(3 * 1440)
    assert (made.reason, made.is_final) == ("gap", True)


def test_hourly_counts_are_looked_at_in_whole_hours():
    assert looks_for(3600) == (60, 120, 240, 1440)


def test_a_window_begins_with_the_first_whole_bucket():
    assert [next_bucket(each, 60) for each in (0, 1, 60)] == [0, 60, 60]


def test_above_the_users_limit_is_unhealthy_whatever_is_usual():
    made = STEADY.judged(18, threshold=1.0)
    assert (made.health, made.reason, made.detected) == ("unhealthy", "above_threshold", "healthy")


def test_below_the_users_limit_is_healthy_whatever_rose():
    made = RISEN.judged(18, threshold=1e4)
    assert (made.health, made.reason) == ("healthy", "below_threshold")
    assert (made.detected, made.threshold) == ("unhealthy", 1e4)


def test_the_users_limit_decides_with_a_short_history():
    made = drawn(20, days=1).judged(18, threshold=1.0)
    assert (made.health, made.detected) == ("unhealthy", "unknown")


@pytest.mark.parametrize("days", [1, 8])
@pytest.mark.parametrize("threshold", [1.0, 1e4])
def test_the_users_limit_does_not_decide_by_one_known_minute(days, threshold):
    made = drawn(20, days=days).lost(1).judged(18 + SETTLED, threshold=threshold)
    assert (made.health, made.reason, made.threshold) == ("unknown", "gap", threshold)


def test_the_users_limit_is_not_held_against_a_rise_of_which_too_little_is_known():
    made = RISEN.lost(2, 10).lost(18).judged(18, threshold=1e4)
    assert (made.health, made.reason, made.detected) == ("unknown", "gap", "ailing")


def test_the_users_limit_says_nothing_of_missing_minutes():
    assert STEADY.lost(0).judged(20, threshold=1.0).reason == "gap"


def test_the_series_given_is_left_as_it_was():
    case = RISEN.lost(30)
    before = case.counts.copy()
    case.judged(18)
    assert np.array_equal(before, case.counts, equal_nan=True)
