"""What is stored of a judgement: the assessment, how to draw it, and the tracker's own view.

Loads NumPy, so only workers import it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sleuth.health import detector
from sleuth.health.detector import Assessment, Band, Settings
from sleuth.health.groups import Place
from sleuth.health.spans import Span, minutes_of_next_look
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource
from sleuth.integrations.service import registry
from sleuth.plugin_api import TrackerError

PICTURE_BUCKETS = 60


def details_of(
    made: Assessment, source: ImpactSource, place: Place, span: Span, settings: Settings
) -> dict[str, Any]:
    """Return what a verdict keeps beside its health; JSON-serializable."""
    step = source.interval_seconds
    start = max(span.first, span.bucket - PICTURE_BUCKETS * step)
    is_cut = place.ended_at is not None and span.end <= span.begin + made.minutes_of_data * 60
    ahead = None if made.is_final or is_cut else minutes_of_next_look(made, step, settings)
    return {
        **replace(made, band=_drawn(made.band)).as_json(),
        "picture_start": start,
        "picture_step": step,
        "deploy_index": (span.bucket - start) // step,
        "next_look": ahead,
        "window_minutes": settings.window_minutes,
        "began_at": int(place.began_at.timestamp()),
        "ended_at": int(place.ended_at.timestamp()) if place.ended_at else None,
        "group_size": len(place.deploy_ids),
        "explore_url": _explore_url(made, source, span, settings),
    }


def _drawn(band: Band | None) -> Band | None:
    """Keep of what was expected as much as is drawn: a whole day would outweigh all the rest."""
    if band is None:
        return None
    return Band(
        band.start,
        *(
            [round(each, 4) for each in part[:PICTURE_BUCKETS]]
            for part in (band.expected, band.low, band.high)
        ),
    )


def _explore_url(made: Assessment, source: ImpactSource, span: Span, settings: Settings) -> str:
    """Return the tracker's own view of what was counted, or of the hour in which it will be.

    A plugin that fails to say has none.
    """
    tracker = registry().get(source.provider)
    if tracker is None:
        return ""
    looks = detector.looks_for(source.interval_seconds, settings)
    minutes = made.minutes_of_data or next(look for look in looks if look >= 60)
    since = schedule.from_epoch(span.begin)
    try:
        return tracker.explore_url(source.config, since, since + timedelta(minutes=minutes))
    except TrackerError:
        return ""
