"""How long counts are kept: minutes for 35 days, hours for 400."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact.models import Coverage, ErrorCount, HourlyCount, ImpactSource
from sleuth.impact.series import HOUR

KEEP_MINUTES = timedelta(days=35)
KEEP_HOURS = timedelta(days=400)
SLACK = timedelta(days=1)
BATCH = 5000
SECONDS_OF_WORK = 20.0


def due_source_ids(now: datetime) -> list[int]:
    """Return the sources that keep more than they should, by a day at least."""
    minutes, hours = _horizon(now - SLACK, KEEP_MINUTES), _horizon(now - SLACK, KEEP_HOURS)
    has_minutes = (Coverage.since < minutes) & (ImpactSource.minutes_from < minutes)
    return list(
        db.session.scalars(
            select(Coverage.impact_source_id)
            .join(ImpactSource, ImpactSource.id == Coverage.impact_source_id)
            .where(or_(has_minutes, Coverage.since < hours))
            .distinct()
        )
    )


def prune_source(source_id: int) -> None:
    """Turn old minutes into hours and forget the oldest hours, for 20 s at most.

    Each batch is a transaction that sums, deletes and notes how far it came, so that a
    job which is killed loses nothing and counts nothing twice.
    """
    now = clock.now()
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while time.monotonic() < stop_at:
        with write():
            if _is_pruned(source_id, _horizon(now, KEEP_MINUTES)):
                _forget_hours(source_id, _horizon(now, KEEP_HOURS))
                return


def _is_pruned(source_id: int, horizon: int) -> bool:
    """Turn a batch of minutes before the horizon into hours; tell whether it was the last."""
    source = db.session.get(ImpactSource, source_id, with_for_update=True)
    if source is None:
        return True
    found = db.session.execute(
        select(ErrorCount.bucket_start, ErrorCount.count)
        .where(ErrorCount.impact_source_id == source_id, ErrorCount.bucket_start < horizon)
        .order_by(ErrorCount.bucket_start)
        .limit(BATCH)
    )
    rows = [(start, count) for start, count in found]
    is_last = len(rows) < BATCH
    end = horizon if is_last else rows[-1][0] // HOUR * HOUR
    _keep_hours(source_id, [row for row in rows if row[0] < end])
    db.session.execute(
        delete(ErrorCount).where(
            ErrorCount.impact_source_id == source_id, ErrorCount.bucket_start < end
        )
    )
    source.minutes_from = max(source.minutes_from, end)
    return is_last


def _keep_hours(source_id: int, rows: list[tuple[int, int]]) -> None:
    sums: Counter[int] = Counter()
    for start, count in rows:
        sums[start // HOUR * HOUR] += count
    if sums:
        db.session.execute(
            insert(HourlyCount),
            [
                {"impact_source_id": source_id, "hour_start": start, "count": count}
                for start, count in sums.items()
            ],
        )


def _forget_hours(source_id: int, horizon: int) -> None:
    of_source = Coverage.impact_source_id == source_id
    db.session.execute(
        delete(HourlyCount).where(
            HourlyCount.impact_source_id == source_id, HourlyCount.hour_start < horizon
        )
    )
    db.session.execute(delete(Coverage).where(of_source, Coverage.until <= horizon))
    db.session.execute(
        update(Coverage).where(of_source, Coverage.since < horizon).values(since=horizon)
    )


def _horizon(now: datetime, keep: timedelta) -> int:
    return int((now - keep).timestamp()) // HOUR * HOUR
