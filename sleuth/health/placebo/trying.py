"""Judging a placebo deploy as a deploy would have been judged.

Loads NumPy, so only workers import it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sleuth.health import detector
from sleuth.health.detector import Assessment, Settings
from sleuth.health.spans import BASELINE
from sleuth.impact import series
from sleuth.impact.models import ImpactSource

FIRST_HOUR = 60
HOUR = 3600
FLAGGED = {"ailing", "unhealthy"}
UNTRIED = {"short_history", "gap", "replaced"}
"""Reasons that show that there is too little known for a fair trial."""

log = logging.getLogger(__name__)


def try_moments(
    source: ImpactSource, moments: Sequence[int], deploys: Sequence[int], settings: Settings
) -> bool | None:
    """Judge the first of the moments that will do; return whether that was flagged, None if none.

    Args:
        moments: Epoch seconds.
        deploys: When the environment was deployed to in the four weeks before the moments, and
            until an hour after them, in epoch seconds and in order.
    """
    outcomes = (_try(source, moment, deploys, settings) for moment in moments)
    return next((each for each in outcomes if each is not None), None)


def _try(
    source: ImpactSource, moment: int, deploys: Sequence[int], settings: Settings
) -> bool | None:
    step = source.interval_seconds
    looks = [look for look in detector.looks_for(step, settings) if look <= FIRST_HOUR]
    begin = detector.next_bucket(moment, step)
    end = begin + FIRST_HOUR * 60
    is_near = any(moment - HOUR <= each < end for each in deploys)
    if not looks or is_near or series.covered(source.id, begin, end) != [(begin, end)]:
        return None
    baseline = int(BASELINE.total_seconds())
    first = (moment - baseline) // step * step
    counts = series.read_arrays(source.id, first, end, step)
    earlier = [each for each in deploys if moment - baseline <= each < moment]
    for look in looks:
        made = _assess(source, counts, moment, begin + look * 60, earlier, settings)
        if made is None or made.reason in UNTRIED:
            return None
        if made.health in FLAGGED:
            return True
    return False


def _assess(
    source: ImpactSource,
    counts: tuple[Sequence[int], Sequence[float]],
    moment: int,
    now: int,
    earlier: Sequence[int],
    settings: Settings,
) -> Assessment | None:
    """Ask the detector what it asks of deploys; a series that it refuses is not tried."""
    try:
        return detector.assess(
            *counts, moment, now, earlier, step_seconds=source.interval_seconds, settings=settings
        )
    except ValueError:
        log.exception("Impact source %s cannot be judged at %s.", source.id, moment)
        return None
