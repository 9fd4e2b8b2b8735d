"""Between which numbers a count is likely to lie."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from sleuth.health.detector.assessment import Band
from sleuth.health.detector.forecast import Forecast
from sleuth.health.detector.series import Floats

Z95 = 1.959963984540054
DIGITS = 3
MOST_SHOWN = 60


def interval(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return between which numbers 95 of 100 counts lie, by Wilson and Hilferty's quantiles.

    Args:
        mean, variance: Of a gamma distribution, which negative binomials are like.
    """
    shape = mean**2 / np.maximum(variance, 1e-12)
    root = 1 / (9 * np.maximum(shape, 1e-12))
    low, high = (mean * np.maximum(1 - root + z * np.sqrt(root), 0.0) ** 3 for z in (-Z95, Z95))
    return low, np.maximum(high, mean)


def interval_of_total(expected: Floats, made: Forecast) -> tuple[float, float]:
    """Return between which numbers the sum over all bins is likely to lie."""
    total = float(expected.sum())
    variance = total + made.shared * total**2 + made.single * float((expected**2).sum())
    low, high = interval(np.array([total]), np.array([variance]))
    return float(low[0]), float(high[0])


def interval_of_ratio(observed: float, expected: Floats, made: Forecast) -> tuple[float, float]:
    """Return the factors by which a ratio, divided and multiplied, spans its 95 % interval."""
    total = max(float(expected.sum()), 1e-9)
    own = float((expected**2).sum()) / total**2
    spread = sqrt(1 / (observed + 1) + made.shared + made.single * own)
    factor = exp(Z95 * min(spread, 3.0))
    return 1 / factor, factor


def band(start: int, expected: Floats, made: Forecast) -> Band:
    """Return what was expected of each of the first buckets, for the chart.

    Args:
        start: Epoch seconds of the first.
    """
    shown = expected[:MOST_SHOWN]
    low, high = interval(shown, shown + (made.shared + made.single) * shown**2)
    return Band(start, *(_rounded(each) for each in (shown, low, high)))


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
