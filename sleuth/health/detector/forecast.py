"""What would have come without a deploy, and how wrong such forecasts usually are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sleuth.health.detector.series import Floats
from sleuth.health.detector.windows import Windows

PRIOR_WEIGHTS = {5: (0.1, 0.1, 0.2, 0.25, 0.2), 3: (0.4, 0.25, 0.2)}
RIDGE = 8.0
ROUNDS = 4
LEAST_EXPECTED = 1e-9
LOGARITHMS = (-20, 40)
"""Between these lie those of what a window can bring."""
LIKENESS = 0.7
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Forecast:
    """What each window was expected to bring, and the spread around it.

    Args:
        expected: Errors in each bin of each window.
        weights: An intercept, and how much of the level of each time before lasts.
        shared: Variance of the logarithm of the error that all bins of a window share.
        single: Variance of each bin's own error beyond chance (1 / size of a negative
            binomial).
    """

    expected: Floats
    weights: Floats
    shared: float
    single: float

    def scale(self, windows: Windows) -> float:
        """Return what was expected of the last window by what is usual there."""
        usual = float(windows.usual[-1].sum())
        return float(self.expected[-1].sum()) / max(usual, 1e-9)


def forecast(windows: Windows) -> Forecast:
    """Fit a forecast to the moments without a deploy, and apply it to every window.

    A negative binomial regression with a logarithmic link: the usual day times a power of
    how the last minutes, hours and the last day compare with it.
    """
    total, usual = windows.counts.sum(1), windows.usual.sum(1)
    design = np.concatenate([np.ones((usual.size, 1)), windows.levels], axis=1)
    logarithm = np.log(np.maximum(usual, LEAST_EXPECTED))
    offset = logarithm + windows.turned
    alike = _likeness(windows)
    weights = _fitted(design, offset, total, alike)
    scale = np.exp(np.clip(offset + design @ weights, *LOGARITHMS) - logarithm)
    expected = np.maximum(windows.usual * scale[:, None], LEAST_EXPECTED)
    shared, single = _spread(windows, expected, alike)
    return Forecast(expected, weights, shared, single)


def flat(windows: Windows) -> Forecast:
    """Return what the usual day alone would have brought."""
    expected = np.maximum(windows.usual, LEAST_EXPECTED)
    shared, single = _spread(windows, expected, np.ones(windows.moments))
    return Forecast(expected, np.zeros(1), shared, single)


def _likeness(windows: Windows) -> Floats:
    """Return how much each moment counts: more, the more the hours before it were like now."""
    middle = windows.levels[:, windows.levels.shape[1] // 2 :][:, :2]
    distance = ((middle[: windows.moments] - middle[-1]) ** 2).sum(1) / LIKENESS**2
    return np.asarray(LEAST_SHARE + (1 - LEAST_SHARE) * np.exp(-distance / 2))


def _fitted(design: Floats, offset: Floats, total: Floats, alike: Floats) -> Floats:
    columns = design.shape[1] - 1
    prior = np.array([0.0, *PRIOR_WEIGHTS.get(columns, (0.8 / columns,) * columns)])
    ridge = np.array([2.0] + [RIDGE] * columns)
    moments = alike.size
    is_used = np.zeros(total.size, dtype=np.bool_)
    is_used[:moments] = offset[:moments] > np.log(LEAST_EXPECTED)
    rows, base, seen, share = (
        design[is_used],
        offset[is_used],
        total[is_used],
        alike[is_used[:moments]],
    )
    weights, excess = prior.copy(), 0.3
    for _ in range(ROUNDS if is_used.any() else 0):
        expected = np.exp(np.clip(base + rows @ weights, *LOGARITHMS))
        capped = np.minimum(seen, 4 * expected + 4 + 3 * np.sqrt(expected))
        slack = 1 + excess * expected
        slope = rows.T @ (share * (capped - expected) / slack) - ridge * (weights - prior)
        curve = (rows * (share * expected / slack)[:, None]).T @ rows + np.diag(ridge)
        weights = weights + np.linalg.solve(curve, slope)
        excess = max(excess_variance(seen, expected, share), 0.02)
    return weights


def excess_variance(seen: Floats, expected: Floats, share: Floats) -> float:
    """Return by how much counts vary beyond chance: (variance - mean) / mean², by moments.

    The most extreme hundredth and a half is clipped.
    """
    if not seen.size:
        return 0.3
    square = (seen - expected) ** 2
    relative = square / (expected + 0.3 * expected**2 + 0.02)
    limit = np.percentile(relative, 98.5)
    square = square * np.minimum(1.0, limit / np.maximum(relative, 1e-9))
    weight = share / (1 + 0.3 * expected) ** 2
    mass = max(float((weight * expected**2).sum()), 1e-12)
    return max(float((weight * (square - expected)).sum()) / mass, 0.0)


def _spread(windows: Windows, expected: Floats, alike: Floats) -> tuple[float, float]:
    """Split the excess variance in what a window's bins share and what each has of its own."""
    rows, bins = slice(0, windows.moments), windows.bins
    whole = excess_variance(windows.counts[rows].sum(1), expected[rows].sum(1), alike)
    each = excess_variance(
        windows.counts[rows].ravel(), expected[rows].ravel(), np.repeat(alike, bins)
    )
    shared = (bins * whole - each) / (bins - 1) if bins > 1 else whole / 2
    shared = float(np.clip(shared, 0.0006, 1.5))
    return shared, float(np.clip(each - shared, 0.001, 50.0))
