"""Leases on integrations: who may talk to a tracker now, as rows of the database.

A lease ends by itself when its holder is killed. A holder proves that it still has one
in the very transaction that stores what it asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import aliased

from sleuth import clock
from sleuth.buckets import DAY, MINUTE
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.integrations.models import Integration
from sleuth.integrations.service import can_be_asked

LEASE = timedelta(seconds=30)
CURRENT = timedelta(hours=3)
CURRENT_BUCKETS = 2
"""The past is read only where the present is: as old as the longer of these, at most."""

_WIDE = [
    step
    for step in range(MINUTE, DAY + 1, MINUTE)
    if DAY % step == 0 and CURRENT_BUCKETS * timedelta(seconds=step) > CURRENT
]
SKEW = timedelta(seconds=60)
"""What was scheduled this far in the future was scheduled before the clock was set back."""

_NOTED = (
    Integration.last_error_at,
    Integration.failing_since,
    Integration.proven_at,
    Integration.resumed_at,
    Integration.hurried_at,
)


def due_integration_ids(now: datetime) -> list[int]:
    """Return the integrations that have something to collect and that nobody works on.

    Those whose newest counts have waited longest come first.
    """
    return list(db.session.scalars(_due(now)))


def claim(candidates: Sequence[int], token: str, now: datetime) -> list[Integration]:
    """Take a lease on those of the integrations that are still free."""
    if not candidates:
        return []
    free = and_(Integration.id.in_(candidates), _is_free(now))
    _change(update(Integration).where(free).values(claimed_by=token, claimed_until=now + LEASE))
    claimed = select(Integration).where(
        Integration.id.in_(candidates), Integration.claimed_by == token
    )
    return list(db.session.scalars(claimed))


def renew(token: str, now: datetime) -> None:
    """Lengthen every lease held under this token."""
    mine = Integration.claimed_by == token
    _change(update(Integration).where(mine).values(claimed_until=now + LEASE))


def release(integration_ids: Collection[int], token: str) -> None:
    """Give leases back, but for those that ran out and that somebody else has taken since."""
    if integration_ids:
        mine = and_(Integration.id.in_(integration_ids), Integration.claimed_by == token)
        _change(update(Integration).where(mine).values(claimed_by="", claimed_until=None))


def held(integration_ids: Collection[int], token: str) -> dict[int, Integration]:
    """Return, locked inside ``with write():``, the integrations still held under this token."""
    rows = db.session.scalars(
        select(Integration)
        .where(Integration.id.in_(integration_ids), Integration.claimed_by == token)
        .order_by(Integration.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row for row in rows}


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a source's newest counts are due."""
    return and_(ImpactSource.due_at <= now, ImpactSource.paused_at.is_(None))


def is_current(now: datetime) -> ColumnElement[bool]:
    """Whether a source's newest counts are there, as far as its tracker's buckets allow."""
    column = ImpactSource.complete_until
    oldest = {
        step: literal(now - CURRENT_BUCKETS * timedelta(seconds=step), column.type)
        for step in _WIDE
    }
    return column >= case(
        oldest, value=ImpactSource.interval_seconds, else_=literal(now - CURRENT, column.type)
    )


def is_sweep_due(now: datetime) -> ColumnElement[bool]:
    """Whether a sweep is due, for a source whose newest counts are there.

    Proving filters goes on where that failed and nothing is collected because of it.
    """
    comes_in = and_(
        ImpactSource.failure_count == 0,
        ImpactSource.due_at.is_not(None),
        is_current(now),
    )
    is_held_back = and_(ImpactSource.due_at.is_(None), Sweep.kind == SweepKind.FILTERS)
    return and_(
        ImpactSource.id == Sweep.impact_source_id,
        ImpactSource.paused_at.is_(None),
        Sweep.due_at <= now,
        or_(comes_in, is_held_back),
    )


def ids_scheduled_ahead(now: datetime) -> list[int]:
    """Return the integrations whose rows were scheduled before the clock was set back."""
    ahead = now + SKEW
    sources = select(ImpactSource.integration_id).where(ImpactSource.scheduled_at > ahead)
    of_sweeps = select(Sweep.integration_id).where(Sweep.scheduled_at > ahead)
    noted = select(Integration.id).where(or_(*(moment > ahead for moment in _NOTED)))
    return sorted(db.session.scalars(union(sources, of_sweeps, noted)))


def schedule_anew(integration_id: int) -> None:
    """Make everything due that was scheduled before the clock was set back."""
    now = clock.now()
    for model in (ImpactSource, Sweep):
        ahead = and_(model.integration_id == integration_id, model.scheduled_at > now + SKEW)
        _change(update(model).where(ahead, model.due_at.is_not(None)).values(due_at=now))
        _change(update(model).where(ahead).values(scheduled_at=now))
    expected = and_(
        ImpactSource.integration_id == integration_id, ImpactSource.expected_at > now + SKEW
    )
    _change(update(ImpactSource).where(expected).values(expected_at=now))
    for moment in _NOTED:
        noted = and_(Integration.id == integration_id, moment > now + SKEW)
        _change(update(Integration).where(noted).values({moment: now, Integration.retry_at: None}))


def _change(statement: Update) -> None:
    with write():
        db.session.execute(statement.execution_options(synchronize_session=False))


def _due(now: datetime) -> Select[int]:
    other = aliased(ImpactSource)
    waiting_since = (
        select(func.min(other.due_at)).where(other.integration_id == Integration.id)
    ).scalar_subquery()
    of_source = exists().where(ImpactSource.integration_id == Integration.id, is_due(now))
    of_sweep = exists().where(Sweep.integration_id == Integration.id, is_sweep_due(now))
    may_ask = or_(Integration.retry_at.is_(None), Integration.retry_at <= now)
    return (
        select(Integration.id)
        .where(
            _is_free(now),
            Integration.paused_at.is_(None),
            can_be_asked(),
            may_ask,
            or_(of_source, of_sweep),
        )
        .order_by(waiting_since, Integration.id)
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        Integration.claimed_until.is_(None),
        Integration.claimed_until <= now,
        Integration.claimed_until > now + LEASE + SKEW,
    )
