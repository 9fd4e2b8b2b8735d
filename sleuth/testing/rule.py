"""What a rule is, and how it says that it is broken or cannot be tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sleuth.testing.bench import Bench

PAGE = "docs/plugins/rules.md"


class BrokenRuleError(Exception):
    """The plugin breaks the rule; the message says what was asked, what came, what should."""


class NotCheckedError(Exception):
    """The rule could not be tried; the message is the rest of "not checked, because …"."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a plugin has to do right.

    Args:
        number: Stays the same for ever, e.g. ``C101``.
        title: What holds where the rule is kept.
        reason: Why it matters.
        check: Tries it; raises BrokenRuleError or NotCheckedError.
    """

    number: str
    title: str
    reason: str
    check: Callable[[Bench], None] = field(repr=False)

    @property
    def page(self) -> str:
        """Where the rule is explained."""
        return f"{PAGE}#{self.number.lower()}"


class Chapter:
    """The rules about one subject, in the order in which they are written.

    Args:
        title: Of the subject, for the page of all rules.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.rules: list[Rule] = []

    def rule(
        self, number: str, title: str, reason: str
    ) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
        """Make a rule of the function that tries it."""

        def add(check: Callable[[Bench], None]) -> Callable[[Bench], None]:
            self.rules.append(Rule(number, title, reason, check))
            return check

        return add


def require(is_kept: object, words: str) -> None:
    """Break the rule unless something holds.

    Args:
        words: What was asked, what came and what was expected.

    Raises:
        BrokenRuleError: it does not hold.
    """
    if not is_kept:
        raise BrokenRuleError(words)
