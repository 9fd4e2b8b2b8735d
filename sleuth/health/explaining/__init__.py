"""What a verdict rests on, in words, from the assessment as it was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sleuth.health.words import sentence


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number behind a verdict, with what it means."""

    name: str
    value: str
    help: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict in words.

    Args:
        sentences: What came, what was expected, and what follows from it.
        outlook: What is missing and when there will be an answer; "" if nothing is.
    """

    sentences: tuple[str, ...]
    outlook: str
    statistics: tuple[Statistic, ...]


def explain(figures: Mapping[str, Any]) -> Explanation:
    """Explain a verdict.

    Args:
        figures: Its assessment as stored; empty if there was none yet.
    """
    return Explanation((sentence(figures),) if figures else (), "", ())
