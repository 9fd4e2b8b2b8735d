"""Health in words, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sleuth.buckets import MINUTE, bucket_name, duration, period_name
from sleuth.health.detector import Assessment

WORST_FIRST = ("unhealthy", "ailing", "healthy", "improved")

REASONS = {
    "pending": "Not recorded yet.",
    "gap": "Counts around this deploy are missing, so nothing can be said.",
    "replaced": "The next deploy came before a whole minute had passed: nothing to count.",
    "short_history": "There are too few counts from before the deploy to compare with.",
    "too_few_errors": "There are too few errors to tell yet; a threefold rise could go unseen.",
    "no_source": "The impact source was removed before there was a verdict.",
    "paused": "Collection was paused.",
}


class HasHealth(Protocol):
    """Anything that carries a health and, if it is unknown, the reason."""

    @property
    def health(self) -> str: ...

    @property
    def reason(self) -> str: ...


def overall(verdicts: Iterable[HasHealth]) -> tuple[str, str]:
    """Return a deploy's health and, if it is unknown, the reason.

    A deploy is as bad as its worst source; it is unknown only if all its sources are.
    """
    seen = {(each.health, each.reason) for each in verdicts}
    for health in WORST_FIRST:
        if any(known == health for known, _reason in seen):
            return health, ""
    reasons = {reason for _health, reason in seen}
    return "unknown", next((each for each in REASONS if each in reasons), "")


def reason_in_words(reason: str, step_seconds: int = MINUTE) -> str:
    """Return the sentence for the reason of an unknown health.

    Args:
        step_seconds: Width of the tracker's buckets.
    """
    name = period_name(step_seconds)
    if step_seconds > MINUTE and reason == "pending":
        counted = f"errors are counted per {bucket_name(step_seconds)}"
        return f"Not recorded yet: {counted}, and one must have passed."
    if step_seconds > MINUTE and reason == "replaced":
        return f"The next deploy came before a whole {name} had passed: nothing to count."
    return REASONS[reason]


def sentence(made: Assessment, step_seconds: int = MINUTE) -> str:
    """Return one sentence that says what was seen, with its figures."""
    if made.health == "unknown":
        return reason_in_words(made.reason, step_seconds)
    after = f"{made.observed} errors in {_after(made.minutes_of_data, step_seconds)}"
    if made.expected is None:
        return f"{after}."
    return f"{after}, against {made.expected:.1f} expected."


def _after(minutes: int, step_seconds: int) -> str:
    if step_seconds > MINUTE and minutes * 60 == step_seconds:
        return f"the first whole {period_name(step_seconds)} after the deploy"
    return f"{duration(minutes, step_seconds)} after the deploy"
