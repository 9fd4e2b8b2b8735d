"""Sentry's two ways of writing counts down, read strictly: JSON in, a CountSeries out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import dropwhile, pairwise
from typing import Any

from plugins.sentry.answers import known_shape, name_of
from plugins.sentry.info import BUCKET_SECONDS
from sleuth.plugin_api import CountSeries, TrackerError

INGESTION_DELAY_SECONDS = 90
_OUTSIDE_RETENTION = "OUTSIDE_RETENTION"
_COUNTS = "error counts"
_LARGEST = 10**15
"""More errors than that in a minute, or seconds since 1970, are a mistake."""


@dataclass(frozen=True, slots=True)
class Window:
    """A range of whole minutes, in epoch seconds."""

    since: int
    until: int

    @property
    def buckets(self) -> int:
        """How many minutes it has."""
        return (self.until - self.since) // BUCKET_SECONDS

    def halves(self) -> tuple[Window, Window]:
        """Cut it in two at a whole minute."""
        middle = self.since + self.buckets // 2 * BUCKET_SECONDS
        return Window(self.since, middle), Window(middle, self.until)


@dataclass(frozen=True, slots=True)
class _Bucket:
    start: int
    count: int
    incomplete_reason: str = ""


def window_of(since: datetime, until: datetime) -> Window:
    """Return the whole minutes between two instants."""
    first = -(-since.timestamp() // BUCKET_SECONDS)
    return Window(int(first) * BUCKET_SECONDS, int(until.timestamp()) // BUCKET_SECONDS * 60)


def from_timeseries(document: Any, window: Window, now: datetime) -> CountSeries:
    """Read an answer of ``events-timeseries``: milliseconds, incomplete buckets marked.

    Raises:
        TrackerError: ``bad_answer`` if it does not answer what was asked.
    """
    with known_shape(_COUNTS):
        series = _only(document["timeSeries"])
        _check_interval(series["meta"]["interval"] / 1000)
        start = _told_start(document.get("meta"), window)
        buckets = [_timeseries_bucket(value) for value in series["values"]]
        return _series(buckets, window, start, now)


def from_stats(document: Any, window: Window, now: datetime) -> CountSeries:
    """Read an answer of ``events-stats``: seconds, no marks, and ``[time, []]`` for a zero.

    Raises:
        TrackerError: ``bad_answer`` if it does not answer what was asked.
    """
    with known_shape(_COUNTS):
        rows = document["data"]
        if not rows:
            raise _no_projects()
        buckets = [_stats_bucket(start, counts) for start, counts in rows]
        told = document.get("start")
        return _series(buckets, window, window.since if told is None else _whole(told), now)


def nothing_kept(window: Window) -> CountSeries:
    """Answer for a window that lies wholly before what the tracker keeps."""
    end = _instant(window.until)
    return CountSeries(BUCKET_SECONDS, (), complete_until=end, complete_since=end)


def joined(early: CountSeries, late: CountSeries, middle: int) -> CountSeries:
    """Join the counts of two windows that meet at ``middle``."""
    if early.complete_until < _instant(middle):
        return early
    return replace(
        late,
        points=early.points + late.points,
        complete_since=late.complete_since or early.complete_since,
    )


def _series(
    buckets: list[_Bucket], window: Window, told_start: float, now: datetime
) -> CountSeries:
    """Cut the buckets to what was asked for and is vouched for.

    Args:
        told_start: Where the answer says that it begins: later than asked if Sentry keeps
            no more.
    """
    _check_spacing(buckets)
    inside = [b for b in buckets if window.since <= b.start < window.until]
    if not inside or inside[0].start > max(window.since, told_start):
        raise _unusable("counts of another window")
    kept = list(dropwhile(lambda b: b.incomplete_reason == _OUTSIDE_RETENTION, inside))
    if not kept:
        return nothing_kept(window)
    since = kept[0].start
    until = max(since, min(_first_incomplete(kept), _settled(now)))
    return CountSeries(
        BUCKET_SECONDS,
        tuple((_instant(b.start), b.count) for b in kept if b.count and b.start < until),
        complete_until=_instant(until),
        complete_since=None if since == window.since else _instant(since),
    )


def _first_incomplete(buckets: list[_Bucket]) -> int:
    end = buckets[-1].start + BUCKET_SECONDS
    return next((b.start for b in buckets if b.incomplete_reason), end)


def _settled(now: datetime) -> int:
    """Return the end of the last minute that Sentry calls complete, in epoch seconds.

    A minute that ended exactly 90 seconds ago is not yet one.
    """
    instant = now.timestamp() - INGESTION_DELAY_SECONDS
    return int(-(-instant // BUCKET_SECONDS) - 1) * BUCKET_SECONDS


def _timeseries_bucket(value: dict[str, Any]) -> _Bucket:
    is_incomplete = value["incomplete"]
    if not isinstance(is_incomplete, bool):
        raise TypeError(is_incomplete)
    reason = str(value.get("incompleteReason") or "unknown") if is_incomplete else ""
    return _Bucket(_whole(value["timestamp"] / 1000), _whole(value["value"]), reason)


def _stats_bucket(start: Any, counts: list[dict[str, Any]]) -> _Bucket:
    return _Bucket(_whole(start), sum(_whole(row["count"]) for row in counts))


def _only(series: list[dict[str, Any]]) -> dict[str, Any]:
    if not series:
        raise _no_projects()
    if len(series) > 1 or series[0]["yAxis"] != "count()" or series[0].get("groupBy"):
        raise _unusable("something else than one series of counts")
    return series[0]


def _check_interval(seconds: float) -> None:
    if seconds != BUCKET_SECONDS:
        raise _unusable(f"counts in steps of {seconds:g} seconds instead of {BUCKET_SECONDS}")


def _told_start(meta: dict[str, Any] | None, window: Window) -> float:
    """Check the window echoed; return its start, later than asked where retention ends."""
    if meta is None:
        return window.since
    if meta["dataset"] != "errors":
        raise _unusable(f"counts of {name_of(meta['dataset'])} instead of errors")
    start, end = meta["start"] / 1000, meta["end"] / 1000
    is_start_right = window.since - BUCKET_SECONDS <= start < window.until
    is_end_right = abs(end - window.until) <= BUCKET_SECONDS
    if not (is_start_right and is_end_right):
        raise _unusable("counts of another window")
    return float(start)


def _check_spacing(buckets: Iterable[_Bucket]) -> None:
    starts = [bucket.start for bucket in buckets]
    for start, following in pairwise(starts):
        _check_interval(following - start)
    if starts and starts[0] % BUCKET_SECONDS:
        raise _unusable("counts of minutes that begin in between")


def _whole(number: Any) -> int:
    if isinstance(number, bool) or not 0 <= number <= _LARGEST or number != int(number):
        raise ValueError(number)
    return int(number)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _no_projects() -> TrackerError:
    return TrackerError(
        "Sentry shows no project of this organization to the token. Its owner has to join a "
        "team that the project belongs to.",
        permanent=True,
        reason="forbidden",
    )


def _unusable(what: str) -> TrackerError:
    return TrackerError(f"Sentry sent {what}; they were not used.", reason="bad_answer")
