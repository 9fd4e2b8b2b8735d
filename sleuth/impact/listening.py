"""Pointing out sources that have fallen silent, and taking that back once errors come.

Each minute another sixtieth of the sources is looked at. Most have had errors in the last
hours, which one look into an index tells; only of the others are the past weeks read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact import quiet, schedule, series
from sleuth.impact.leases import is_current
from sleuth.impact.models import ErrorCount, ImpactSource
from sleuth.impact.series import HOUR
from sleuth.integrations.models import Integration

PARTS = 60
SECONDS_OF_WORK = 20.0
READ_HOURS = 2 * quiet.HISTORY_HOURS
NEVER = -1


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of a source; nothing if both are None."""

    since: datetime | None = None
    usual_hours: int | None = None


def due_parts(now: datetime) -> list[int]:
    """Return the part of the sources whose turn it is, if any of them may be silent."""
    part = int(now.timestamp()) // 60 % PARTS
    return [part] if db.session.scalar(_suspects(part, now).limit(1)) else []


def listen(part: int) -> None:
    """Look at the sources of a part that may be silent, for 20 s at most."""
    now, stop_at = clock.now(), time.monotonic() + SECONDS_OF_WORK
    found = {}
    suspects = db.session.scalars(_suspects(part, now)).all()
    # Each hour from another of them on, lest the last never get their turn.
    first = int(now.timestamp()) // HOUR % max(1, len(suspects))
    for source_id in (*suspects[first:], *suspects[:first]):
        if time.monotonic() >= stop_at:
            break
        source = db.session.get(ImpactSource, source_id)
        if source is not None and (finding := _finding(source)) != _said(source):
            found[source_id] = finding
    _say(found)


def _suspects(part: int, now: datetime) -> Select[int]:
    """Select those that may be silent, and those called so that may not be any more."""
    recent = int(now.timestamp()) - quiet.SHORTEST_HOURS * HOUR
    is_heard = exists().where(
        ErrorCount.impact_source_id == ImpactSource.id, ErrorCount.bucket_start >= recent
    )
    is_quiet = ImpactSource.quiet_since.is_not(None)
    has_turn = ImpactSource.id % PARTS == part
    return (
        select(ImpactSource.id)
        .join(Integration, Integration.id == ImpactSource.integration_id)
        .where(
            is_current(now),
            ImpactSource.due_at.is_not(None),
            ImpactSource.paused_at.is_(None),
            Integration.paused_at.is_(None),
            or_(and_(has_turn, ~is_heard), and_(is_quiet, is_heard)),
        )
        .order_by(ImpactSource.id)
    )


def _finding(source: ImpactSource) -> Finding:
    if source.complete_until is None:
        return Finding()
    end = int(schedule.floor_to(source.complete_until, HOUR).timestamp())
    newest = select(func.max(ErrorCount.bucket_start)).where(
        ErrorCount.impact_source_id == source.id
    )
    last = db.session.scalar(newest) or NEVER
    if last >= end:
        return Finding()
    begin = end - READ_HOURS * HOUR
    silence = quiet.unlikely_silence(series.read_hours(source.id, begin, end), begin // HOUR)
    if silence is None:
        return Finding()
    first = end - silence.hours * HOUR
    is_just_before = first - HOUR <= last < first
    return Finding(schedule.from_epoch(last if is_just_before else first), silence.usual_hours)


def _said(source: ImpactSource) -> Finding:
    return Finding(source.quiet_since, source.quiet_usual_hours)


def _say(found: dict[int, Finding]) -> None:
    if not found:
        return
    with write():
        rows = db.session.scalars(
            select(ImpactSource)
            .where(ImpactSource.id.in_(found), ImpactSource.complete_until.is_not(None))
            .order_by(ImpactSource.id)
            .with_for_update()
        )
        for source in rows:
            finding = found[source.id]
            source.quiet_since, source.quiet_usual_hours = finding.since, finding.usual_hours
            audit.publish(source.organization_id, "impactSourceChanged", source.provider)
