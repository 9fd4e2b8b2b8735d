"""How one source's errors have been of late, in short windows of equal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sleuth.health.detector.evidence import deviation
from sleuth.health.detector.forecast import Forecast, forecast
from sleuth.health.detector.series import Floats, Series, arrange, read
from sleuth.health.detector.settings import DEFAULT, Settings
from sleuth.health.detector.usual import brought_by_jobs, day_profile, recurring
from sleuth.health.detector.windows import cut

SHORTEST_SECONDS = 180
HOUR = 3600
FEWEST_WINDOWS = 6
CLEAR = 3.3
"""Standard deviations; so far off is one window in two thousand."""
BAD = ("ailing", "unhealthy")
AILING_RATIO, UNHEALTHY_RATIO, IMPROVED_RATIO = 1.5, 3.5, 0.5


@dataclass(frozen=True, slots=True)
class StripValue:
    """One window.

    Args:
        start: Epoch seconds.
        health: improved, healthy, ailing, unhealthy or unknown.
        reason: Why it is unknown: gap, short_history or too_few_errors; "" of the others.
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


@dataclass(frozen=True, slots=True)
class _Recent:
    """The last hour and the minutes before it that its first windows look back at."""

    series: Series
    begin: int
    expected: Floats
    made: Forecast


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

    Each window is judged by itself and, where it alone says too little, with the minutes
    before it, as many as the sensitivity asks for, against what the time before let expect.
    Windows start at whole multiples of their length; the newest is the last whole one known.

    Args:
        minutes, counts: As :func:`~sleuth.health.detector.assess` takes them.
        now: Epoch seconds.
        deploys: Epoch seconds of the environment's deploys.
        threshold: The user's own limit in errors a minute.

    Raises:
        ValueError: What was given is no regular series of counts.
    """
    times, values = read(minutes, counts, step_seconds)
    length, count = window_seconds(step_seconds), window_count(step_seconds)
    known = times[~np.isnan(values)]
    end = min(int(known[-1]) + step_seconds if known.size else now, now) // length * length
    first = end - count * length
    back = max(length, settings.window_minutes * 60 // length * length) - length
    series = arrange(times, values, first - back, first - back, step_seconds)
    starts = range(first, end, length)
    if threshold is not None:
        return [_limited(series, start, length, threshold) for start in starts]
    if series.history_days < settings.least_history_days:
        return [_without_past(series, start, length) for start in starts]
    recent = _recent(series, end, deploys)
    return [_value(recent, start, length, back, settings) for start in starts]


def _inside(series: Series, start: int, length: int) -> slice:
    index = (start - series.start) // series.step
    return slice(max(index, 0), max(index + length // series.step, 0))


def _observed(series: Series, start: int, length: int) -> int | None:
    inside = _inside(series, start, length)
    known = series.known[inside]
    if known.size < length // series.step or not known.all():
        return None
    return round(float(series.counts[inside].sum()))


def _limited(series: Series, start: int, length: int, threshold: float) -> StripValue:
    observed = _observed(series, start, length)
    if observed is None:
        return StripValue(start, "unknown", "gap")
    is_above = observed > threshold * length / 60
    return StripValue(start, "unhealthy" if is_above else "healthy", "", observed)


def _without_past(series: Series, start: int, length: int) -> StripValue:
    observed = _observed(series, start, length)
    return StripValue(start, "unknown", "gap" if observed is None else "short_history", observed)


def _recent(series: Series, end: int, deploys: Sequence[int]) -> _Recent:
    flags = recurring(series)
    calm = series.without(flags)
    usual = day_profile(calm)
    begin = series.start + series.past * series.step
    windows = cut(calm, usual, (end - begin) // series.step, deploys)
    made = forecast(windows)
    jobs = brought_by_jobs(series, flags, usual)
    return _Recent(series, begin, usual * made.scale(windows) + jobs, made)


def _value(recent: _Recent, start: int, length: int, back: int, settings: Settings) -> StripValue:
    series = recent.series
    observed = _observed(series, start, length)
    if observed is None:
        return StripValue(start, "unknown", "gap")
    expected = round(float(recent.expected[_inside(series, start, length)].sum()), 3)
    alone = _judged(recent, start, length, settings)
    together = _judged(recent, start - back, back + length, settings)
    is_raised = observed + 0.5 >= AILING_RATIO * (expected + 0.5)
    health, reason = together
    if alone[0] in BAD or (together[0] in BAD and not is_raised):
        health, reason = alone
    return StripValue(start, health, reason, observed, expected)


def _judged(recent: _Recent, start: int, length: int, settings: Settings) -> tuple[str, str]:
    series = recent.series
    inside = _inside(series, start, length)
    known = series.known[inside]
    seen = float(series.counts[inside][known].sum())
    usual = recent.expected[inside][known]
    return _health(seen, usual, recent.made, known.sum() * series.step / HOUR, settings)


def _health(
    seen: float, usual: Floats, made: Forecast, hours: float, settings: Settings
) -> tuple[str, str]:
    total = max(float(usual.sum()), 1e-9)
    excess = made.shared + made.single * float((usual**2).sum()) / total**2
    serious = max(settings.serious_ratio * total, total + settings.serious_rise_per_hour * hours)
    off, could_be_off = deviation(
        np.array([seen, serious]), np.array([total, total]), np.array([excess, excess])
    )
    ratio = (seen + 0.5) / (total + 0.5)
    if off >= CLEAR and ratio >= AILING_RATIO:
        return ("unhealthy" if ratio >= UNHEALTHY_RATIO else "ailing"), ""
    if could_be_off < CLEAR:
        return "unknown", "too_few_errors"
    return ("improved" if off <= -CLEAR and ratio <= IMPROVED_RATIO else "healthy"), ""
