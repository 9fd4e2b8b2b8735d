"""What weakens a verdict: missing minutes, a time that was cut short, little history."""

from __future__ import annotations

from sleuth.buckets import duration
from sleuth.health.explaining.facts import Facts
from sleuth.health.quantities import span


def reservations(facts: Facts) -> list[str]:
    """Return a sentence for each."""
    if facts.health == "unknown":
        return []
    return [*_missing(facts), *_replaced(facts), *_short_history(facts)]


def _missing(facts: Facts) -> list[str]:
    lost = facts.minutes - facts.known
    if lost <= 0:
        return []
    told = duration(lost, facts.step)
    verb = "is" if told.startswith("1 ") else "are"
    so = _HOLDS.get(facts.reason, "")
    return [f"The counts of {told} {verb} missing{so}."]


_HOLDS = {
    "rise": "; the rise is clear even if these brought nothing",
    "fall": "; the fall is clear even if these brought as many as can be expected",
    "usual": "; what these brought is not known",
}


def _replaced(facts: Facts) -> list[str]:
    if facts.ended_at is None or not facts.is_final:
        return []
    return [f"The next deploy came at {facts.clock(facts.ended_at)} and ended this one's time."]


def _short_history(facts: Facts) -> list[str]:
    if not facts.figures.get("is_short_history"):
        return []
    known = span((facts.number("history_days") or 0) * 86_400)
    return [
        f"Only {known} of counts from before the deploy were there to learn from, so what is "
        "usual is less certain than after a week."
    ]
