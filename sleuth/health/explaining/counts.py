"""What came after a deploy, what was expected, and how the two compare."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

from sleuth.buckets import DAY, HOUR, MINUTE, duration
from sleuth.health.explaining.facts import Facts, instant
from sleuth.health.quantities import errors, lapse, rounded
from sleuth.health.words import times

LEAST_TIMES = 1.05
"""By less a change is told in percent, or not at all."""


def what_came(facts: Facts) -> list[str]:
    """Tell how many errors came, and how many were expected."""
    if facts.figures.get("observed") is None or not facts.known:
        return []
    seen = facts.whole("observed")
    told = errors(seen) if seen else "no error"
    expected = _expected(facts)
    return [f"In {_time(facts)} after {_deploy(facts)} {told} arrived{expected}."]


def _time(facts: Facts) -> str:
    told = lapse(facts.figures)
    if told.startswith("the "):
        return told
    return f"the first {told.removeprefix('1 ')}" if _is_one(told) else f"the {told}"


def _is_one(told: str) -> bool:
    return told.startswith("1 ") and " of " not in told


def _deploy(facts: Facts) -> str:
    if facts.group_size > 1:
        return f"the first of these {facts.group_size} deploys"
    return "this deploy"


def _expected(facts: Facts) -> str:
    if facts.number("expected") is None:
        return ""
    ends = likely_range(facts)
    told = _range(*ends) if ends else _about(facts.number("expected") or 0.0)
    return f"; {told} expected{_moment(facts)}"


def likely_range(facts: Facts) -> tuple[int, int] | None:
    """Return between which whole numbers of errors was to be expected, None if not known.

    What came lies between them only if it lay between the ends before they were rounded.
    """
    low, high = _low_end(facts), facts.number("expected_high")
    if low is None or high is None:
        return None
    is_below = facts.whole("observed") < low
    least = ceil(low) if low >= 1 or is_below else 0
    most = floor(high)
    if least <= most:
        return least, most
    return (least, least) if is_below else (most, most)


def _low_end(facts: Facts) -> float | None:
    """Return the lower end of what was expected; no error is less only if that is a fall."""
    low = facts.number("expected_low")
    is_fall = "improved" in {facts.health, facts.figures.get("detected")}
    return 0.0 if low is not None and low < 1 and not is_fall else low


def _range(low: int, high: int) -> str:
    if not high:
        return "none was"
    if low == high:
        return f"about {rounded(low)} {'was' if low == 1 else 'were'}"
    return f"{rounded(low)} to {rounded(high)} were"


def _about(expected: float) -> str:
    if expected < 1:
        return "less than one was"
    return f"about {rounded(round(expected))} {'was' if round(expected) == 1 else 'were'}"


def _moment(facts: Facts) -> str:
    if facts.began_at is None:
        return ""
    began = instant(facts.began_at)
    if facts.step >= DAY:
        return f" for a {began:%A}"
    if facts.minutes > HOUR // MINUTE:
        return f" from {began:%A} {began:%H:%M} (UTC) on"
    return f" for a {began:%A} at {began:%H:%M} (UTC)"


def is_inside(facts: Facts) -> bool:
    """Tell whether as many came as were to be expected."""
    low, high = _low_end(facts), facts.number("expected_high")
    if low is None or high is None:
        return False
    return low <= facts.whole("observed") <= high


def factor(facts: Facts) -> float | None:
    """Return by what factor errors changed: as the card has it, if its interval allows it.

    None where next to none was expected, so that a factor would tell nothing.
    """
    expected, ratio = facts.number("expected"), facts.number("ratio")
    if expected is None or ratio is None or expected < 1:
        return None
    low, high = facts.number("ratio_low"), facts.number("ratio_high")
    told = times(facts.figures) if facts.figures.get("observed") is not None else ratio
    is_likely = (low is None or low <= told) and (high is None or told <= high)
    return told if is_likely else ratio


def more(facts: Facts) -> list[str]:
    """Tell how many times more came."""
    told = factor(facts)
    if told is None:
        expected = facts.number("expected")
        is_little = expected is not None and expected < 1
        return ["Usually less than one arrives in such a time."] if is_little else []
    if told < LEAST_TIMES or is_inside(facts):
        return _part(facts)
    low, high = facts.number("ratio_low"), facts.number("ratio_high")
    return [f"That is {rounded(told)} times as many{_interval(_ends(low, high, rounded))}."]


def fewer(facts: Facts) -> list[str]:
    """Tell by how much fewer came."""
    told = factor(facts)
    if told is None or not facts.whole("observed"):
        return []
    if told > 1 / LEAST_TIMES:
        return ["Taken together these are about as many, but a part of the time stands out."]
    low, high = facts.number("ratio_low"), facts.number("ratio_high")
    ends = ("", "") if high is None or high >= 1 else _ends(high, low, share_fewer)
    return [f"That is {share_fewer(told)} % fewer{_interval(ends)}."]


def share_fewer(ratio: float) -> str:
    """Return the percentage that is missing: "92"; never all of it, nor nothing."""
    return str(min(99, max(1, round((1 - ratio) * 100))))


def _part(facts: Facts) -> list[str]:
    told = "Taken together that is not much"
    ratio = facts.detail("effect_ratio")
    if ratio is None or ratio < LEAST_TIMES:
        return [f"{told}, but a part of this time stands out."]
    return [f"{told}, but in a part of this time {rounded(ratio)} times as many came as expected."]


def _ends(low: float | None, high: float | None, say: Callable[[float], str]) -> tuple[str, str]:
    if low is None or high is None:
        return "", ""
    return say(low), say(high)


def _interval(ends: tuple[str, str]) -> str:
    low, high = ends
    return f" (95 %: {low} to {high})" if low != high else ""


def shared(facts: Facts) -> list[str]:
    """Tell that other deploys have the same verdict, and why."""
    if facts.group_size < 2:
        return []
    window = facts.whole("window_minutes")
    close = f"within {duration(window, MINUTE)}" if window else "close together"
    return [
        f"{facts.group_size} deploys came {close} and share this verdict: counts cannot tell them "
        "apart."
    ]
