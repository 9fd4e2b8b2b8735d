"""Numbers that every platform must find: two series made by a formula."""

from __future__ import annotations

import numpy as np
import pytest

from tests.health.detector.series import MINUTE, MONDAY, Case


def case_of(counts: np.ndarray, deploy: int) -> Case:
    minutes = MONDAY + MINUTE * np.arange(counts.size)
    return Case(minutes, counts.astype(np.float64), deploy)


def busy() -> Case:
    """Return three days of about eight errors a minute, then 18 minutes of the threefold."""
    deploy = 3 * 1440
    at = np.arange(deploy + 18)
    counts = 4 + (7 * at * at + 3 * at) % 9 + at % 1440 // 288
    counts[deploy:] *= 3
    return case_of(counts, deploy)


def sparse() -> Case:
    """Return eight days of an error now and then, then an hour of more."""
    deploy = 8 * 1440
    at = np.arange(deploy + 60)
    counts = ((at * at + 11 * at) % 97 == 0).astype(np.int64) + (5 * at % 113 == 0)
    counts[deploy:] *= 6
    counts[deploy::9] += 1
    return case_of(counts, deploy)


GOLDEN = {
    "busy": {
        "evidence": 37.068184168,
        "expected": 148.421484,
        "ratio": 2.420739,
        "ratio_low": 2.158377,
        "ratio_high": 2.714992,
        "expected_low": 124.461959,
        "expected_high": 174.457947,
        "smallest_ratio": 1.348,
    },
    "sparse": {
        "evidence": 15.90673017,
        "expected": 3.052082,
        "ratio": 7.178888,
        "ratio_low": 4.872926,
        "ratio_high": 10.576073,
        "expected_low": 0.624324,
        "expected_high": 7.308193,
        "smallest_ratio": 3.102,
    },
}
CASES = {"busy": busy(), "sparse": sparse()}
SAID = {"busy": ("ailing", "rise", 360), "sparse": ("unhealthy", "rise", 25)}


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
