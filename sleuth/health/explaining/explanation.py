"""A verdict explained: sentences, what is still to come, and statistics."""

from __future__ import annotations

from dataclasses import dataclass

from sleuth.health.explaining.coming import outlook
from sleuth.health.explaining.counts import shared, what_came
from sleuth.health.explaining.facts import Facts
from sleuth.health.explaining.known import because
from sleuth.health.explaining.missing import is_about_counts, what_is_missing
from sleuth.health.explaining.novelties import new_kinds
from sleuth.health.explaining.reservations import reservations
from sleuth.health.explaining.statistics import Statistic, statistics
from sleuth.health.quantities import Figures

__all__ = ["Explanation", "Statistic", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a verdict is what it is.

    Args:
        sentences: What came and what was expected, then what follows from that.
        outlook: Of what is unknown or not final: what is missing, and when there will be an
            answer; else "".
        statistics: The numbers behind it, for who wants to know.
    """

    sentences: tuple[str, ...]
    outlook: str
    statistics: tuple[Statistic, ...]


def explain(figures: Figures) -> Explanation:
    """Return the explanation of a verdict.

    Args:
        figures: The assessment exactly as it is stored, an old one too: of what it does not
            hold nothing is told.
    """
    facts = Facts(figures)
    told = [*_sentences(facts), *shared(facts), *reservations(facts)]
    return Explanation(tuple(told), outlook(facts), statistics(facts))


def _sentences(facts: Facts) -> list[str]:
    if facts.reason == "new_errors":
        return [*new_kinds(facts), *what_came(facts)]
    if facts.health != "unknown":
        return [*what_came(facts), *because(facts), *new_kinds(facts)]
    came = what_came(facts) if is_about_counts(facts) else []
    return [*came, *what_is_missing(facts), *new_kinds(facts)]
