"""Whose placebo deploys are to be tried next, and what is kept of them; without the detector.

An impact source with a limit of its own has none: there the limit decides, and its alarms say
nothing of the rate that is stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_, update

from sleuth.extensions import db, lock_table, write
from sleuth.health.placebo.models import Placebo
from sleuth.health.placebo.moments import SLOTS, Month
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project
from sleuth.queue import JOB_TIMEOUT_SECONDS

LEASE = timedelta(seconds=JOB_TIMEOUT_SECONDS)
AT_ONCE = 200

Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A source's month that one job goes on with.

    Args:
        slot: The first slot that nobody has gone through.
    """

    source_id: int
    month: Month
    sensitivity: str
    slot: int

    @property
    def key(self) -> Key:
        return self.source_id, self.month.name, self.sensitivity


def due(now: datetime) -> list[int]:
    """Return one number if any impact source has placebo deploys to try.

    They are tried one after the other: nobody waits for them, and everybody for the worker.
    """
    wanted = (_due(now), _lacking(now))
    return [0] if any(db.session.execute(each.limit(1)).first() for each in wanted) else []


def claim(now: datetime) -> Turn | None:
    """Take the month that has waited longest; nobody else is given it for 75 seconds."""
    with write():
        _begin_months(now)
        row = db.session.scalar(
            _due(now)
            .order_by(Placebo.claimed_until.nulls_first(), Placebo.next_at)
            .limit(1)
            .with_for_update(skip_locked=True, of=Placebo)
        )
        if row is None:
            return None
        row.claimed_until = now + LEASE
        month = Month.named(row.month)
        return Turn(row.impact_source_id, month, row.sensitivity, row.slots_done)


def keep(turn: Turn, slot: int, outcome: bool | None) -> bool:
    """Note what came of a slot; tell whether nobody else had done so before.

    Args:
        outcome: Whether the placebo deploy was flagged; None if there was none to try.
    """
    with write():
        row = db.session.get(Placebo, turn.key, with_for_update=True)
        if row is None or row.slots_done != slot:
            return False
        row.slots_done = slot + 1
        row.tried += outcome is not None
        row.flagged += outcome is True
        if row.slots_done >= SLOTS:
            row.next_at = row.claimed_until = None
    return True


def give_back(turn: Turn, next_at: datetime | None) -> None:
    """End a turn.

    Args:
        next_at: When to go on; None to leave that as it is.
    """
    values: dict[str, Any] = {"claimed_until": None}
    if next_at is not None:
        values["next_at"] = next_at
    of_it = tuple_(Placebo.impact_source_id, Placebo.month, Placebo.sensitivity) == turn.key
    with write():
        db.session.execute(
            update(Placebo).where(of_it, Placebo.next_at.is_not(None)).values(**values)
        )


def _begin_months(now: datetime) -> None:
    """Add rows for the running month, and for the one before it where nothing is known of that."""
    if db.session.execute(_lacking(now).limit(1)).first() is None:
        return
    lock_table(Placebo)
    this = Month.of(now)
    for source_id, sensitivity in db.session.execute(_lacking(now).limit(AT_ONCE)).all():
        begun = set(
            db.session.scalars(select(Placebo.month).where(Placebo.impact_source_id == source_id))
        )
        wanted = {this.name} if this.before.name in begun else {this.name, this.before.name}
        for name in wanted:
            db.session.add(
                Placebo(
                    impact_source_id=source_id, month=name, sensitivity=sensitivity, next_at=now
                )
            )
    db.session.flush()


def _lacking(now: datetime) -> Select[int, str]:
    """Select the sources that nothing was begun for in this month, and their sensitivities."""
    has_row = and_(
        Placebo.impact_source_id == ImpactSource.id,
        Placebo.month == Month.of(now).name,
        Placebo.sensitivity == Project.sensitivity,
    )
    return (
        select(ImpactSource.id, Project.sensitivity)
        .join(ImpactSource.project)
        .where(_is_fair(), ~select(Placebo.month).where(has_row).exists())
        .order_by(ImpactSource.id)
    )


def _due(now: datetime) -> Select[Placebo]:
    """Select what can be gone on with: by the project's sensitivity, and no older than a month."""
    this = Month.of(now)
    is_free = or_(
        Placebo.claimed_until.is_(None),
        Placebo.claimed_until <= now,
        Placebo.claimed_until > now + LEASE,
    )
    return (
        select(Placebo)
        .join(ImpactSource, ImpactSource.id == Placebo.impact_source_id)
        .join(Project, Project.id == ImpactSource.project_id)
        .where(
            Placebo.next_at <= now,
            Placebo.month.in_([this.name, this.before.name]),
            Placebo.sensitivity == Project.sensitivity,
            _is_fair(),
            is_free,
        )
    )


def _is_fair() -> ColumnElement[bool]:
    return ImpactSource.manually_set_health_threshold.is_(None)
