"""What a deploy card says of each impact source, from the verdict's own words and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from sleuth.buckets import MINUTE, bucket_name, duration, per_unit, period_name, rate_words
from sleuth.dashboard.links import web_address
from sleuth.health.models import Verdict

MOST_SMALL_BUCKETS = 128
COLLECTED_WITHIN = timedelta(minutes=3)
UNKNOWN_BECAUSE = {
    "pending": "not recorded yet",
    "gap": "a gap in the collected counts",
    "replaced": "replaced by the next deploy at once",
    "short_history": "too little history before the deploy",
    "too_few_errors": "too few errors to tell",
    "no_source": "the impact source was removed first",
    "paused": "collecting is paused",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a picture.

    Args:
        count: Errors, None where they are not known.
        part: ``before``, ``deploy``, ``after``, or ``upcoming`` if not collected yet.
    """

    start: datetime
    count: int | None
    part: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Counts around a deploy in buckets of equal length.

    Args:
        deploy_index: The bucket in which the deploy happened.
        upcoming: How many of the last buckets cannot have been collected yet.
    """

    start: datetime
    step_seconds: int
    deploy_index: int
    counts: tuple[int | None, ...]
    upcoming: int

    @property
    def unit(self) -> str:
        """What one bucket is called."""
        return bucket_name(self.step_seconds)

    @property
    def highest(self) -> int:
        return max((count for count in self.counts if count is not None), default=0)

    @property
    def per_minute(self) -> float:
        """What turns an average a minute into one a bucket."""
        return self.step_seconds / 60

    @property
    def coarse(self) -> Picture:
        """The same in few enough buckets for a small picture, without the deploy's own.

        Where a part of a bucket is unknown, all of it is; but the newest bucket grows as
        its counts come in, so that errors are seen as soon as they are known.
        """
        size = -(-len(self.counts) // MOST_SMALL_BUCKETS)
        before = self.counts[: self.deploy_index]
        after = self.counts[self.deploy_index + 1 :]
        before = before[len(before) % size :]
        sums_after = _sums(after[: max(0, len(after) - self.upcoming)], size)
        upcoming = -(-len(after) // size) - len(sums_after)
        return Picture(
            start=self.start,
            step_seconds=self.step_seconds * size,
            deploy_index=len(before) // size,
            counts=(*_sums(before, size), *sums_after, *[None] * upcoming),
            upcoming=upcoming,
        )

    @property
    def buckets(self) -> list[Bucket]:
        """Every bucket with the time at which it starts."""
        return [
            Bucket(self.start + timedelta(seconds=self.step_seconds * index), count, part)
            for index, (count, part) in enumerate(zip(self.counts, self._parts(), strict=True))
        ]

    def _parts(self) -> list[str]:
        after = len(self.counts) - self.deploy_index - 1 - self.upcoming
        parts = ["before"] * self.deploy_index + ["deploy"] + ["after"] * max(after, 0)
        return (parts + ["upcoming"] * len(self.counts))[: len(self.counts)]


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """A deploy's health as one impact source saw it.

    Args:
        source: The impact source's name.
        tracker: Name of the error tracker.
        is_gone: The impact source is no longer there; the words stay.
        is_disconnected: It is gone because its tracker was disabled.
        has_plugin: The tracker's plugin is loaded.
        rate_before, rate_after: Average errors a minute.
        figures: What the verdict rests on, by the detector's names.
        explore_url: The tracker's own view of these minutes, or "".
        revised_at: When late counts made another verdict of a final one, None if never.
    """

    source: str
    provider: str
    tracker: str
    health: str
    reason: str
    is_final: bool
    is_gone: bool
    is_disconnected: bool
    has_plugin: bool
    rate_before: float | None
    rate_after: float | None
    minutes_of_data: int
    sentence: str
    picture: Picture | None
    figures: dict[str, Any]
    explore_url: str
    revised_at: datetime | None

    @property
    def has_rates(self) -> bool:
        return self.rate_before is not None and self.rate_after is not None

    @property
    def is_pending(self) -> bool:
        return not self.is_final and not self.is_gone

    @property
    def step_seconds(self) -> int:
        """Width of the buckets that were counted."""
        return int(self.figures.get("picture_step", MINUTE))

    @property
    def is_coarse(self) -> bool:
        """Whether the tracker counts in buckets wider than a minute."""
        return self.step_seconds > MINUTE

    @property
    def bucket(self) -> str:
        """What one bucket is called."""
        return bucket_name(self.step_seconds)

    @property
    def rate_words(self) -> str:
        """In what the averages are told: "a minute", "an hour"."""
        return rate_words(self.step_seconds)

    @property
    def told_before(self) -> float | None:
        """The average before the deploy, as it is told."""
        return None if self.rate_before is None else per_unit(self.rate_before, self.step_seconds)

    @property
    def told_after(self) -> float | None:
        """The average after the deploy, as it is told."""
        return None if self.rate_after is None else per_unit(self.rate_after, self.step_seconds)

    @property
    def counted_for(self) -> str:
        """For how long errors were counted after the deploy, "" if not at all."""
        return duration(self.minutes_of_data, self.step_seconds) if self.minutes_of_data else ""

    @property
    def because(self) -> str:
        """Why the health is unknown; empty if it is known."""
        if self.health != "unknown":
            return ""
        if self.reason == "replaced" and self.is_coarse:
            return f"replaced before a whole {period_name(self.step_seconds)} had passed"
        return UNKNOWN_BECAUSE.get(self.reason, "")


def line_of(
    verdict: Verdict, trackers: dict[str, str], now: datetime, *, is_watched: bool
) -> ImpactLine:
    """Return what a card shows of a verdict.

    Args:
        trackers: Names of the error trackers that are loaded, by provider.
        is_watched: The impact source is there, and its tracker connected.
    """
    return ImpactLine(
        source=verdict.source_name,
        provider=verdict.provider,
        tracker=trackers.get(verdict.provider, verdict.provider.title()),
        health=verdict.health or "unknown",
        reason=verdict.reason,
        is_final=verdict.is_final,
        is_gone=not is_watched,
        is_disconnected=not is_watched and verdict.impact_source_id is not None,
        has_plugin=verdict.provider in trackers,
        rate_before=verdict.rate_before,
        rate_after=verdict.rate_after,
        minutes_of_data=verdict.minutes_of_data,
        sentence=verdict.sentence,
        picture=_picture(verdict, now),
        figures=verdict.assessment,
        explore_url=web_address(verdict.assessment.get("explore_url")),
        revised_at=verdict.revised_at,
    )


def _sums(counts: Sequence[int | None], size: int) -> list[int | None]:
    groups = [counts[first : first + size] for first in range(0, len(counts), size)]
    return [None if None in group else sum(filter(None, group)) for group in groups]


def _picture(verdict: Verdict, now: datetime) -> Picture | None:
    start = verdict.assessment.get("picture_start")
    if not verdict.picture or start is None:
        return None
    step = verdict.assessment["picture_step"]
    known_until = (now - COLLECTED_WITHIN).timestamp()
    return Picture(
        start=datetime.fromtimestamp(start, UTC),
        step_seconds=step,
        deploy_index=verdict.assessment["deploy_index"],
        counts=tuple(verdict.picture),
        upcoming=_upcoming(verdict.picture, start, step, known_until),
    )


def _upcoming(counts: list[int | None], start: int, step: int, known_until: float) -> int:
    """Count the buckets at the end that cannot have been collected yet."""
    due = (known_until - start) // step
    from_the_end = zip(reversed(range(len(counts))), reversed(counts), strict=True)
    return sum(1 for _ in takewhile(lambda each: each[1] is None and each[0] >= due, from_the_end))
