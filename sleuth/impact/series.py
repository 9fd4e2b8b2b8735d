"""The stored series: counts where they are covered, and nothing anywhere else.

All moments are epoch seconds and all ranges half-open.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from sleuth.extensions import db
from sleuth.impact.models import Coverage, ErrorCount

Point = tuple[int, int]
MOST_POINTS = 5000


def replace_counts(source_id: int, since: int, until: int, points: Sequence[Point]) -> None:
    """Make the stored series equal to ``points`` inside the range, and mark it covered.

    Call inside ``with write():``. A bucket that is not among ``points`` is a zero from
    now on, whatever was stored before: trackers correct the past downwards too.

    Args:
        points: ``(bucket_start, count)`` inside ``[since, until)``, unique.
    """
    db.session.execute(
        delete(ErrorCount).where(
            ErrorCount.impact_source_id == source_id,
            ErrorCount.bucket_start >= since,
            ErrorCount.bucket_start < until,
        )
    )
    rows = [
        {"impact_source_id": source_id, "bucket_start": start, "count": count}
        for start, count in points
        if count
    ]
    if rows:
        db.session.execute(insert(ErrorCount), rows)
    _cover(source_id, since, until)


def _cover(source_id: int, since: int, until: int) -> None:
    touching = (
        Coverage.impact_source_id == source_id,
        Coverage.since <= until,
        Coverage.until >= since,
    )
    known = db.session.execute(select(Coverage.since, Coverage.until).where(*touching)).all()
    db.session.execute(delete(Coverage).where(*touching))
    row = {
        "impact_source_id": source_id,
        "since": min([since, *(each.since for each in known)]),
        "until": max([until, *(each.until for each in known)]),
    }
    db.session.execute(insert(Coverage), [row])


def forget(source_id: int) -> None:
    """Erase a source's series inside ``with write():``."""
    db.session.execute(delete(ErrorCount).where(ErrorCount.impact_source_id == source_id))
    db.session.execute(delete(Coverage).where(Coverage.impact_source_id == source_id))


def covered(source_id: int, since: int, until: int) -> list[tuple[int, int]]:
    """Return the covered ranges that overlap ``[since, until)``, clipped to it, in order."""
    rows = db.session.execute(
        select(Coverage.since, Coverage.until)
        .where(
            Coverage.impact_source_id == source_id, Coverage.since < until, Coverage.until > since
        )
        .order_by(Coverage.since)
    )
    return [(max(row.since, since), min(row.until, until)) for row in rows]


def read_counts(source_id: int, since: int, until: int, step: int) -> list[int | None]:
    """Return one count per bucket of ``[since, until)``; None where it is unknown.

    Args:
        since: A bucket start.
        step: The source's interval in seconds.
    """
    counts: list[int | None] = [None] * max(0, (until - since) // step)
    for start, end in covered(source_id, since, until):
        first, last = -(-(start - since) // step), (end - since) // step
        counts[first:last] = [0] * max(0, last - first)
    for start, count in _points(source_id, since, until):
        index = (start - since) // step
        if index < len(counts) and counts[index] is not None:
            counts[index] = count
    return counts


def _points(source_id: int, since: int, until: int) -> list[Point]:
    rows = db.session.execute(
        select(ErrorCount.bucket_start, ErrorCount.count).where(
            ErrorCount.impact_source_id == source_id,
            ErrorCount.bucket_start >= since,
            ErrorCount.bucket_start < until,
        )
    )
    return [(start, count) for start, count in rows]
