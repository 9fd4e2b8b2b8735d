"""What a picture shows, in one sentence for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sleuth.buckets import duration
from sleuth.health.explaining.counts import likely_range
from sleuth.health.explaining.facts import Facts
from sleuth.health.quantities import errors, rounded

NOTHING_YET = "Nothing after the deploy has been judged yet."


def essence(figures: Mapping[str, Any]) -> str:
    """Return what was counted, what was expected, and how much is unknown.

    Args:
        figures: An assessment as it is stored.
    """
    facts = Facts(figures)
    if not facts.minutes or figures.get("observed") is None:
        return NOTHING_YET
    after = f"in the {duration(facts.minutes, facts.step)} after the deploy"
    return f"{errors(facts.whole('observed'))} {after}{_expected(facts)}{_unknown(facts)}."


def _expected(facts: Facts) -> str:
    ends = likely_range(facts)
    return f", {between(*ends)} expected" if ends else ""


def between(low: float, high: float) -> str:
    """Return a range of counts, each end rounded so that nothing inside is left out."""
    first, last = int(max(low, 0)), int(-(-high // 1))
    return rounded(first) if first >= last else f"{rounded(first)} to {rounded(last)}"


def _unknown(facts: Facts) -> str:
    missing = facts.minutes - facts.known
    return f"; {duration(missing, facts.step)} unknown" if missing > 0 else ""
