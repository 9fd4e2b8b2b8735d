"""How a project's environments have been of late, as strips of one bar a window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from sleuth.buckets import bucket_name
from sleuth.dashboard.filters import Statement
from sleuth.deploys.models import Deploy, shortened
from sleuth.extensions import db
from sleuth.health.models import EnvironmentHealth
from sleuth.health.strips import DEPLOYED_FOR, PATIENCE
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment, Project

MOST_STRIPS = 8
MOST_PENDING = 3
HEIGHTS = {"improved": 25, "healthy": 40, "ailing": 70, "unhealthy": 100, "unknown": 25}
"""Per cent of the strip: the worse the higher, so that it is told without colours."""

WHY_UNKNOWN = {
    "pending": "not recorded yet",
    "gap": "counts are missing",
    "short_history": "too little history",
    "too_few_errors": "too few errors",
    "paused": "paused",
    "failed": "it could not be judged",
}


@dataclass(frozen=True, slots=True)
class Window:
    """One bar.

    Args:
        x, width, height: Per cent of the strip.
        expected: Errors that are usual in such a window; None where that is unknown.
    """

    start: datetime
    end: datetime
    health: str
    reason: str
    observed: int | None
    expected: float | None
    x: float
    width: float
    height: int

    @property
    def why(self) -> str:
        """Why the health is unknown; "" if it is not."""
        return WHY_UNKNOWN.get(self.reason, "") if self.health == "unknown" else ""


@dataclass(frozen=True, slots=True)
class Collecting:
    """The latest deploy, while it is less than an hour old.

    Args:
        more: How many others there were within that hour.
        x: Where it lies in the strip, in per cent; 100 if it is newer than the windows.
    """

    public_id: str
    revision: str
    deployed_at: datetime
    more: int
    x: float


@dataclass(frozen=True, slots=True)
class EnvironmentStrip:
    """One environment.

    Args:
        windows: Oldest first; empty while they are being computed, or out of date.
        is_kept: There is a row that can tell when somebody looked.
    """

    id: int
    slug: str
    name: str
    windows: tuple[Window, ...]
    collecting: Collecting | None
    is_kept: bool
    viewed_at: datetime | None

    @property
    def is_pending(self) -> bool:
        """Whether the windows are still to come."""
        return not self.windows

    @property
    def latest(self) -> Window | None:
        """The window that tells how the environment is: the last, but for late counts."""
        newest = self.windows[: -MOST_PENDING - 2 : -1]
        told = (each for each in newest if each.reason != "pending")
        return next(told, newest[0] if newest else None)

    @property
    def span(self) -> str:
        """How long the strip is, in words: "1 hour", "20 hours"."""
        return bucket_name(int((self.windows[-1].end - self.windows[0].start).total_seconds()))

    @property
    def step(self) -> str:
        """How long a window is, in words: "3 minutes", "hour"."""
        first = self.windows[0]
        return bucket_name(int((first.end - first.start).total_seconds()))

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """How many windows came to each health, the worst first, without zeros."""
        healths = [each.health for each in self.windows]
        counts = ((health, healths.count(health)) for health in reversed(HEIGHTS))
        return tuple((health, count) for health, count in counts if count)


def read_strips(
    organization_id: int, project_slug: str, environment_slug: str, now: datetime
) -> list[EnvironmentStrip]:
    """Return the environments of a project that something measures, the default first.

    Two statements, however many there are; none beyond the first eight.

    Args:
        environment_slug: Only this one; all if empty.
    """
    rows = _rows(organization_id, project_slug, environment_slug)
    deploys = _deploys([row.id for row in rows], now) if rows else {}
    return [_strip(row, deploys.get(row.id, []), now) for row in rows]


def _rows(organization_id: int, project_slug: str, environment_slug: str) -> Sequence[Row[Any]]:
    is_measured = select(ImpactSource.id).where(ImpactSource.environment_id == Environment.id)
    kept = EnvironmentHealth
    statement = (
        select(
            Environment.id,
            Environment.slug,
            Environment.name,
            kept.environment_id,
            kept.windows,
            kept.window_seconds,
            kept.next_end_at,
            kept.viewed_at,
        )
        .join(Environment.project)
        .outerjoin(kept, kept.environment_id == Environment.id)
        .where(
            Project.organization_id == organization_id,
            Project.slug == project_slug,
            is_measured.exists(),
        )
        .order_by(Environment.is_default.desc(), Environment.id)
        .limit(MOST_STRIPS)
    )
    if environment_slug:
        statement = statement.where(Environment.slug == environment_slug)
    return db.session.execute(statement).all()


def _deploys(environment_ids: Sequence[int], now: datetime) -> dict[int, list[Row[Any]]]:
    """Return each environment's deploys of the last hour, the latest first."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    recent: Statement = (
        select(Deploy.environment_id, Deploy.public_id, Deploy.revision, Deploy.deployed_at)
        .where(
            Deploy.environment_id.in_(environment_ids),
            Deploy.deployed_at > now - DEPLOYED_FOR,
            Deploy.deployed_at <= now,
        )
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
    )
    for row in db.session.execute(recent):
        found[row.environment_id].append(row)
    return found


def _strip(row: Row[Any], deploys: Sequence[Row[Any]], now: datetime) -> EnvironmentStrip:
    # What is long out of date would be taken for the present.
    is_known = row.next_end_at is not None and now < row.next_end_at + 2 * PATIENCE
    windows = _windows(row.windows, row.window_seconds) if is_known else ()
    return EnvironmentStrip(
        id=row.id,
        slug=row.slug,
        name=row.name,
        windows=windows,
        collecting=_collecting(deploys, windows),
        is_kept=row.environment_id is not None,
        viewed_at=row.viewed_at,
    )


def _windows(values: Sequence[dict[str, Any]], seconds: int) -> tuple[Window, ...]:
    pitch = 100 / max(1, len(values))
    length = timedelta(seconds=seconds)
    return tuple(
        Window(
            start=(start := schedule.from_epoch(each["start"])),
            end=start + length,
            health=each["health"],
            reason=each["reason"],
            observed=each["observed"],
            expected=each["expected"],
            x=round((place + 0.1) * pitch, 2),
            width=round(pitch * 0.8, 2),
            height=HEIGHTS[each["health"]],
        )
        for place, each in enumerate(values)
    )


def _collecting(deploys: Sequence[Row[Any]], windows: Sequence[Window]) -> Collecting | None:
    if not deploys:
        return None
    latest, x = deploys[0], 100.0
    if windows:
        whole = windows[-1].end - windows[0].start
        x = min(100.0, max(0.0, 100 * ((latest.deployed_at - windows[0].start) / whole)))
    return Collecting(
        public_id=latest.public_id,
        revision=shortened(latest.revision),
        deployed_at=latest.deployed_at,
        more=len(deploys) - 1,
        x=round(x, 2),
    )
