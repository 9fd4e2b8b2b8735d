"""From stored counts to a judgement: what the detector says, the picture, the tracker's view."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sleuth.health import detector
from sleuth.health.detector import Assessment
from sleuth.impact import schedule, series, sweeps
from sleuth.impact.models import ImpactSource
from sleuth.integrations.service import registry
from sleuth.plugin_api import TrackerError

BASELINE = timedelta(days=28)
PICTURE_BUCKETS = 60


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one impact source says of one deploy.

    Args:
        picture: Counts per bucket around the deploy, None where unknown.
        details: The assessment in full, and how to draw the picture; JSON-serializable.
    """

    assessment: Assessment
    picture: list[int | None]
    details: dict[str, Any]


def judge(
    source: ImpactSource, deployed_at: datetime, replaced_at: datetime | None, now: datetime
) -> Judgement:
    """Judge a deploy by what is stored of a source; reads only.

    Args:
        replaced_at: When the next deploy of the same code deployment came, if it did.
    """
    step = source.interval_seconds
    moment = int(deployed_at.timestamp())
    first = moment - moment % step - int(BASELINE.total_seconds())
    last = moment - moment % step + step + detector.looks_for(step)[-1] * 60
    minutes, counts = series.read_arrays(source.id, first, last, step)
    assessment = detector.assess(
        minutes,
        counts,
        moment,
        int(now.timestamp()),
        until=int(replaced_at.timestamp()) if replaced_at else None,
        threshold=source.manually_set_health_threshold,
        step_seconds=step,
    )
    if sweeps.is_awaited(source.id, first):
        reason = "pending" if assessment.health == "unknown" else ""
        assessment = replace(assessment, reason=reason, is_final=False)
    is_paused = source.paused_at is not None or source.integration.paused_at is not None
    if is_paused and assessment.health == "unknown" and assessment.reason in {"pending", "gap"}:
        assessment = replace(assessment, reason="paused")
    start = max(0, int(BASELINE.total_seconds()) // step - PICTURE_BUCKETS)
    picture_start = first + start * step
    details = {
        **assessment.as_json(),
        "picture_start": picture_start,
        "picture_step": step,
        "deploy_index": (moment - picture_start) // step,
        "explore_url": _explore_url(source, deployed_at),
    }
    picture = [None if math.isnan(count) else int(count) for count in counts[start:]]
    return Judgement(assessment, picture, details)


def _explore_url(source: ImpactSource, deployed_at: datetime) -> str:
    """Return the tracker's own view of the deploy; a plugin that fails to say has none."""
    tracker = registry().get(source.provider)
    if tracker is None:
        return ""
    step = source.interval_seconds
    begin = detector.next_bucket(int(deployed_at.timestamp()), step)
    until = schedule.from_epoch(begin) + timedelta(minutes=detector.looks_for(step)[-1])
    try:
        return tracker.explore_url(source.config, deployed_at, until)
    except TrackerError:
        return ""
