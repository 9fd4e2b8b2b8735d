"""What could have been seen: the smallest rise that would have shown, and when one shows."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np

from sleuth.health.detector.evidence import (
    MOST_SHARED,
    PASSING,
    SINCE,
    After,
    averaged,
    deviation,
    doubted,
    rise_evidence,
)
from sleuth.health.detector.series import Floats
from sleuth.health.detector.settings import Settings

RATIOS = np.exp(np.linspace(log(1.05), log(200.0), 64))


def smallest_ratio(
    after: After, needed: float, settings: Settings, *, is_doubted: bool
) -> float | None:
    """Return the smallest rise since the deploy that would have shown by now, if any would.

    Args:
        after: What came; a rise shows in the known minutes alone.
        needed: The evidence that this look asks for.
        is_doubted: Whether a restart may explain what is seen. Where nothing is seen, there
            is nothing to explain.
    """
    counts = after.known * RATIOS[:, None]
    expected = np.broadcast_to(after.expected, counts.shape)
    doubt = after.doubt if is_doubted else replace(after.doubt, share=0.0)
    evidence = rise_evidence(counts, expected, after.shared, after.single, doubt)
    excess = counts.sum(1) - expected.sum(1)
    shows = (evidence >= needed) & (excess >= settings.material_errors)
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
    evidence = _evidence(rate, ratio, minutes, after)
    if after.doubt.minutes:
        calm = np.maximum(minutes - after.doubt.minutes, 0.0)
        evidence = doubted(evidence, _evidence(rate, ratio, calm, after), after.doubt.share)
    shows = (evidence >= needed) & (rate * minutes * (ratio - 1) >= settings.material_errors)
    return looks[int(np.argmax(shows))] if shows.any() else None


def _evidence(rate: float, ratio: float, minutes: Floats, after: After) -> Floats:
    """Return the evidence for a rise that fills so many minutes; one entry for each number."""
    columns = [
        _off(rate, ratio, minutes * (last - first), after) for first, last in SINCE + PASSING
    ]
    return averaged(np.stack(columns, axis=1))


def _off(rate: float, ratio: float, minutes: Floats, after: After) -> Floats:
    expected = np.maximum(rate * minutes, 1e-9)
    own = after.single * after.width / np.maximum(minutes, 1e-9)
    return deviation(expected * ratio, expected, min(after.shared, MOST_SHARED) + own)
