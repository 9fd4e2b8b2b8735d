"""Text that comes from outside, made fit to store and to show."""

from __future__ import annotations

import re
import unicodedata

LINE_BREAKS = "\n\t"
UNPRINTABLE = {"Cc", "Cs"}
TERMINAL_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""What colours a terminal; the printable part of it is of no interest either."""

DIRECTION_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return ``text`` without what no database keeps and no page should show.

    Control characters, halves of surrogate pairs, and the marks that make what follows
    read backwards are dropped; line breaks and tabs stay.
    """
    kept = (each for each in without_escapes(text) if each in LINE_BREAKS or _is_printable(each))
    return "".join(kept).strip()


def without_escapes(text: str) -> str:
    """Return ``text`` without what colours a terminal and moves its cursor."""
    return TERMINAL_ESCAPE.sub("", text)


def one_line(text: str | None) -> str:
    """Return ``text`` cleaned and on one line, with single spaces; empty for None."""
    return " ".join(clean(" ".join((text or "").split())).split())


def _is_printable(character: str) -> bool:
    return (
        unicodedata.category(character) not in UNPRINTABLE and character not in DIRECTION_OVERRIDES
    )
