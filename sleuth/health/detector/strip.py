"""How one source's errors have been of late, in short windows of equal length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sleuth.health.detector.settings import DEFAULT, Settings

SHORTEST_SECONDS = 180
HOUR, DAY = 3600, 86_400
FEWEST_WINDOWS = 6
Z_AILING, Z_UNHEALTHY = 3.0, 5.0


@dataclass(frozen=True, slots=True)
class StripValue:
    """One window.

    Args:
        start: Epoch seconds.
        health: improved, healthy, ailing, unhealthy or unknown.
        reason: Why it is unknown: gap, pending or short_history; "" of the others.
        observed: Errors in the window; None where unknown.
        expected: Errors that are usual in it; None where that is unknown.
    """

    start: int
    health: str
    reason: str
    observed: int | None = None
    expected: float | None = None


def window_seconds(step_seconds: int) -> int:
    """Return the length of a window: whole buckets, three minutes at least."""
    return -(-SHORTEST_SECONDS // step_seconds) * step_seconds


def window_count(step_seconds: int) -> int:
    """Return how many windows there are: an hour of them, six at least."""
    return max(FEWEST_WINDOWS, -(-HOUR // window_seconds(step_seconds)))


def health_strip(
    minutes: ArrayLike,
    counts: ArrayLike,
    now: int,
    deploys: Sequence[int],
    *,
    step_seconds: int = 60,
    settings: Settings = DEFAULT,
    threshold: float | None = None,
) -> list[StripValue]:
    """Return the health of a source's latest windows, oldest first.

    Windows start at whole multiples of their length; the newest is the last whole one known.

    Args:
        minutes, counts: As :func:`assess` takes them.
        now: Epoch seconds.
        deploys: Epoch seconds of the environment's deploys.
        threshold: The user's own limit in errors a minute.
    """
    times = np.asarray(minutes, dtype=np.int64)
    values = np.asarray(counts, dtype=np.float64)
    length = window_seconds(step_seconds)
    known = times[~np.isnan(values)]
    end = min(int(known[-1]) + step_seconds if known.size else now, now) // length * length
    first = end - window_count(step_seconds) * length
    past = values[(times < first) & ~np.isnan(values)]
    is_short = past.size * step_seconds < settings.least_history_days * DAY
    per_bucket = math.nan if is_short else float(past[-DAY // step_seconds :].mean())
    per_window = math.inf if threshold is None else threshold * length / 60
    return [
        _value(start, values[(times >= start) & (times < start + length)], per_bucket, per_window)
        for start in range(first, end, length)
    ]


def _value(start: int, inside: NDArray[np.float64], per_bucket: float, limit: float) -> StripValue:
    if not inside.size or np.isnan(inside).any():
        return StripValue(start, "unknown", "gap")
    observed = int(inside.sum())
    if math.isfinite(limit):
        return StripValue(start, "unhealthy" if observed > limit else "healthy", "", observed)
    if math.isnan(per_bucket):
        return StripValue(start, "unknown", "short_history", observed)
    expected = per_bucket * inside.size
    above = (observed - expected) / math.sqrt(expected + 1)
    health = "ailing" if above > Z_AILING else "healthy"
    health = "unhealthy" if above > Z_UNHEALTHY and observed > 3 * expected else health
    return StripValue(start, health, "", observed, round(expected, 3))
