"""Patterns that plugins declare for what users enter: kept to what is always quick to try."""

from __future__ import annotations

import re
from functools import cache

LONGEST_PATTERN = 200
LONGEST_TRIED = 500
MOST_VARIABLE = 3
"""So many parts of unknown length take a fraction of a second with the longest text tried."""

_VARIABLE = re.compile(r"[*+?|]|\{(?!\d+\})")
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_SPECIAL_GROUP = re.compile(r"\(\?(?!:)")
_BACK_REFERENCE = re.compile(r"\\[1-9]")


def problem_of(pattern: str) -> str:
    """Return why a plugin's pattern cannot be used, as the rest of a sentence, or ""."""
    if len(pattern) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN} characters"
    if _REPEATED_GROUP.search(pattern):
        return "repeats a group, which can take for ever to try"
    if _SPECIAL_GROUP.search(pattern) or _BACK_REFERENCE.search(pattern):
        return "has flags, names, look-arounds or back-references"
    if len(_VARIABLE.findall(pattern.replace("(?:", "("))) > MOST_VARIABLE:
        return f"has more than {MOST_VARIABLE} parts that vary (* + ? | or a range in braces)"
    try:
        _compiled(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return ""


def fits(pattern: str, text: str) -> bool:
    """Tell whether the whole of a text matches a pattern that has no problem.

    A text too long to be tried quickly fits: it is left to the tracker to judge.
    """
    return not pattern or len(text) > LONGEST_TRIED or bool(_compiled(pattern).fullmatch(text))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
