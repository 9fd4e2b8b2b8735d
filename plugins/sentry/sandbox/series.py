"""Counts as a pure function of (seed, organization, project, environment, minute).

Nothing is stored: the same minute has the same errors whenever and however often it is
asked for, so that weeks of history exist at once and go on in real time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

MINUTE = 60
INGESTION_SECONDS = 60
MAX_LATE_SECONDS = 15 * MINUTE
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SETTLED_SECONDS = MINUTE + INGESTION_SECONDS + MAX_LATE_SECONDS


@dataclass(frozen=True, slots=True)
class Profile:
    """How one environment of one project usually fails.

    Args:
        per_minute: Average errors a minute.
        daily_swing: 0 (flat) to 1 (nothing at night, double at two in the afternoon UTC).
        weekend_factor: Applied on Saturdays and Sundays.
        late_share: Share of events that reach the tracker up to 15 minutes late.
        is_noisy: False makes every minute exactly its average, for tests that count.
    """

    per_minute: float = 1.0
    daily_swing: float = 0.0
    weekend_factor: float = 1.0
    late_share: float = 0.02
    is_noisy: bool = True


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of minutes that differs from the profile.

    Args:
        start: First minute, epoch seconds.
        minutes: How long it lasts.
        factor: Multiplies the rate.
        extra: Errors a minute added after that.
        new_errors: Titles of the kinds of errors that come with it.
        release: The release that these belong to.
    """

    start: int
    minutes: int
    factor: float = 1.0
    extra: float = 0.0
    new_errors: tuple[str, ...] = ()
    release: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """Events that arrive very late, or that are deleted.

    Args:
        start: First minute, epoch seconds.
        minutes: How many minutes it concerns.
        extra: Events more in each minute, fewer if negative; a minute never has less than none.
        visible_from: Epoch seconds from which on it shows.
    """

    start: int
    minutes: int
    extra: int
    visible_from: float

    def apply(self, counts: list[int], since: int, now: float) -> None:
        """Correct the counts of the minutes from ``since`` on, if it shows by now."""
        if now < self.visible_from:
            return
        first = (self.start - since) // MINUTE
        for i in range(max(first, 0), min(first + self.minutes, len(counts))):
            counts[i] = max(0, counts[i] + self.extra)


def minute_counts(
    key: str,
    profile: Profile,
    incidents: Iterable[Incident],
    since: int,
    until: int,
    now: datetime,
) -> list[int]:
    """Return what is visible at ``now`` of each minute in ``[since, until)``.

    Args:
        key: Names the series; together with the profile it decides everything.
        since: Start of the first minute, epoch seconds, divisible by 60.
        until: End of the last minute, likewise.
    """
    base = _hash(key)
    seen_until = now.timestamp()
    rates = _rates(profile, incidents, since, until)
    return [
        _visible(base, since + i * MINUTE, rate, profile, seen_until)
        for i, rate in enumerate(rates)
    ]


def _rates(profile: Profile, incidents: Iterable[Incident], since: int, until: int) -> list[float]:
    by_minute_of_week = _weekly_rates(profile)
    first = since // MINUTE
    rates = [by_minute_of_week[minute % 10_080] for minute in range(first, until // MINUTE)]
    for incident in incidents:
        begin = incident.start // MINUTE - first
        for i in range(max(begin, 0), min(begin + incident.minutes, len(rates))):
            rates[i] = rates[i] * incident.factor + incident.extra
    return rates


def _weekly_rates(profile: Profile) -> list[float]:
    """Rates by minute since the epoch modulo a week, which begins on a Thursday."""
    day = [
        profile.per_minute
        * (1 + profile.daily_swing * math.cos((minute - 14 * 60) / 1440 * math.tau))
        for minute in range(1440)
    ]
    weekend = [rate * profile.weekend_factor for rate in day]
    return day + day + weekend + weekend + day + day + day


def _visible(base: int, start: int, rate: float, profile: Profile, now: float) -> int:
    if start >= now or rate <= 0:
        return 0
    state = _mix(base ^ (start * _GOLDEN & _MASK))
    count = _poisson(rate, state) if profile.is_noisy else _steady(rate, start)
    if start + _SETTLED_SECONDS <= now:
        return count
    return sum(_arrival(state, i, start, profile.late_share) <= now for i in range(count))


def _arrival(state: int, index: int, start: int, late_share: float) -> float:
    """When the tracker has processed event number ``index`` of a minute."""
    happened = _uniform(state + 3 * index + 11) * MINUTE
    ingested = _uniform(state + 3 * index + 12) * INGESTION_SECONDS
    lateness = _uniform(state + 3 * index + 13)
    late = lateness / late_share * MAX_LATE_SECONDS if lateness < late_share else 0.0
    return start + happened + ingested + late


def _steady(rate: float, start: int) -> int:
    minute = start // MINUTE
    return math.floor((minute + 1) * rate) - math.floor(minute * rate)


def _poisson(rate: float, state: int) -> int:
    if rate > 30:
        radius = math.sqrt(-2 * math.log(1 - _uniform(state)))
        normal = radius * math.cos(math.tau * _uniform(state + 1))
        return max(0, round(rate + math.sqrt(rate) * normal))
    left, term, count = _uniform(state), math.exp(-rate), 0
    while left > term and count < 200:
        left -= term
        count += 1
        term *= rate / count
    return count


def _uniform(state: int) -> float:
    return _mix(state & _MASK) / (_MASK + 1)


def _mix(state: int) -> int:
    """One step of splitmix64: cheap, and good enough for pictures and tests."""
    state = (state + _GOLDEN) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
