"""New kinds of errors, where the tracker tells of them."""

from __future__ import annotations

from math import ceil

from sleuth.buckets import MINUTE, duration
from sleuth.health.explaining.facts import Facts
from sleuth.health.quantities import rounded

HOURS_OF_A_DAY = 24


def new_kinds(facts: Facts) -> list[str]:
    """Tell how many new kinds of errors came, and how many usually do."""
    found = facts.new_errors
    if not found:
        return _unnumbered(facts)
    count, minutes = int(found.get("count") or 0), int(found.get("asked_minutes") or 0)
    time = f" in the first {duration(minutes, MINUTE)}" if minutes else ""
    if not count:
        return [f"No new kind of error appeared{time}."]
    kinds = "1 new kind of error" if count == 1 else f"{rounded(count)} new kinds of errors"
    told = f"{kinds} appeared{time}{_usually(found.get('usual_per_hour'))}."
    return [told, *_decided(facts)]


def _unnumbered(facts: Facts) -> list[str]:
    if facts.reason != "new_errors":
        return []
    return ["New kinds of errors appeared after the deploy, more than usually do."]


def _usually(per_hour: float | None) -> str:
    if per_hour is None:
        return ""
    if per_hour >= 1:
        return f"; usually {rounded(per_hour)} an hour do"
    hours = ceil(1 / per_hour) if per_hour > 1 / (30 * HOURS_OF_A_DAY) else 0
    if not hours:
        return "; usually hardly any do"
    if hours <= 2 * HOURS_OF_A_DAY:
        return f"; usually one does in {hours} hours"
    return f"; usually one does in {hours // HOURS_OF_A_DAY} days"


def _decided(facts: Facts) -> list[str]:
    is_decided = facts.reason == "new_errors" or facts.new_errors.get("decided")
    return ["That decides, since the number of errors alone tells too little."] * bool(is_decided)
