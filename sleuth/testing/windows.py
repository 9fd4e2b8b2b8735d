"""The time of a check, and the windows that are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
