"""Health in words, the same everywhere, from what was stored of an assessment alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol

from sleuth.buckets import (
    DAY,
    MINUTE,
    bucket_name,
    duration,
    per_unit,
    period_name,
    rate_words,
)
from sleuth.health.quantities import Figures, errors, frequency, lapse, rounded, span

WORST_FIRST = ("unhealthy", "ailing", "healthy", "improved")
HEALTH_NAMES = {
    "improved": "Improved",
    "healthy": "Healthy",
    "ailing": "Ailing",
    "unhealthy": "Unhealthy",
    "unknown": "Unknown",
}

REASONS = {
    "pending": "Not recorded yet.",
    "gap": "Counts around this deploy are missing, so nothing can be said.",
    "replaced": "The next deploy came before a whole minute had passed: nothing to count.",
    "short_history": "Two days of counts from before the deploy are needed.",
    "restart": "Restarts may bring errors at this team's deploys: the first minutes tell nothing.",
    "mixed": "Errors first rose and then fell, or the other way round: more minutes will tell.",
    "too_few_errors": "Too few errors to tell; a threefold rise could go unseen.",
    "no_source": "The impact source was removed before there was a verdict.",
    "paused": "Collection was paused.",
    "failed": "The counts could not be judged, by a fault of Sleuth's; it is in the log.",
}

PAST_AWAITED = "Counts from before the deploy are still being fetched"
MIXED_TO_THE_END = "Errors rose for a time and fell for another, so neither can be said."


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


def sentence(figures: Figures) -> str:
    """Return one sentence that says what was seen, with its figures; new errors in a second."""
    found = figures.get("new_errors")
    if found and found["decided"]:
        return new_errors_in_words(found)
    also = f" {new_errors_in_words(found)}" if found and found["count"] else ""
    return _of_counts(figures) + also


def new_errors_in_words(found: Figures) -> str:
    """Return the sentence for the kinds of errors that a tracker first saw after a deploy."""
    told = found["within"] if found["decided"] else {**found, "minutes": found["asked_minutes"]}
    kinds, events = told["count"], told["events"]
    first = f"{kinds} new {'kind' if kinds == 1 else 'kinds'} of errors, "
    first += f"{rounded(events)} {'event' if events == 1 else 'events'}, "
    first += f"in {duration(told['minutes'], MINUTE)} after the deploy"
    per_hour = found["usual_per_hour"]
    units = (("hour", 1), ("day", 24), ("week", 168))
    name, hours = next((each for each in units if per_hour * each[1] >= 0.1), units[-1])
    return f"{first}; a usual {name} brings {rounded(float(f'{per_hour * hours:.1g}'))}."


def _of_counts(figures: Figures) -> str:
    if figures["health"] == "unknown":
        return _unknown(figures) + _of_a_limit(figures)
    if figures.get("threshold") is not None:
        return _limit(figures)
    seen = f"{errors(figures['observed'])} in {_after(figures)}"
    if figures.get("expected") is None:
        return f"{seen}."
    tell = _SENTENCES.get(figures["reason"], _plainly)
    return f"{seen}, against {rounded(figures['expected'])} expected{tell(figures)}."


def _unknown(figures: Figures) -> str:
    if figures["reason"] == "too_few_errors" and figures.get("usual_per_minute") is not None:
        return _too_few(figures)
    if figures["reason"] == "pending" and figures.get("minutes_of_data"):
        return f"{PAST_AWAITED}: it is judged once they are there."
    if figures["reason"] == "mixed" and figures["is_final"]:
        return MIXED_TO_THE_END
    if figures["reason"] == "short_history":
        known = span(figures.get("history_days", 0.0) * DAY)
        verb = "is" if known.startswith("1 ") else "are"
        there = f"there {verb} {known}" if figures.get("history_days") else "there are none"
        return f"{REASONS['short_history'].removesuffix('.')}; {there}."
    return reason_in_words(figures["reason"], figures.get("step_seconds", MINUTE))


def _too_few(figures: Figures) -> str:
    step, shown_after = figures.get("step_seconds", MINUTE), figures.get("threefold_after_minutes")
    shows = (
        "would not show within a day"
        if shown_after is None
        else f"shows after {duration(shown_after, step)}"
    )
    usual = frequency(figures["usual_per_minute"], step)
    return f"Too few errors to tell: at {usual} a threefold rise {shows}."


def _limit(figures: Figures) -> str:
    """Say what the user's own limit decides, and what would have been said without it."""
    step = figures.get("step_seconds", MINUTE)
    known = figures.get("known_minutes") or figures.get("minutes_of_data") or 1
    rate = errors(per_unit(figures["observed"] / known, step))
    limit = errors(per_unit(figures["threshold"], step))
    place = "above" if figures["reason"] == "above_threshold" else "within"
    told = f"{rate} {rate_words(step)} in {_after(figures)}"
    return f"{told}, {place} your limit of {limit} {rate_words(step)}.{_without(figures)}"


def _of_a_limit(figures: Figures) -> str:
    """Say what is known without the limit, where that cannot be told with it."""
    is_known = figures.get("detected") not in {None, "", "unknown"}
    return _without(figures) if is_known else ""


def _without(figures: Figures) -> str:
    detected = figures.get("detected", "")
    too = ", too" if detected == figures["health"] else ""
    return f" Without it: {HEALTH_NAMES.get(detected, 'Unknown')}{too}."


def _rise(figures: Figures) -> str:
    return f": {rounded(times(figures))} times as many{_began(figures)}"


def _fall(figures: Figures) -> str:
    share = max(0.0, min(1.0, 1 - times(figures)))
    return f": {share * 100:.0f} % fewer{_began(figures)}"


def times(figures: Figures) -> float:
    """Return by what factor errors changed; of hardly any expected ones, one that is sure."""
    expected = float(figures["expected"])
    return float(figures["observed"] / expected if expected >= 1 else figures["ratio"])


def _began(figures: Figures) -> str:
    minutes = figures.get("began_after_minutes")
    if not minutes:
        return ""
    return f", from {duration(minutes, figures.get('step_seconds', MINUTE))} after it on"


def _usual(figures: Figures) -> str:
    low, high = figures.get("expected_low"), figures.get("expected_high")
    if low is None or high is None:
        return ""
    if not low <= figures["observed"] <= high:
        return ": no clear change"
    return f"; {rounded(low)} to {rounded(high)} would be nothing unusual"


def _trifle(_figures: Figures) -> str:
    return ": a change too small to matter"


def _common(figures: Figures) -> str:
    if not figures.get("moments"):
        return ": as large a change is often seen without a deploy"
    alike, moments = rounded(figures["moments_alike"]), rounded(figures["moments"])
    are_free = figures.get("details", {}).get("free_moments", math.inf) >= figures["moments"]
    which = "moments without a deploy" if are_free else "other moments"
    return f": as large a change was seen at {alike} of {moments} {which}"


def _plainly(_figures: Figures) -> str:
    return ""


_SENTENCES: dict[str, Callable[[Figures], str]] = {
    "rise": _rise,
    "fall": _fall,
    "usual": _usual,
    "trifle": _trifle,
    "common": _common,
}


def _after(figures: Figures) -> str:
    return f"{lapse(figures)} after the deploy"
