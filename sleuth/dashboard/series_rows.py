"""A series of counts in rows: what is known of each bucket, and what was deployed in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sleuth.dashboard.deployed import Deployed
from sleuth.dashboard.pictures import COLLECTED_WITHIN, Bucket
from sleuth.impact.models import ImpactSource
from sleuth.impact.reading import Sums
from sleuth.impact.schedule import Window, floor_to, from_epoch
from sleuth.numbers import grouped

KNOWN, UPCOMING, OUTSIDE = "count", "upcoming", "next"
PER_MILLE = 1000


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One bucket.

    Args:
        bucket: Its part is ``count``, ``upcoming``, or ``next`` beside the window looked at.
        least: How many errors are known, if not all of it is.
        known: How much of what should be known is, in per mille.
        is_growing: It has not ended yet.
        deploys: The deploys in it, oldest first.
    """

    bucket: Bucket
    least: int
    known: int
    is_growing: bool
    deploys: tuple[Deployed, ...]

    @property
    def note(self) -> str:
        """What qualifies the count, "" if nothing does."""
        if self.bucket.part == UPCOMING:
            return "not collected yet"
        if self.bucket.count is None:
            return (
                f"at least {grouped(self.least)}, {percent(self.known)} known" if self.known else ""
            )
        return "so far" if self.is_growing else ""


def percent(per_mille: int) -> str:
    """Return "99.9 %"; never a hundred unless nothing is missing."""
    return f"{per_mille // 10} %" if per_mille % 10 == 0 else f"{per_mille / 10:.1f} %"


def due_until(source: ImpactSource, now: datetime) -> int:
    """Return up to when counts of a source are there, or should be, in epoch seconds."""
    due = floor_to(now - COLLECTED_WITHIN, source.interval_seconds)
    return int(max(due, source.complete_until or due).timestamp())


def rows_of(
    sums: Sums, due: int, deploys: Sequence[Deployed], window: tuple[datetime, datetime] | None
) -> list[SeriesRow]:
    """Put buckets and deploys together.

    Args:
        due: As :func:`due_until` gives it.
        window: What is looked at, None if it is all of it.
    """
    placed: dict[int, list[Deployed]] = defaultdict(list)
    for each in reversed(deploys):
        placed[int((each.at.timestamp() - sums.first) // sums.step)].append(each)
    return [
        _row(sums, index, due, tuple(placed[index]), window) for index in range(len(sums.counts))
    ]


def _row(
    sums: Sums,
    index: int,
    due: int,
    deploys: tuple[Deployed, ...],
    window: tuple[datetime, datetime] | None,
) -> SeriesRow:
    begin = sums.first + index * sums.step
    length = min(begin + sums.step, due) - begin
    start, count, known = from_epoch(begin), sums.counts[index], sums.known[index]
    if length <= 0 and not known:
        return SeriesRow(Bucket(start, None, UPCOMING), 0, 0, is_growing=False, deploys=deploys)
    is_whole = known >= length
    is_beside = window is not None and not window[0] <= start < window[1]
    return SeriesRow(
        Bucket(start, count if is_whole else None, OUTSIDE if is_beside else KNOWN),
        count,
        PER_MILLE if is_whole else known * PER_MILLE // length,
        is_growing=length < sums.step,
        deploys=deploys,
    )


def share_known(sums: Sums, since: int, until: int) -> int:
    """Return how much of a range is known, in per mille; all of one that is empty."""
    missing = sum(end - begin for begin, end in missing_in(sums, since, until))
    length = until - since
    return PER_MILLE if missing <= 0 else (length - missing) * PER_MILLE // length


def missing_in(sums: Sums, since: int, until: int) -> list[tuple[int, int]]:
    """Return the ranges of ``[since, until)`` that nothing is known of, oldest first."""
    inside = [(max(begin, since), min(end, until)) for begin, end in sums.ranges]
    known = [(begin, end) for begin, end in inside if begin < end]
    edges = [(since, since), *known, (until, until)]
    return [(end, begin) for (_, end), (begin, _) in pairwise(edges) if end < begin]


def windows_of(ranges: Sequence[tuple[int, int]]) -> list[Window]:
    """Return ranges of epoch seconds as moments."""
    return [Window(from_epoch(since), from_epoch(until)) for since, until in ranges]
