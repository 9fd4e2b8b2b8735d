"""What a picture shows, in one sentence for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sleuth.buckets import MINUTE, duration
from sleuth.health.quantities import rounded

NOTHING_YET = "Nothing after the deploy has been judged yet."


def essence(figures: Mapping[str, Any]) -> str:
    """Return what was counted, what was expected, and how much is unknown.

    Args:
        figures: An assessment as it is stored.
    """
    minutes, observed = figures.get("minutes_of_data") or 0, figures.get("observed")
    step = figures.get("picture_step") or MINUTE
    if not minutes or observed is None:
        return NOTHING_YET
    after = f"in the {duration(minutes, step)} after the deploy"
    told = f"{rounded(observed)} {'error' if observed == 1 else 'errors'} {after}"
    return f"{told}{_expected(figures)}{_unknown(figures, minutes, step)}."


def _expected(figures: Mapping[str, Any]) -> str:
    low, high = figures.get("expected_low"), figures.get("expected_high")
    return "" if low is None or high is None else f", {between(low, high)} expected"


def between(low: float, high: float) -> str:
    """Return a range of counts, each end rounded so that nothing inside is left out."""
    first, last = int(max(low, 0)), int(-(-high // 1))
    return rounded(first) if first >= last else f"{rounded(first)} to {rounded(last)}"


def _unknown(figures: Mapping[str, Any], minutes: int, step: int) -> str:
    missing = minutes - (figures.get("known_minutes") or 0)
    if missing <= 0:
        return ""
    return f"; {duration(missing, step)} unknown"
