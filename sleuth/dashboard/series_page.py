"""The page of an impact source: its series over a time, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from sleuth.dashboard.counted import Counted, read_counted
from sleuth.dashboard.deployed import Deployed, read_deployed, within
from sleuth.dashboard.series_chart import SeriesChart, draw_series
from sleuth.dashboard.series_range import SeriesRange, read_range
from sleuth.dashboard.series_rows import (
    SeriesRow,
    due_until,
    missing_in,
    percent,
    rows_of,
    share_known,
    windows_of,
)
from sleuth.extensions import db
from sleuth.impact.confirmations import Confirmation, confirmations
from sleuth.impact.models import ImpactSource
from sleuth.impact.reading import Sums, read_sums
from sleuth.impact.schedule import Window, from_epoch
from sleuth.projects.models import Project

MOST_MARKED = 500
MOST_LISTED = 30
MOST_UNKNOWN = 20
MOST_WATCHED = 8


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """What is shown.

    Args:
        counted: What a verdict rests on, if the page was opened to see that.
        chart: None while nothing at all is known.
        total: The errors that are known within the range.
        known: How much of what should be known of the range is, in words.
        begins: Where the counts of the source begin, if the range begins before; else None.
        ends: Up to when counts are there, or should be.
        unknown: What is missing in between, oldest first.
        deploys: Those within what is drawn, newest first, ``MOST_MARKED`` at most.
    """

    range: SeriesRange
    counted: Counted | None
    chart: SeriesChart | None
    total: int
    known: str
    begins: datetime | None
    ends: datetime
    unknown: tuple[Window, ...]
    deploys: tuple[Deployed, ...]
    confirmations: tuple[Confirmation, ...]

    @property
    def as_query(self) -> dict[str, str]:
        """What the address says to show the same again."""
        verdict = {"verdict": self.counted.verdict_id} if self.counted else {}
        return {**self.range.as_query, **verdict}

    @property
    def listed(self) -> tuple[Deployed, ...]:
        """The deploys that have room in a list."""
        return self.deploys[:MOST_LISTED]

    @property
    def watched(self) -> list[str]:
        """The public ids of the deploys whose health may still change while the page is open."""
        return [each.public_id for each in self.deploys[:MOST_WATCHED]]

    @property
    def listed_unknown(self) -> tuple[Window, ...]:
        """The latest of the unknown ranges, newest first."""
        return tuple(reversed(self.unknown[-MOST_UNKNOWN:]))


def find_measured(organization_id: int, project_slug: str, public_id: str) -> ImpactSource | None:
    """Return an impact source with all that its page reads of it, in one statement."""
    return (
        db.session.scalars(
            select(ImpactSource)
            .join(ImpactSource.project)
            .options(
                contains_eager(ImpactSource.project),
                joinedload(ImpactSource.environment),
                joinedload(ImpactSource.integration),
                joinedload(ImpactSource.sweeps),
            )
            .where(
                Project.organization_id == organization_id,
                Project.slug == project_slug,
                ImpactSource.public_id == public_id,
            )
        )
        .unique()
        .one_or_none()
    )


def read_page(source: ImpactSource, query: Mapping[str, str], now: datetime) -> SeriesPage:
    """Return what the address asks to see of a source's series."""
    counted = _counted(source, query.get("verdict", ""))
    shown = read_range(query, source, now, has_margin=counted is not None)
    sums = read_sums(source.id, shown.first, shown.end, shown.step, source.minutes_from)
    deploys = _deploys(source, shown)
    window = (counted.since, counted.until) if counted and not counted.is_empty else None
    due = due_until(source, now)
    rows = rows_of(sums, due, deploys, window)
    begin, end = _told(shown, sums, due)
    has_begun = bool(sums.ranges)
    return SeriesPage(
        range=shown,
        counted=counted,
        chart=_chart(rows, shown, source, window) if has_begun else None,
        total=_total(rows, shown),
        known=percent(share_known(sums, begin, end)),
        begins=from_epoch(begin) if has_begun and begin > shown.since.timestamp() else None,
        ends=from_epoch(end),
        unknown=tuple(windows_of(missing_in(sums, begin, end))) if has_begun else (),
        deploys=tuple(deploys),
        confirmations=tuple(confirmations(source)),
    )


def _counted(source: ImpactSource, verdict_id: str) -> Counted | None:
    found = read_counted(source.organization_id, verdict_id) if verdict_id else None
    return found if found is not None and found.source_id == source.id else None


def _deploys(source: ImpactSource, shown: SeriesRange) -> list[Deployed]:
    ends = from_epoch(shown.first), from_epoch(shown.end)
    return read_deployed([within(source.environment_id, *ends, MOST_MARKED)])


def _told(shown: SeriesRange, sums: Sums, due: int) -> tuple[int, int]:
    """Return of which part it can be asked how much of it is known, in epoch seconds."""
    since, until = (int(at.timestamp()) for at in (shown.since, shown.until))
    end = min(until, due)
    begin = max(since, sums.ranges[0][0]) if sums.ranges else since
    return min(begin, end), end


def _chart(
    rows: list[SeriesRow],
    shown: SeriesRange,
    source: ImpactSource,
    window: tuple[datetime, datetime] | None,
) -> SeriesChart:
    return draw_series(rows, shown.step, source.manually_set_health_threshold, window)


def _total(rows: list[SeriesRow], shown: SeriesRange) -> int:
    """Return the errors of the buckets that lie in the range, if only with a part."""
    step = timedelta(seconds=shown.step)
    starts_at = shown.since - step
    return sum(row.least for row in rows if starts_at < row.bucket.start < shown.until)
