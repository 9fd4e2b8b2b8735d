"""Minutes after the deploy that are missing: they only ever weaken what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from sleuth.health.detector import Assessment
from tests.health.detector.series import SETTLED, Case, drawn, rank

SERIES = 60
Losing = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.bool_]]


def at_random(counts: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.bool_]:
    return random.random(counts.size) < 0.5


def few_at_random(counts: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.bool_]:
    return random.random(counts.size) < 0.15


def the_lower_half(counts: NDArray[np.float64], _random: np.random.Generator) -> NDArray[np.bool_]:
    return np.argsort(np.argsort(counts)) < counts.size // 2


def the_upper_half(counts: NDArray[np.float64], _random: np.random.Generator) -> NDArray[np.bool_]:
    return np.argsort(np.argsort(-counts)) < counts.size // 2


def with_holes(losing: Losing, look: int) -> Iterator[tuple[Assessment, Assessment]]:
    """Yield what is said of many series, and of the same with minutes lost."""
    for seed in range(SERIES):
        random = np.random.default_rng(seed)
        rate, ratio = random.choice([0.5, 2.0, 20.0]), random.choice([0.3, 1.0, 1.3, 1.6, 4.0])
        case = drawn(rate, ratio, after=look, seed=seed, excess=0.05)
        is_lost = losing(case.after(), random)
        yield case.judged(look), lost(case, is_lost).judged(look + SETTLED)


def lost(case: Case, is_lost: NDArray[np.bool_]) -> Case:
    return case.with_after(np.where(is_lost, np.nan, case.after()))


@pytest.mark.parametrize("look", [6, 18, 60])
@pytest.mark.parametrize("losing", [at_random, few_at_random, the_lower_half, the_upper_half])
def test_losing_minutes_never_makes_a_rise_clearer(losing, look):
    for whole, holed in with_holes(losing, look):
        assert rank(holed) <= rank(whole)
        if holed.evidence is not None:
            assert holed.details["rise_evidence"] <= whole.details["rise_evidence"]
            assert holed.details["rise_rarity"] <= whole.details["rise_rarity"]


@pytest.mark.parametrize("losing", [at_random, few_at_random])
def test_losing_minutes_of_steady_errors_is_no_fall(losing):
    for whole, holed in with_holes(losing, 18):
        assert holed.health != "improved" or whole.health == "improved"


def test_a_verdict_on_a_day_does_not_rest_on_one_bad_minute():
    case = drawn(3, after=1440, seed=2)
    counts = np.full(1440, np.nan)
    counts[0] = 30
    made = case.with_after(counts).judged(1440 + SETTLED)
    assert (made.health, made.reason, made.is_final) == ("unknown", "gap", True)


def test_a_fall_is_told_though_a_few_minutes_are_missing():
    made = drawn(20, 0.3).lost(4, 7).judged(18 + SETTLED)
    assert (made.health, made.known_minutes) == ("improved", 15)


def test_missing_minutes_turn_no_trifle_into_a_fall():
    steady = drawn(20, swing=0.0).with_after(np.full(18, 16.0))
    assert steady.lost(12, 15).judged(18 + SETTLED).health == "healthy"


def test_with_minutes_missing_a_rise_must_be_larger_to_show():
    case = drawn(20)
    whole, holed = (each.judged(18 + SETTLED) for each in (case, case.lost(4, 10)))
    assert holed.smallest_ratio > whole.smallest_ratio


def test_what_is_told_of_missing_minutes_rests_on_the_known_ones():
    case = drawn(20, 4).lost(4, 10)
    made = case.judged(18 + SETTLED)
    assert made.observed == np.nansum(case.after())
    assert made.ratio == pytest.approx(4, rel=0.2)


def test_what_missing_minutes_may_have_brought_is_kept():
    details = drawn(20, 4).lost(4, 10).judged(18 + SETTLED).details
    expected, known = (np.array(details[each]) for each in ("bin_expected", "bin_expected_known"))
    assert known[4:10] == pytest.approx(0, abs=1e-6)
    assert known[10:] == pytest.approx(expected[10:])
    assert (np.array(details["bin_most_missing"])[4:10] > expected[4:10]).all()
