"""The time of a check, and the windows that are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sleuth.plugin_api import Capabilities

NOON = datetime(2026, 3, 4, 12, 0, 40, tzinfo=UTC)
"""When every check takes place: forty seconds past a full minute and a full hour."""

MOST_AT_ONCE = timedelta(days=1)
"""The longest window that the product asks for, unless two buckets are longer."""


@dataclass(slots=True)
class Clock:
    """What time it is for plugin and sandbox."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Window:
    """A range of whole buckets."""

    since: datetime
    until: datetime
    interval: timedelta

    def buckets(self) -> list[datetime]:
        """Return the starts of its buckets."""
        count = (self.until - self.since) // self.interval
        return [self.since + index * self.interval for index in range(count)]


def window_of(
    able: Capabilities, buckets: int, now: datetime, until: datetime | None = None
) -> Window:
    """Return a window of whole buckets.

    Args:
        buckets: How many; no more than the product asks for at once, which is a day.
        until: When it ends, now by default. Not heeded for a tracker that only answers
            "the last N".
    """
    step = able.interval_seconds
    latest = until if until and able.has_explicit_range else now
    end = datetime.fromtimestamp(int(latest.timestamp()) // step * step, UTC)
    interval = timedelta(seconds=step)
    return Window(end - max(2, min(buckets, MOST_AT_ONCE // interval)) * interval, end, interval)
