"""Windows of one length: at the deploy, at earlier deploys, and at moments without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sleuth.health.detector.series import Flags, Floats, Integers, Series, running_sum
from sleuth.health.detector.turns import last_turns

MOST_MOMENTS = 1000
ENOUGH_MOMENTS = 200
KNOWN_SHARE = 0.6
AFTERMATH_SECONDS = 3600
MOST_DEPLOYS = 40
LAG_MINUTES = (5, 15, 45, 180, 1440)
BIN_MINUTES = {30: 2, 60: 3, 120: 6, 240: 10, 1440: 60}


@dataclass(frozen=True, slots=True)
class Windows:
    """One row each: moments without a deploy, then earlier deploys, the deploy itself last.

    Args:
        at: Index of the first bucket of each window.
        moments: How many of the rows are moments without a deploy, or the farthest from one.
        free: How many of these are without one.
        width: Buckets in a bin.
        counts: Errors in each bin, of known buckets only.
        usual: What the usual day brings in each bin, of known buckets only.
        levels: Logarithms of how the time before compares with the usual day, one column
            for each of :data:`LAG_MINUTES`.
        turned: Logarithm of how the level since a turn compares with the usual day, 0 where
            there was none. The levels are relative to it.
        offsets: Minutes from the moment to the start of each bin.
    """

    at: Integers
    moments: int
    free: int
    width: int
    counts: Floats
    usual: Floats
    levels: Floats
    turned: Floats
    offsets: Floats

    @property
    def bins(self) -> int:
        """Bins in a window."""
        return int(self.counts.shape[1])


def bin_width(buckets: int, step: int) -> int:
    """Return how many buckets are taken together in a window of so many."""
    if step != 60:
        return max(1, buckets // 24)
    minutes = max((look for look in BIN_MINUTES if look <= buckets), default=0)
    return BIN_MINUTES.get(minutes, 1)


def lags(step: int) -> list[int]:
    """Return the lengths of the time before that tell the level, in buckets."""
    return sorted({max(1, lag * 60 // step) for lag in LAG_MINUTES})


def cut(series: Series, usual: Floats, size: int, deploys: Sequence[int]) -> Windows:
    """Cut the windows out of a series.

    Args:
        usual: The usual day, for each bucket.
        size: Buckets in a window.
        deploys: Epoch seconds of earlier deploys.
    """
    known = series.known.astype(np.float64)
    counts, expected = running_sum(series.counts * known), running_sum(usual * known)
    seen = running_sum(known)
    earlier = _indexes(series, deploys)
    moments, free = _moments(series, seen, size, earlier)
    first = _first(series)
    repeats = earlier[(earlier >= first) & (earlier + size <= series.past)][-MOST_DEPLOYS:]
    at = np.concatenate([moments, repeats, [series.past]])
    width = bin_width(size, series.step)
    number = max(1, size // width)
    is_fine = series.step == 60
    turns = last_turns(counts, expected, at, int(moments.size), earlier if is_fine else earlier[:0])
    turned = _turned(counts, expected, at, turns)
    edges = np.minimum(at[:, None] + np.arange(number + 1) * width, series.counts.size)
    return Windows(
        at=at,
        moments=int(moments.size),
        free=free,
        width=width,
        counts=counts[edges[:, 1:]] - counts[edges[:, :-1]],
        usual=expected[edges[:, 1:]] - expected[edges[:, :-1]],
        levels=_levels(counts, expected, (at, turns), turned, series.step),
        turned=turned,
        offsets=np.arange(number) * width * series.step / 60,
    )


def _first(series: Series) -> int:
    """Return the first moment that has enough behind it to be compared."""
    return min(series.day, series.past // 3)


def _indexes(series: Series, deploys: Sequence[int]) -> Integers:
    moments = np.unique(np.asarray(deploys, dtype=np.int64).reshape(-1))
    at = -((series.start - moments) // series.step)
    return np.asarray(at[(at >= 0) & (at < series.past)])


def _moments(series: Series, seen: Floats, size: int, deploys: Integers) -> tuple[Integers, int]:
    """Return moments to compare with, and how many are free of a deploy and the hour after it.

    Of a team that deploys so often that few are free, the farthest from a deploy fill up.
    """
    first, last = _first(series), series.past - size
    stride = max(1, -(-(last - first) // MOST_MOMENTS))
    at = np.arange(last, first, -stride)[::-1]
    known = seen[at + size] - seen[at]
    is_good = known >= KNOWN_SHARE * size
    at = at[is_good if is_good.any() else known > 0]
    is_free = ~_is_near(at, size, deploys, AFTERMATH_SECONDS // series.step)
    free = int(is_free.sum())
    if free < ENOUGH_MOMENTS:
        others = np.flatnonzero(~is_free)
        order = np.argsort(-_distance(at[others], deploys), kind="stable")
        is_free[others[order[: ENOUGH_MOMENTS - free]]] = True
    return np.asarray(at[is_free], dtype=np.int64), free


def _distance(at: Integers, deploys: Integers) -> Integers:
    """Return how far each moment is from the deploy that is nearest to it."""
    later = np.searchsorted(deploys, at)
    before, after = np.maximum(later - 1, 0), np.minimum(later, deploys.size - 1)
    return np.asarray(np.minimum(np.abs(at - deploys[before]), np.abs(at - deploys[after])))


def _is_near(at: Integers, size: int, deploys: Integers, aftermath: int) -> Flags:
    """Return which windows hold a deploy, or the hour after one."""
    if not deploys.size:
        return np.zeros(at.size, dtype=np.bool_)
    later = np.searchsorted(deploys, at - aftermath, side="right")
    candidate = deploys[np.minimum(later, deploys.size - 1)]
    return np.asarray((later < deploys.size) & (candidate < at + size))


def _turned(counts: Floats, expected: Floats, at: Integers, turns: Integers) -> Floats:
    seen, usual = counts[at] - counts[turns], expected[at] - expected[turns]
    return np.asarray(np.where(turns > 0, np.log((seen + 1.0) / (usual + 1.0)), 0.0))


def _levels(
    counts: Floats,
    expected: Floats,
    since: tuple[Integers, Integers],
    turned: Floats,
    step: int,
) -> Floats:
    at, turns = since
    scale = np.exp(turned)
    columns = []
    for lag in lags(step):
        first = np.maximum(at - lag, turns)
        seen, usual = counts[at] - counts[first], (expected[at] - expected[first]) * scale
        columns.append(np.log((seen + 1.0) / (usual + 1.0)))
    return np.stack(columns, axis=1)
