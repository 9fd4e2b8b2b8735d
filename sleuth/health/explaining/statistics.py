"""The numbers behind a verdict, each with a sentence of help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from sleuth.buckets import DAY, per_unit, rate_words
from sleuth.health.explaining.facts import Facts
from sleuth.health.explaining.weights import weights
from sleuth.health.quantities import counted, errors, frequency, rounded, span

RAREST = 1_000_000
LEAST_EVIDENCE = 0.05


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number behind a verdict.

    Args:
        help: What it means, in a sentence.
    """

    name: str
    value: str
    help: str


def statistics(facts: Facts) -> tuple[Statistic, ...]:
    """Return what is known of a verdict, in the order of its making."""
    rows = ((name, value(facts), help_) for name, value, help_ in _ROWS)
    return tuple(Statistic(name, value, help_) for name, value, help_ in rows if value)


def _observed(facts: Facts) -> str:
    if facts.figures.get("observed") is None or not facts.known:
        return ""
    return rounded(facts.whole("observed"))


def _known(facts: Facts) -> str:
    if not facts.minutes:
        return ""
    return f"{counted(facts.known, 'minute')} of {rounded(facts.minutes)}"


def _expected(facts: Facts) -> str:
    return _estimate(facts, "expected", "expected_low", "expected_high")


def _ratio(facts: Facts) -> str:
    return _estimate(facts, "ratio", "ratio_low", "ratio_high")


def _estimate(facts: Facts, name: str, low: str, high: str) -> str:
    middle, *ends = (facts.number(each) for each in (name, low, high))
    if middle is None:
        return ""
    told = [rounded(each) for each in ends if each is not None]
    return f"{rounded(middle)} (95 %: {' to '.join(told)})" if len(told) == 2 else rounded(middle)


def _of_a_part(facts: Facts) -> str:
    ratio = facts.detail("effect_ratio")
    return "" if ratio is None else rounded(ratio)


def _evidence(facts: Facts) -> str:
    evidence, needed = facts.number("evidence"), facts.detail("evidence_needed")
    if evidence is None:
        return ""
    told = f"{evidence:.1f}" if evidence >= LEAST_EVIDENCE else "none"
    is_of_a_fall = facts.reason == "fall" or needed is None
    return told if is_of_a_fall else f"{told}; a rise needs {needed:.1f}"


def _rarity(facts: Facts) -> str:
    rarity = facts.number("rarity")
    if rarity is None:
        return ""
    if rarity * RAREST <= 1:
        return f"less than 1 in {rounded(RAREST)}"
    return f"1 in {rounded(max(1.0, 1 / rarity))}"


def _moments(facts: Facts) -> str:
    moments, free = facts.whole("moments"), facts.detail("free_moments")
    if not moments:
        return ""
    told = f"{rounded(moments)}, {rounded(facts.whole('moments_alike'))} of them alike"
    if free is not None and free < moments:
        return f"{told}, {rounded(free)} free of deploys"
    return told


def _smallest(facts: Facts) -> str:
    smallest = facts.number("smallest_ratio")
    return "" if smallest is None else f"to {rounded(smallest)} times as many"


def _usual(facts: Facts) -> str:
    usual = facts.number("usual_per_minute")
    return "" if usual is None else frequency(usual, facts.step)


def _jobs(facts: Facts) -> str:
    jobs = facts.detail("expected_of_jobs")
    return rounded(jobs) if jobs else ""


def _spread(facts: Facts) -> str:
    shared, single = facts.detail("shared_variance"), facts.detail("single_variance")
    if shared is None or single is None:
        return ""
    return f"{_percent(shared)} of the whole time, {_percent(single)} more of each part"


def _percent(variance: float) -> str:
    return f"{max(1, round(100 * sqrt(max(0.0, variance))))} %"


def _restarts(facts: Facts) -> str:
    share, minutes = facts.detail("blip_share"), facts.detail("blip_minutes")
    if not share or not minutes:
        return ""
    return f"at {max(1, round(share * 100))} % of deploys, for {counted(minutes, 'minute')}"


def _history(facts: Facts) -> str:
    days = facts.number("history_days")
    return span(days * DAY) if days else ""


def _deploys(facts: Facts) -> str:
    has_learnt = facts.figures.get("deploys_learnt_from") is not None and facts.whole("moments")
    return rounded(facts.whole("deploys_learnt_from")) if has_learnt else ""


def _limit(facts: Facts) -> str:
    limit = facts.number("threshold")
    if limit is None:
        return ""
    return f"{errors(per_unit(limit, facts.step))} {rate_words(facts.step)}"


def _new_errors(facts: Facts) -> str:
    found = facts.new_errors
    if not found:
        return ""
    told = rounded(int(found.get("count") or 0))
    usual = found.get("usual_per_hour")
    return told if usual is None else f"{told}; {rounded(max(0.0, usual))} an hour are usual"


def _chance(facts: Facts) -> str:
    chance = facts.new_errors.get("probability")
    if chance is None or not facts.new_errors.get("count"):
        return ""
    return f"1 in {rounded(max(1.0, 1 / chance))}" if chance * RAREST > 1 else "hardly any"


def _version(facts: Facts) -> str:
    return str(facts.figures.get("version") or "")


_ROWS: tuple[tuple[str, Callable[[Facts], str], str], ...] = (
    ("Errors that came", _observed, "Counted in the known time after the deploy."),
    ("Time that is known", _known, "How much of the time after the deploy has counts."),
    (
        "Errors expected",
        _expected,
        "What most likely would have come without a deploy. 95 of 100 such times lie in between.",
    ),
    (
        "Expected of recurring jobs",
        _jobs,
        "The part of it that bursts at fixed minutes of the hour or day bring.",
    ),
    (
        "Times expected",
        _ratio,
        "What came by what was expected, half an error added to both. The true factor lies in "
        "between in 95 of 100 cases.",
    ),
    (
        "Times expected, at its clearest",
        _of_a_part,
        "The same for the part of the time that stands out most. From 3.5 on a rise is unhealthy.",
    ),
    (
        "Evidence",
        _evidence,
        "How much better a change explains the counts than none does, as a power of ten: 2 means a "
        "hundred times better.",
    ),
    (
        "Rarity",
        _rarity,
        "How often as clear a change is seen here without a deploy; beyond what was ever seen, an "
        "estimate.",
    ),
    ("Moments compared", _moments, "At how many other times the same question was asked."),
    ("Rise that would show", _smallest, "A smaller one could not be told from chance by now."),
    ("Usual at this time", _usual, "Errors that come without a deploy, recurring jobs left out."),
    (
        "Usual variation",
        _spread,
        "How far counts here are usually off what is expected of them, beyond pure chance.",
    ),
    (
        "Weight of the time before",
        weights,
        "How much of what the last minutes, hours and day had above or below the usual is taken to "
        "go on: 1 is all of it, 0 nothing.",
    ),
    (
        "Errors of restarts",
        _restarts,
        "How often a deploy brings a short burst here by restarting.",
    ),
    ("Deploys learnt from", _deploys, "Earlier deploys that tell what is normal right after one."),
    ("History", _history, "How much of the time before the deploy has counts."),
    ("Your own limit", _limit, "It decides instead of all else."),
    ("New kinds of errors", _new_errors, "Kinds that the tracker first saw after the deploy."),
    ("Chance of so many", _chance, "How likely as many new kinds are in a usual time as long."),
    ("Version of the rules", _version, "It changes when verdicts are made in another way."),
)
