"""Measures of verdicts against what is true, each with its interval over cases."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.judging.truth import Truth

Flags = NDArray[np.bool_]
DRAWS = 1000
Figure = tuple[float, float, float]  # with the ends of its 95 % interval


def weights(cases: int, seed: int = 7) -> NDArray[np.float64]:
    """Return how often each case counts: once in the first row, then as drawn with return."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(cases, np.full(cases, 1 / cases), DRAWS)
    return np.vstack([np.ones(cases), drawn]).astype(np.float64)


def figure(above: NDArray[np.float64], below: NDArray[np.float64]) -> Figure:
    """Return a share and the interval of it; not a number where nothing counts."""
    some = below > 0
    if not some[0]:
        return (math.nan, math.nan, math.nan)
    share = above[some] / below[some]
    low, high = np.percentile(share[1:], [2.5, 97.5])
    return float(share[0]), float(low), float(high)


def at_look(truth: Truth, state: NDArray[np.int8], look: int) -> dict[str, Figure]:
    """Return the measures of one look.

    Args:
        state: -1 improved, 0 healthy or unknown, 1 ailing, 2 unhealthy; a row for each case.
        look: Which column of it.
    """
    weight = weights(len(state))
    flag, improved = state[:, look] >= 1, state[:, look] == -1
    is_worse, is_better = truth.is_worse[:, look], truth.is_better[:, look]
    made = scores(weight, flag, is_worse, truth.is_unsettled[:, look])
    better = scores(weight, improved, is_better, truth.is_better_unsettled[:, look])
    alarms = figure(weight @ (flag & truth.is_harmless), weight @ truth.is_harmless)
    return made | {"improved": better["f1"], "false_alarms": hundredfold(alarms)}


def scores(
    weight: NDArray[np.float64], flag: Flags, is_so: Flags, skip: Flags
) -> dict[str, Figure]:
    """Return recall, precision and F1; what cannot be seen yet counts neither way."""
    hit, wrong, missed = flag & is_so, flag & ~is_so & ~skip, ~flag & is_so
    hits, misses, alarms = weight @ hit, weight @ missed, weight @ wrong
    return {
        "recall": figure(hits, hits + misses),
        "precision": figure(hits, hits + alarms),
        "f1": figure(2 * hits, 2 * hits + alarms + misses),
    }


def ever_flagged(truth: Truth, state: NDArray[np.int8]) -> Figure:
    """Return how many of a hundred harmless deploys are flagged at one look or more."""
    weight = weights(len(state))
    ever = (state >= 1).any(axis=1)
    return hundredfold(figure(weight @ (ever & truth.is_harmless), weight @ truth.is_harmless))


def recall_by_course(truth: Truth, state: NDArray[np.int8], look: int) -> dict[str, Figure]:
    """Return how many regressions of each course are found at a look."""
    flag, is_worse = state[:, look] >= 1, truth.is_worse[:, look]
    weight, found = weights(len(state)), {}
    for shape in sorted(set(truth.shape[is_worse].tolist())):
        of_shape = is_worse & (truth.shape == shape)
        found[shape] = figure(weight @ (of_shape & flag), weight @ of_shape)
    return found


def hundredfold(share: Figure) -> Figure:
    """Return a share of one as one of a hundred."""
    return 100 * share[0], 100 * share[1], 100 * share[2]


def quantile_of_delays(hit: Flags, looks: Sequence[int], share: float) -> float | None:
    """Return after how many minutes a share of regressions is found; None if never.

    Args:
        hit: Whether a regression, a row for each, is found at a look.
    """
    if not len(hit):
        return None
    first = np.where(hit.any(axis=1), np.asarray(looks, float)[hit.argmax(axis=1)], math.inf)
    found = float(np.sort(first)[max(0, math.ceil(share * len(first)) - 1)])
    return found if math.isfinite(found) else None
