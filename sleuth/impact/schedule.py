"""When a source is collected next, and which window is asked for. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sleuth.impact.models import SweepKind

HISTORY_DAYS = 29
PAGE_BUCKETS = 9000
SMALLEST_PAGE_BUCKETS = 60
RE_READ = timedelta(minutes=15)
MOST_AT_ONCE = timedelta(days=1)
FIRST_WINDOW = timedelta(hours=2)
INGESTION_DELAY = timedelta(seconds=91)
SPREAD_SECONDS = 7
SHORTEST_PAUSE = timedelta(seconds=10)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=2)
"""Short enough that an outage of ten minutes is over before anybody is alarmed."""

LONGEST_WAIT = timedelta(days=1)
PERMANENT_RETRY = timedelta(minutes=15)
PERMANENT_FIRST_RETRY = timedelta(minutes=5)
"""What looks permanent may be a mistake, and is looked at twice before anybody is alarmed."""

BEFORE_A_PROOF = timedelta(minutes=1)
DAY = timedelta(days=1)

SWEEP_SPANS = {SweepKind.DAY: DAY, SweepKind.WEEK: 7 * DAY}
SWEEP_INTERVALS = {
    SweepKind.DAY: timedelta(hours=1),
    SweepKind.WEEK: DAY,
    SweepKind.ALL: 7 * DAY,
    SweepKind.FILTERS: DAY,
}
EARLIEST_SHARE = 1 / 12
JITTER_SHARE = 0.25
_GOLDEN_RATIO = 0.6180339887


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of whole buckets."""

    since: datetime
    until: datetime


def floor_to(moment: datetime, step_seconds: int) -> datetime:
    """Return the start of the bucket that ``moment`` lies in."""
    epoch = int(moment.timestamp())
    return from_epoch(epoch - epoch % step_seconds)


def from_epoch(seconds: int) -> datetime:
    """Return an instant given in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def newest_window(complete_until: datetime | None, now: datetime, step_seconds: int) -> Window:
    """Return the window of the newest buckets, a trailing part of it read before.

    After a long outage only the last day is read at once; the rest is filled in behind.
    """
    until = floor_to(now, step_seconds)
    step = timedelta(seconds=step_seconds)
    oldest = until - max(MOST_AT_ONCE, step)
    if complete_until is None:
        since = until - max(FIRST_WINDOW, 2 * step)
    else:
        since = min(complete_until, until) - max(RE_READ, step)
    return Window(floor_to(max(since, oldest), step_seconds), until)


def page_of(since: int, reached: int, step_seconds: int, failure_count: int = 0) -> tuple[int, int]:
    """Return the newest page of what is left of a sweep, in epoch seconds.

    Args:
        failure_count: How often it could not be had; a tracker for which it is too large
            may manage half of it.
    """
    buckets = max(SMALLEST_PAGE_BUCKETS, PAGE_BUCKETS >> failure_count)
    return max(since, reached - step_seconds * buckets), reached


def sweep_since(kind: SweepKind, history_days: int, now: datetime, step_seconds: int) -> int:
    """Return how far back a sweep of this kind reaches, in epoch seconds."""
    history = timedelta(days=history_days)
    span = min(SWEEP_SPANS.get(kind, history), history)
    return int(floor_to(now - span, step_seconds).timestamp())


def next_sweep_at(kind: SweepKind, source_id: int, now: datetime) -> datetime:
    """Return when a sweep that has been run is run again.

    Sources come up to a twelfth of the interval early, each by its own share, so that
    those which were added together do not stay together.
    """
    early = source_id * _GOLDEN_RATIO % 1 * EARLIEST_SHARE
    return now + SWEEP_INTERVALS[kind] * (1 - early)


def history_days(look_back_days: int, kept_days: int | None = None) -> int:
    """Return how many days back a source is collected.

    Args:
        look_back_days: How far back the tracker can be asked.
        kept_days: How long it was seen to keep counts, None if that is not known. The
            last of these days is passing away while it is read, so it is left out.
    """
    kept = HISTORY_DAYS if kept_days is None else kept_days - 1
    return max(1, min(HISTORY_DAYS, look_back_days, kept))


def next_due_at(complete_until: datetime, source_id: int, step_seconds: int) -> datetime:
    """Return when the bucket that starts at ``complete_until`` can be collected.

    Trackers call a bucket complete some 90 s after it ended; sources are spread over
    the following seconds so that they do not all come at once.
    """
    spread = timedelta(seconds=source_id % SPREAD_SECONDS)
    return complete_until + timedelta(seconds=step_seconds) + INGESTION_DELAY + spread


def retry_delay(
    failure_count: int,
    retry_after: float | None,
    *,
    is_permanent: bool = False,
    jitter: float = 0.0,
) -> timedelta:
    """Return how long to wait after the ``failure_count``-th failure in a row.

    Args:
        retry_after: Seconds that the tracker asked for, honoured up to a day.
        is_permanent: Only somebody's change can help; looked at again now and then, so
            that recovery is noticed without a hand.
        jitter: In [0, 1), by chance; lengthens the wait, never shortens it, so that those
            who failed together do not come back together.
    """
    if retry_after is not None:
        wait = max(retry_after, 1.0)
        return min(timedelta(seconds=wait + jitter * min(0.05 * wait, 5.0)), LONGEST_WAIT)
    doublings = max(0, min(failure_count - 1, 10))
    pause = min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
    if is_permanent:
        pause = PERMANENT_FIRST_RETRY if failure_count <= 2 else PERMANENT_RETRY
    return pause * (1 + JITTER_SHARE * jitter)
