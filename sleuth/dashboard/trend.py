"""How many deploys a range holds and how they went, as a sentence and a graph."""

from __future__ import annotations

from collections import Counter
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

Seen = Counter[tuple[int, str]]
"""Deploys by the place of their bar and their health."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The deploys of one health within a bar, as a share of the highest in percent.

    Args:
        top: Distance of its upper edge from the top of the picture.
    """

    health: str
    count: int
    top: float
    height: float

    @property
    def pair(self) -> tuple[str, int]:
        """The health with its count."""
        return self.health, self.count


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour, a day or a week (UTC) of deploys, drawn as layers from the bottom up.

    Args:
        x, width: Per cent of the picture.
        name: When, in full.
        label: What stands below it, "" if nothing does.
        health: Of its worst deploy; "" if there is none.
        badness: The height of the mark below, in per cent: the worse the higher.
    """

    first: date
    last: date
    x: float
    width: float
    name: str
    label: str
    layers: tuple[Layer, ...]
    health: str
    badness: int

    @property
    def count(self) -> int:
        return sum(layer.count for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Trend:
    """The deploys of a range.

    Args:
        unit: What one bar stands for.
        healths: How many deploys came to each health, worst first, without zeros.
        failures: How many count as change failures by now.
    """

    unit: str
    bars: tuple[Bar, ...]
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
        select(when, rank, func.count().label("count"), func.count(has_failed).label("failures"))
        .where(*asked.conditions(organization_id))
        .group_by("at", "rank")
    ).all()
    starts, seen = asked.range.starts, Seen()
    step = starts[1] - starts[0] if len(starts) > 1 else asked.range.until - starts[0]
    for row in rows:
        place = (_moment(row.at, named) - starts[0]) // step
        seen[place, BEST_FIRST[row.rank]] += row.count
    totals = {h: sum(seen[place, h] for place in range(len(starts))) for h in _WORST_AND_UNKNOWN}
    return Trend(
        unit=asked.range.unit,
        bars=tuple(_bars(asked.range, starts, seen)),
        healths=tuple((health, count) for health, count in totals.items() if count),
        failures=sum(row.failures for row in rows),
    )


_WORST_AND_UNKNOWN = (*WORST_FIRST, "unknown")


def _moment(text: str, unit: str) -> datetime:
    return datetime.fromisoformat(text[: LENGTHS[unit]]).replace(tzinfo=UTC)


def _bars(shown: Range, starts: list[datetime], seen: Seen) -> list[Bar]:
    pitch = 100 / len(starts)
    sums = [sum(seen[place, health] for health in STACKED) for place in range(len(starts))]
    every = -(-len(starts) // MOST_LABELS)
    bars = []
    for place, start in enumerate(starts):
        end = min([*starts[place + 1 : place + 2], shown.until]) - timedelta(seconds=1)
        worst = next((each for each in _WORST_AND_UNKNOWN if seen[place, each]), "")
        bar = Bar(
            first=start.date(),
            last=end.date(),
            x=round((place + 0.1) * pitch, 2),
            width=round(pitch * 0.8, 2),
            name=_name(shown.unit, start, end),
            label=_label(shown, start) if place % every == 0 else "",
            layers=tuple(_layers(place, seen, max(*sums, 1))),
            health=worst,
            badness=HEIGHTS.get(worst, 0),
        )
        bars.append(bar)
    return bars


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


def _layers(place: int, seen: Seen, highest: int) -> list[Layer]:
    layers = []
    below = 0
    for health in STACKED:
        count = seen[place, health]
        if count:
            below += count
            top, height = 100 - below / highest * 100, count / highest * 100
            layers.append(Layer(health, count, round(top, 2), round(height, 2)))
    return layers
