"""Likelihoods of counts: negative binomial."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sleuth.health.detector.series import Floats


def log_likelihood(counts: Floats, expected: Floats, size: float, change: Floats) -> Floats:
    """Return the likelihood of counts, but for what depends on the counts alone.

    Args:
        size: Of the negative binomial; small means that counts vary much.
        change: Logarithm of the rate by what was expected; broadcast against the others.
    """
    grown = expected / (size + expected) * np.expm1(change)
    return np.asarray(counts * change - (counts + size) * np.log1p(grown))


def log_sum(values: ArrayLike, axis: int | tuple[int, ...] = -1) -> Floats:
    """Return the logarithm of the sum of exponentials along axes."""
    array = np.asarray(values, dtype=np.float64)
    most = array.max(axis=axis, keepdims=True)
    total = np.log(np.exp(array - most).sum(axis=axis, keepdims=True)) + most
    return np.asarray(np.squeeze(total, axis=axis))
