"""Numbers that every platform must find: two series made by a formula."""

from __future__ import annotations

import numpy as np
import pytest

from tests.health.detector.series import MINUTE, MONDAY, Case


def case_of(counts: np.ndarray, deploy: int) -> Case:
    minutes = MONDAY + MINUTE * np.arange(counts.size)
    return Case(minutes, counts.astype(np.float64), deploy)


def busy() -> Case:
    """Return three days of about eight errors a minute, then 18 minutes of three quarters more."""
    deploy = 3 * 1440
    at = np.arange(deploy + 18)
    counts = 4 + (7 * at * at + 3 * at) % 9 + at % 1440 // 288
    counts[deploy:] = counts[deploy:] * 7 // 4
    return case_of(counts, deploy)


def sparse() -> Case:
    """Return eight days of an error now and then, then an hour of more."""
    deploy = 8 * 1440
    at = np.arange(deploy + 60)
    counts = ((at * at + 11 * at) % 97 == 0).astype(np.int64) + (5 * at % 113 == 0)
    counts[deploy:] *= 2
    counts[deploy::9] += 1
    return case_of(counts, deploy)


GOLDEN = {
    "busy": {
        "evidence": 2.527088239,
        "expected": 155.138025,
        "ratio": 1.326797,
        "ratio_low": 1.147505,
        "ratio_high": 1.534101,
        "expected_low": 130.571513,
        "expected_high": 181.789878,
        "smallest_ratio": 1.348,
    },
    "sparse": {
        "evidence": 3.913249199,
        "expected": 3.047842,
        "ratio": 3.80513,
        "ratio_low": 2.248518,
        "ratio_high": 6.439359,
        "expected_low": 0.622472,
        "expected_high": 7.301463,
        "smallest_ratio": 3.102,
    },
}
CASES = {"busy": busy(), "sparse": sparse()}
SAID = {"busy": ("ailing", "rise", 206), "sparse": ("unhealthy", "rise", 13)}


@pytest.mark.parametrize("name", CASES)
def test_a_fixed_series_gets_the_same_verdict_everywhere(name):
    made = CASES[name].judged(CASES[name].after().size)
    assert (made.health, made.reason, made.observed) == SAID[name]


@pytest.mark.parametrize("name", CASES)
def test_a_fixed_series_gives_the_same_numbers_everywhere(name):
    made = CASES[name].judged(CASES[name].after().size)
    found = {each: getattr(made, each) for each in GOLDEN[name]}
    assert found == pytest.approx(GOLDEN[name], rel=1e-9)


def test_the_forecast_of_a_fixed_series_weighs_the_same_everywhere():
    weights = CASES["busy"].judged(18).details["weights"]
    expected = [-0.020290193, 0.344344729, 0.066556083, -0.10117808, 0.158563116, 0.2]
    assert weights == pytest.approx(expected, rel=1e-9)


def test_the_verdict_can_be_recomputed_from_what_is_kept():
    made = CASES["busy"].judged(18)
    assert made.ratio == pytest.approx((made.observed + 0.5) / (made.expected + 0.5), rel=1e-6)
    assert sum(made.details["bin_counts"]) == made.observed
