"""How unusual new kinds of errors are, against how many a source usually brings. Pure.

How often new kinds turn up is itself only known from a week or less: it has a gamma
distribution, and what a window brings has a negative binomial one. New kinds come in bursts
(one fault, several stack traces), so that a long past tells the mean and never narrows it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from sleuth.health.new_errors.looks import LOOKS

PRIOR_KINDS = 0.5
PRIOR_HOURS = 5.0
BURSTS = 0.5
"""Shape of the prediction, that of the prior, however long the past: the narrower it were, the
more false alarms bursts would give."""

LEAST_HOURS = 24.0
"""With less of the past known, nothing is decided."""

LEAST_EVENTS = 2
"""A single event is no verdict, however new it is."""

RARITY = {"fine": 2.0, "normal": 2.3, "coarse": 3.0}
"""How rare so many new kinds must be (minus the logarithm to base 10), by sensitivity."""

WEIGHED = ("too_few_errors", "restart", "gap")
"""Reasons of an unknown health that new kinds of errors can turn into another one.

Not ``short_history``: where an application has just begun to report, every error is new. Not
``mixed`` or ``pending``: these wait for counts, which will tell more.
"""

_EXACT = 1e-6
"""Down to here one minus the rest is exact enough; the rest of the way terms fall off fast."""

_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class Usual:
    """What a source brought while nothing was deployed.

    Args:
        kinds: How many new kinds of errors.
        hours: In how many hours.
    """

    kinds: int
    hours: float

    @property
    def per_hour(self) -> float:
        """How many new kinds an hour are to be expected."""
        return (PRIOR_KINDS + self.kinds) / (PRIOR_HOURS + self.hours)


@dataclass(frozen=True, slots=True)
class Kind:
    """One new kind of error.

    Args:
        after_minutes: When it was first seen, in minutes after the deploy.
        events: How often it came so far.
    """

    after_minutes: float
    events: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a deploy's tracker has told of new kinds of errors.

    Args:
        kinds: Those that are kept; fewer than ``count`` if there were very many.
        count: How many there were.
        events: Of all of them.
        until: Up to when it was asked, epoch seconds.
        minutes: Up to how long after the deploy.
    """

    kinds: tuple[Kind, ...]
    count: int
    events: int
    until: int
    minutes: int

    def within(self, minutes: int) -> Share:
        """Return what had turned up so many minutes after the deploy."""
        if minutes >= self.minutes:
            return Share(self.count, self.events, self.minutes)
        soon = [each for each in self.kinds if each.after_minutes < minutes]
        return Share(len(soon), sum(each.events for each in soon), minutes)


@dataclass(frozen=True, slots=True)
class Share:
    """How many new kinds turned up within some minutes, and how often they came so far."""

    count: int
    events: int
    minutes: int


def probability(kinds: int, minutes: float, usual: Usual) -> float:
    """Return how likely at least so many new kinds are in so many minutes without a deploy."""
    if kinds <= 0:
        return 1.0
    mean = usual.per_hour * minutes / 60
    if mean <= 0:
        return 0.0
    return min(1.0, _tail(kinds, mean, BURSTS))


def _tail(least: int, mean: float, shape: float) -> float:
    """Return how likely a negative binomial count is at least ``least``."""
    share = mean / (shape + mean)
    term, below = math.exp(shape * math.log1p(-share)), 0.0
    for count in range(least):
        below += term
        term *= share * (count + shape) / (count + 1)
    if 1 - below > _EXACT:
        return 1 - below
    total, count = 0.0, least
    while term > _NEGLIGIBLE * total:
        total += term
        term *= share * (count + shape) / (count + 1)
        count += 1
    return total


def weigh(found: Found, usual: Usual, sensitivity: str, reason: str) -> dict[str, Any]:
    """Return what a verdict keeps of new kinds of errors, JSON-serializable.

    What came within minutes of the deploy does not become usual because a day has passed
    since: of the looks so far the one that says most counts.

    Args:
        reason: Why the health is unknown by the counts; "" if it is known.

    Returns:
        ``decided`` tells whether they make an unknown health an ailing one; ``within`` is the
        look that ``probability`` is about.
    """
    said, likely = _most_unusual(found, usual)
    is_rare = likely <= 10 ** -RARITY[sensitivity] and usual.hours >= LEAST_HOURS
    return {
        "count": found.count,
        "events": found.events,
        "asked_until": found.until,
        "asked_minutes": found.minutes,
        "usual_per_hour": round(usual.per_hour, 6),
        "probability": likely,
        "within": asdict(said),
        "decided": is_rare and said.events >= LEAST_EVENTS and reason in WEIGHED,
    }


def _most_unusual(found: Found, usual: Usual) -> tuple[Share, float]:
    looks = {look for look in LOOKS if look < found.minutes} | {found.minutes}
    shares = [found.within(look) for look in sorted(looks)]
    told = [each for each in shares if each.events >= LEAST_EVENTS] or shares[-1:]
    likely = [(each, probability(each.count, each.minutes, usual)) for each in told]
    return min(likely, key=lambda pair: pair[1])
