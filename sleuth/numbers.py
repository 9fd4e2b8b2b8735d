"""Whole numbers as people read them."""

from __future__ import annotations

NARROW_SPACE = "\u202f"


def grouped(value: int) -> str:
    """Return a whole number with thousands set apart, which no line breaks: 12 345."""
    return f"{value:,}".replace(",", NARROW_SPACE)
