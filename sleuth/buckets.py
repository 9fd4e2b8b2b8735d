"""What the width of a tracker's buckets is called, wherever counts and averages are shown."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3_600, 86_400
NAMES = {MINUTE: "minute", HOUR: "hour", DAY: "day"}


def bucket_name(step_seconds: int) -> str:
    """Return what one bucket is called: minute, hour, day, 5 minutes, 6 hours."""
    unit = rate_unit(step_seconds)
    number = step_seconds // unit
    return NAMES[unit] if number == 1 else f"{number} {NAMES[unit]}s"


def rate_unit(step_seconds: int) -> int:
    """Return the seconds in which an average is told: nothing finer than what is counted."""
    if step_seconds % DAY == 0:
        return DAY
    return HOUR if step_seconds % HOUR == 0 else MINUTE


def per_unit(per_minute: float, step_seconds: int) -> float:
    """Turn an average a minute into one a minute, hour or day, as it is told."""
    return per_minute * rate_unit(step_seconds) / MINUTE


def duration(minutes: int, step_seconds: int) -> str:
    """Return how long something was counted, in the units of the counts: "24 hours"."""
    unit = rate_unit(step_seconds)
    number, name = minutes * MINUTE // unit, NAMES[unit]
    return f"{number:,}".replace(",", "\u202f") + (f" {name}" if number == 1 else f" {name}s")


def counted_words(step_seconds: int, tracker_name: str) -> str:
    """Return what users of a tracker with coarse counts should know."""
    name = bucket_name(step_seconds)
    whole = f"whole {name}" if name in NAMES.values() else f"whole period of {name}"
    by = f"by the {name}" if name in NAMES.values() else f"every {name}"
    return (
        f"{tracker_name} counts {by}: a deploy is judged after the first {whole} that "
        "follows it, never by a part of one."
    )
