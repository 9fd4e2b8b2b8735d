"""When a source is collected next, and which window is asked for. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BACKFILL_DAYS = 7
BACKFILL_PAGE_BUCKETS = 5000
RE_READ = timedelta(minutes=15)
MOST_AT_ONCE = timedelta(days=1)
FIRST_WINDOW = timedelta(hours=2)
INGESTION_DELAY = timedelta(seconds=91)
SPREAD_SECONDS = 19
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
PERMANENT_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of whole buckets."""

    since: datetime
    until: datetime


def floor_to(moment: datetime, step_seconds: int) -> datetime:
    """Return the start of the bucket that ``moment`` lies in."""
    epoch = int(moment.timestamp())
    return datetime.fromtimestamp(epoch - epoch % step_seconds, UTC)


def newest_window(complete_until: datetime | None, now: datetime, step_seconds: int) -> Window:
    """Return the window of the newest buckets, a trailing part of it read before.

    After a long outage only the last day is read at once; the rest is back-filled.
    """
    until = floor_to(now, step_seconds)
    step = timedelta(seconds=step_seconds)
    oldest = until - max(MOST_AT_ONCE, step)
    if complete_until is None:
        since = until - max(FIRST_WINDOW, 2 * step)
    else:
        since = complete_until - max(RE_READ, step)
    return Window(floor_to(max(since, oldest), step_seconds), until)


def backfill_window(wanted_from: datetime, known_from: datetime, step_seconds: int) -> Window:
    """Return the page of the past that ends where the known part begins."""
    page = timedelta(seconds=step_seconds * BACKFILL_PAGE_BUCKETS)
    return Window(max(wanted_from, known_from - page), known_from)


def next_due_at(complete_until: datetime, source_id: int, step_seconds: int) -> datetime:
    """Return when the bucket that starts at ``complete_until`` can be collected.

    Trackers call a bucket complete some 90 s after it ended; sources are spread over
    the following seconds so that they do not all come at once.
    """
    spread = timedelta(seconds=source_id % SPREAD_SECONDS)
    return complete_until + timedelta(seconds=step_seconds) + INGESTION_DELAY + spread


def retry_delay(
    failure_count: int, retry_after: float | None, *, is_permanent: bool = False
) -> timedelta:
    """Return how long to wait after the ``failure_count``-th failure in a row.

    Args:
        retry_after: Seconds that the tracker asked for, honoured up to a day.
        is_permanent: Only somebody's change can help; looked at again now and then, so
            that recovery is noticed without a hand.
    """
    if retry_after is not None:
        return min(timedelta(seconds=max(retry_after, 1.0)), LONGEST_WAIT)
    if is_permanent:
        return PERMANENT_RETRY
    doublings = max(0, min(failure_count - 1, 10))
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
