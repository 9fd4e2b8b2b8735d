"""What could have been seen: the smallest rise that would have shown, and when one shows."""

from __future__ import annotations

from math import log

import numpy as np

from sleuth.health.detector.evidence import (
    PASSING,
    SINCE,
    After,
    averaged,
    deviation,
    deviations,
    parts_of,
)
from sleuth.health.detector.series import Floats
from sleuth.health.detector.settings import Settings

RATIOS = np.exp(np.linspace(log(1.05), log(200.0), 64))


def smallest_ratio(after: After, needed: float, settings: Settings) -> float | None:
    """Return the smallest rise since the deploy that would have shown by now, if any would.

    Args:
        after: What came; a rise shows in the known minutes alone.
        needed: The evidence that this look asks for.
    """
    counts = after.known * RATIOS[:, None]
    expected = np.broadcast_to(after.expected, counts.shape)
    parts = parts_of(after.expected.size, 1)
    off = deviations(counts, expected, after.shared, after.single, parts)
    excess = counts.sum(1) - expected.sum(1)
    shows = (averaged(off) >= needed) & (excess >= settings.material_errors)
    return round(float(RATIOS[int(np.argmax(shows))]), 3) if shows.any() else None


def shows_after(
    rate: float, ratio: float, after: After, settings: Settings, looks: tuple[int, ...]
) -> int | None:
    """Return the first look (minutes of data) at which a rise would show; None if at none.

    Args:
        rate: Expected errors a minute.
        looks: This look and those to come.
    """
    minutes = np.array(looks, dtype=np.float64)
    needed = np.array(settings.rise_evidence)[-len(looks) :]
    columns = [
        _off(rate, ratio, minutes * (last - first), after) for first, last in SINCE + PASSING
    ]
    excess = rate * minutes * (ratio - 1)
    shows = (averaged(np.stack(columns, axis=1)) >= needed) & (excess >= settings.material_errors)
    return looks[int(np.argmax(shows))] if shows.any() else None


def _off(rate: float, ratio: float, minutes: Floats, after: After) -> Floats:
    expected = np.maximum(rate * minutes, 1e-9)
    return deviation(
        expected * ratio, expected, after.shared + after.single * after.width / minutes
    )
