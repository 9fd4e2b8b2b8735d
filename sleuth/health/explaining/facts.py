"""What a stored assessment holds, with plain values for what an old one lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sleuth.buckets import MINUTE
from sleuth.health.quantities import Figures

DAYS_LEARNT_FROM = 28
LATE_SECONDS = 120
"""How long after a minute, or a wider bucket, its count is usually known and judged."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A stored assessment, read with care."""

    figures: Figures

    def number(self, name: str) -> float | None:
        """Return a number, or None where there is none."""
        value = self.figures.get(name)
        return None if value is None else float(value)

    def whole(self, name: str) -> int:
        """Return a whole number, 0 where there is none."""
        return int(self.figures.get(name) or 0)

    def detail(self, name: str) -> Any:
        """Return one of the other numbers of the detector, None where there is none."""
        return (self.figures.get("details") or {}).get(name)

    @property
    def health(self) -> str:
        return str(self.figures.get("health") or "unknown")

    @property
    def reason(self) -> str:
        return str(self.figures.get("reason") or "")

    @property
    def is_final(self) -> bool:
        return bool(self.figures.get("is_final"))

    @property
    def step(self) -> int:
        """Width of a bucket in seconds."""
        return int(self.figures.get("step_seconds") or self.figures.get("picture_step") or MINUTE)

    @property
    def minutes(self) -> int:
        """Minutes of data of the look."""
        return self.whole("minutes_of_data")

    @property
    def known(self) -> int:
        """How many of these are known."""
        known = self.figures.get("known_minutes")
        return self.minutes if known is None else int(known)

    @property
    def group_size(self) -> int:
        """How many deploys share the verdict."""
        return max(1, self.whole("group_size"))

    @property
    def days(self) -> int:
        """From how many days of the past was learnt."""
        return min(DAYS_LEARNT_FROM, round(self.number("history_days") or 0))

    @property
    def new_errors(self) -> Mapping[str, Any]:
        """What was found of new kinds of errors, empty if nobody looked."""
        return self.figures.get("new_errors") or {}

    @property
    def began_at(self) -> int | None:
        """Epoch seconds of the deploy, of several of the first one; of old ones its bucket's."""
        if self.figures.get("began_at") is not None:
            return self.whole("began_at")
        if self.figures.get("picture_start") is None:
            return None
        return self.whole("picture_start") + self.whole("deploy_index") * self.step

    @property
    def ended_at(self) -> int | None:
        """Epoch seconds of the next deploy, None if none is known."""
        return self.whole("ended_at") or None

    @property
    def is_past_awaited(self) -> bool:
        """Whether counts from before the deploy are still being fetched, and keep it from an end.

        With counts from after the deploy nothing else leaves a verdict pending.
        """
        if self.is_final:
            return False
        is_pending = self.health == "unknown" and self.reason == "pending"
        return bool(self.figures.get("is_past_awaited") or is_pending) and self.minutes > 0

    @property
    def next_look(self) -> int | None:
        """Minutes of data of the next look, None if there is none."""
        return self.whole("next_look") or None

    @property
    def next_look_at(self) -> int | None:
        """Epoch seconds at which the next look usually happens."""
        return self.look_at(self.next_look) if self.next_look else None

    @property
    def is_cut(self) -> bool:
        """Whether the next deploy comes before the next look would."""
        at = self._end_of(self.next_look) if self.next_look else None
        return self.ended_at is not None and (at is None or self.ended_at < at)

    def look_at(self, minutes: int) -> int | None:
        """Return when so many minutes of data are usually known, in epoch seconds."""
        end = self._end_of(minutes)
        return None if end is None else end + LATE_SECONDS

    def _end_of(self, minutes: int) -> int | None:
        """Return when so many minutes after the deploy end, which begin with a whole bucket."""
        if self.began_at is None:
            return None
        return -(-self.began_at // self.step) * self.step + minutes * MINUTE

    def clock(self, at: int) -> str:
        """Return a time of the deploy's day, or with its date: "14:20 UTC on Friday, 6 March"."""
        moment = instant(at)
        time = f"{moment:%H:%M} UTC"
        is_same_day = self.began_at is not None and instant(self.began_at).date() == moment.date()
        return time if is_same_day else f"{time} on {day(at)}"


def instant(at: int) -> datetime:
    """Return an instant given in seconds since 1970."""
    return datetime.fromtimestamp(at, UTC)


def day(at: int) -> str:
    """Return "Friday, 6 March"."""
    moment = instant(at)
    return f"{moment:%A}, {moment.day} {moment:%B}"
