"""Judging a deploy from counts alone: pure functions, nothing of ours, no database.

The errors after the deploy are compared with those before it by the exact conditional
test for two Poisson rates (Przyborowski and Wilenski, 1940): given the total, the number
after is binomial if the rate has not changed. All thresholds stand in :class:`Settings`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the lines are drawn.

    Args:
        looks: Minutes of data after which a verdict is made; the last one is final. Wider
            buckets round them up.
        baseline_minutes: Lengths of the time before, tried until one holds
            ``enough_errors``.
        rarity: How improbable a change must be if nothing had changed.
        ailing_ratio, unhealthy_ratio, improved_ratio: Least change of the rate.
        material_errors: A rise of fewer errors than this in all is not held against a deploy.
        serious_rise_per_minute: Where errors are few, a rise of the rate by less than this
            need not have shown for a deploy to be called healthy.
        least_baseline: Share of the shortest baseline that must be known.
        least_after: Share of the minutes since the deploy that must be known.
        patience_seconds: After this long, or three buckets, what is known is all there will
            be: the verdict is final whatever is missing.
        settling_seconds: How long after the end of the bucket that follows it a bucket may be
            unknown without being a gap: trackers take their time.
    """

    looks: tuple[int, ...] = (2, 4, 6, 10, 18, 30, 60)
    baseline_minutes: tuple[int, ...] = (60, 360, 1440)
    enough_errors: int = 20
    rarity: float = 0.001
    ailing_ratio: float = 1.5
    unhealthy_ratio: float = 3.0
    improved_ratio: float = 0.5
    material_errors: int = 5
    serious_rise_per_minute: float = 10 / 60
    least_baseline: float = 0.5
    least_after: float = 0.8
    patience_seconds: int = 86_400
    settling_seconds: int = 180


