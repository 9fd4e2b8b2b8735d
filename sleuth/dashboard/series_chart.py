"""A series of counts as it is drawn, in percent of its plot, and as numbers for the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sleuth.buckets import DAY, MINUTE, bucket_name
from sleuth.dashboard.axis import Mark, levels
from sleuth.dashboard.chart import TALLEST, Bar, Shade, Stretch, bars_of, stretches_of
from sleuth.dashboard.deployed import Deployed
from sleuth.dashboard.pictures import Bucket
from sleuth.dashboard.series_rows import SeriesRow

HARMFUL = ("unhealthy", "ailing")
LABELS = 3
SHORT_DAYS = 4


@dataclass(frozen=True, slots=True)
class Flag:
    """The deploys of one bucket.

    Args:
        role: ``harm`` if one of them made errors worse, else ``deploy``.
    """

    index: int
    x: float
    role: str
    deploys: tuple[Deployed, ...]

    @property
    def public_id(self) -> str:
        """Whose page it leads to; "" if there are several."""
        return self.deploys[0].public_id if len(self.deploys) == 1 else ""


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """Everything that is drawn; ``rows`` hold the same as words.

    Args:
        limit: The user's own limit in errors a bucket, None if there is none.
        limit_y: Where it lies; None if there is none, or if it lies far above all.
        shade: What a verdict rests on; None if no verdict is looked at.
    """

    rows: tuple[SeriesRow, ...]
    start: int
    step: int
    bars: tuple[Bar, ...]
    stretches: tuple[Stretch, ...]
    levels: tuple[Mark, ...]
    times: tuple[Mark, ...]
    flags: tuple[Flag, ...]
    limit: float | None
    limit_y: float | None
    shade: Shade | None

    @property
    def unit(self) -> str:
        """What one bucket is called."""
        return bucket_name(self.step)

    @property
    def highest(self) -> int:
        return max((row.bucket.count or 0 for row in self.rows), default=0)


def draw_series(
    rows: Sequence[SeriesRow],
    step: int,
    limit_per_minute: float | None,
    window: tuple[datetime, datetime] | None,
) -> SeriesChart:
    """Lay out a chart of one bucket or more.

    Args:
        limit_per_minute: The user's own limit, None without.
        window: What is shaded, None if nothing is.
    """
    buckets = [row.bucket for row in rows]
    width = 100 / len(rows)
    limit = None if limit_per_minute is None else limit_per_minute * step / MINUTE
    highest = max((bucket.count or 0 for bucket in buckets), default=0)
    is_near = limit is not None and limit <= TALLEST * max(highest, 1)
    top, marks = levels(max(highest, limit or 0.0) if is_near else highest)
    return SeriesChart(
        rows=tuple(rows),
        start=int(buckets[0].start.timestamp()),
        step=step,
        bars=tuple(bars_of(buckets, width, top)),
        stretches=tuple(stretches_of(buckets, width)),
        levels=marks,
        times=tuple(_times(buckets, step)),
        flags=tuple(_flags(rows, width)),
        limit=limit,
        limit_y=round(100 - limit / top * 100, 2) if limit is not None and is_near else None,
        shade=_shade(buckets, step, window),
    )


def series_data(chart: SeriesChart) -> dict[str, Any]:
    """Return what the browser draws a series from, like ``chart_data``; JSON-serializable."""
    shade = chart.shade
    share = len(chart.rows) / 100
    return {
        "start": chart.start,
        "step": chart.step,
        "counts": [row.bucket.count for row in chart.rows],
        "parts": [row.bucket.part for row in chart.rows],
        "words": [row.note for row in chart.rows],
        "ranges": [],
        "band": [],
        "counted": [shade.x * share, shade.end * share] if shade else [0, 0],
        "averages": [],
        "own": 0,
        "deploy": None,
        "end": None,
        "limit": None if chart.limit_y is None else chart.limit,
        "pins": [[flag.role, flag.index] for flag in chart.flags],
        "deploys": {flag.index: [each.words for each in flag.deploys] for flag in chart.flags},
    }


def _flags(rows: Sequence[SeriesRow], width: float) -> Iterator[Flag]:
    for index, row in enumerate(rows):
        if row.deploys:
            is_harm = any(each.health in HARMFUL for each in row.deploys)
            x = round((index + 0.5) * width, 2)
            yield Flag(index, x, "harm" if is_harm else "deploy", row.deploys)


def _times(buckets: Sequence[Bucket], step: int) -> Iterator[Mark]:
    """Label the ends and the middle, in UTC as everything that the server draws."""
    first, span = buckets[0].start, timedelta(seconds=step) * len(buckets)
    has_hours = span <= timedelta(days=SHORT_DAYS) and step < DAY
    for place, anchor in zip(range(LABELS), ("start", "middle", "end"), strict=True):
        at = first + span * place / (LABELS - 1)
        told = f"{at.day} {at:%b}" + (f" {at:%H:%M}" if has_hours else "")
        yield Mark(100 * place / (LABELS - 1), told, anchor)


def _shade(
    buckets: Sequence[Bucket], step: int, window: tuple[datetime, datetime] | None
) -> Shade | None:
    if window is None:
        return None
    first, span = buckets[0].start, timedelta(seconds=step) * len(buckets)
    begin, end = (100 * min(1.0, max(0.0, (at - first) / span)) for at in window)
    return Shade(round(begin, 3), round(end - begin, 3)) if begin < end else None
