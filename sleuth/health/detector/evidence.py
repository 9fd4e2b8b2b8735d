"""How much better a change at the deploy explains the counts than none, and how rare that is."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log10

import numpy as np

from sleuth.health.detector.forecast import Forecast
from sleuth.health.detector.series import Flags, Floats
from sleuth.health.detector.windows import Windows

SINCE = ((0.0, 1.0), (1 / 3, 1.0), (0.5, 1.0))
"""Parts of the window that a lasting change may fill."""
PASSING = ((0.0, 0.5),)
TAIL = 0.9
DIGITS = 9
CLEAR = 2.5
"""Standard deviations from which on a part counts for the size of a change."""
MOST_SHARED = 0.15
"""Where windows vary by more, it is for a few rare bursts; all others would hide behind them."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a restart may explain of the bins that are compared.

    Args:
        calm: Which of them come after the minutes in which a restart brings errors.
        share: How likely it is that this deploy's restart did.
        minutes: How long a restart brings errors.
    """

    calm: Flags
    share: float
    minutes: int


@dataclass(frozen=True, slots=True)
class After:
    """What came after a deploy, and what was expected; one entry for each bin compared.

    Args:
        counts: Errors in the known buckets.
        expected: What was expected of all buckets, the missing ones too.
        known: What was expected of the known ones alone.
        most: The most that was to be expected of the missing ones.
        offsets: Minutes from the deploy to the start of each bin.
        width: Minutes in a bin.
        shared, single: See :class:`~sleuth.health.detector.forecast.Forecast`.
        doubt: What a restart may explain.
    """

    counts: Floats
    expected: Floats
    known: Floats
    most: Floats
    offsets: Floats
    width: float
    shared: float
    single: float
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Change:
    """Evidence for one direction.

    Args:
        evidence: Logarithm to base 10 of the likelihood ratio against no change, averaged
            over the parts of the window that the change may fill.
        undoubted: The same, could a restart explain nothing.
        rarity: Minus the logarithm to base 10 of how often as much is seen without a deploy;
            beyond what was ever seen, the tail of what was is prolonged.
        alike: At how many moments without a deploy as much was seen.
        ratio: The rate by what was expected, in the part that stands out most.
        began: When that part begins, in minutes after the deploy.
    """

    evidence: float
    undoubted: float
    rarity: float
    alike: int
    ratio: float
    began: float


def weigh(windows: Windows, made: Forecast, bins: Flags, doubt: Doubt) -> tuple[Change, Change]:
    """Return the evidence for a rise and for a fall.

    Args:
        bins: Which bins are compared, at the deploy and at the moments without one.
        doubt: What a restart may explain of these.
    """
    rows = np.append(np.arange(windows.moments), windows.counts.shape[0] - 1)
    counts, expected = windows.counts[rows][:, bins], made.expected[rows][:, bins]
    offsets = windows.offsets[bins]
    spread = (made.shared, made.single)
    rise = rise_evidence(counts, expected, *spread, doubt)
    fall = _likelier(counts, expected, *spread, -1)
    return (
        _change(counts[-1:], expected[-1:], made, offsets, 1, rise),
        _change(counts[-1:], expected[-1:], made, offsets, -1, fall),
    )


def parts_of(bins: int, sign: int) -> list[tuple[int, int]]:
    """Return the parts of a window, as ranges of bins; a fall that passes is none."""
    shares = SINCE + (PASSING if sign > 0 else ())
    parts = {(int(bins * first), int(bins * last)) for first, last in shares}
    return sorted((first, last) for first, last in parts if first < last)


def rise_evidence(
    counts: Floats, expected: Floats, shared: float, single: float, doubt: Doubt
) -> Floats:
    """Return the evidence for a rise in each row, less what a restart may explain."""
    whole = _likelier(counts, expected, shared, single, 1)
    calm = doubt.calm
    if calm.all():
        return whole
    rest = np.zeros_like(whole)
    if calm.any():
        rest = _likelier(counts[:, calm], expected[:, calm], shared, single, 1)
    return doubted(whole, rest, doubt.share)


def doubted(whole: Floats, rest: Floats, share: float) -> Floats:
    """Return the evidence left where a restart may have brought the errors of its minutes.

    No change is then one of two things: no errors of a restart, against which all speaks,
    or such errors, against which only the rest does.

    Args:
        whole, rest: Evidence in all minutes, and in those after a restart's.
        share: How likely errors of a restart are.
    """
    if not share:
        return whole
    plain, restart = log(1 - share) - whole * log(10), log(share) - rest * log(10)
    return np.asarray(np.round(-np.logaddexp(plain, restart) / log(10), DIGITS))


def _likelier(counts: Floats, expected: Floats, shared: float, single: float, sign: int) -> Floats:
    parts = parts_of(counts.shape[1], sign)
    return averaged(deviations(counts, expected, shared, single, parts) * sign)


def _change(
    counts: Floats,
    expected: Floats,
    made: Forecast,
    offsets: Floats,
    sign: int,
    evidence: Floats,
) -> Change:
    parts = parts_of(counts.shape[1], sign)
    off = deviations(counts, expected, made.shared, made.single, parts)[0] * sign
    alike, rarity = _rarity(evidence)
    best = int(off.argmax())
    first, _last = parts[best]
    return Change(
        evidence=float(evidence[-1]),
        undoubted=float(averaged(off[None])[0]),
        rarity=rarity,
        alike=alike,
        ratio=_ratio(counts[0], expected[0], parts, off, best, sign),
        began=float(offsets[first]),
    )


def _ratio(
    counts: Floats,
    expected: Floats,
    parts: list[tuple[int, int]],
    off: Floats,
    best: int,
    sign: int,
) -> float:
    ratios = np.array(
        [
            (counts[first:last].sum() + 0.5) / (expected[first:last].sum() + 0.5)
            for first, last in parts
        ]
    )
    clear = ratios[off >= CLEAR]
    if not clear.size:
        return float(ratios[best])
    return float(clear.max() if sign > 0 else clear.min())


def deviations(
    counts: Floats, expected: Floats, shared: float, single: float, parts: list[tuple[int, int]]
) -> Floats:
    """Return by how much each part of each window is off, a column each part."""
    shared = min(shared, MOST_SHARED)
    sums = [np.pad(np.cumsum(each, 1), ((0, 0), (1, 0))) for each in (counts, expected)]
    squares = np.pad(np.cumsum(expected**2, 1), ((0, 0), (1, 0)))
    columns = []
    for first, last in parts:
        seen, mean = (each[:, last] - each[:, first] for each in sums)
        own = (squares[:, last] - squares[:, first]) / mean**2
        columns.append(deviation(seen, mean, shared + single * own))
    return np.stack(columns, axis=1)


def deviation(counts: Floats, expected: Floats, excess: Floats) -> Floats:
    """Return the signed root of the deviance of a negative binomial.

    Without a change it is nearly normal, whatever the level.

    Args:
        excess: Variance beyond chance, by the square of what was expected.
    """
    size = 1 / excess
    some = np.maximum(counts, 1e-12)
    half = np.where(counts > 0, counts * np.log(some / expected), 0.0)
    half = half - (counts + size) * np.log((counts + size) / (expected + size))
    return np.asarray(np.sign(counts - expected) * np.sqrt(np.maximum(2 * half, 0.0)))


def averaged(off: Floats) -> Floats:
    """Return the logarithm to base 10 of the likelihood ratios, averaged over columns."""
    ratios = off * np.abs(off) / 2
    most = ratios.max(axis=1)
    mean = np.log(np.exp(ratios - most[:, None]).mean(axis=1)) + most
    return np.asarray(np.round(mean / log(10), DIGITS))


def _rarity(values: Floats) -> tuple[int, float]:
    """Rank the last value among the others; beyond nine in ten they fall off evenly."""
    others, value = values[:-1], float(values[-1])
    if not others.size:
        return 0, 0.0
    alike = int((others >= value).sum())
    edge = max(float(np.quantile(others, TAIL)), 0.0)
    if value <= edge:
        return alike, -log10((alike + 1) / (others.size + 1))
    beyond = others[others > edge] - edge
    fall = max(float(beyond.mean()) * log(10), 0.5) if beyond.size else 1.0
    return alike, (value - edge) / fall - log10(1 - TAIL)
