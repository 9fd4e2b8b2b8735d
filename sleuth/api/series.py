"""The stored series of an impact source, in buckets as wide as the caller wants them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from werkzeug.exceptions import BadRequest

from sleuth import clock
from sleuth.api import cursors
from sleuth.api.answers import moment
from sleuth.api.parameters import SeriesQuery
from sleuth.extensions import db
from sleuth.impact import reading
from sleuth.impact.models import ImpactSource
from sleuth.impact.retention import KEEP_HOURS
from sleuth.projects.models import Environment, Project

MOST_BUCKETS = 2_000
USUAL_SPAN = timedelta(days=1)
WRONG_STEP = "step must be a multiple of {}: so many seconds wide are the source's own buckets."
HOURS_ONLY = "Before {} only hours are kept, so the buckets are {} s wide."

COLUMNS: tuple[Any, ...] = (
    ImpactSource.id,
    ImpactSource.public_id,
    ImpactSource.name,
    ImpactSource.provider,
    ImpactSource.interval_seconds,
    ImpactSource.minutes_from,
    ImpactSource.complete_until,
    Project.slug.label("project_slug"),
    Project.name.label("project_name"),
    Environment.slug.label("environment_slug"),
    Environment.name.label("environment_name"),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is answered, in epoch seconds; whole buckets.

    Args:
        first, end: The buckets of this page.
        last_end: Where the last page ends.
        is_widened: The buckets are wider than asked because only hours are kept.
    """

    first: int
    end: int
    last_end: int
    step: int
    is_widened: bool

    @property
    def place(self) -> list[Any]:
        return [self.end, self.last_end, self.step, self.is_widened]


def read_series(
    organization_id: int, public_id: str, query: SeriesQuery
) -> tuple[dict[str, Any], str | None] | None:
    """Return a page of counts and the cursor of the next; None if there is no such source.

    Raises:
        BadRequest: The step does not fit the source, or the cursor is not of this request.
    """
    source = _source(organization_id, public_id)
    if source is None:
        return None
    bound = ["series", organization_id, public_id, *query.bound]
    if query.cursor:
        part = _page(*cursors.opened(query.cursor, bound))
    else:
        part = _page(*_asked(source, query, clock.now()))
    is_last = part.end >= part.last_end
    return _answer(source, part), None if is_last else cursors.sealed(part.place, bound)


def _source(organization_id: int, public_id: str) -> Row[Any] | None:
    return db.session.execute(
        select(*COLUMNS)
        .join(ImpactSource.project)
        .join(ImpactSource.environment)
        .where(ImpactSource.organization_id == organization_id, ImpactSource.public_id == public_id)
    ).one_or_none()


def _asked(source: Row[Any], query: SeriesQuery, now: datetime) -> tuple[int, int, int, bool]:
    """Return first bucket, end, step and whether that is wider than asked.

    There is nothing beyond now, nor before the oldest hour that is kept.
    """
    interval: int = source.interval_seconds
    step = query.step or interval
    if step % interval:
        raise BadRequest(WRONG_STEP.format(interval))
    oldest = now - KEEP_HOURS
    until = min(max(query.until or now, oldest), now)
    since = min(max(query.since or until - USUAL_SPAN, oldest), until)
    first, end = int(since.timestamp()), int(until.timestamp())
    asked, step = step, reading.fitting_step(step, first, interval, source.minutes_from)
    first_bucket = first // step * step
    last_end = -(-end // step) * step if first < end else first_bucket
    return first_bucket, last_end, step, step != asked


def _page(first: int, last_end: int, step: int, is_widened: bool) -> _Part:
    return _Part(first, min(last_end, first + MOST_BUCKETS * step), last_end, step, is_widened)


def _answer(source: Row[Any], part: _Part) -> dict[str, Any]:
    minutes_from = moment(source.minutes_from) if source.minutes_from else None
    return {
        "impact_source": {
            "id": source.public_id,
            "name": source.name,
            "provider": source.provider,
            "project": {"slug": source.project_slug, "name": source.project_name},
            "environment": {"slug": source.environment_slug, "name": source.environment_name},
        },
        "interval_seconds": source.interval_seconds,
        "complete_until": moment(source.complete_until),
        "hours_only_before": minutes_from,
        "note": HOURS_ONLY.format(minutes_from, part.step) if part.is_widened else None,
        "start": moment(part.first),
        "end": moment(part.end),
        "step_seconds": part.step,
        "counts": _counts(source, part),
    }


def _counts(source: Row[Any], part: _Part) -> list[int | None]:
    """Return one count a bucket; None where any part of it is unknown."""
    found = reading.read_sums(source.id, part.first, part.end, part.step, source.minutes_from)
    return found.whole
