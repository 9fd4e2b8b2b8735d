"""The verdict on one deploy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sleuth.health.detector.assessment import Assessment, Band
from sleuth.health.detector.looks import looks_for, next_bucket
from sleuth.health.detector.settings import DEFAULT, Settings

DAY = 86_400
PATIENT_BUCKETS = 3
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class _After:
    """The buckets of the look: how many minutes, and their counts (NaN = unknown)."""

    begin: int
    look: int | None
    counts: NDArray[np.float64]
    is_final: bool


def assess(
    minutes: ArrayLike,
    counts: ArrayLike,
    deployed_at: int,
    now: int,
    earlier_deploys: Sequence[int] = (),
    *,
    step_seconds: int = 60,
    settings: Settings = DEFAULT,
    until: int | None = None,
    threshold: float | None = None,
) -> Assessment:
    """Judge one deploy.

    Args:
        minutes: Epoch seconds of the bucket starts, regular.
        counts: Errors in each bucket, NaN where unknown.
        deployed_at: Epoch seconds. The bucket it lies in counts neither before nor after,
            unless it starts there.
        now: Epoch seconds.
        earlier_deploys: Epoch seconds of this environment's earlier deploys.
        step_seconds: Width of a bucket.
        until: Epoch seconds at which the next deploy ended this one's window, if one did.
        threshold: The user's own limit in errors a minute.

    Raises:
        ValueError: The series is irregular, or not as long as its minutes.
    """
    times = np.asarray(minutes, dtype=np.int64)
    values = np.asarray(counts, dtype=np.float64)
    if times.shape != values.shape or times.ndim != 1:
        raise ValueError("There must be one count for each minute.")
    if times.size > 1 and (np.diff(times) != step_seconds).any():
        raise ValueError(f"The minutes must be regular, {step_seconds} seconds apart.")
    after = _after(times, values, deployed_at, now, until, step_seconds, settings)
    if until is not None and next_bucket(deployed_at, step_seconds) + step_seconds > until:
        return Assessment("unknown", "replaced", is_final=True, step_seconds=step_seconds)
    if after.look is None:
        reason = "gap" if after.is_final else "pending"
        return Assessment("unknown", reason, after.is_final, step_seconds=step_seconds)
    made = _judge(times, values, deployed_at, after, step_seconds, settings)
    return made if threshold is None else _with_threshold(made, threshold)


def _after(
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    deployed_at: int,
    now: int,
    until: int | None,
    step: int,
    settings: Settings,
) -> _After:
    looks = looks_for(step, settings)
    begin = next_bucket(deployed_at, step)
    end = min(now if until is None else min(now, until), begin + looks[-1] * 60)
    known = times[~np.isnan(values)]
    known_until = max(
        int(known[-1]) + step if known.size else 0, now - step - settings.settling_seconds
    )
    whole = max(0, (min(end, known_until) - begin) // step) * step // 60
    reached = [look for look in looks if look <= whole]
    look = reached[-1] if reached else None
    is_given_up = now - deployed_at > max(settings.patience_seconds, PATIENT_BUCKETS * step)
    is_ended = until is not None and begin + whole * 60 + step > until
    if look is None and (is_ended or is_given_up) and whole:
        look = whole
    size = (look or 0) * 60 // step
    inside = np.full(size, math.nan)
    first = (begin - int(times[0])) // step if times.size else 0
    for index in range(size):
        if 0 <= first + index < values.size:
            inside[index] = values[first + index]
    return _After(begin, look, inside, is_given_up or is_ended or look == looks[-1])


def _judge(
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    deployed_at: int,
    after: _After,
    step: int,
    settings: Settings,
) -> Assessment:
    past = values[times + step <= deployed_at]
    known = past[~np.isnan(past)]
    seen = after.counts[~np.isnan(after.counts)]
    days = known.size * step / DAY
    minutes_known = seen.size * step // 60
    base = Assessment(
        "unknown",
        "short_history",
        after.is_final,
        minutes_of_data=after.look or 0,
        known_minutes=minutes_known,
        observed=int(seen.sum()),
        history_days=round(days, 3),
        is_short_history=days < settings.short_history_days,
        step_seconds=step,
    )
    if days < settings.least_history_days:
        return base
    if not seen.size:
        return replace(base, reason="gap")
    window = max(seen.size, 3600 // step)
    rate = max(float(known[-window:].mean()), float(known.sum() + 0.5) / known.size * 0.1)
    expected = rate * seen.size
    spread = Z95 * math.sqrt(expected + 1)
    ratio = (seen.sum() + 0.5) / (expected + 0.5)
    margin = math.exp(Z95 / math.sqrt(min(seen.sum(), expected) + 1))
    size = len(after.counts)
    band = Band(
        after.begin,
        [rate] * size,
        [max(0.0, rate - Z95 * math.sqrt(rate + 0.25))] * size,
        [rate + Z95 * math.sqrt(rate + 0.25)] * size,
    )
    made = replace(
        base,
        expected=round(expected, 6),
        expected_low=max(0.0, expected - spread),
        expected_high=expected + spread,
        ratio=float(ratio),
        ratio_low=float(ratio / margin),
        ratio_high=float(ratio * margin),
        usual_per_minute=rate * 60 / step,
        smallest_ratio=1 + (spread + settings.material_errors) / (expected + 0.5),
        moments=2000,
        moments_alike=0 if abs(seen.sum() - expected) > 2 * spread else 400,
        rarity=0.0005 if abs(seen.sum() - expected) > 2 * spread else 0.2,
        evidence=float(abs(seen.sum() - expected) / spread),
        band=band,
    )
    return _decided(made, 1 - seen.size / size > 1 - settings.least_after, settings)


def _decided(made: Assessment, has_gap: bool, settings: Settings) -> Assessment:
    observed, expected = made.observed or 0, made.expected or 0.0
    assert made.expected_high is not None and made.expected_low is not None
    high = expected + 2 * (made.expected_high - expected)
    if observed > high and observed - expected >= settings.material_errors:
        if made.ratio and made.ratio >= settings.unhealthy_ratio:
            return replace(made, health="unhealthy", reason="rise", began_after_minutes=0)
        if made.ratio and made.ratio >= settings.ailing_ratio:
            return replace(made, health="ailing", reason="rise", began_after_minutes=0)
    if has_gap:
        return replace(made, reason="gap")
    if (
        observed < expected - 2 * (expected - made.expected_low)
        and made.ratio
        and made.ratio <= 0.5
    ):
        return replace(made, health="improved", reason="fall", began_after_minutes=0)
    if made.smallest_ratio and made.smallest_ratio > 3 and expected * 2 < settings.material_errors:
        return replace(made, reason="too_few_errors", threefold_after_minutes=60)
    return replace(made, health="healthy", reason="usual")


def _with_threshold(made: Assessment, threshold: float) -> Assessment:
    """Let the user's own limit decide, and keep what would have been said without it."""
    if made.reason in {"gap", "pending", "replaced"} or made.rate_after is None:
        return replace(made, threshold=threshold, detected=made.health)
    is_above = made.rate_after > threshold
    return replace(
        made,
        health="unhealthy" if is_above else "healthy",
        reason="above_threshold" if is_above else "below_threshold",
        threshold=threshold,
        detected=made.health,
    )
