"""Counts around a deploy, as a verdict keeps them to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from sleuth.buckets import bucket_name, sums
from sleuth.dashboard.essence import essence
from sleuth.health.models import Verdict

MOST_SMALL_BUCKETS = 128
COLLECTED_WITHIN = timedelta(minutes=3)
MOST_KEPT = 2048
"""Small pictures that are not made again while their counts are the same."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a picture.

    Args:
        count: Errors, None where they are not known.
        part: ``before``, ``deploy``, ``after``, ``next`` after the deploy that followed, or
            ``upcoming`` if not collected yet.
    """

    start: datetime
    count: int | None
    part: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What was expected of one bucket had there been no deploy: errors, most likely between
    ``low`` and ``high``.
    """

    index: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Counts around a deploy in buckets of equal length.

    Args:
        deploy_index: The bucket in which the deploy happened.
        upcoming: How many of the last buckets cannot have been collected yet.
        expected: What was expected of the buckets after the deploy, in their order.
        end_index: The bucket in which the next deploy happened; None if none did so far.
        counted: The buckets that the verdict rests on, as far as they are shown.
        rests_on: How many it rests on, shown or not.
        limit: The user's own limit in errors a minute, if there is one.
        began_at, ended_at: From the first deploy that shares the verdict to the one after them.
        is_shared: Whether the verdict is that of several deploys.
        essence: What is seen, in a sentence.
    """

    start: datetime
    step_seconds: int
    deploy_index: int
    counts: tuple[int | None, ...]
    upcoming: int
    expected: tuple[Expected, ...] = ()
    end_index: int | None = None
    counted: range = range(0)
    rests_on: int = 0
    limit: float | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    is_shared: bool = False
    essence: str = ""

    @property
    def until(self) -> datetime:
        """Where the last bucket ends."""
        return self.start + timedelta(seconds=self.step_seconds * len(self.counts))

    def index_of(self, at: datetime) -> int | None:
        """Return in which bucket a moment lies, None if in none of these."""
        index = int((at - self.start).total_seconds() // self.step_seconds)
        return index if 0 <= index < len(self.counts) else None

    @property
    def own(self) -> int:
        """How many buckets after the deploy are collected and its own."""
        collected = len(self.counts) - self.upcoming
        end = collected if self.end_index is None else min(collected, self.end_index)
        return max(0, end - self.deploy_index - 1)

    @property
    def shown(self) -> list[Expected]:
        """What was expected of the buckets that are collected or should be."""
        end = len(self.counts) - self.upcoming
        return [each for each in self.expected if 0 <= each.index < end]

    @property
    def unit(self) -> str:
        """What one bucket is called."""
        return bucket_name(self.step_seconds)

    @property
    def highest(self) -> int:
        return max((count for count in self.counts if count is not None), default=0)

    @property
    def average_before(self) -> float | None:
        """Errors a minute in the known buckets before the deploy, None if there are none."""
        known = [count for count in self.counts[: self.deploy_index] if count is not None]
        return sum(known) / len(known) / self.per_minute if known else None

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
        return _coarse(self)

    @property
    def buckets(self) -> list[Bucket]:
        """Every bucket with the time at which it starts."""
        return [
            Bucket(self.start + timedelta(seconds=self.step_seconds * index), count, part)
            for index, (count, part) in enumerate(zip(self.counts, self._parts(), strict=True))
        ]

    def _parts(self) -> list[str]:
        parts = ["before"] * self.deploy_index + ["deploy"] + ["after"] * self.own
        parts += ["next"] * (len(self.counts) - self.upcoming - len(parts))
        return (parts + ["upcoming"] * len(self.counts))[: len(self.counts)]


def picture_of(verdict: Verdict, now: datetime) -> Picture | None:
    """Return what was counted around a verdict's deploy, None if nothing was drawn."""
    start = verdict.assessment.get("picture_start")
    if not verdict.picture or start is None:
        return None
    step = verdict.assessment["picture_step"]
    known_until = (now - COLLECTED_WITHIN).timestamp()
    index = verdict.assessment["deploy_index"]
    return Picture(
        start=datetime.fromtimestamp(start, UTC),
        step_seconds=step,
        deploy_index=index,
        counts=tuple(verdict.picture),
        upcoming=_upcoming(verdict.picture, start, step, known_until),
        expected=tuple(_expected(verdict.assessment.get("band"), start, step)),
        end_index=_end_index(verdict, start, step),
        counted=_counted(verdict, start, step, index),
        rests_on=_rests_on(verdict, step),
        limit=verdict.assessment.get("threshold"),
        began_at=verdict.began_at,
        ended_at=verdict.ended_at,
        is_shared=verdict.group_size > 1,
        essence=essence(verdict.assessment),
    )


def _counted(verdict: Verdict, start: int, step: int, deploy_index: int) -> range:
    """Return the buckets that the verdict rests on: from the first whole one on."""
    first = deploy_index + 1
    if verdict.began_at is not None and (verdict.began_at.timestamp() - start) % step == 0:
        first = deploy_index
    return range(first, min(first + _rests_on(verdict, step), len(verdict.picture)))


def _rests_on(verdict: Verdict, step: int) -> int:
    return verdict.minutes_of_data * 60 // step


def _end_index(verdict: Verdict, start: int, step: int) -> int | None:
    index = int(verdict.ended_at.timestamp() - start) // step if verdict.ended_at else None
    return index if index is not None and index < len(verdict.picture) else None


def _expected(band: dict[str, Any] | None, start: int, step: int) -> Iterator[Expected]:
    if band:
        first = (band["start"] - start) // step
        for index, (low, high) in enumerate(zip(band["low"], band["high"], strict=True)):
            yield Expected(first + index, low, high)


def _upcoming(counts: list[int | None], start: int, step: int, known_until: float) -> int:
    """Count the buckets at the end that cannot have been collected yet."""
    due = (known_until - start) // step
    from_the_end = zip(reversed(range(len(counts))), reversed(counts), strict=True)
    return sum(1 for _ in takewhile(lambda each: each[1] is None and each[0] >= due, from_the_end))


@lru_cache(maxsize=MOST_KEPT)
def _coarse(picture: Picture) -> Picture:
    size = -(-len(picture.counts) // MOST_SMALL_BUCKETS)
    before = picture.counts[: picture.deploy_index]
    after = picture.counts[picture.deploy_index + 1 :]
    before = before[len(before) % size :]
    sums_after = sums(after[: max(0, len(after) - picture.upcoming)], size)
    upcoming = -(-len(after) // size) - len(sums_after)
    return Picture(
        start=picture.start,
        step_seconds=picture.step_seconds * size,
        deploy_index=len(before) // size,
        counts=(*sums(before, size), *sums_after, *[None] * upcoming),
        upcoming=upcoming,
    )
