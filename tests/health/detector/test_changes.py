"""What is said of a deploy after which errors changed, or did not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector import DEFAULT, SENSITIVITIES
from tests.health.detector.series import drawn


def test_a_rise_to_the_fourfold_is_unhealthy():
    made = drawn(20, 4).judged(18)
    assert (made.health, made.reason, made.minutes_of_data) == ("unhealthy", "rise", 18)


def test_the_interval_of_the_ratio_lies_around_how_much_errors_rose():
    made = drawn(20, 4).judged(18)
    assert 3 < made.ratio_low < 4 < made.ratio_high < 5


@pytest.mark.parametrize("onset", [0, 6, 9])
def test_a_rise_is_said_to_have_begun_near_its_onset(onset):
    assert drawn(20, 4, onset=onset).judged(18).began_after_minutes == pytest.approx(onset, abs=2)


def test_a_rise_by_three_fifths_is_ailing():
    made = drawn(20, 1.6).judged(18)
    assert (made.health, made.reason) == ("ailing", "rise")


def test_a_rise_shows_in_counts_that_vary_beyond_chance():
    assert drawn(20, 6, excess=0.2).judged(18).health == "unhealthy"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_rise_to_the_fivefold_shows_where_half_hours_differ_wildly(seed):
    case = drawn(20, 5, days=14, seed=seed)
    random = np.random.default_rng(seed)
    wild = np.exp(random.standard_normal(case.counts.size // 30 + 1)).repeat(30)
    wild[case.deploy // 30 - 2 :] = 1
    counts = random.poisson(case.counts * wild[: case.counts.size]).astype(np.float64)
    assert replace(case, counts=counts).judged(18).health in {"ailing", "unhealthy"}


def test_a_fall_to_a_third_is_improved():
    made = drawn(20, 1 / 3).judged(18)
    assert (made.health, made.reason, made.began_after_minutes) == ("improved", "fall", 0)


@pytest.mark.parametrize("seed", range(5))
def test_steady_errors_are_healthy(seed):
    made = drawn(20, seed=seed).judged(18)
    assert (made.health, made.reason, made.began_after_minutes) == ("healthy", "usual", None)


def test_what_was_expected_of_steady_errors_holds_what_came():
    made = drawn(20).judged(18)
    assert made.expected_low < made.observed < made.expected_high


def test_the_band_has_a_value_for_each_minute():
    case = drawn(20)
    band = case.judged(18).band
    assert band.start == case.deployed_at
    assert {len(band.expected), len(band.low), len(band.high)} == {18}


def test_the_band_ends_after_the_first_hour():
    band = drawn(20, after=200).judged(121).band
    assert {len(band.expected), len(band.low), len(band.high)} == {60}


@pytest.mark.parametrize("seed", range(3))
def test_a_twentieth_more_of_many_errors_is_healthy(seed):
    assert drawn(2000, 1.05, seed=seed).judged(18).health == "healthy"


def test_a_rise_that_is_sure_and_too_small_is_a_trifle():
    made = drawn(5000, 1.09, days=8, swing=0).judged(18)
    assert (made.health, made.reason) == ("healthy", "trifle")


def test_a_rise_that_is_not_rare_enough_is_common():
    case, asked = drawn(20, 1.6), replace(DEFAULT, rise_rarity=1000.0)
    assert case.judged(18).health == "ailing"
    made = case.judged(18, settings=asked)
    assert (made.health, made.reason) == ("healthy", "common")
    assert case.judged(18, settings=replace(asked, use_moments=False)).health == "ailing"


def test_a_rise_of_fewer_errors_than_are_asked_for_is_a_trifle():
    case = drawn(20, 1.6)
    excess = case.judged(18).observed - case.judged(18).expected
    for share, reason in ((0.9, "rise"), (1.1, "trifle")):
        asked = replace(DEFAULT, material_errors=share * excess)
        assert case.judged(18, settings=asked).reason == reason


def test_the_clear_part_that_rose_most_tells_how_large_a_rise_is():
    steady = drawn(20, swing=0.0, seed=3)
    made = steady.with_after(np.repeat([62.0, 76.0], 9)).judged(18)
    assert (made.health, made.began_after_minutes) == ("unhealthy", 0)
    assert made.ratio < 3.5 < made.details["effect_ratio"]


def test_few_errors_say_nothing_and_it_is_said_when_a_threefold_rise_would_show():
    made = drawn(0.05).judged(18)
    assert (made.health, made.reason) == ("unknown", "too_few_errors")
    assert made.threefold_after_minutes == 120
    assert made.smallest_ratio > 3


def test_fewer_errors_take_longer_to_show_a_threefold_rise():
    waits = [drawn(rate).judged(18).threefold_after_minutes for rate in (0.1, 0.03)]
    assert waits[0] < waits[1]


def test_nothing_is_said_before_two_days_are_known():
    made = drawn(20, 4, days=1).judged(18)
    assert (made.health, made.reason) == ("unknown", "short_history")


@pytest.mark.parametrize(("days", "is_short"), [(3, True), (8, False)])
def test_less_than_a_week_of_history_is_marked(days, is_short):
    made = drawn(20, 4, days=days).judged(18)
    assert (made.health, made.is_short_history) == ("unhealthy", is_short)


def test_the_sensitivities_ask_for_more_or_less_evidence():
    case = drawn(5, 1.5, seed=4)
    needed = [
        case.judged(18, settings=SENSITIVITIES[each]).details["evidence_needed"]
        for each in ("fine", "normal", "coarse")
    ]
    assert needed == sorted(needed)
    assert len(set(needed)) == 3


@pytest.mark.parametrize("ratio", [0.0, 1.0, 50.0])
def test_an_assessment_is_json(ratio):
    made = drawn(20, ratio).judged(18)
    text = json.dumps(made.as_json(), allow_nan=False)
    assert json.loads(text)["health"] == made.health


def test_an_assessment_of_an_hourly_series_tells_a_rise():
    made = drawn(300, 4, after=4, step=3600).judged(60)
    assert (made.health, made.minutes_of_data, made.step_seconds) == ("unhealthy", 60, 3600)


@pytest.mark.parametrize(("ratio", "health"), [(1.0, "healthy"), (0.3, "improved")])
def test_an_hourly_series_without_a_rise_is_not_bad(ratio, health):
    assert drawn(300, ratio, after=4, step=3600).judged(240).health == health
