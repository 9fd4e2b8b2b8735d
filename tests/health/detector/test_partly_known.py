"""Histories of which much is missing throughout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.health.detector.series import SETTLED, Case, drawn


def known_every(period: int, ratio: float, seed: int = 1) -> Case:
    """Return a series of which one minute in so many is known."""
    case = drawn(20, ratio, seed=seed)
    is_known = np.arange(case.counts.size) % period == 0
    return replace(case, counts=np.where(is_known, case.counts, np.nan))


@pytest.mark.parametrize("seed", range(3))
def test_a_rise_shows_where_every_other_minute_is_known(seed):
    assert known_every(2, 5, seed).judged(18 + SETTLED).health == "ailing"


@pytest.mark.parametrize("seed", range(3))
def test_a_large_rise_shows_as_one_where_every_other_minute_is_known(seed):
    assert known_every(2, 10, seed).judged(18 + SETTLED).health == "unhealthy"


@pytest.mark.parametrize("period", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_steady_errors_are_a_gap_where_a_half_or_a_third_is_known(seed, period):
    made = known_every(period, 1, seed).judged(18 + SETTLED)
    assert (made.health, made.reason) == ("unknown", "gap")
    assert made.ratio == pytest.approx(1, abs=0.3)
