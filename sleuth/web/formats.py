"""Words for numbers and times, the same wherever they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Flask

from sleuth import clock
from sleuth.buckets import counted_words, per_unit, period_name, rate_words
from sleuth.numbers import grouped
from sleuth.remaining import time_left

UNITS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
MINUS = "\u2212"
HEALTH_WORDS = {
    "improved": "Improved",
    "healthy": "Healthy",
    "ailing": "Ailing",
    "unhealthy": "Unhealthy",
    "unknown": "Unknown",
}
UNKNOWN_WORDS = {
    "pending": "Not recorded yet",
    "gap": "Unknown: counts are missing",
    "replaced": "Unknown: replaced too soon",
    "short_history": "Unknown: too little history",
    "restart": "Unknown: restart errors only",
    "mixed": "Unknown: a rise and a fall",
    "too_few_errors": "Unknown: too few errors",
    "no_source": "No impact source",
    "paused": "Paused",
}


def init_app(app: Flask) -> None:
    """Offer the words below to templates, as filters and as functions."""
    words = (
        relative_time,
        time_between,
        number,
        rate,
        change,
        plural,
        counted,
        utc_time,
        utc_date,
        health_word,
        lasted,
        left_words,
        share_left_words,
        counted_words,
        per_unit,
        period_name,
        rate_words,
    )
    for word in words:
        app.add_template_filter(word)
        app.add_template_global(word)
    app.add_template_global(clock.now, "now")


def relative_time(at: datetime) -> str:
    """Return "3 minutes ago" or "in 2 hours"; "just now" within a minute."""
    now = clock.now()
    if abs((now - at).total_seconds()) < UNITS[-1][1]:
        return "just now"
    words = time_between(at, now)
    return f"{words} ago" if now > at else f"in {words}"


def time_between(start: datetime, end: datetime) -> str:
    """Return "3 hours" or "2 days"; "less than a minute" within one."""
    seconds = abs((end - start).total_seconds())
    for unit, length in UNITS:
        if count := int(seconds // length):
            return plural(count, unit)
    return "less than a minute"


def lasted(since: datetime) -> str:
    """Return how long something goes on already: "4 s", "1 min 20 s"."""
    minutes, seconds = divmod(max(0, int((clock.now() - since).total_seconds())), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def left_words(left: timedelta | None) -> str:
    """Return "about 3 minutes left", rounded up; "" where nothing can be said."""
    if left is None:
        return ""
    minutes = math.ceil(left.total_seconds() / 60)
    if minutes <= 1:
        return "less than a minute left"
    hours = round(minutes / 60)
    return f"about {plural(minutes, 'minute') if minutes < 90 else plural(hours, 'hour')} left"


def share_left_words(since: datetime | None, share: float) -> str:
    """Return how long the rest takes of what began at ``since``, at its pace so far.

    Args:
        share: How much is done, from 0 to 1.
    """
    return left_words(time_left(clock.now() - since, share)) if since else ""


def utc_time(at: datetime) -> str:
    """Return "23 Nov 2026, 17:52 UTC"."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def utc_date(at: datetime) -> str:
    """Return "23 November 2026", the day in UTC."""
    return f"{at.day} {at:%B %Y}"


def number(value: int) -> str:
    """Return a whole number with thousands set apart: 12 345."""
    return grouped(value)


def rate(per_minute: float) -> str:
    """Return errors a minute in two significant digits: 0, 0.02, 1.4, 12, 1 200."""
    if per_minute >= 10:
        return number(round(per_minute))
    if per_minute >= 1:
        return f"{per_minute:.1f}".removesuffix(".0")
    if per_minute >= 0.005:
        return f"{per_minute:.2f}".rstrip("0").rstrip(".")
    return "< 0.01" if per_minute > 0 else "0"


def change(before: float, after: float) -> str:
    """Return "+ 40 %", "- 12 %", "+ 0 %"; "new" where there was nothing before."""
    if before == after:
        return "+ 0 %"
    if before == 0:
        return "new"
    percent = round((after - before) / before * 100)
    sign = "+" if percent >= 0 else MINUS
    return f"{sign} {number(abs(percent))} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return "1 deploy" or "3 deploys"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def counted(counts: Mapping[str, int]) -> list[str]:
    """Return ["1 environment", "3 deploys"] for counts by noun; what is zero is left out."""
    return [plural(count, noun) for noun, count in counts.items() if count]


def health_word(health: str, reason: str = "") -> str:
    """Return what a user reads for a health; an unknown one is named by its reason."""
    if health == "unknown" and reason in UNKNOWN_WORDS:
        return UNKNOWN_WORDS[reason]
    return HEALTH_WORDS[health]
