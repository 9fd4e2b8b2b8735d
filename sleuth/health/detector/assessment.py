"""What the detector says of a deploy."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = "3"


@dataclass(frozen=True, slots=True)
class Band:
    """What was expected of each of the first buckets since the deploy, for the chart.

    Args:
        start: Epoch seconds of the first bucket.
        expected: What was most likely.
        low, high: Between these 95 of 100 such buckets lie.
    """

    start: int
    expected: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict and what it rests on.

    Args:
        health: improved, healthy, ailing, unhealthy or unknown.
        reason: Why. Of unknown: pending, gap, replaced, short_history, restart
            (only minutes in which a restart may bring errors at this team's deploys), mixed (a
            rise and a fall) or too_few_errors; of the others: rise, fall, usual, trifle (a
            change too small to matter), common (one as large is seen at many moments),
            above_threshold or
            below_threshold.
        is_final: Whether no later look can change it.
        minutes_of_data: Minutes after the deploy that the verdict rests on: the look.
        known_minutes: How many of these are known.
        observed: Errors in the known minutes.
        expected: Errors expected in these minutes had there been no deploy.
        expected_low, expected_high: Between these 95 of 100 such windows lie.
        ratio: Rate by what was expected, with its 95 % interval; never infinite.
        moments: How many moments were looked at, without a deploy or, where too few are, far
            from one.
        moments_alike: At how many of these the series changed at least as much.
        rarity: How often such a change is seen without a deploy, between 0 and 1.
        evidence: Logarithm to base 10 of how much better a change explains the counts than
            none does; of the direction that explains them better.
        began_after_minutes: When the change began, in minutes after the deploy; None without
            a change.
        smallest_ratio: The smallest rise that could have been seen by now.
        usual_per_minute: Errors a minute that are usual at this time, those of jobs aside.
        threefold_after_minutes: Minutes of data after which a threefold rise would show; None
            if not within the last look.
        history_days: How much of the past is known.
        is_short_history: Whether that is less than a week.
        deploys_learnt_from: How many earlier deploys taught what is normal at one.
        threshold: The user's own limit in errors a minute.
        detected: The health without the user's limit; "" where there is none.
        details: The other numbers and limits with which the verdict can be recomputed.
    """

    health: str
    reason: str
    is_final: bool
    minutes_of_data: int = 0
    known_minutes: int = 0
    observed: int | None = None
    expected: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    moments: int = 0
    moments_alike: int = 0
    rarity: float | None = None
    evidence: float | None = None
    began_after_minutes: int | None = None
    smallest_ratio: float | None = None
    usual_per_minute: float | None = None
    threefold_after_minutes: int | None = None
    history_days: float = 0.0
    is_short_history: bool = False
    deploys_learnt_from: int = 0
    threshold: float | None = None
    detected: str = ""
    band: Band | None = None
    step_seconds: int = 60
    version: str = VERSION
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def rate_before(self) -> float | None:
        """Errors a minute that were expected."""
        if self.expected is None or not self.known_minutes:
            return None
        return self.expected / self.known_minutes

    @property
    def rate_after(self) -> float | None:
        """Errors a minute that came."""
        if self.observed is None or not self.known_minutes:
            return None
        return self.observed / self.known_minutes

    def as_json(self) -> dict[str, Any]:
        """Return JSON-serializable data, enough to recompute the verdict by hand."""
        return asdict(self)
