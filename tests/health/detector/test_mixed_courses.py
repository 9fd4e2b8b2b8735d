"""Courses that rise and fall, and what keeps a rise from being told."""

from __future__ import annotations

import numpy as np
import pytest

from sleuth.health.detector import SENSITIVITIES, Assessment
from tests.health.detector.series import SETTLED, Case, drawn

STEADY = drawn(10, days=14, after=30, swing=0.0, seed=3)


def after(first: float, second: float) -> Case:
    """Return a series with ten errors a minute, and a quarter of an hour each of others."""
    return STEADY.with_after(np.repeat([first, second], 15))


def said(made: Assessment) -> tuple[str, str]:
    return made.health, made.reason


@pytest.mark.parametrize(("first", "second"), [(20, 0), (21, 0), (0, 20), (15, 5)])
@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_a_course_that_rises_and_falls_as_much_is_mixed(first, second, sensitivity):
    made = after(first, second).judged(30, settings=SENSITIVITIES[sensitivity])
    assert said(made) == ("unknown", "mixed")


def test_a_rise_that_outweighs_the_fall_after_it_is_a_rise():
    assert said(after(40, 0).judged(30)) == ("unhealthy", "rise")


def test_a_fall_alone_is_improved():
    assert said(after(3, 3).judged(30)) == ("improved", "fall")


@pytest.mark.parametrize("rate", [0.0003, 0.0006])
def test_a_rise_without_two_errors_more_is_a_trifle(rate):
    counts = np.zeros(60)
    counts[[10, 40]] = 1
    made = drawn(rate, days=20, after=60, swing=0.0).with_after(counts).judged(60)
    assert made.details["rise_evidence"] >= made.details["evidence_needed"]
    assert said(made) == ("healthy", "trifle")


def test_a_rise_that_missing_minutes_may_make_up_for_is_a_gap():
    counts = np.where(np.arange(30) < 15, 13.0, 12.0)
    counts[24:] = np.nan
    assert said(STEADY.with_after(counts).judged(30 + SETTLED)) == ("unknown", "gap")
