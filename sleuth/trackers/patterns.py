"""Patterns that plugins declare for what users enter: kept to what is always quick to try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

LONGEST_PATTERN = 200
MOST_VARIABLE = 3
LONGEST_TRIED = 500
LONGEST_TRIED_IN_FULL = 200
"""Of a pattern with as many parts of unknown length as may be.

Each such part can multiply the attempts by the length of the text: two of them with the
longer text and three with the shorter are a fraction of a million steps each.
"""

_TOKEN = re.compile(
    r"""
      (?P<reference>\\[1-9])
    | (?P<atom>\\. | \[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<special>\(\?(?!:))
    | (?P<open>\((?:\?:)?)
    | (?P<close>\))
    | (?P<exactly>\{\d+\}[?+]?)
    | (?P<optional>\?[?+]?)
    | (?P<repeated>(?:[*+]|\{(?!\})\d*(?:,\d*)?\})[?+]?)
    | (?P<either>\|)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = frozenset({"optional", "repeated", "either"})


def problem_of(pattern: str) -> str:
    """Return why a plugin's pattern cannot be used, as the rest of a sentence, or ""."""
    if len(pattern) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN} characters"
    kinds = list(_kinds(pattern))
    pairs = set(pairwise(kinds))
    if pairs & {("close", "repeated"), ("close", "exactly")}:
        return "repeats a group, which can take for ever to try"
    if {"special", "reference"} & set(kinds):
        return "has flags, names, look-arounds or back-references"
    if variable_parts(pattern) > MOST_VARIABLE:
        return f"has more than {MOST_VARIABLE} parts that vary (* + ? | or a range in braces)"
    try:
        _compiled(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return ""


def variable_parts(pattern: str) -> int:
    """Return in how many places a pattern leaves open how much of a text it takes."""
    return sum(kind in _VARIABLE for kind in _kinds(pattern))


def longest_tried(pattern: str) -> int:
    """Return how long a text may be that is tried with a pattern."""
    return LONGEST_TRIED if variable_parts(pattern) < MOST_VARIABLE else LONGEST_TRIED_IN_FULL


def fits(pattern: str, text: str) -> bool:
    """Tell whether the whole of a text matches a pattern that has no problem.

    A text too long to be tried quickly fits: it is left to the tracker to judge.
    """
    is_tried = bool(pattern) and len(text) <= longest_tried(pattern)
    return not is_tried or bool(_compiled(pattern).fullmatch(text))


def _kinds(pattern: str) -> Iterator[str]:
    """Yield what the pattern is made of, as the groups of ``_TOKEN`` call it."""
    for token in _TOKEN.finditer(pattern):
        yield token.lastgroup or ""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
