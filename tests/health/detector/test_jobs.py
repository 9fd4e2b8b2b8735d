"""What recurring jobs bring is expected, in a verdict and in a strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector import health_strip
from tests.health.detector.series import DAY, HOUR, MINUTE, Case, drawn

BAD = {"ailing", "unhealthy"}
RUNS_AT = 5
JOBS = [
    (0.02, 60, HOUR),
    (0.2, 60, HOUR),
    (5, 600, HOUR),
    (1, 60, HOUR),
    (1, 200, DAY),
    (0.1, 200, DAY),
]
"""Errors a minute without the job, and those that it brings each time."""


def with_job(calm: float, size: float, period: int, seed: int = 0) -> Case:
    """Return a series of which a job at the sixth minute after the deploy is part."""
    case = drawn(calm, days=14, after=60, swing=0.0, seed=seed)
    counts = case.counts.copy()
    runs = np.arange(RUNS_AT, counts.size, period // MINUTE)
    counts[runs] += np.random.default_rng(seed + 9).poisson(size, runs.size)
    return replace(case, counts=counts)


@pytest.mark.parametrize(("calm", "size", "period"), JOBS)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_job_brings_is_expected(calm, size, period, seed):
    made = with_job(calm, size, period, seed).judged(60)
    assert made.expected == pytest.approx(60 * calm + size, rel=0.1)
    assert made.details["expected_of_jobs"] == pytest.approx(size, rel=0.1)
    assert made.health not in BAD


@pytest.mark.parametrize(("calm", "size", "period"), JOBS)
@pytest.mark.parametrize("seed", range(3))
def test_no_window_of_a_strip_is_bad_when_a_job_runs(calm, size, period, seed):
    case = with_job(calm, size, period, seed)
    values = health_strip(case.minutes, case.counts, int(case.minutes[-1]) + MINUTE, [])
    at_run = [each for each in values if 0 <= case.deployed_at + 300 - each.start < 180]
    assert [each.expected for each in at_run] == [pytest.approx(3 * calm + size, rel=0.1)]
    assert not {each.health for each in values} & BAD


def test_what_happens_every_other_minute_is_no_job():
    steady = drawn(1, after=18, swing=0.0)
    counts = steady.counts.copy()
    counts[::2] += np.random.default_rng(1).poisson(30, counts[::2].size)
    made = replace(steady, counts=counts).judged(18)
    assert made.details["expected_of_jobs"] == 0
    assert sum(made.details["bin_counts"]) == made.observed


def test_few_errors_beside_a_job_are_told_as_few():
    made = with_job(0.02, 60, HOUR).judged(10)
    assert (made.health, made.reason) == ("unknown", "too_few_errors")
    assert made.usual_per_minute == pytest.approx(0.02, rel=0.5)
