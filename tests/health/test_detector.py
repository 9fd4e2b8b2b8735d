"""The verdict on made-up series: pure numbers in, words out."""

from __future__ import annotations

import math

import pytest

from sleuth.health.detector import assess, looks_for, upper_tail

DEPLOYED_AT = 1_772_625_600  # a whole hour
DAY = 1440


def series(before: list[float], after: list[float]) -> tuple[list[int], list[float]]:
    """Counts of the minutes up to the deploy and of those from its own minute on."""
    first = DEPLOYED_AT - len(before) * 60
    counts = before + after
    return [first + index * 60 for index in range(len(counts))], counts


def judged(before: list[float], after: list[float], minutes_later: int = 60, **options: object):
    minutes, counts = series(before, after)
    return assess(minutes, counts, DEPLOYED_AT, DEPLOYED_AT + minutes_later * 60, **options)


def test_a_steady_rate_is_healthy() -> None:
    assert judged([2.0] * DAY, [2.0] * 60).health == "healthy"


def test_a_doubled_rate_is_ailing() -> None:
    assert judged([2.0] * DAY, [4.0] * 60).health == "ailing"


def test_a_fivefold_rate_is_unhealthy() -> None:
    assert judged([2.0] * DAY, [10.0] * 60).health == "unhealthy"


def test_a_quarter_of_the_rate_is_improved() -> None:
    assert judged([4.0] * DAY, [1.0] * 60).health == "improved"


def test_five_hundred_times_nothing_is_unhealthy() -> None:
    assert judged([0.0] * DAY, [5.0] * 10, 10).health == "unhealthy"


def test_a_quiet_service_that_stays_quiet_is_healthy() -> None:
    assert judged([0.0] * DAY, [0.0] * 60).health == "healthy"


def test_a_rise_of_a_few_errors_in_all_is_not_held_against_a_deploy() -> None:
    assert judged([0.0] * DAY, [1.0] * 2 + [0.0] * 58).health == "healthy"


def test_before_the_first_look_nothing_is_recorded_yet() -> None:
    verdict = judged([2.0] * DAY, [2.0, math.nan, math.nan], 3)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "pending", False)


def test_two_minutes_are_too_few_to_clear_a_deploy_of_a_service_with_few_errors() -> None:
    hourly = [1.0 if minute % 60 == 0 else 0.0 for minute in range(DAY)]
    verdict = judged(hourly, [0.0] * 2, 2)
    assert (verdict.health, verdict.reason) == ("unknown", "too_few_errors")


def test_without_half_an_hour_before_there_is_nothing_to_compare_with() -> None:
    verdict = judged([2.0] * 20, [2.0] * 60)
    assert (verdict.health, verdict.reason) == ("unknown", "short_history")


def test_a_gap_after_the_deploy_is_unknown_and_never_zero() -> None:
    verdict = judged([2.0] * DAY, [2.0] * 10 + [math.nan] * 30 + [2.0] * 20)
    assert (verdict.health, verdict.reason) == ("unknown", "gap")


def test_minutes_that_cannot_be_known_yet_are_no_gap() -> None:
    verdict = judged([9.0] * DAY, [9.0] * 4 + [math.nan] * 3, 7)
    assert (verdict.health, verdict.minutes_of_data) == ("healthy", 4)


def test_minutes_that_should_be_known_by_now_are_a_gap() -> None:
    verdict = judged([9.0] * DAY, [9.0] * 4 + [math.nan] * 8, 12)
    assert (verdict.health, verdict.reason) == ("unknown", "gap")


def test_a_gap_before_the_deploy_is_left_out_of_the_baseline() -> None:
    verdict = judged([2.0] * (DAY - 20) + [math.nan] * 20, [2.0] * 60)
    assert verdict.rate_before == 2.0


def test_the_minute_of_the_deploy_counts_on_neither_side() -> None:
    minutes, counts = series([0.0] * DAY, [600.0] + [0.0] * 60)
    verdict = assess(minutes, counts, DEPLOYED_AT + 30, DEPLOYED_AT + 3700)
    assert (verdict.errors_before, verdict.errors_after) == (0, 0)


def test_errors_after_the_next_deploy_are_that_deploys_own() -> None:
    verdict = judged([2.0] * DAY, [2.0] * 10 + [50.0] * 50, until=DEPLOYED_AT + 600)
    assert (verdict.health, verdict.minutes_of_data, verdict.is_final) == ("healthy", 10, True)


def test_a_verdict_is_final_after_an_hour_of_data() -> None:
    assert judged([2.0] * DAY, [2.0] * 60).is_final
    assert not judged([2.0] * DAY, [2.0] * 30, 30).is_final


def test_a_deploy_in_the_middle_of_a_minute_gets_its_whole_hour_too() -> None:
    minutes, counts = series([2.0] * DAY, [2.0] * 61)
    verdict = assess(minutes, counts, DEPLOYED_AT + 13, DEPLOYED_AT + 3660)
    assert (verdict.minutes_of_data, verdict.is_final) == (60, True)


