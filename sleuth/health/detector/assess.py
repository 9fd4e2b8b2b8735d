"""The verdict on one deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from sleuth.health.detector import spread
from sleuth.health.detector.assessment import Assessment
from sleuth.health.detector.deciding import Findings, decide
from sleuth.health.detector.evidence import After
from sleuth.health.detector.looks import Look, look_at
from sleuth.health.detector.missing import weigh_filled
from sleuth.health.detector.model import Model, after_of, compared_bins, model_of
from sleuth.health.detector.series import Flags, Series, arrange, read, read_moments
from sleuth.health.detector.settings import DEFAULT, Settings


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
        ValueError: What was given is no regular series of counts, no time or no limit.
    """
    times, values = read(minutes, counts, step_seconds)
    deploys = read_moments(earlier_deploys)
    read_moments([deployed_at, now, now if until is None else until])
    if threshold is not None and not 0 <= threshold < inf:
        raise ValueError("A limit must be finite and not negative.")
    look = look_at(times, values, deployed_at, now, until, step_seconds, settings)
    if look.minutes is None:
        return Assessment("unknown", look.reason, look.is_final, step_seconds=step_seconds)
    size = look.minutes * 60 // step_seconds
    is_inside = times < look.begin + size * step_seconds
    series = arrange(times[is_inside], values[is_inside], deployed_at, look.begin, step_seconds)
    made = _judge(_prolonged(series, size), look, deploys, settings)
    return made if threshold is None else _with_threshold(made, threshold, settings)


def _prolonged(series: Series, size: int) -> Series:
    """Return the series with all buckets of the look; those that never came are unknown."""
    missing = series.past + size - series.counts.size
    if missing <= 0:
        return series
    return replace(
        series,
        counts=np.append(series.counts, np.zeros(missing)),
        known=np.append(series.known, np.zeros(missing, dtype=np.bool_)),
    )


def _judge(series: Series, look: Look, deploys: Sequence[int], settings: Settings) -> Assessment:
    seen = series.known[series.past :]
    made = Assessment(
        "unknown",
        "short_history",
        look.is_final,
        minutes_of_data=look.minutes or 0,
        known_minutes=int(seen.sum()) * series.step // 60,
        observed=round(float(series.counts[series.past :][seen].sum())),
        history_days=round(series.history_days, 3),
        is_short_history=series.history_days < settings.short_history_days,
        step_seconds=series.step,
    )
    if series.history_days < settings.least_history_days:
        return made
    if not seen.any():
        return replace(made, reason="gap")
    return _compared(made, series, look, deploys, settings)


def _compared(
    made: Assessment, series: Series, look: Look, deploys: Sequence[int], settings: Settings
) -> Assessment:
    model = model_of(series, deploys, settings)
    if not model.windows.usual[-1].any():
        return replace(made, reason="gap")
    bins, doubt = compared_bins(model)
    if not bins.any():
        return replace(_described(made, series, look, model), reason="restart")
    after = after_of(series, model, bins, doubt)
    found = _findings(look, model, bins, after)
    return decide(_described(made, series, look, model), found, settings)


def _findings(look: Look, model: Model, bins: Flags, after: After) -> Findings:
    given = (model.windows, model.forecast, bins, after)
    least = weigh_filled(*given, np.zeros(after.counts.size))
    most = weigh_filled(*given, after.most) if after.most.any() else least
    return Findings(look, after, *least, *most)


def _described(made: Assessment, series: Series, look: Look, model: Model) -> Assessment:
    """Add what was expected of all known buckets, those of recurring jobs among them."""
    past = series.past
    calm, jobs = model.usual[past:] * model.scale, model.jobs[past:]
    each, is_known = calm + jobs, series.known[past:]
    known = np.where(is_known, each, 0.0)
    expected, observed = float(known.sum()), float(made.observed or 0)
    low, high = spread.interval_of_total(known, model.forecast)
    less, more = spread.interval_of_ratio(observed, known, model.forecast)
    ratio = (observed + 0.5) / (expected + 0.5)
    return replace(
        made,
        expected=round(expected, 6),
        expected_low=round(low, 6),
        expected_high=round(high, 6),
        ratio=round(ratio, 6),
        ratio_low=round(ratio * less, 6),
        ratio_high=round(ratio * more, 6),
        usual_per_minute=round(float(calm.mean()) * 60 / series.step, 9),
        moments=model.windows.moments,
        deploys_learnt_from=model.windows.counts.shape[0] - 1 - model.windows.moments,
        band=spread.band(look.begin, each, model.forecast),
        details={
            "free_moments": model.windows.free,
            "weights": np.round(model.forecast.weights, 9).tolist(),
            "shared_variance": round(model.forecast.shared, 9),
            "single_variance": round(model.forecast.single, 9),
            "blip_share": round(model.blips.share, 9),
            "blip_minutes": model.blips.minutes,
            "expected_of_jobs": round(float(jobs[is_known].sum()), 9),
        },
    )


def _with_threshold(made: Assessment, threshold: float, settings: Settings) -> Assessment:
    """Let the user's own limit decide, and keep what would have been said without it."""
    if made.reason in {"gap", "pending", "replaced"} or made.rate_after is None:
        return replace(made, threshold=threshold, detected=made.health)
    if made.known_minutes < settings.least_known * made.minutes_of_data:
        return replace(
            made, health="unknown", reason="gap", threshold=threshold, detected=made.health
        )
    is_above = made.rate_after > threshold
    return replace(
        made,
        health="unhealthy" if is_above else "healthy",
        reason="above_threshold" if is_above else "below_threshold",
        threshold=threshold,
        detected=made.health,
    )
