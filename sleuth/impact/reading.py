"""A stored series in buckets as wide as its reader wants them, summed by the database.

All moments are epoch seconds and all ranges half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, func, select, union_all

from sleuth.extensions import db
from sleuth.impact.models import ErrorCount, HourlyCount
from sleuth.impact.series import HOUR, Range, coverage_of


@dataclass(frozen=True, slots=True)
class Sums:
    """Buckets next to each other.

    Args:
        first: Where the first one begins.
        step: Their width in seconds.
        counts: The errors that are known of each.
        known: How many seconds of each are known.
        ranges: What is known of the source at all, in order.
    """

    first: int
    step: int
    counts: tuple[int, ...]
    known: tuple[int, ...]
    ranges: tuple[Range, ...]

    @property
    def whole(self) -> list[int | None]:
        """The counts; None where any part of a bucket is unknown."""
        pairs = zip(self.counts, self.known, strict=True)
        return [count if known == self.step else None for count, known in pairs]


def fitting_step(step: int, first: int, interval: int, minutes_from: int) -> int:
    """Return the width in which buckets from ``first`` on can be had: whole hours, or as asked.

    Args:
        interval: Width of the source's own buckets.
        minutes_from: Before that only hours are kept.
    """
    if first // step * step >= minutes_from or step % HOUR == 0:
        return step
    unit = lcm(interval, HOUR)
    return -(-step // unit) * unit


def read_sums(source_id: int, first: int, end: int, step: int, minutes_from: int) -> Sums:
    """Return what is stored of a source in buckets of ``[first, end)``, in two statements.

    Args:
        first: The start of an hour, if only hours are kept of that time.
        step: As :func:`fitting_step` gives it.
        minutes_from: Before that only hours are kept.
    """
    ranges = coverage_of([source_id])[source_id]
    counts = [0] * max(0, -(-(end - first) // step))
    for place, count in db.session.execute(_summed(source_id, first, end, step, minutes_from)):
        counts[place] += int(count)
    known = _known(ranges, first, step, len(counts))
    return Sums(first, step, tuple(counts), tuple(known), tuple(ranges))


def _summed(source_id: int, first: int, end: int, step: int, minutes_from: int) -> Any:
    minutes = _grouped(ErrorCount, ErrorCount.bucket_start, source_id, (first, end), step)
    if first >= minutes_from:
        return minutes
    hours = _grouped(HourlyCount, HourlyCount.hour_start, source_id, (first, end), step)
    return union_all(minutes, hours)


def _grouped(
    table: type[ErrorCount | HourlyCount],
    start: SQLColumnExpression[int],
    source_id: int,
    within: Range,
    step: int,
) -> Select[int, int]:
    place = ((start - within[0]) // step).label("place")
    return (
        select(place, func.sum(table.count))
        .where(table.impact_source_id == source_id, start >= within[0], start < within[1])
        .group_by(place)
    )


def _known(ranges: Sequence[Range], first: int, step: int, number: int) -> list[int]:
    known = [0] * number
    end = first + number * step
    inside = ((max(since, first), min(until, end)) for since, until in ranges)
    for since, until in inside:
        for place in range((since - first) // step, -(-(until - first) // step)):
            begin = first + place * step
            known[place] += min(until, begin + step) - max(since, begin)
    return known
