"""Which part of an impact source's series is shown, as the address says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sleuth.buckets import DAY, HOUR, MINUTE, bucket_name
from sleuth.dashboard.ranges import CUSTOM, DAYS, DEFAULT, length_of
from sleuth.impact.models import ImpactSource
from sleuth.impact.reading import fitting_step
from sleuth.impact.retention import KEEP_HOURS

STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, DAY, 2 * DAY, 7 * DAY)
MOST_BUCKETS = 360
MARGIN = 6
"""What share of a verdict's window is shown to each side of it, as a divisor."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::00)?Z?)?")
UNREADABLE = (
    "“{}” is neither a day, like 2026-11-29, nor a minute, like 2026-11-29T14:02Z. Both are in UTC."
)
EMPTY = "The range ends before it begins."
AHEAD = "The range lies ahead: nothing is counted there yet."


@dataclass(frozen=True, slots=True)
class SeriesRange:
    """What is shown.

    Args:
        name: A key of ``DAYS``, or ``custom``.
        since, until: What was asked for, as far as it lies in the past and is kept.
        first, end, step: The buckets drawn, in epoch seconds.
        is_by_the_hour: They are wider than usual because only hours are kept.
        error: Why what was asked for cannot be shown; "" if it can.
    """

    name: str
    since: datetime
    until: datetime
    first: int = 0
    end: int = 0
    step: int = MINUTE
    is_by_the_hour: bool = False
    error: str = ""

    @property
    def as_query(self) -> dict[str, str]:
        """What an address says to show it again; nothing for the usual one."""
        if self.name == CUSTOM:
            return custom(self.since, self.until)
        return {} if self.name == DEFAULT else {"range": self.name}

    @property
    def words(self) -> str:
        """How it is called in a sentence: "the last 7 days"."""
        return "this time" if self.name == CUSTOM else f"the last {length_of(self.name)}"

    @property
    def unit(self) -> str:
        """What one bucket is called."""
        return bucket_name(self.step)


def custom(since: datetime, until: datetime) -> dict[str, str]:
    """Return what an address says to show exactly this, to the minute."""
    ends = {"since": since, "until": until}
    return {"range": CUSTOM, **{name: f"{at:%Y-%m-%dT%H:%M}Z" for name, at in ends.items()}}


def read_range(
    query: Mapping[str, str], source: ImpactSource, now: datetime, *, has_margin: bool
) -> SeriesRange:
    """Return what an address asks to be shown of a source.

    Args:
        has_margin: Show some of what lies before and after, to compare with.
    """
    asked = _asked(query, now)
    wanted = _step(asked, source.interval_seconds)
    step = fitting_step(
        wanted,
        int((asked.since - (asked.until - asked.since) * has_margin).timestamp()),
        source.interval_seconds,
        source.minutes_from,
    )
    unit = source.interval_seconds if asked.name == CUSTOM and step < HOUR else step
    first = int(asked.since.timestamp()) // unit * unit
    number = max(1, -(-(int(asked.until.timestamp()) - first) // step))
    margin = -(-number // MARGIN) if has_margin else 0
    first -= margin * step
    end = min(first + (number + 2 * margin) * step, _last(now, first, step))
    return replace(asked, first=first, end=end, step=step, is_by_the_hour=step != wanted)


def _asked(query: Mapping[str, str], now: datetime) -> SeriesRange:
    name = query.get("range", "") or (CUSTOM if query.get("since") else DEFAULT)
    if name != CUSTOM:
        return _named(name if name in DAYS else DEFAULT, now)
    try:
        return _custom(query, now)
    except ValueError as problem:
        return replace(_named(DEFAULT, now), error=str(problem))


def _named(name: str, now: datetime) -> SeriesRange:
    return SeriesRange(name, now - timedelta(days=DAYS[name]), now)


def _custom(query: Mapping[str, str], now: datetime) -> SeriesRange:
    oldest = now - KEEP_HOURS
    until = _moment(query.get("until", ""), is_end=True) or now
    since = _moment(query.get("since", ""))
    if since is not None and since >= until:
        raise ValueError(EMPTY)
    since = since or max(until, oldest) - timedelta(days=DAYS[DEFAULT])
    if since >= now:
        raise ValueError(AHEAD)
    since, until = max(since, oldest), min(max(until, oldest), now)
    return SeriesRange(CUSTOM, min(since, until - timedelta(minutes=1)), until)


def _moment(text: str, *, is_end: bool = False) -> datetime | None:
    """Read a day or a minute; a day that a range ends with belongs to it."""
    text = text.strip()
    if not text:
        return None
    found = _MOMENT.fullmatch(text)
    day, minute = found.groups() if found else ("", None)
    try:
        at = datetime.fromisoformat(f"{day}T{minute or '00:00'}").replace(tzinfo=UTC)
        return at + timedelta(days=1) if is_end and minute is None else at
    except (ValueError, OverflowError):
        raise ValueError(UNREADABLE.format(text[:40])) from None


def _step(asked: SeriesRange, interval: int) -> int:
    """Return the narrowest buckets of which there are not too many."""
    seconds = (asked.until - asked.since).total_seconds()
    widths = sorted({interval, *(each for each in STEPS if each % interval == 0)})
    return next((each for each in widths if seconds <= MOST_BUCKETS * each), widths[-1])


def _last(now: datetime, first: int, step: int) -> int:
    """Return where the bucket of this moment ends."""
    return first + -(-(int(now.timestamp()) - first) // step) * step
