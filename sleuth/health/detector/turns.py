"""Turns of the level: deploys after which errors clearly differ from those before."""

from __future__ import annotations

import numpy as np

from sleuth.health.detector.series import Flags, Floats, Integers

LEAST_MINUTES, MOST_MINUTES = 10, 90
BEFORE_MINUTES, RECENT_MINUTES = 45, 15
CLEAR, STILL_CLEAR = 3.0, 2.1
LOOKED_AT = 3
ENOUGH = 20
DIGITS = 9
NORMAL_TENTH = 1.645
"""Beyond what a tenth of normal values lie."""


def last_turns(
    counts: Floats, expected: Floats, at: Integers, moments: int, deploys: Integers
) -> Integers:
    """Return where the present level began before each window, 0 where it did not turn.

    It is the latest of the last deploys that parts two levels. A deploy a few minutes
    ago says too little, and the usual forecast is used to a level that has lasted.

    Args:
        counts, expected: Running sums, of buckets of a minute.
        at: Index of the first bucket of each window, those without a deploy first.
        moments: How many windows are without a deploy.
        deploys: Indexes of earlier deploys, in order.
    """
    turns = np.zeros(at.size, dtype=np.int64)
    if not deploys.size:
        return turns
    varies = _variation(counts, expected, at[:moments])
    latest = np.searchsorted(deploys, at - LEAST_MINUTES, side="right") - 1
    for back in range(LOOKED_AT):
        turn = deploys[np.maximum(latest - back, 0)]
        is_near = (latest >= back) & (at - turn <= MOST_MINUTES)
        is_clear = _is_clear(counts, expected, turn, np.maximum(at, turn), varies)
        turns = np.where((turns == 0) & is_near & is_clear, turn, turns)
    return turns


def _is_clear(
    counts: Floats, expected: Floats, turn: Integers, at: Integers, varies: float
) -> Flags:
    """Return where both all since the turn and its later half differ from the time before.

    A restart blip does not last into the later half.
    """
    before = np.maximum(turn - BEFORE_MINUTES, 0)
    whole = _difference(counts, expected, (before, turn), (turn, at)) / varies
    later = _difference(counts, expected, (before, turn), ((turn + at) // 2, at)) / varies
    return np.asarray(
        (np.abs(whole) >= CLEAR) & (np.abs(later) >= STILL_CLEAR) & (whole * later > 0)
    )


def _variation(counts: Floats, expected: Floats, at: Integers) -> float:
    """Return how much more neighbouring times differ than by chance, without a deploy."""
    if at.size < ENOUGH:
        return 1.0
    middle = np.maximum(at - RECENT_MINUTES, 0)
    before = np.maximum(at - BEFORE_MINUTES, 0)
    usual = np.abs(_difference(counts, expected, (before, middle), (middle, at)))
    return max(1.0, float(np.quantile(usual, 0.9)) / NORMAL_TENTH)


def _difference(
    counts: Floats,
    expected: Floats,
    one: tuple[Integers, Integers],
    other: tuple[Integers, Integers],
) -> Floats:
    """Return how two times' logarithmic levels differ, in standard deviations of chance."""
    seen = [counts[last] - counts[first] + 0.5 for first, last in (one, other)]
    usual = [expected[last] - expected[first] for first, last in (one, other)]
    levels = [np.log(each / (mean + 0.5)) for each, mean in zip(seen, usual, strict=True)]
    off = (levels[1] - levels[0]) / np.sqrt(1 / seen[0] + 1 / seen[1])
    return np.asarray(np.where((usual[0] > 0) & (usual[1] > 0), np.round(off, DIGITS), 0.0))
