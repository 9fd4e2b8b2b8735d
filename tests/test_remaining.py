"""What is said of how long something still takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sleuth.remaining import time_left

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("share", "left"),
    [(0.5, MINUTE), (0.25, 3 * MINUTE), (0.8, MINUTE / 4), (1.0, timedelta())],
)
def test_the_rest_takes_as_long_as_the_pace_so_far_says(share: float, left: timedelta) -> None:
    assert time_left(MINUTE, share) == left


def test_a_pause_makes_the_rest_longer() -> None:
    before, after = time_left(MINUTE, 0.5), time_left(10 * MINUTE, 0.5)
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize(
    ("elapsed", "share"),
    [(MINUTE, 0.0), (MINUTE, 0.01), (timedelta(seconds=2), 0.5), (timedelta(days=3), 0.02)],
)
def test_nothing_is_said_without_a_pace_to_tell_by(elapsed: timedelta, share: float) -> None:
    assert time_left(elapsed, share) is None
