"""What is missing where the health is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sleuth.buckets import DAY, MINUTE, by_words, duration, period_name
from sleuth.health.explaining.facts import Facts
from sleuth.health.explaining.known import without_limit
from sleuth.health.quantities import frequency, span
from sleuth.health.words import PAST_AWAITED

ABOUT_COUNTS = {"too_few_errors", "mixed", "restart", "short_history", "gap"}


def is_about_counts(facts: Facts) -> bool:
    """Tell whether what came is a part of why nothing can be said."""
    return facts.reason in ABOUT_COUNTS


def what_is_missing(facts: Facts) -> list[str]:
    """Return why nothing can be said."""
    return [*_MISSING.get(facts.reason, _unnamed)(facts), *without_limit(facts)]


def _unnamed(_facts: Facts) -> list[str]:
    return ["Nothing can be said of this deploy yet."]


def _pending(facts: Facts) -> list[str]:
    if facts.is_past_awaited:
        return [f"{PAST_AWAITED}, so what is usual is not known yet."]
    if facts.step > MINUTE:
        return [
            f"No counts from after the deploy are there yet: this tracker counts "
            f"{by_words(facts.step)}, and a whole {period_name(facts.step)} must have passed."
        ]
    return ["No counts from after the deploy are there yet."]


def _paused(_facts: Facts) -> list[str]:
    return ["Collecting was paused, so the counts from after the deploy are missing."]


def _gap(facts: Facts) -> list[str]:
    if not facts.minutes:
        return ["The counts from after the deploy are missing, so nothing can be said."]
    if not facts.known:
        whole = duration(facts.minutes, facts.step)
        return [f"All counts of the {whole} after the deploy are missing, so nothing can be said."]
    if facts.known == facts.minutes:
        return ["Too many counts from before the deploy are missing to know what is usual."]
    lost = duration(facts.minutes - facts.known, facts.step)
    if facts.number("threshold") is not None:
        return [f"The counts of {lost} of this time are missing."]
    return [f"The counts of {lost} of this time are missing, which may hide a rise."]


def _replaced(facts: Facts) -> list[str]:
    name = period_name(facts.step)
    return [f"The next deploy came before a whole {name} had passed: there is nothing to count."]


def _short_history(facts: Facts) -> list[str]:
    days = facts.number("history_days") or 0.0
    if not days:
        return ["No counts from before the deploy are there, so nobody knows what is usual."]
    known = span(days * DAY)
    verb = "is" if known.startswith("1 ") else "are"
    return [
        f"Only {known} of counts from before the deploy {verb} known, which is too little to know "
        "what is usual."
    ]


def _restart(_facts: Facts) -> list[str]:
    return [
        "A deploy's restart can bring a burst of errors in its first minutes, so these minutes "
        "alone do not tell whether the change is at fault."
    ]


def _mixed(_facts: Facts) -> list[str]:
    return [
        "For a part of this time clearly more errors came than expected, for another clearly "
        "fewer, so neither can be said."
    ]


def _too_few(facts: Facts) -> list[str]:
    usual = facts.number("usual_per_minute")
    if usual is None:
        return ["So few errors come here that even a threefold rise could go unseen."]
    rate = frequency(usual, facts.step)
    return [
        f"Usually there {_verb(rate)} {rate}: so few that even a threefold rise could go unseen."
    ]


def _verb(rate: str) -> str:
    return "is" if rate.startswith(("1 ", "less ")) else "are"


def _no_source(_facts: Facts) -> list[str]:
    return ["The impact source was removed before there was a verdict."]


def _failed(_facts: Facts) -> list[str]:
    return ["The counts could not be judged, by a fault of Sleuth's own."]


_MISSING: Mapping[str, Callable[[Facts], list[str]]] = {
    "pending": _pending,
    "paused": _paused,
    "gap": _gap,
    "replaced": _replaced,
    "short_history": _short_history,
    "restart": _restart,
    "mixed": _mixed,
    "too_few_errors": _too_few,
    "no_source": _no_source,
    "failed": _failed,
}
