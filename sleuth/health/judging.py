"""From stored counts to a judgement: what the detector says, the picture, the tracker's view.

Loads NumPy, so only workers import it.
"""

from __future__ import annotations

import logging
import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from sleuth.health import detector
from sleuth.health.describing import PICTURE_BUCKETS, details_of
from sleuth.health.detector import Assessment, Settings
from sleuth.health.groups import Place
from sleuth.health.new_errors import evidence
from sleuth.health.spans import Span, minutes_of_next_look, span_of
from sleuth.impact import schedule, series, sweeps
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment

RETRY = timedelta(minutes=5)
LATE_RETRY = timedelta(hours=1)
EARLY = timedelta(hours=1)
BROKEN = "failed"
NEW_ERRORS = "new_errors"

Reader = Callable[[int, int, int, int], "tuple[array[int], array[float]]"]
"""Reads a part of a source's series, as :func:`sleuth.impact.series.read_arrays` does."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """By what deploys are judged.

    Args:
        threshold: The user's own limit in errors a minute, None without one.
    """

    sensitivity: str
    threshold: float | None

    @property
    def settings(self) -> Settings:
        """The detector's settings."""
        return detector.SENSITIVITIES[self.sensitivity]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one impact source says of the deploys of one place.

    Args:
        picture: Counts per bucket around the deploy, None where unknown.
        details: The assessment in full, and how to draw the picture; JSON-serializable.
        sensitivity: How it was judged.
        known_hours: How much of the past was known.
        look_at: What the source's counts have to reach for the next look; None if it is final.
        due_at: When to look whatever the counts reach; None if it is final.
    """

    assessment: Assessment
    picture: list[int | None]
    details: dict[str, Any]
    sensitivity: str
    known_hours: float
    look_at: datetime | None
    due_at: datetime | None


def sensitivity_of(environment: Environment) -> str:
    """Return by which sensitivity an environment's deploys are judged from now on."""
    return environment.project.sensitivity


def settings_of(environment: Environment) -> Settings:
    """Return the detector's settings for an environment."""
    return detector.SENSITIVITIES[sensitivity_of(environment)]


def window_of(sensitivity: str) -> timedelta:
    """Return how close together deploys share a verdict."""
    return timedelta(minutes=detector.SENSITIVITIES[sensitivity].window_minutes)


def judge(source: ImpactSource, place: Place, sensitivity: str, now: datetime) -> Judgement:
    """Judge the deploys of a place by what is stored of a source; reads only."""
    rules = Rules(sensitivity, source.manually_set_health_threshold)
    return judge_by(source, place, rules, now)


def judge_by(
    source: ImpactSource,
    place: Place,
    rules: Rules,
    now: datetime,
    read: Reader = series.read_arrays,
) -> Judgement:
    """Judge the deploys of a place by rules that are perhaps only proposed; reads only.

    Args:
        read: Where the counts come from, for whoever judges many deploys of one source.
    """
    settings, step = rules.settings, source.interval_seconds
    span = span_of(place, step, settings)
    last = span.begin + detector.looks_for(step, settings)[-1] * 60
    minutes, counts = read(source.id, span.first, last, step)
    values = np.asarray(counts, dtype=np.float64)
    made = _assess(source, place, rules, now, minutes, values)
    is_past_awaited = sweeps.is_awaited(source.id, span.first)
    made = _tempered(made, source, span, settings, now, is_past_awaited)
    made, is_new = _with_new_errors(made, source, place, rules.sensitivity, now)
    before = (span.bucket - span.first) // step
    start = max(0, before - PICTURE_BUCKETS)
    shown = counts[start : before + 1 + PICTURE_BUCKETS]
    look_at, due_at = _next_look(made, source, span, settings, now)
    return Judgement(
        assessment=made,
        picture=[None if math.isnan(count) else int(count) for count in shown],
        details={
            **details_of(made, source, place, span, settings),
            "is_past_awaited": is_past_awaited,
            **is_new,
        },
        sensitivity=rules.sensitivity,
        known_hours=round(float(np.isfinite(values[:before]).sum()) * step / 3600, 3),
        look_at=look_at,
        due_at=due_at,
    )


def _assess(
    source: ImpactSource,
    place: Place,
    rules: Rules,
    now: datetime,
    minutes: Any,
    values: Any,
) -> Assessment:
    """Ask the detector; a series that it refuses is no reason to leave others without verdict."""
    try:
        return detector.assess(
            np.asarray(minutes, dtype=np.int64),
            values,
            int(place.began_at.timestamp()),
            int(now.timestamp()),
            place.earlier,
            step_seconds=source.interval_seconds,
            settings=rules.settings,
            until=int(place.ended_at.timestamp()) if place.ended_at else None,
            threshold=rules.threshold,
        )
    except ValueError:
        log.exception("Impact source %s cannot be judged at %s.", source.id, place.began_at)
        is_final = (now - place.began_at).total_seconds() > rules.settings.patience_seconds
        return Assessment("unknown", BROKEN, is_final, step_seconds=source.interval_seconds)


def _tempered(
    made: Assessment,
    source: ImpactSource,
    span: Span,
    settings: Settings,
    now: datetime,
    is_past_awaited: bool,
) -> Assessment:
    """Take into account what the series alone does not tell: whether counts will still come."""
    is_unknown = made.health == "unknown"
    if is_past_awaited:
        reason = "pending" if is_unknown and made.reason != BROKEN else made.reason
        return replace(made, reason=reason, is_final=False)
    is_paused = source.paused_at is not None or source.integration.paused_at is not None
    if is_paused and is_unknown and made.reason in {"pending", "gap"}:
        made = replace(made, reason="paused")
    given_up_at = span.bucket + max(settings.patience_seconds, 3 * source.interval_seconds)
    if _reached(source) < span.end and now.timestamp() < given_up_at:
        return replace(made, is_final=False)
    return made


def _with_new_errors(
    made: Assessment, source: ImpactSource, place: Place, sensitivity: str, now: datetime
) -> tuple[Assessment, dict[str, Any]]:
    """Weigh new kinds of errors, which count where counts are too low to judge by."""
    reason = made.reason if made.health == "unknown" else ""
    weighed = evidence.weighed(source.id, place, sensitivity, reason, now)
    if weighed is None:
        return made, {}
    if weighed["decided"]:
        made = replace(made, health="ailing", reason=NEW_ERRORS)
    return made, {"new_errors": weighed}


def _reached(source: ImpactSource) -> int:
    """Return how far the source's counts go, in epoch seconds."""
    return int(source.complete_until.timestamp()) if source.complete_until else 0


def _next_look(
    made: Assessment, source: ImpactSource, span: Span, settings: Settings, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return what the counts have to reach for the next look, and until when to wait for them.

    Counts that are there already and yet led to no look are not looked at over and over.
    """
    if made.is_final:
        return None, None
    if made.reason == BROKEN:
        return now + LATE_RETRY, now + LATE_RETRY
    step = source.interval_seconds
    ahead = minutes_of_next_look(made, step, settings)
    wanted = min(span.end, span.begin + ahead * 60) if ahead else span.end
    expected_at = schedule.from_epoch(wanted)
    look_at = expected_at if _reached(source) < wanted else now + RETRY
    settled = look_at + timedelta(seconds=step + settings.settling_seconds)
    retry = RETRY if now - expected_at < EARLY else LATE_RETRY
    return look_at, settled if settled > now else now + retry
