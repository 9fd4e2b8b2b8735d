"""What is still to come: when there will be an answer, or why there will be none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sleuth.buckets import DAY, duration
from sleuth.health.explaining.facts import Facts, day
from sleuth.health.quantities import Figures, span
from sleuth.health.words import PAST_AWAITED

LEAST_DAYS = 2.0
"""How much of the past is needed to know what is usual."""
AGAIN = "judged again"
NO_MORE = "There will be no answer for this deploy"


def outlook(facts: Facts) -> str:
    """Return what a reader can wait for; "" if the health is known and final."""
    if facts.health != "unknown":
        return "" if facts.is_final else f"This may still change. {_ahead(facts)}"
    told = _OUTLOOK.get(facts.reason)
    if told is not None:
        return told(facts)
    return _no_more(facts) if facts.is_final else _ahead(facts)


def in_short(figures: Figures) -> str:
    """Return what a card says of what is to come: "final", "next look at 2 hours".

    Args:
        figures: The assessment as it is stored.
    """
    facts = Facts(figures)
    if facts.is_final:
        return "final"
    if _is_past_all(facts):
        return f"{AGAIN if facts.health != 'unknown' else 'judged'} once older counts are there"
    if facts.is_cut:
        return f"ended by the next deploy at {facts.clock(facts.ended_at or 0)}, last look to come"
    look = facts.next_look
    return f"next look at {duration(look, facts.step)}" if look else "more to come"


def _is_past_all(facts: Facts) -> bool:
    """Tell whether counts from before the deploy are all that is waited for."""
    is_unsaid = facts.health == "unknown" and facts.reason == "pending"
    has_looks = facts.next_look is not None and not facts.is_cut
    return facts.is_past_awaited and (is_unsaid or not has_looks)


def _ahead(facts: Facts) -> str:
    """Tell when the next look is."""
    if _is_past_all(facts):
        return f"{PAST_AWAITED}: it is {AGAIN} once they are there."
    if facts.is_cut:
        return (
            f"The next deploy came at {facts.clock(facts.ended_at or 0)} and ended this one's "
            "time: the last look is made once all counts until then are known."
        )
    if facts.next_look is None:
        return "It is looked at again as soon as more counts are known."
    return f"The next look is at {_look(facts, facts.next_look)}."


def _look(facts: Facts, minutes: int) -> str:
    """Return "60 minutes of counts, usually about 14:20 UTC"."""
    at = facts.look_at(minutes)
    when = "" if at is None else f", usually about {facts.clock(at)}"
    return f"{duration(minutes, facts.step)} of counts{when}"


def _no_more(facts: Facts) -> str:
    if facts.ended_at is None:
        return f"That was the last look. {NO_MORE}."
    return (
        f"The next deploy came at {facts.clock(facts.ended_at)} and ended this one's time. "
        f"{NO_MORE}."
    )


def _pending(facts: Facts) -> str:
    if facts.is_past_awaited:
        return "It is judged once they are there."
    if facts.is_final:
        return _no_more(facts)
    if facts.next_look is None or facts.is_cut:
        return _ahead(facts)
    return f"The first verdict comes with {_look(facts, facts.next_look)}."


def _paused(facts: Facts) -> str:
    then = "Once collecting is resumed, they are fetched"
    if facts.is_final:
        return f"{then} if the tracker still has them, and the deploy is judged."
    return f"{then}, and the deploy is judged."


def _gap(facts: Facts) -> str:
    if facts.is_final:
        return "If the missing counts are found later, the deploy is judged again by itself."
    return f"The missing counts are asked for again. {_ahead(facts)}"


def _replaced(_facts: Facts) -> str:
    return f"{NO_MORE}: look at the next one."


def _short_history(facts: Facts) -> str:
    days = facts.number("history_days") or 0.0
    needed = "Two days of counts from before a deploy are needed"
    told = span(days * DAY) if days else "none"
    known = f"{told} {'was' if told.startswith('1 ') else 'were'} known here"
    if facts.began_at is None:
        return f"{needed}: {known}, so later deploys can be judged and this one cannot."
    since = facts.began_at + max(0.0, LEAST_DAYS - days) * DAY
    later = f"deploys from about {day(int(since))}, on can be judged and this one cannot"
    return f"{needed}: {known}, so {later}."


def _too_few(facts: Facts) -> str:
    limit = "A limit of your own on the impact source would decide instead."
    if facts.is_final:
        return f"{_no_more(facts)} {limit}"
    shows = facts.whole("threefold_after_minutes")
    if not shows:
        return f"Not even a whole day of counts would show a threefold rise. {limit}"
    if facts.is_cut or shows <= facts.minutes or facts.next_look is None:
        return _ahead(facts)
    after = f"At this rate a threefold rise shows after {duration(shows, facts.step)}"
    if shows <= facts.next_look:
        return f"{after}: the next look is at {_look(facts, facts.next_look)}."
    at = facts.look_at(shows)
    then = "" if at is None else f", usually about {facts.clock(at)}"
    return f"{after}{then}. {_ahead(facts)}"


def _no_source(_facts: Facts) -> str:
    return f"{NO_MORE}. Add the impact source again to have later ones judged."


def _failed(facts: Facts) -> str:
    log = "Whoever runs Sleuth finds the cause in its log."
    return log if facts.is_final else f"It is tried again every hour. {log}"


_OUTLOOK: Mapping[str, Callable[[Facts], str]] = {
    "pending": _pending,
    "paused": _paused,
    "gap": _gap,
    "replaced": _replaced,
    "short_history": _short_history,
    "too_few_errors": _too_few,
    "no_source": _no_source,
    "failed": _failed,
}
