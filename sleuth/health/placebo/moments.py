"""When placebo deploys happen: spread over a month (UTC), and always the same. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOTS = 60
"""Parts of equal length that a month is divided into; each has one placebo deploy at most."""

CANDIDATES = 3
"""Moments of a slot that are looked at in turn, until one will do."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC.

    Args:
        since, until: Epoch seconds, half-open.
    """

    name: str
    since: int
    until: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Return the month that a moment lies in."""
        first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        return cls(f"{first:%Y-%m}", int(first.timestamp()), int(following.timestamp()))

    @classmethod
    def named(cls, name: str) -> Month:
        """Return a month by its name, such as "2026-03"."""
        return cls.of(datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC))

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month.of(datetime.fromtimestamp(self.since - 1, UTC))

    def slot(self, number: int) -> tuple[int, int]:
        """Return the half-open range of a slot in epoch seconds; they count from 0."""
        seconds = self.until - self.since
        return (
            self.since + seconds * number // SLOTS,
            self.since + seconds * (number + 1) // SLOTS,
        )


def candidates(source_id: int, month: Month, number: int) -> list[int]:
    """Return the moments of a slot to look at, in epoch seconds."""
    drawn = random.Random(f"placebo {source_id} {month.name} {number}")  # noqa: S311 - no secret
    since, until = month.slot(number)
    return [drawn.randrange(since, until) for _ in range(CANDIDATES)]
