"""The stored series: counts where they are covered, and nothing anywhere else.

All moments are epoch seconds and all ranges half-open.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan

from sqlalchemy import Executable, bindparam, delete, func, insert, select, update

from sleuth.extensions import db, require_write
from sleuth.impact import points
from sleuth.impact.models import Coverage, ErrorCount, HourlyCount, ImpactSource

Point = tuple[int, int]
Range = tuple[int, int]
HOUR = 3600
CLOSE_SECONDS = 3 * HOUR

_AT = (Coverage.impact_source_id == bindparam("of"), Coverage.since == bindparam("at"))
_GROW = update(Coverage).where(*_AT).values(until=bindparam("to"))
_UNCOVER = delete(Coverage).where(*_AT)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a tracker says of a range of one source.

    Args:
        points: ``(bucket_start, count)`` inside ``[since, until)``, unique.
    """

    source_id: int
    since: int
    until: int
    points: Sequence[Point]


def replace_counts(replacements: Sequence[Replacement]) -> dict[int, Range]:
    """Make the stored series equal to what was answered, and mark the ranges covered.

    Call inside ``with write():``, with each source once at most. A bucket that is not
    among the points is a zero from now on, whatever was stored before: trackers correct
    the past downwards too. What is right already is not written again.

    Returns:
        By source, the range in which the past that was known, or could have been, has
        become another; growing at its newest end is not such a change.
    """
    known = coverage_of([each.source_id for each in replacements])
    changed = {each.source_id: _Hull() for each in replacements}
    _write_points(replacements, known, changed)
    _write_coverage(replacements, known, changed)
    return {id_: hull.range for id_, hull in changed.items() if hull.range is not None}


@dataclass(slots=True)
class _Hull:
    """The smallest range that holds everything added."""

    range: Range | None = None

    def add(self, since: int, until: int) -> None:
        before = self.range or (since, until)
        self.range = (min(since, before[0]), max(until, before[1]))


def _write_points(
    replacements: Sequence[Replacement],
    known: dict[int, list[Range]],
    changed: dict[int, _Hull],
) -> None:
    stored = _stored(replacements)
    wrong: list[tuple[int, int, int]] = []
    gone: list[tuple[int, int]] = []
    for each in replacements:
        before, after = stored[each.source_id], {at: n for at, n in each.points if n}
        if before == after:
            continue
        wrong += [(each.source_id, at, n) for at, n in after.items() if before.get(at) != n]
        gone += [(each.source_id, at) for at in before.keys() - after.keys()]
    points.upsert(wrong)
    points.remove(gone)
    for source_id, at in [*gone, *(row[:2] for row in wrong)]:
        if any(since <= at < until for since, until in known[source_id]):
            changed[source_id].add(at, at + 1)


def _stored(replacements: Sequence[Replacement]) -> dict[int, dict[int, int]]:
    """Return what is stored inside each replacement; those of like windows in one query."""
    found: dict[int, dict[int, int]] = {each.source_id: {} for each in replacements}
    for group in _alike(replacements):
        ranges = {each.source_id: (each.since, each.until) for each in group}
        rows = db.session.execute(
            select(ErrorCount.impact_source_id, ErrorCount.bucket_start, ErrorCount.count).where(
                ErrorCount.impact_source_id.in_(ranges),
                ErrorCount.bucket_start >= min(each.since for each in group),
                ErrorCount.bucket_start < max(each.until for each in group),
            )
        )
        for source_id, at, count in rows:
            if ranges[source_id][0] <= at < ranges[source_id][1]:
                found[source_id][at] = count
    return found


def _alike(replacements: Sequence[Replacement]) -> Iterator[list[Replacement]]:
    """Yield groups whose windows lie so close together that one query can read them all."""
    group: list[Replacement] = []
    for each in sorted(replacements, key=lambda each: each.since):
        if group and max(each.until, group[-1].until) - group[0].since > CLOSE_SECONDS:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _write_coverage(
    replacements: Sequence[Replacement],
    known: dict[int, list[Range]],
    changed: dict[int, _Hull],
) -> None:
    grown: list[dict[str, int]] = []
    gone: list[dict[str, int]] = []
    new: list[dict[str, int]] = []
    for each in replacements:
        touching = [r for r in known[each.source_id] if r[0] <= each.until and r[1] >= each.since]
        for since, until in _missing(each, known[each.source_id]):
            changed[each.source_id].add(since, until)
        since = min([each.since, *(r[0] for r in touching)])
        until = max([each.until, *(r[1] for r in touching)])
        if touching == [(since, until)]:
            continue
        if len(touching) == 1 and touching[0][0] == since:
            grown.append({"of": each.source_id, "at": since, "to": until})
            continue
        gone += [{"of": each.source_id, "at": r[0]} for r in touching]
        new.append({"impact_source_id": each.source_id, "since": since, "until": until})
    _execute(_GROW, grown)
    _execute(_UNCOVER, gone)
    _execute(insert(Coverage), new)


