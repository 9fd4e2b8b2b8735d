"""How many deploys a range holds and how they went, as a sentence and a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import case, func, select

from sleuth.dashboard.environments import HEIGHTS
from sleuth.dashboard.filters import Asked
from sleuth.dashboard.moments import LENGTHS, UtcText
from sleuth.dashboard.ranges import Range
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.words import WORST_FIRST

STACKED = ("unknown", "healthy", "improved", "ailing", "unhealthy")
WORSE = ("ailing", "unhealthy")
MOST_LABELS = 7
SIZE = 1000, 100
"""Of the pictures, which are stretched to the room there is."""

Seen = Counter[tuple[int, str]]
"""Deploys by the place of their bar and their health."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour, a day or a week (UTC) of deploys.

    Args:
        x, width: Per cent of the picture.
        name: When, in full.
        label: What stands below it, "" if nothing does.
        counts: Deploys by health, the worst first, without zeros.
    """

    first: date
    last: date
    x: float
    width: float
    name: str
    label: str
    counts: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def health(self) -> str:
        """Of its worst deploy; "" if there is none."""
        return next(iter(self.counts), "")

    @property
    def words(self) -> str:
        """How its deploys went: "2 unhealthy, 1 healthy"."""
        return ", ".join(f"{count} {health}" for health, count in self.counts.items())


@dataclass(frozen=True, slots=True)
class Trend:
    """The deploys of a range.

    Args:
        unit: What one bar stands for.
        healths: How many deploys came to each health, worst first, without zeros.
        failures: How many count as change failures by now.
        layers: The bars by health, drawn from the bottom up, as paths in ``SIZE``.
        marks: How bad the worst deploy of each bar is, likewise: the worse the higher.
    """

    unit: str
    bars: tuple[Bar, ...]
    layers: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]
    healths: tuple[tuple[str, int], ...]
    failures: int

    @property
    def count(self) -> int:
        return sum(count for _health, count in self.healths)

    @property
    def highest(self) -> int:
        """The deploys of the busiest bar."""
        return max(bar.count for bar in self.bars)

    @property
    def worse(self) -> int:
        """How many deploys made errors worse."""
        return sum(count for health, count in self.healths if health in WORSE)

    @property
    def failed_percent(self) -> int:
        """Of a hundred deploys, how many failed."""
        return round(self.failures / self.count * 100)


def read_trend(organization_id: int, asked: Asked, now: datetime) -> Trend:
    """Count the deploys that are asked for, in one statement that answers with sums."""
    named = "hour" if asked.range.unit == "hour" else "day"
    when = UtcText(Deploy.deployed_at, named).label("at")
    rank = overall_rank(Deploy.id).label("rank")
    has_failed = case((Deploy.failed_at <= now, 1))
    rows = db.session.execute(
        select(when, rank, func.count().label("deploys"), func.count(has_failed).label("failures"))
        .where(*asked.conditions(organization_id))
        .group_by("at", "rank")
    ).all()
    starts, seen = asked.range.starts, Seen()
    step = starts[1] - starts[0] if len(starts) > 1 else asked.range.until - starts[0]
    for row in rows:
        place = (_moment(row.at, named) - starts[0]) // step
        seen[place, BEST_FIRST[row.rank]] += row.deploys
    bars = tuple(_bars(asked.range, starts, seen))
    totals = ((h, sum(bar.counts.get(h, 0) for bar in bars)) for h in _WORST_FIRST)
    return Trend(
        unit=asked.range.unit,
        bars=bars,
        layers=tuple(_layers(bars)),
        marks=tuple(_marks(bars)),
        healths=tuple((health, count) for health, count in totals if count),
        failures=sum(row.failures for row in rows),
    )


_WORST_FIRST = (*WORST_FIRST, "unknown")


def _moment(text: str, unit: str) -> datetime:
    return datetime.fromisoformat(text[: LENGTHS[unit]]).replace(tzinfo=UTC)


def _bars(shown: Range, starts: list[datetime], seen: Seen) -> Iterator[Bar]:
    pitch = 100 / len(starts)
    every = -(-len(starts) // MOST_LABELS)
    ends = [*starts[1:], shown.until]
    for place, (start, until) in enumerate(zip(starts, ends, strict=True)):
        end = until - timedelta(seconds=1)
        yield Bar(
            first=start.date(),
            last=end.date(),
            x=round((place + 0.1) * pitch, 2),
            width=round(pitch * 0.8, 2),
            name=_name(shown.unit, start, end),
            label=_label(shown, start) if place % every == 0 else "",
            counts={h: seen[place, h] for h in _WORST_FIRST if seen[place, h]},
        )


def _name(unit: str, start: datetime, end: datetime) -> str:
    if unit == "hour":
        return f"{start:%A}, {start:%H}:00 to {end:%H}:59 UTC"
    if unit == "day":
        return f"{start:%A}, {start.day} {start:%B %Y}"
    return f"{start.day} {start:%b} to {end.day} {end:%b %Y}"


def _label(shown: Range, start: datetime) -> str:
    if shown.unit == "hour":
        return f"{start:%H}:00"
    return f"{start:%a}" if shown.days <= MOST_LABELS else f"{start.day} {start:%b}"


def _layers(bars: Sequence[Bar]) -> Iterator[tuple[str, str]]:
    """Yield one path a health: an element a bar and health would be most of the graph."""
    scale = SIZE[1] / max(1, *(bar.count for bar in bars))
    tops = [float(SIZE[1])] * len(bars)
    for health in STACKED:
        path = ""
        for place, bar in enumerate(bars):
            if count := bar.counts.get(health):
                tops[place] -= count * scale
                path += _box(bar, tops[place], count * scale)
        if path:
            yield health, path


def _marks(bars: Sequence[Bar]) -> Iterator[tuple[str, str]]:
    for health in STACKED:
        height = HEIGHTS[health]
        path = "".join(_box(bar, SIZE[1] - height, height) for bar in bars if bar.health == health)
        if path:
            yield health, path


def _box(bar: Bar, top: float, height: float) -> str:
    x, width = (each * SIZE[0] / 100 for each in (bar.x, bar.width))
    return f"M{x:.1f} {top:.2f}h{width:.1f}v{height:.2f}h-{width:.1f}z"
