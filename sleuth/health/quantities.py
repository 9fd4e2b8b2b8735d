"""Numbers and lengths of time as a verdict tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sleuth.buckets import DAY, HOUR, MINUTE, NAMES, duration, period_name, rate_unit
from sleuth.numbers import grouped

Figures = Mapping[str, Any]
"""An assessment as it is stored, as JSON."""

LEAST_TOLD = 0.01
"""Of what is less, that is said."""


def rounded(value: float) -> str:
    """Return a number as it is said: whole from ten on, else with one decimal or two."""
    if round(value, 1) >= 10 or value == int(value):
        return grouped(round(value))
    if 0 < value < LEAST_TOLD:
        return f"less than {LEAST_TOLD}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def counted(count: float, name: str) -> str:
    """Return "1 error" or "3 errors"."""
    told = rounded(count)
    return f"{told} {name}{'' if told == '1' else 's'}"


def errors(count: float) -> str:
    """Return "1 error" or "0.5 errors"."""
    return counted(count, "error")


def span(seconds: float) -> str:
    """Return a length of time in whole units: "40 minutes", "14 hours", "3 days"."""
    unit = MINUTE if seconds < HOUR else HOUR if seconds < 2 * DAY else DAY
    return counted(max(1, int(seconds // unit)), NAMES[unit])


def frequency(per_minute: float, step_seconds: int = MINUTE) -> str:
    """Return how often errors come, in the unit in which they can be counted: "5 errors an hour".

    Args:
        step_seconds: Width of the tracker's buckets: nothing finer is told.
    """
    units = [unit for unit in (MINUTE, HOUR, DAY) if unit >= min(step_seconds, DAY)]
    unit = next((each for each in units if per_minute * each / MINUTE >= 1), DAY)
    count = per_minute * unit / MINUTE
    article = "an" if unit == HOUR else "a"
    if count < 1:
        return "less than one error a day"
    return f"{errors(float(f'{count:.2g}'))} {article} {NAMES[unit]}"


def lapse(figures: Figures) -> str:
    """Return how long was counted: "18 minutes", "15 known minutes of 18"."""
    minutes, step = figures.get("minutes_of_data") or 0, figures.get("step_seconds") or MINUTE
    known = figures.get("known_minutes") or minutes
    if known < minutes:
        return _known_of(known, minutes, step)
    if step > MINUTE and minutes * 60 == step:
        return f"the first whole {period_name(step)}"
    return duration(minutes, step)


def _known_of(known: int, minutes: int, step: int) -> str:
    """Return how much of a time is known: "15 known minutes of 18"."""
    unit = rate_unit(step)
    known_units = counted(known * MINUTE // unit, f"known {NAMES[unit]}")
    return f"{known_units} of {rounded(minutes * MINUTE // unit)}"