def _missing(each: Replacement, known: list[Range]) -> list[Range]:
    """Return what a replacement adds to the known past, before its newest end."""
    if not known:
        return []
    begin, end = each.since, min(each.until, known[-1][1])
    found = []
    for since, until in known:
        if since > begin and begin < end:
            found.append((begin, min(since, end)))
        begin = max(begin, until)
    return found


def _execute(statement: Executable, rows: list[dict[str, int]]) -> None:
    if rows:
        require_write()
        db.session.connection().execute(statement, rows)


def coverage_of(source_ids: Sequence[int]) -> dict[int, list[Range]]:
    """Return the covered ranges of each source, in order."""
    found: dict[int, list[Range]] = {id_: [] for id_ in source_ids}
    rows = db.session.execute(
        select(Coverage.impact_source_id, Coverage.since, Coverage.until)
        .where(Coverage.impact_source_id.in_(source_ids))
        .order_by(Coverage.impact_source_id, Coverage.since)
    )
    for source_id, since, until in rows:
        found[source_id].append((since, until))
    return found


def uncover(source_id: int, since: int) -> None:
    """Forget inside ``with write():`` what is stored from ``since`` on: it is unknown now."""
    db.session.execute(
        delete(ErrorCount).where(
            ErrorCount.impact_source_id == source_id, ErrorCount.bucket_start >= since
        )
    )
    of_source = Coverage.impact_source_id == source_id
    db.session.execute(delete(Coverage).where(of_source, Coverage.since >= since))
    db.session.execute(
        update(Coverage).where(of_source, Coverage.until > since).values(until=since)
    )


def forget(source_id: int) -> None:
    """Erase a source's series inside ``with write():``."""
    db.session.execute(delete(ErrorCount).where(ErrorCount.impact_source_id == source_id))
    db.session.execute(delete(HourlyCount).where(HourlyCount.impact_source_id == source_id))
    db.session.execute(delete(Coverage).where(Coverage.impact_source_id == source_id))


def covered(source_id: int, since: int, until: int) -> list[Range]:
    """Return the ranges of ``[since, until)`` whose minutes are known, in order."""
    rows = db.session.execute(
        select(Coverage.since, Coverage.until, ImpactSource.minutes_from)
        .join(ImpactSource, ImpactSource.id == Coverage.impact_source_id)
        .where(
            Coverage.impact_source_id == source_id,
            Coverage.since < until,
            Coverage.until > since,
            Coverage.until > ImpactSource.minutes_from,
        )
        .order_by(Coverage.since)
    )
    return [
        (max(begin, since, minutes_from), min(end, until))
        for begin, end, minutes_from in rows
        if minutes_from < until
    ]


def read_counts(source_id: int, since: int, until: int, step: int) -> list[int | None]:
    """Return one count per bucket of ``[since, until)``; None where it is unknown.

    Args:
        since: A bucket start.
        step: The source's interval in seconds.
    """
    _, counts = read_arrays(source_id, since, until, step)
    return [None if isnan(count) else int(count) for count in counts]


def read_arrays(
    source_id: int, since: int, until: int, step: int
) -> tuple[array[int], array[float]]:
    """Return bucket starts (int64) and their counts (float64, NaN where unknown).

    Args:
        since: A bucket start.
        step: The source's interval in seconds.
    """
    counts = array("d", [0.0]) * max(0, (until - since) // step)
    points.read_into(counts, source_id, since, step)
    known_until = since
    for begin, end in [*covered(source_id, since, until), (until, until)]:
        first = (known_until - since) // step
        last = min(-(-(begin - since) // step), len(counts))
        if first < last:
            counts[first:last] = array("d", [nan]) * (last - first)
        known_until = end
    return array("q", range(since, since + len(counts) * step, step)), counts


def read_hours(source_id: int, since: int, until: int) -> list[int | None]:
    """Return one count per hour of ``[since, until)``; None where not all of it is known.

    Args:
        since: The start of an hour.
    """
    hours = max(0, (until - since) // HOUR)
    counts: list[int | None] = [None] * hours
    for begin, end in coverage_of([source_id])[source_id]:
        first, last = max(0, -(-(begin - since) // HOUR)), min((end - since) // HOUR, hours)
        counts[first:last] = [0] * max(0, last - first)
    hour = ErrorCount.bucket_start - ErrorCount.bucket_start % HOUR
    young = select(hour, func.sum(ErrorCount.count)).where(
        ErrorCount.impact_source_id == source_id,
        ErrorCount.bucket_start >= since,
        ErrorCount.bucket_start < until,
    )
    old = select(HourlyCount.hour_start, HourlyCount.count).where(
        HourlyCount.impact_source_id == source_id,
        HourlyCount.hour_start >= since,
        HourlyCount.hour_start < until,
    )
    for start, count in [*db.session.execute(young.group_by(hour)), *db.session.execute(old)]:
        index = (start - since) // HOUR
        if index < hours and counts[index] is not None:
            counts[index] = int(count)
    return counts
