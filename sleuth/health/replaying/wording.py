"""What a replay found, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sleuth.buckets import per_unit, rate_words
from sleuth.numbers import grouped

ORDER = ("unhealthy", "ailing", "improved", "healthy", "unknown")
NAMES = {"unknown": "not enough data"}


def counts_in_words(healths: Sequence[str]) -> str:
    """Return "Of 41 deploys: 2 unhealthy, 1 ailing, 34 healthy, 4 not enough data."."""
    counts = Counter(healths)
    told = [f"{grouped(counts[each])} {_name(each)}" for each in ORDER if counts[each]]
    noun = "deploy" if len(healths) == 1 else "deploys"
    if not told:
        return "There is no deploy of the last 30 days to judge."
    return f"Of {grouped(len(healths))} {noun}: {', '.join(told)}."


def compared_in_words(pairs: Iterable[tuple[str, str]]) -> str:
    """Return "Compared with now: 1 more unhealthy, 1 fewer healthy.".

    Args:
        pairs: The health of each deploy now, "" if it has none, and by what is proposed.
    """
    known = [(before, after) for before, after in pairs if before]
    if not known:
        return "None of them has a verdict now."
    now, then = Counter(b for b, _a in known), Counter(a for _b, a in known)
    told = [_difference(each, then[each] - now[each]) for each in ORDER if then[each] != now[each]]
    moved = sum(before != after for before, after in known)
    if told:
        return f"Compared with now: {', '.join(told)}."
    if moved:
        return f"Compared with now: as many of each, but {grouped(moved)} deploys change places."
    return "Compared with now: no health changes."


def course_in_words(course: Sequence[Sequence[Any]]) -> str:
    """Return "Unhealthy after 6 minutes of data, healthy after 60 minutes.".

    Empty where a calm course is all there is to tell.

    Args:
        course: Pairs of minutes of data and health.
    """
    told = list(course)
    if told and told[0][1] == "unknown":
        told = told[1:]
    if not told or [health for _minutes, health in told] == ["healthy"]:
        return ""
    (minutes, health), *later = told
    rest = "".join(f", {_name(then)} after {_minutes(at)}" for at, then in later)
    return f"{_name(health).capitalize()} after {_minutes(minutes)} of data{rest}."


def limit_in_words(threshold: float | None, step_seconds: int) -> str:
    """Return "a limit of 5 errors a minute", or "no limit".

    Args:
        threshold: Errors a minute, None without a limit.
        step_seconds: Width of the tracker's buckets.
    """
    if threshold is None:
        return "no limit"
    count = per_unit(threshold, step_seconds)
    return f"a limit of {count:g} {'error' if count == 1 else 'errors'} {rate_words(step_seconds)}"


def _minutes(count: int) -> str:
    if count > 60 and count % 60 == 0:
        return f"{count // 60} hours"
    return f"{count} {'minute' if count == 1 else 'minutes'}"


def _difference(health: str, more: int) -> str:
    return f"{grouped(abs(more))} {'more' if more > 0 else 'fewer'} {_name(health)}"


def _name(health: str) -> str:
    return NAMES.get(health, health)