def test_a_deploy_that_never_got_data_is_a_gap_after_a_day() -> None:
    verdict = judged([2.0] * DAY, [math.nan] * 60, 60 * 25)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "gap", True)


def test_after_a_day_a_verdict_is_final_whatever_is_missing() -> None:
    verdict = judged([2.0] * DAY, [2.0] * 56 + [math.nan] * 4, 60 * 25)
    assert (verdict.health, verdict.minutes_of_data, verdict.is_final) == ("healthy", 56, True)


def test_of_a_tracker_that_counts_by_the_day_counts_are_awaited_for_three_days() -> None:
    day = DAY * 60
    begin = DEPLOYED_AT - DEPLOYED_AT % day
    starts = [begin + index * day for index in range(-1, 3)]

    def after(days: float) -> tuple[str, str, bool]:
        counts = [2000.0, math.nan, math.nan, math.nan]
        now = DEPLOYED_AT + int(days * day)
        verdict = assess(starts, counts, DEPLOYED_AT, now, step_seconds=day)
        return verdict.health, verdict.reason, verdict.is_final

    assert after(1.6) == after(2.9) == ("unknown", "pending", False)
    assert after(3.1) == ("unknown", "gap", True)


def test_a_replaced_deploy_whose_counts_have_a_gap_is_final_after_a_day() -> None:
    after = [2.0] * 10 + [math.nan] * 4 + [2.0] * 6
    assert not judged([2.0] * DAY, after, 60, until=DEPLOYED_AT + 1200).is_final
    assert judged([2.0] * DAY, after, 60 * 25, until=DEPLOYED_AT + 1200).is_final


def test_a_replaced_deploy_waits_for_counts_that_may_still_come() -> None:
    verdict = judged([2.0] * DAY, [math.nan] * 3, 3, until=DEPLOYED_AT + 180)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "pending", False)


def test_a_deploy_replaced_within_its_first_minute_is_final_at_once() -> None:
    verdict = judged([2.0] * DAY, [2.0] * 3, 3, until=DEPLOYED_AT + 40)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "replaced", True)


@pytest.mark.parametrize(("after", "health"), [(3.0, "unhealthy"), (2.0, "healthy")])
def test_a_manual_threshold_replaces_the_time_before(after: float, health: str) -> None:
    assert judged([], [after] * 60, threshold=2.5).health == health


def test_a_manual_threshold_forgives_no_gap() -> None:
    verdict = judged([], [0.0] * 10 + [math.nan] * 50, threshold=2.5)
    assert (verdict.health, verdict.reason) == ("unknown", "gap")


def test_the_change_is_the_ratio_of_the_rates() -> None:
    assert judged([2.0] * DAY, [3.0] * 60).ratio == 1.5
    assert judged([0.0] * DAY, [3.0] * 60).ratio is None


def test_hourly_counts_are_judged_too() -> None:
    minutes = [DEPLOYED_AT + index * 3600 for index in range(-24, 2)]
    verdict = assess(
        minutes, [60.0] * 24 + [600.0] * 2, DEPLOYED_AT, DEPLOYED_AT + 3600, step_seconds=3600
    )
    assert (verdict.health, verdict.rate_before, verdict.rate_after) == ("unhealthy", 1.0, 10.0)


@pytest.mark.parametrize(
    ("step", "looks"),
    [
        (60, (2, 4, 6, 10, 18, 30, 60)),
        (300, (5, 10, 20, 30, 60)),
        (3600, (60,)),
        (7200, (120,)),
        (86_400, (1440,)),
    ],
)
def test_verdicts_are_made_after_whole_buckets(step: int, looks: tuple[int, ...]) -> None:
    assert looks_for(step) == looks


@pytest.mark.parametrize("step", [300, 900, 1800, 3600, 7200, 21_600])
def test_nothing_is_judged_before_a_whole_bucket_has_passed(step: int) -> None:
    begin = DEPLOYED_AT - DEPLOYED_AT % step + step
    starts = [begin + index * step for index in range(-86_400 // step, 2)]
    counts = [float(step)] * (len(starts) - 2) + [10.0 * step, math.nan]
    deployed_at = begin - 1
    for after in (60, step // 2, step - 1):
        unknown = [*counts[:-2], math.nan, math.nan]
        early = assess(starts, unknown, deployed_at, begin + after, step_seconds=step)
        assert (early.health, early.reason) == ("unknown", "pending")
    late = assess(starts, counts, deployed_at, begin + step + 120, step_seconds=step)
    assert (late.health, late.minutes_of_data) == ("unhealthy", step // 60)


@pytest.mark.parametrize(
    ("least", "total", "share", "expected"),
    [(3, 3, 0.5, 0.125), (9, 10, 0.5, 11 / 1024), (1, 2, 0.5, 1.0), (0, 5, 0.1, 1.0)],
)
def test_the_binomial_tail_is_exact(least: int, total: int, share: float, expected: float) -> None:
    assert upper_tail(least, total, share) == pytest.approx(expected, rel=1e-12)


def test_the_binomial_tail_stands_millions_of_errors() -> None:
    assert upper_tail(1_100_000, 2_000_000, 0.5) == 0.0
