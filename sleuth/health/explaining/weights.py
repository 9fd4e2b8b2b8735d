"""How much of the time before a deploy is taken to go on after it."""

from __future__ import annotations

from sleuth.buckets import HOUR, MINUTE, duration
from sleuth.health.explaining.facts import Facts

MINUS = "\u2212"
LAG_MINUTES = (5, 15, 45, 180, 1440)
"""How far back the level is looked at, as the detector does."""


def weights(facts: Facts) -> str:
    """Return how much of each time is taken to go on: "5 minutes: 0.12, 15 minutes: 0.30"."""
    held = facts.detail("weights") or []
    times = lags(facts.step)
    if len(held) != len(times) + 1:
        return ""
    each = zip(times, held[1:], strict=True)
    return ", ".join(f"{_time(minutes)}: {_signed(weight)}" for minutes, weight in each)


def lags(step: int) -> list[int]:
    """Return the lengths of the times before the deploy that tell the level, in minutes."""
    buckets = {max(1, minutes * MINUTE // step) for minutes in LAG_MINUTES}
    return [each * step // MINUTE for each in sorted(buckets)]


def _time(minutes: int) -> str:
    return duration(minutes, HOUR if minutes % 60 == 0 else MINUTE)


def _signed(weight: float) -> str:
    told = f"{abs(weight):.2f}"
    return f"{MINUS if weight < 0 and float(told) else ''}{told}"
