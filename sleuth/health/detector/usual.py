"""What is usual: the course of a day, and the jobs that recur in it."""

from __future__ import annotations

import numpy as np

from sleuth.health.detector.series import Flags, Floats, Integers, Series, running_sum

PROFILE_SECONDS = 1800
HOUR = 3600


def day_profile(series: Series) -> Floats:
    """Return a rate for each bucket: the team's usual day, as far as the days agree on it.

    Half hours that differ much from day to day are drawn towards the mean of all.
    """
    width = max(1, PROFILE_SECONDS // series.step)
    bins = series.day // width
    rates = _rates_by_day(series, width, bins)
    level = _level(rates, int(series.known[: series.past].sum()))
    relative = _shrunk(rates, level)
    return level * _interpolated(relative, series, width)


def flat_day(series: Series) -> Floats:
    """Return the same rate for every bucket."""
    known = series.known[: series.past]
    mean = float(series.counts[: series.past][known].mean()) if known.any() else 0.0
    return np.full(series.counts.size, max(mean, 0.3 / max(int(known.sum()), 1)))


def _rates_by_day(series: Series, width: int, bins: int) -> Floats:
    """Return rates, a row a day and a column for each part of it; incidents are clipped."""
    past = series.past
    part = (np.arange(past) + series.phase) // width
    days = int(part[-1]) // bins + 1 if past else 1
    known = series.known[:past]
    total = np.bincount(part, np.where(known, series.counts[:past], 0.0), days * bins)
    seen = np.bincount(part, known, days * bins)
    is_enough = seen >= width / 2
    if not is_enough.any():
        is_enough = seen > 0
    rates = np.where(is_enough, total / np.maximum(seen, 1), np.nan)
    return _clipped(rates.reshape(days, bins), width)


def _clipped(rates: Floats, width: int) -> Floats:
    known = (~np.isnan(rates)).sum(0)
    ordered = np.sort(rates, axis=0)
    column = np.arange(rates.shape[1])
    last = np.maximum(known - 1, 0)
    median, high = ordered[last // 2, column], ordered[(last * 4 + 4) // 5, column]
    return np.asarray(np.minimum(rates, np.maximum(2.5 * high, 3 * median + 6 / width)))


def _level(rates: Floats, known: int) -> float:
    seen = ~np.isnan(rates)
    mean = float(np.where(seen, rates, 0.0).sum() / max(int(seen.sum()), 1))
    return max(mean, 0.3 / max(known, 1))


def _shrunk(rates: Floats, level: float) -> Floats:
    seen = ~np.isnan(rates)
    days = seen.sum(0)
    mean = np.where(seen, rates, 0.0).sum(0) / np.maximum(days, 1)
    square = np.where(seen, (rates - mean) ** 2, 0.0).sum(0) / np.maximum(days, 1)
    relative = np.where(days > 0, mean / level, 1.0)
    relative = (np.roll(relative, 1) + 2 * relative + np.roll(relative, -1)) / 4
    noise = np.where(days > 1, square / np.maximum(days - 1, 1) / level**2, 1.0) * 0.4 + 1e-4
    signal = max(float(((relative - 1) ** 2).mean() - noise.mean()), 0.0)
    return np.asarray(np.maximum(1 + signal / (signal + noise) * (relative - 1), 0.05))


def _interpolated(relative: Floats, series: Series, width: int) -> Floats:
    phase = (np.arange(series.counts.size) + series.phase) % series.day
    position = (phase - width / 2 + 0.5) / width
    low = np.floor(position).astype(np.int64)
    share = position - low
    size = relative.size
    return np.asarray(relative[low % size] * (1 - share) + relative[(low + 1) % size] * share)


def recurring(series: Series) -> Flags:
    """Return which buckets belong to recurring jobs.

    A minute of the hour or of the day at which errors burst again and again. Such minutes
    say nothing of a deploy.
    """
    flags = np.zeros(series.counts.size, dtype=np.bool_)
    if series.step > 300 or not series.past:
        return flags
    around = _around(series)
    for period, least, repeats in ((HOUR, 0.15, 48), (HOUR * 24, 0.4, 5)):
        phase, size = _phase(series, period)
        hit = _bursts(series, around, phase[: series.past], size, (least, repeats))
        if hit.mean() < 0.4:
            flags |= hit[phase]
    return flags


def brought_by_jobs(series: Series, flags: Flags, usual: Floats) -> Floats:
    """Return what recurring jobs bring on top of the usual day, for each bucket.

    Args:
        flags: Which buckets are those of jobs.
        usual: The usual day, learnt without them.
    """
    jobs = np.zeros(series.counts.size)
    if not flags.any():
        return jobs
    known = series.known[: series.past]
    for period in (HOUR, HOUR * 24):
        phase, size = _phase(series, period)
        is_job = np.bincount(phase, ~flags, size) == 0
        past = phase[: series.past]
        came = np.bincount(past, np.where(known, series.counts[: series.past], 0.0), size)
        calm = np.bincount(past, np.where(known, usual[: series.past], 0.0), size)
        more = np.where(is_job & (calm > 0), came / np.maximum(calm, 1e-12) - 1, 0.0)
        jobs = np.maximum(jobs, usual * more[phase])
    return jobs


def _phase(series: Series, period: int) -> tuple[Integers, int]:
    """Return where in its hour or day each bucket lies, and how many places there are."""
    size = period // series.step
    return (np.arange(series.counts.size) + series.start // series.step) % size, size


def _around(series: Series) -> Floats:
    """Return the mean of the hour around each bucket of the past."""
    half = HOUR // 2 // series.step
    known = series.known[: series.past]
    total = running_sum(np.where(known, series.counts[: series.past], 0.0))
    seen = running_sum(known.astype(np.float64))
    at = np.arange(series.past)
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, series.past)
    return np.asarray((total[high] - total[low]) / np.maximum(seen[high] - seen[low], 1))


def _bursts(
    series: Series, around: Floats, phase: Integers, size: int, limits: tuple[float, int]
) -> Flags:
    known = series.known[: series.past]
    phase, mean, count = phase[known], around[known], series.counts[: series.past][known]
    repeats = np.bincount(phase, minlength=size)
    above = np.bincount(phase, count > 1.3 * mean + 1.5 * np.sqrt(mean) + 0.5, size)
    usual = float(above.sum() / max(int(repeats.sum()), 1))
    error = np.sqrt(usual * (1 - usual) / np.maximum(repeats, 1)) + 1e-9
    share = above / np.maximum(repeats, 1)
    ratio = (np.bincount(phase, count, size) + 0.5) / (np.bincount(phase, mean, size) + 0.5)
    least, enough = limits
    is_rare = np.round((share - usual) / error, 9) > 5
    return np.asarray(is_rare & (ratio > 1.4) & (share > least) & (repeats >= enough))
