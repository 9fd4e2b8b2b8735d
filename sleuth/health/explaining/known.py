"""Why a health is improved, healthy, ailing or unhealthy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

from sleuth.buckets import HOUR, MINUTE, duration, per_unit, rate_words
from sleuth.health.explaining.counts import factor, fewer, is_inside, likely_range, more
from sleuth.health.explaining.facts import Facts
from sleuth.health.quantities import errors, rounded
from sleuth.health.words import HEALTH_NAMES

Told = list[str]
LARGE = 2.0
"""From here on a rise is told in errors instead of percent."""


def because(facts: Facts) -> Told:
    """Return the sentences that follow those on what came and what was expected."""
    return _BECAUSE.get(facts.reason, _nothing)(facts)


def _nothing(_facts: Facts) -> Told:
    return []


def _rise(facts: Facts) -> Told:
    return [*more(facts), *_rarity(facts), *_onset(facts)]


def _fall(facts: Facts) -> Told:
    return [*fewer(facts), *_rarity(facts), *_onset(facts)]


def _usual(facts: Facts) -> Told:
    if likely_range(facts) is None:
        return _sight(facts)
    if is_inside(facts):
        return ["That is nothing unusual.", *_sight(facts)]
    is_low = facts.whole("observed") < (facts.number("expected") or 0)
    told = "less" if is_low else "more"
    return [f"That is {told} than expected, but chance alone can bring it.", *_sight(facts)]


def _trifle(facts: Facts) -> Told:
    percent = round(((factor(facts) or 1.0) - 1) * 100)
    share = f"{percent} % more: " if 0 < percent < 100 else ""
    return [f"That is {share}a rise, but too small to matter.", *_sight(facts)]


def _common(facts: Facts) -> Told:
    seen = facts.whole("moments_alike")
    if not facts.whole("moments") or not seen:
        return ["As large a change is often seen here without a deploy.", *_sight(facts)]
    told = f"{_among(facts)} {rounded(seen)} showed as large a change"
    return [f"{told}, so this one is not put down to the deploy."]


def _limit(facts: Facts) -> Told:
    return [*_of_detected(facts), *_against_limit(facts), *_without(facts)]


def _of_detected(facts: Facts) -> Told:
    """Tell how what came compares, where that alone would have decided."""
    return _DETECTED.get(str(facts.figures.get("detected")), _nothing)(facts)


def _against_limit(facts: Facts) -> Told:
    limit = facts.number("threshold")
    if limit is None:
        return []
    place = "above" if facts.reason == "above_threshold" else "within"
    unit = rate_words(facts.step)
    told = f"{place} your own limit of {errors(per_unit(limit, facts.step))} {unit}"
    seen = facts.whole("observed")
    if not seen or not facts.known:
        return [f"That is {told}."]
    rate = errors(per_unit(seen / facts.known, facts.step))
    return [f"That comes to {rate} {unit}, {told}."]


def _without(facts: Facts) -> Told:
    """Tell what would be said without a limit of one's own."""
    name = HEALTH_NAMES.get(str(facts.figures.get("detected")))
    if name is None:
        return []
    because = ", since the counts alone tell too little" if name == "Unknown" else ""
    too = ", too" if facts.figures.get("detected") == facts.health else ""
    return [f"The limit decides; without it the health would be {name}{too}{because}."]


def without_limit(facts: Facts) -> Told:
    """Tell what is known where a limit of one's own cannot be held against what came."""
    if facts.number("threshold") is None:
        return []
    told = "Too few minutes are known to hold your own limit against them"
    name = HEALTH_NAMES.get(str(facts.figures.get("detected")), "Unknown")
    without = "" if name == "Unknown" else f"; without it the health would be {name}"
    return [f"{told}{without}."]


def _among(facts: Facts) -> str:
    moments = facts.whole("moments")
    free = facts.detail("free_moments")
    past = f" of the last {facts.days} days" if facts.days > 1 else ""
    kind = "moment" if moments == 1 else "moments"
    if free is None or free >= moments:
        return f"Among {rounded(moments)} similar {kind}{past} without a deploy"
    return f"Among {rounded(moments)} other {kind}{past}, not all of them free of deploys,"


def _rarity(facts: Facts) -> Told:
    if not facts.whole("moments"):
        return []
    alike = facts.whole("moments_alike")
    return [f"{_among(facts)} {rounded(alike) if alike else 'none'} looked like this."]


def _onset(facts: Facts) -> Told:
    if facts.figures.get("began_after_minutes") is None:
        return []
    minutes = facts.whole("began_after_minutes")
    if minutes:
        return [f"It began about {duration(minutes, facts.step)} after the deploy."]
    part = int(facts.detail("bin_minutes") or 1)
    if part < HOUR // MINUTE / 10 or part * MINUTE < facts.step:
        return ["It began right after the deploy."]
    return [f"It began within the first {duration(part, facts.step).removeprefix('1 ')}."]


def _sight(facts: Facts) -> Told:
    """Tell how large a rise would have been seen."""
    smallest, expected = facts.number("smallest_ratio"), facts.number("expected")
    if smallest is None or expected is None:
        return []
    if smallest >= LARGE:
        least = max(2, ceil(smallest * expected))
        return [f"From about {rounded(least)} errors on, a rise would have shown."]
    return [f"A rise by {max(1, round((smallest - 1) * 100))} % would have shown."]


_DETECTED: Mapping[str, Callable[[Facts], Told]] = {
    "ailing": more,
    "unhealthy": more,
    "improved": fewer,
}
_BECAUSE: Mapping[str, Callable[[Facts], Told]] = {
    "rise": _rise,
    "fall": _fall,
    "usual": _usual,
    "trifle": _trifle,
    "common": _common,
    "above_threshold": _limit,
    "below_threshold": _limit,
}
