"""The table of rules."""

from sleuth.testing.rule import Rule
from sleuth.testing.rules import (
    counts,
    credentials,
    filters,
    further,
    information,
    manners,
    projects,
    refusals,
    shapes,
)

CHAPTERS = (
    information.CHAPTER,
    credentials.CHAPTER,
    refusals.CHAPTER,
    projects.CHAPTER,
    shapes.CHAPTER,
    counts.CHAPTER,
    filters.CHAPTER,
    manners.CHAPTER,
    further.CHAPTER,
)
RULES: tuple[Rule, ...] = tuple(rule for chapter in CHAPTERS for rule in chapter.rules)


def find_rule(number: str) -> Rule | None:
    """Return the rule of that number, whatever its case."""
    return next((rule for rule in RULES if rule.number == number.upper()), None)
