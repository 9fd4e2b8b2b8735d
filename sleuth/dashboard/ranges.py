"""From when to when the dashboard looks, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement

from sleuth.deploys.models import Deploy
from sleuth.text import one_line

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = {"24h": 1, "7d": 7, "14d": 14, "30d": 30, "90d": 90}
DEFAULT = "7d"
CUSTOM = "custom"
FIRST_YEAR = 1000
"""What is older is no year that anybody means, and soon there is nothing before it."""

LONGEST_DAYS = 731
MOST_DAYS_BY_DAY = 100
"""In longer ranges a bar stands for a week."""


@dataclass(frozen=True, slots=True)
class Range:
    """Whole days (UTC), or the last 24 hours; the last day or hour may be running.

    Args:
        key: One of ``DAYS``, or ``custom``.
        until: Where it ends, exclusively.
        problem: Why it is not what was asked for, in a sentence; "" if it is.
        typed: First and last day that were asked for instead, as far as they are days.
    """

    key: str
    since: datetime
    until: datetime
    problem: str = ""
    typed: tuple[str, str] = ("", "")

    @classmethod
    def from_query(cls, query: Mapping[str, str], now: datetime) -> Range:
        """Take the range out of a query string; what makes no sense becomes seven days."""
        key = query.get("range", "").strip()
        if key == CUSTOM:
            return _custom(query, now)
        return cls.named(key if key in DAYS else DEFAULT, now)

    @classmethod
    def named(cls, key: str, now: datetime) -> Range:
        """Return one of ``DAYS``, which ends with the hour or day that is running."""
        if key == "24h":
            return cls(key, now - DAY, _whole_hour(now) + HOUR)
        until = _midnight(now.date()) + DAY
        return cls(key, until - DAYS[key] * DAY, until)

    @classmethod
    def around(cls, at: datetime, now: datetime) -> Range:
        """Return the shortest of ``DAYS`` that holds a moment, or else that day alone."""
        named = (cls.named(key, now) for key in DAYS)
        day = _midnight(at.date())
        return next((each for each in named if each.holds(at)), cls(CUSTOM, day, day + DAY))

    @property
    def as_query(self) -> dict[str, str]:
        """What stands in the address; nothing for the range that needs no saying."""
        if self.key == CUSTOM:
            return {"range": CUSTOM, **self.dates}
        return {} if self.key == DEFAULT else {"range": self.key}

    @property
    def dates(self) -> dict[str, str]:
        """First and last day, as an address says them."""
        return {"since": self.since.date().isoformat(), "until": self.last_day.isoformat()}

    @property
    def fields(self) -> dict[str, str]:
        """What the fields of a custom range hold: what was typed, where that is to be mended."""
        since, until = self.typed
        return {"since": since, "until": until} if since or until else self.dates

    @property
    def last_day(self) -> date:
        return (self.until - timedelta(seconds=1)).date()

    @property
    def days(self) -> int:
        """How many days it is long."""
        return (self.until - self.since) // DAY

    @property
    def unit(self) -> str:
        """What one bar of its graph stands for: ``hour``, ``day`` or ``week``."""
        if self.key == "24h":
            return "hour"
        return "day" if self.days <= MOST_DAYS_BY_DAY else "week"

    @property
    def starts(self) -> list[datetime]:
        """When each bar of its graph begins."""
        step = {"hour": HOUR, "day": DAY, "week": 7 * DAY}[self.unit]
        first = _whole_hour(self.since)
        return [first + place * step for place in range(-(-(self.until - first) // step))]

    @property
    def length(self) -> str:
        """In words: "24 hours", "7 days", "1 day (3 March 2026)"."""
        if self.key != CUSTOM:
            return length_of(self.key)
        days = "1 day" if self.days == 1 else f"{self.days} days"
        return f"{days} ({self._dates_in_words()})"

    @property
    def when(self) -> str:
        """In words: "in the last 7 days", "on 3 March 2026"."""
        if self.key != CUSTOM:
            return f"in the last {self.length}"
        return f"{'on' if self.days == 1 else 'from'} {self._dates_in_words()}"

    def _dates_in_words(self) -> str:
        first, last = self.since.date(), self.last_day
        if first == last:
            return _day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} to {_day(last)}"
        begin = f"{first.day} {first:%B}" if first.year == last.year else _day(first)
        return f"{begin} to {_day(last)}"

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies inside."""
        return self.since <= at < self.until

    def condition(self) -> ColumnElement[bool]:
        """Narrow a statement over deploys to this range."""
        return (Deploy.deployed_at >= self.since) & (Deploy.deployed_at < self.until)


def length_of(key: str) -> str:
    """Return one of ``DAYS`` in words: "24 hours", "7 days"."""
    return "24 hours" if key == "24h" else f"{DAYS[key]} days"


def _custom(query: Mapping[str, str], now: datetime) -> Range:
    """Read two dates; of one alone, seven days until it or all since it."""
    given = {name: one_line(query.get(name, ""))[:40] for name in ("since", "until")}
    read = {name: _date(text) for name, text in given.items() if text}
    unread = next((given[name] for name, value in read.items() if value is None), "")
    today = now.date()
    last = min(read.get("until") or today, today)
    first = read.get("since") or last - (DAYS[DEFAULT] - 1) * DAY
    typed = _as_typed(read.get("since")), _as_typed(read.get("until"))
    if unread:
        return _instead(f"“{unread}” is no date such as {today}", typed, now)
    if first > today:
        return _instead("The range begins in the future", typed, now)
    if first > last:
        return _instead("The range ends before it begins", typed, now)
    since, until = _midnight(first), _midnight(last) + DAY
    if until - since > LONGEST_DAYS * DAY:
        problem = "A range may be two years long; its last two years are shown."
        return Range(CUSTOM, until - LONGEST_DAYS * DAY, until, problem)
    return Range(CUSTOM, since, until)


def _instead(why: str, typed: tuple[str, str], now: datetime) -> Range:
    problem = f"{why}, so the last 7 days are shown."
    return replace(Range.named(DEFAULT, now), problem=problem, typed=typed)


def _as_typed(day: date | None) -> str:
    return day.isoformat() if day else ""


def _date(text: str) -> date | None:
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return found if found.year >= FIRST_YEAR else None


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