DEFAULT = Settings()
PATIENT_BUCKETS = 3


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict and what it rests on; rates are average errors a minute.

    Args:
        health: improved, healthy, ailing, unhealthy or unknown.
        reason: Why unknown: pending, gap, replaced, short_history or too_few_errors; else "".
        minutes_of_data: Minutes after the deploy that are known.
        probability: How often chance alone would give such a change, None if not tested.
    """

    health: str
    reason: str
    is_final: bool
    minutes_of_data: int
    rate_before: float | None = None
    rate_after: float | None = None
    errors_before: int = 0
    errors_after: int = 0
    minutes_before: int = 0
    probability: float | None = None

    @property
    def ratio(self) -> float | None:
        """Rate after by rate before; None where that says nothing."""
        if self.rate_before and self.rate_after is not None:
            return self.rate_after / self.rate_before
        return None

    def as_json(self) -> dict[str, Any]:
        """Return JSON-serializable data, enough to recompute the verdict by hand."""
        return {**asdict(self), "ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class _Sample:
    errors: int
    minutes: float
    known_share: float

    @property
    def rate(self) -> float:
        return self.errors / self.minutes


def assess(
    minutes: Sequence[int],
    counts: Sequence[float],
    deployed_at: int,
    now: int,
    *,
    until: int | None = None,
    threshold: float | None = None,
    step_seconds: int = 60,
    settings: Settings = DEFAULT,
) -> Assessment:
    """Judge one deploy.

    Args:
        minutes: Epoch seconds of the bucket starts, regular.
        counts: Errors in each bucket, NaN where unknown.
        deployed_at: Epoch seconds. The bucket it lies in counts neither before nor after.
        now: Epoch seconds.
        until: Epoch seconds at which the deploy was replaced, None if it was not.
        threshold: The user's own limit in errors a minute, instead of the time before.
        step_seconds: Width of a bucket.
    """
    series = list(zip(minutes, counts, strict=True))
    looks = looks_for(step_seconds, settings)
    end = min(now, until if until is not None else now)
    begin = next_bucket(deployed_at, step_seconds)
    horizon = begin + looks[-1] * 60
    known_until = _known_until(series, now, step_seconds, settings)
    after = _sample(series, begin, min(end, horizon, known_until), step_seconds)
    look = _look(after.minutes, looks)
    is_given_up = now - deployed_at > max(settings.patience_seconds, PATIENT_BUCKETS * step_seconds)
    is_final = is_given_up or look == looks[-1]
    if until is not None:
        is_final |= after.minutes * 60 >= _whole_buckets(begin, end, step_seconds) * step_seconds
    if until is not None and not _whole_buckets(begin, until, step_seconds):
        return Assessment("unknown", "replaced", is_final=True, minutes_of_data=0)
    if not after.minutes or (look is None and until is None and not is_given_up):
        return _not_yet(after, is_final)
    if look is not None and not is_final and after.known_share == 1:
        after = _sample(series, begin, begin + look * 60, step_seconds)
    before = _baseline(series, deployed_at, step_seconds, settings)
    verdict = _judge(before, after, threshold, settings)
    return _assessment(verdict, before, after, is_final)


def _not_yet(after: _Sample, is_final: bool) -> Assessment:
    reason = "gap" if is_final else "pending"
    return Assessment("unknown", reason, is_final, int(after.minutes))


def _assessment(
    verdict: tuple[str, str, float | None], before: _Sample, after: _Sample, is_final: bool
) -> Assessment:
    health, reason, probability = verdict
    return Assessment(
        health=health,
        reason=reason,
        is_final=is_final,
        minutes_of_data=int(after.minutes),
        rate_before=before.rate if before.minutes else None,
        rate_after=after.rate,
        errors_before=before.errors,
        errors_after=after.errors,
        minutes_before=int(before.minutes),
        probability=probability,
    )


def _judge(
    before: _Sample, after: _Sample, threshold: float | None, settings: Settings
) -> tuple[str, str, float | None]:
    if after.known_share < settings.least_after:
        return "unknown", "gap", None
    if threshold is not None:
        return ("unhealthy" if after.rate > threshold else "healthy"), "", None
    if before.minutes < settings.least_baseline * settings.baseline_minutes[0]:
        return "unknown", "short_history", None
    return _compare(before, after, settings)


def _compare(before: _Sample, after: _Sample, settings: Settings) -> tuple[str, str, float | None]:
    total = before.errors + after.errors
    share = after.minutes / (before.minutes + after.minutes)
    expected = before.rate * after.minutes
    more = upper_tail(after.errors, total, share)
    fewer = upper_tail(before.errors, total, 1 - share)
    if more < settings.rarity and after.errors - expected >= settings.material_errors:
        for health, ratio in (
            ("unhealthy", settings.unhealthy_ratio),
            ("ailing", settings.ailing_ratio),
        ):
            if after.errors >= ratio * expected:
                return health, "", more
    if fewer < settings.rarity and after.errors <= settings.improved_ratio * expected:
        return "improved", "", fewer
    if not _would_have_shown(before, after, settings):
        return "unknown", "too_few_errors", min(more, fewer)
    return "healthy", "", min(more, fewer)


def _would_have_shown(before: _Sample, after: _Sample, settings: Settings) -> bool:
    expected = before.rate * after.minutes
    rise = settings.serious_rise_per_minute * after.minutes
    serious = math.floor(max(settings.unhealthy_ratio * expected, expected + rise))
    if serious - expected < settings.material_errors:
        return False
    share = after.minutes / (before.minutes + after.minutes)
    return upper_tail(serious, before.errors + serious, share) < settings.rarity


def upper_tail(least: int, total: int, share: float) -> float:
    """Return P(X >= least) for X ~ Binomial(total, share); 1.0 at or below the mean."""
    if least <= total * share or not 0 < share < 1:
        return 1.0
    log_first = (
        math.lgamma(total + 1)
        - math.lgamma(least + 1)
        - math.lgamma(total - least + 1)
        + least * math.log(share)
        + (total - least) * math.log1p(-share)
    )
    odds = share / (1 - share)
    term = series = 1.0
    for successes in range(least, total):
        term *= (total - successes) / (successes + 1) * odds
        series += term
        if term < 1e-17 * series:
            break
    return min(1.0, math.exp(log_first) * series)


def _baseline(
    series: list[tuple[int, float]], deployed_at: int, step: int, settings: Settings
) -> _Sample:
    end = deployed_at - deployed_at % step
    sample = _Sample(0, 0.0, 0.0)
    for length in settings.baseline_minutes:
        sample = _sample(series, end - length * 60, end, step)
        if sample.errors >= settings.enough_errors:
            break
    return sample


def _sample(series: list[tuple[int, float]], since: int, until: int, step: int) -> _Sample:
    inside = [count for start, count in series if since <= start and start + step <= until]
    known = [count for count in inside if not math.isnan(count)]
    share = len(known) / len(inside) if inside else 0.0
    return _Sample(int(sum(known)), len(known) * step / 60, share)


def looks_for(step_seconds: int, settings: Settings = DEFAULT) -> tuple[int, ...]:
    """Return the minutes of data after which a verdict is made: whole buckets, one at least.

    A tracker that counts by the hour is looked at once, when the first whole hour is there.
    """
    whole = {-(-look * 60 // step_seconds) * step_seconds // 60 for look in settings.looks}
    return tuple(sorted(whole))


def next_bucket(moment: int, step_seconds: int) -> int:
    """Return the start of the first bucket that is not before a moment, in epoch seconds."""
    return -(-moment // step_seconds) * step_seconds


def _known_until(series: list[tuple[int, float]], now: int, step: int, settings: Settings) -> int:
    """Return where the known part ends, or where it should have ended by now."""
    known = (start + step for start, count in reversed(series) if not math.isnan(count))
    return max(next(known, 0), now - step - settings.settling_seconds)


def _look(minutes_of_data: float, looks: tuple[int, ...]) -> int | None:
    reached = [look for look in looks if look <= minutes_of_data]
    return reached[-1] if reached else None


def _whole_buckets(since: int, until: int, step: int) -> int:
    """Return how many buckets fit; a deploy that was replaced sooner has none of its own."""
    return max(0, until - since) // step
