"""Series that nobody should give: an assessment or a sentence, never anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector import Assessment, assess, health_strip
from tests.health.detector.series import DAY, MINUTE, MONDAY, drawn

SIZE = 8 * 1440 + 60
MINUTES = MONDAY + MINUTE * np.arange(SIZE)
DEPLOYED_AT = int(MINUTES[8 * 1440])
NOW = DEPLOYED_AT + 20 * MINUTE
HEALTHS = {"improved", "healthy", "ailing", "unhealthy", "unknown"}

SERIES = {
    "all zero": np.zeros(SIZE),
    "constant": np.full(SIZE, 7.0),
    "a thousand millions": np.full(SIZE, 1e9),
    "a million millions": np.full(SIZE, 1e12),
    "unknown everywhere": np.full(SIZE, np.nan),
    "unknown before": np.where(np.arange(SIZE) < 8 * 1440, np.nan, 5.0),
    "one error": np.eye(1, SIZE, 100)[0],
    "zero, then a thousand millions": np.where(np.arange(SIZE) < 8 * 1440, 0.0, 1e9),
    "a thousand millions, then zero": np.where(np.arange(SIZE) < 8 * 1440, 1e9, 0.0),
    "every other unknown": np.where(np.arange(SIZE) % 2, np.nan, 3.0),
}


def is_sound(made: Assessment) -> bool:
    json.dumps(made.as_json(), allow_nan=False)
    return made.health in HEALTHS and bool(made.reason)


@pytest.mark.parametrize("name", SERIES)
def test_an_odd_series_gets_an_assessment(name):
    assert is_sound(assess(MINUTES, SERIES[name], DEPLOYED_AT, NOW, [DEPLOYED_AT - DAY]))


@pytest.mark.parametrize("name", ["constant", "a thousand millions", "a million millions"])
def test_a_series_that_never_changes_is_healthy(name):
    made = assess(MINUTES, SERIES[name], DEPLOYED_AT, NOW)
    assert made.health == "healthy"
    assert made.expected == pytest.approx(made.observed, rel=0.01)


def test_as_many_errors_as_are_taken_are_expected_of_a_day():
    case = drawn(1, after=1440)
    case = replace(case, counts=np.full(case.counts.size, 1e12))
    made = case.judged(1440)
    assert made.expected == pytest.approx(made.observed, rel=0.01)


def test_a_series_that_never_changes_and_is_half_unknown_is_a_gap():
    made = assess(MINUTES, SERIES["every other unknown"], DEPLOYED_AT, NOW)
    assert (made.health, made.reason) == ("unknown", "gap")


def test_nothing_at_all_for_days_says_nothing_of_no_errors():
    made = assess(MINUTES, SERIES["all zero"], DEPLOYED_AT, NOW)
    assert made.health in {"healthy", "unknown"}
    assert made.observed == 0


def test_errors_where_there_never_were_any_are_unhealthy():
    counts = np.where(np.arange(SIZE) < 8 * 1440, 0.0, 5.0)
    made = assess(MINUTES, counts, DEPLOYED_AT, NOW)
    assert made.health == "unhealthy"
    assert made.ratio < 1e9


def test_one_minute_of_history_is_a_short_history():
    made = assess(MINUTES[:61], np.ones(61), int(MINUTES[1]), int(MINUTES[30]))
    assert made.reason == "short_history"


@pytest.mark.parametrize("size", [0, 1])
def test_hardly_any_series_gets_an_assessment(size):
    made = assess(MINUTES[:size], np.ones(size), DEPLOYED_AT, NOW)
    assert (made.health, is_sound(made)) == ("unknown", True)


def test_a_deploy_in_the_future_is_pending():
    made = assess(MINUTES, np.ones(SIZE), NOW + DAY, NOW)
    assert (made.health, made.reason) == ("unknown", "pending")


def test_now_before_the_deploy_is_pending():
    made = assess(MINUTES, np.ones(SIZE), DEPLOYED_AT, DEPLOYED_AT - DAY)
    assert (made.health, made.reason) == ("unknown", "pending")


def test_a_deploy_before_the_series_has_no_history():
    made = assess(MINUTES, np.ones(SIZE), MONDAY - DAY, MONDAY + DAY)
    assert (made.health, is_sound(made)) == ("unknown", True)


def test_a_deploy_long_after_the_series_has_a_gap():
    made = assess(MINUTES, np.ones(SIZE), DEPLOYED_AT + 9 * DAY, NOW + 20 * DAY)
    assert (made.health, made.reason) == ("unknown", "gap")


def test_an_end_before_the_deploy_leaves_nothing_to_judge():
    made = assess(MINUTES, np.ones(SIZE), DEPLOYED_AT, NOW, until=DEPLOYED_AT - DAY)
    assert made.reason == "replaced"


def test_thousands_of_earlier_deploys_teach_by_the_latest():
    case = drawn(5)
    earlier = np.random.default_rng(1).integers(MONDAY - DAY, case.deployed_at, 5000).tolist()
    now = case.deployed_at + 18 * MINUTE
    made = assess(case.minutes, case.counts, case.deployed_at, now, earlier)
    assert (is_sound(made), made.deploys_learnt_from) == (True, 40)


def test_earlier_deploys_in_any_order_and_twice_say_the_same():
    case = drawn(5)
    days = [case.deployed_at - DAY * each for each in range(1, 6)]
    now = case.deployed_at + 18 * MINUTE
    made = [
        assess(case.minutes, case.counts, case.deployed_at, now, each)
        for each in (days, days[::-1] + days)
    ]
    assert made[0] == made[1]


def changed(at: int, value: float) -> np.ndarray:
    counts = np.ones(SIZE)
    counts[at] = value
    return counts


REFUSED = {
    "unsorted": (MINUTES[::-1], np.ones(SIZE), "in order"),
    "shuffled": (np.roll(MINUTES, 1), np.ones(SIZE), "in order"),
    "duplicated": (np.repeat(MINUTES[:30], 2), np.ones(60), "60 seconds apart"),
    "with a minute left out": (np.delete(MINUTES, 9), np.ones(SIZE - 1), "60 seconds apart"),
    "between the minutes": (MINUTES + 30, np.ones(SIZE), "whole multiples of 60 seconds"),
    "too large": (MINUTES, changed(3, 1e13), "1,000,000,000,000"),
    "far too large": (MINUTES, np.full(SIZE, 1e300), "1,000,000,000,000"),
    "negative": (MINUTES, changed(3, -1.0), "not negative"),
    "infinite": (MINUTES, changed(3, np.inf), "finite"),
    "of unequal lengths": (MINUTES, np.ones(SIZE - 1), "one count for each minute"),
    "of two dimensions": (MINUTES.reshape(2, -1), np.ones((2, SIZE // 2)), "one count"),
    "too long": (MONDAY + MINUTE * np.arange(1_000_001), np.ones(1_000_001), "1,000,000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_series_that_is_none_is_refused_with_a_sentence(name):
    minutes, counts, words = REFUSED[name]
    with pytest.raises(ValueError, match=rf"^[A-Z].*{re.escape(words)}.*\.$"):
        assess(minutes, counts, DEPLOYED_AT, NOW)


@pytest.mark.parametrize("name", REFUSED)
def test_no_strip_is_made_of_a_series_that_is_none(name):
    minutes, counts, words = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(words)):
        health_strip(minutes, counts, NOW, [])


@pytest.mark.parametrize("step", [0, -60, 7000])
def test_a_width_that_does_not_divide_a_day_is_refused(step):
    with pytest.raises(ValueError, match=r"equal width"):
        assess(MINUTES, np.ones(SIZE), DEPLOYED_AT, NOW, step_seconds=step)


@pytest.mark.parametrize(
    ("deployed_at", "now", "deploys", "threshold"),
    [
        (None, NOW, (), None),
        ("now", NOW, (), None),
        (float("nan"), NOW, (), None),
        (DEPLOYED_AT, float("nan"), (), None),
        (DEPLOYED_AT, NOW, [None], None),
        (DEPLOYED_AT, NOW, ["yesterday"], None),
        (DEPLOYED_AT, NOW, [[DEPLOYED_AT]], None),
        (DEPLOYED_AT, NOW, (), float("nan")),
        (DEPLOYED_AT, NOW, (), -1.0),
    ],
)
def test_what_is_no_time_or_limit_is_refused_in_a_sentence(deployed_at, now, deploys, threshold):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        assess(MINUTES, np.ones(SIZE), deployed_at, now, deploys, threshold=threshold)
