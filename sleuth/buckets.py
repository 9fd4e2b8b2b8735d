"""What the width of a tracker's buckets is called, wherever counts and averages are shown."""

from __future__ import annotations

from collections.abc import Sequence

from sleuth.numbers import grouped

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NAMES = {MINUTE: "minute", HOUR: "hour", DAY: "day"}
FIGURES = 10
"""As many as tell an average that was turned to and fro from what it was."""


def bucket_name(step_seconds: int) -> str:
    """Return what one bucket is called: minute, hour, day, 5 minutes, 6 hours."""
    unit = rate_unit(step_seconds)
    number = step_seconds // unit
    return NAMES[unit] if number == 1 else f"{number} {NAMES[unit]}s"


def period_name(step_seconds: int) -> str:
    """Return what one bucket is called after "every" or "whole": hour, period of 5 minutes."""
    return NAMES.get(step_seconds) or f"period of {bucket_name(step_seconds)}"


def by_words(step_seconds: int) -> str:
    """Return how a tracker counts: by the hour, every 5 minutes."""
    name = bucket_name(step_seconds)
    return f"by the {name}" if step_seconds in NAMES else f"every {name}"


def rate_unit(step_seconds: int) -> int:
    """Return the seconds in which an average is told: nothing finer than what is counted."""
    if step_seconds % DAY == 0:
        return DAY
    return HOUR if step_seconds % HOUR == 0 else MINUTE


def rate_words(step_seconds: int) -> str:
    """Return in what averages are told: "a minute", "an hour", "a day"."""
    unit = rate_unit(step_seconds)
    return f"an {NAMES[unit]}" if unit == HOUR else f"a {NAMES[unit]}"


def per_unit(per_minute: float, step_seconds: int) -> float:
    """Turn an average a minute into one a minute, hour or day, as it is told."""
    return float(f"{per_minute * rate_unit(step_seconds) / MINUTE:.{FIGURES}g}")


def per_minute(per_unit: float, step_seconds: int) -> float:
    """Turn an average as it is told back into one a minute."""
    return per_unit * MINUTE / rate_unit(step_seconds)


def duration(minutes: int, step_seconds: int) -> str:
    """Return how long something was counted, in the units of the counts: "18 minutes".

    Several whole hours are told as such: "24 hours".
    """
    unit = rate_unit(step_seconds)
    if unit == MINUTE and minutes * MINUTE > HOUR and minutes * MINUTE % HOUR == 0:
        unit = HOUR
    number, name = minutes * MINUTE // unit, NAMES[unit]
    return f"{grouped(number)} {name}" + ("" if number == 1 else "s")


def counted_words(step_seconds: int, tracker_name: str) -> str:
    """Return what users of a tracker with coarse counts should know."""
    return (
        f"{tracker_name} counts {by_words(step_seconds)}: a deploy is judged after the first "
        f"whole {period_name(step_seconds)} that follows it, never by a part of one."
    )


def sums(counts: Sequence[int | None], size: int) -> list[int | None]:
    """Return counts of buckets ``size`` times as wide; None where a part of one is unknown."""
    groups = (counts[first : first + size] for first in range(0, len(counts), size))
    return [None if None in group else sum(filter(None, group)) for group in groups]
