"""What a deploy card says of each impact source, from the verdict's own words and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sleuth.buckets import (
    DAY,
    HOUR,
    MINUTE,
    bucket_name,
    duration,
    per_unit,
    period_name,
    rate_words,
)
from sleuth.dashboard.links import web_address
from sleuth.dashboard.new_errors import NewKinds
from sleuth.dashboard.pictures import Picture, picture_of
from sleuth.dashboard.waiting import Trouble
from sleuth.health.by_hand.answering import Question
from sleuth.health.explaining import in_short
from sleuth.health.models import Verdict
from sleuth.health.quantities import span
from sleuth.integrations.service import registry

SOON = HOUR // MINUTE
"""Minutes of data up to which looks follow each other so closely that one waits for the next."""

UNKNOWN_BECAUSE = {
    "pending": "not recorded yet",
    "gap": "a gap in the collected counts",
    "replaced": "replaced by the next deploy at once",
    "short_history": "less than two days of counts before the deploy",
    "restart": "only the errors that restarts usually bring",
    "mixed": "a rise and a fall",
    "too_few_errors": "too few errors to tell",
    "no_source": "the impact source was removed first",
    "paused": "collecting is paused",
    "failed": "a fault of Sleuth's own",
}

KNOWN_BECAUSE = {"new_errors": "new kinds of errors"}


def because_of(health: str, reason: str) -> str:
    """Return why a health is unknown, or known though counts do not tell; else ""."""
    return (UNKNOWN_BECAUSE if health == "unknown" else KNOWN_BECAUSE).get(reason, "")


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """A deploy's health as one impact source saw it.

    Args:
        source: The impact source's name.
        tracker: Name of the error tracker.
        is_gone: The impact source is no longer there; the words stay.
        is_disconnected: It is gone because its tracker was disabled.
        has_plugin: The tracker's plugin is loaded.
        rate_before, rate_after: Average errors a minute, as expected and as they came.
        group_size, group_index: Of how many deploys that share it this is the verdict, and
            on which of them.
        figures: What the verdict rests on, by the detector's names.
        explore_url: The tracker's own view of these minutes, or "".
        revised_at: When late counts made another verdict of a final one, None if never.
        assessed_at: When it was last judged, None if never.
        new_errors: What the tracker first saw after the deploy, None if it cannot tell.
        question: What people are asked about it, None while it says nothing.
        trouble: Why no counts come in that it waits for, None if they do, or it waits for none.
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
    group_size: int
    group_index: int
    verdict_id: int
    public_id: str
    assessed_at: datetime | None
    new_errors: NewKinds | None = None
    question: Question | None = None
    trouble: Trouble | None = None

    @property
    def has_rates(self) -> bool:
        return self.rate_before is not None and self.rate_after is not None

    @property
    def is_told_by_counts(self) -> bool:
        """Whether the counts made the health, so that their change carries its colour."""
        return self.health != "unknown" and self.reason != "new_errors"

    @property
    def limit(self) -> float | None:
        """The user's own limit in errors a minute, if that decided."""
        return self.figures.get("threshold") if self.health != "unknown" else None

    @property
    def is_pending(self) -> bool:
        return not self.is_final and not self.is_gone

    @property
    def is_soon(self) -> bool:
        """Whether it may change within minutes, so that waiting for it makes sense."""
        return self.is_pending and self.minutes_of_data < SOON

    @property
    def outlook(self) -> str:
        """Whether more is to come: "final", "next look at 2 hours"."""
        if self.is_gone and not self.is_final:
            return "cut short"
        return in_short({**self.figures, "is_final": self.is_final})

    @property
    def short_history(self) -> str:
        """How much of the past was known, if that was little; else ""."""
        if self.health == "unknown" or not self.figures.get("is_short_history"):
            return ""
        return span(self.figures.get("history_days", 0.0) * DAY)

    @property
    def shared_within(self) -> str:
        """How close together deploys share a verdict."""
        return duration(self.figures.get("window_minutes", 0), MINUTE)

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

    def told(self, per_minute: float) -> float:
        """Return an average as it is told: a minute, an hour or a day."""
        return per_unit(per_minute, self.step_seconds)

    @property
    def counted_for(self) -> str:
        """For how long errors were counted after the deploy, "" if not at all."""
        return duration(self.minutes_of_data, self.step_seconds) if self.minutes_of_data else ""

    @property
    def because(self) -> str:
        """Why the health is unknown, or known though counts do not tell; else empty."""
        if self.reason == "replaced" and self.is_coarse:
            return f"replaced before a whole {period_name(self.step_seconds)} had passed"
        return because_of(self.health, self.reason)


def tracker_names() -> dict[str, str]:
    """Return the names of the error trackers that are loaded, by provider."""
    return {slug: each.info.name for slug, each in registry().trackers.items()}


def line_of(
    verdict: Verdict,
    trackers: dict[str, str],
    now: datetime,
    *,
    is_watched: bool,
    new_errors: NewKinds | None = None,
    question: Question | None = None,
    trouble: Trouble | None = None,
) -> ImpactLine:
    """Return what a card shows of a verdict.

    Args:
        trackers: As :func:`tracker_names` gives them.
        is_watched: The impact source is there, and its tracker connected.
        trouble: Why no counts of it come in, None if they do.
    """
    has_plugin = verdict.provider in trackers
    waits = is_watched and has_plugin and not verdict.is_final
    return ImpactLine(
        source=verdict.source_name,
        provider=verdict.provider,
        tracker=trackers.get(verdict.provider, verdict.provider.title()),
        health=verdict.health or "unknown",
        reason=verdict.reason,
        is_final=verdict.is_final,
        is_gone=not is_watched,
        is_disconnected=not is_watched and verdict.impact_source_id is not None,
        has_plugin=has_plugin,
        rate_before=verdict.rate_before,
        rate_after=verdict.rate_after,
        minutes_of_data=verdict.minutes_of_data,
        sentence=verdict.sentence,
        picture=picture_of(verdict, now),
        figures=verdict.assessment,
        explore_url=web_address(verdict.assessment.get("explore_url")),
        revised_at=verdict.revised_at,
        group_size=verdict.group_size,
        group_index=verdict.group_index,
        verdict_id=verdict.id,
        public_id=verdict.public_id,
        assessed_at=verdict.assessed_at,
        new_errors=new_errors,
        question=question,
        trouble=trouble if waits else None,
    )
