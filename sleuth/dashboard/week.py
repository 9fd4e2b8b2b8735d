"""The last seven days of deploys, counted by day and health."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from sleuth.dashboard.filters import Filters, Statement
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.words import WORST_FIRST

DAYS = 7
STACKED = ("unknown", "healthy", "improved", "ailing", "unhealthy")


@dataclass(frozen=True, slots=True)
class Layer:
    """The deploys of one health within a day, as a share of the busiest day in percent.

    Args:
        top: Distance of its upper edge from the top of the picture.
    """

    health: str
    count: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC) of deploys, drawn as layers from the bottom up."""

    date: date
    layers: tuple[Layer, ...]

    @property
    def count(self) -> int:
        return sum(layer.count for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Week:
    """Today and the six days before it.

    Args:
        healths: How many deploys came to each health, worst first, without zeros.
        failures: How many count as change failures by now.
    """

    days: tuple[Day, ...]
    healths: tuple[tuple[str, int], ...]
    failures: int

    @property
    def count(self) -> int:
        return sum(count for _health, count in self.healths)

    @property
    def per_day(self) -> str:
        return f"{self.count / DAYS:.1f}"

    @property
    def failed_percent(self) -> int:
        """Of a hundred deploys, how many failed."""
        return round(self.failures / self.count * 100)


def read_week(organization_id: int, filters: Filters, now: datetime) -> Week:
    """Count the deploys that the filters let through since midnight six days ago."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(days=DAYS - 1)
    statement: Statement = select(
        Deploy.deployed_at, Deploy.failed_at, overall_rank(Deploy.id).label("rank")
    )
    deploys = db.session.execute(
        filters.apply(statement).where(
            Deploy.organization_id == organization_id,
            Deploy.deployed_at >= first,
            Deploy.deployed_at < midnight + timedelta(days=1),
        )
    ).all()
    seen = Counter((row.deployed_at.date(), BEST_FIRST[row.rank]) for row in deploys)
    failures = sum(row.failed_at is not None and row.failed_at <= now for row in deploys)
    return _week(first.date(), seen, failures)


def _week(first: date, seen: Counter[tuple[date, str]], failures: int) -> Week:
    dates = [first + timedelta(days=offset) for offset in range(DAYS)]
    busiest = max((sum(seen[day, health] for health in STACKED) for day in dates), default=0)
    healths = {h: sum(seen[day, h] for day in dates) for h in (*WORST_FIRST, "unknown")}
    return Week(
        days=tuple(Day(day, tuple(_layers(day, seen, max(busiest, 1)))) for day in dates),
        healths=tuple((health, count) for health, count in healths.items() if count),
        failures=failures,
    )


def _layers(day: date, seen: Counter[tuple[date, str]], busiest: int) -> list[Layer]:
    layers = []
    below = 0
    for health in STACKED:
        count = seen[day, health]
        if count:
            below += count
            top, height = 100 - below / busiest * 100, count / busiest * 100
            layers.append(Layer(health, count, round(top, 2), round(height, 2)))
    return layers
