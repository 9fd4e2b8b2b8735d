"""From stored counts to how an environment has been: what each source says, put together."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import select

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health import strips, words
from sleuth.health.detector import strip as detector
from sleuth.health.detector.strip import StripValue
from sleuth.health.judging import settings_of
from sleuth.health.spans import BASELINE
from sleuth.health.strips import Strip
from sleuth.impact import schedule, series, sweeps
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import sources_of_environment

SECONDS_OF_WORK = 20.0
PATIENCE_SECONDS = int(strips.PATIENCE.total_seconds())

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one source says.

    Args:
        values: Oldest first, each ``seconds`` long.
        complete_until: How far its counts go, in epoch seconds; 0 without any.
        silence: Why it says nothing, if that is not for want of counts: paused or failed.
    """

    values: Sequence[StripValue]
    seconds: int
    complete_until: int
    silence: str = ""


def refresh_due() -> None:
    """Look again at the environments that are due, for 20 s at most; the tick goes on."""
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while time.monotonic() < stop_at and (ids := strips.claim(clock.now())):
        for environment_id in ids:
            _refresh(environment_id)


def _refresh(environment_id: int) -> None:
    now = clock.now()
    sources = sources_of_environment(environment_id)
    deploys = _deploys(environment_id, now)
    sights = [_look(source, deploys, now) for source in sources]
    if sights:
        strips.store(environment_id, combine(sights, int(now.timestamp())), now)


def _deploys(environment_id: int, now: datetime) -> list[int]:
    deployed = db.session.scalars(
        select(Deploy.deployed_at)
        .where(
            Deploy.environment_id == environment_id,
            Deploy.deployed_at > now - BASELINE,
            Deploy.deployed_at <= now,
        )
        .order_by(Deploy.deployed_at)
    )
    return [int(moment.timestamp()) for moment in deployed]


def _look(source: ImpactSource, deploys: Sequence[int], now: datetime) -> Sight:
    step, moment = source.interval_seconds, int(now.timestamp())
    last = moment - moment % step
    first = last - int(BASELINE.total_seconds()) // step * step
    until = source.complete_until
    sight = Sight((), detector.window_seconds(step), int(until.timestamp()) if until else 0)
    if source.paused_at is not None or source.integration.paused_at is not None:
        sight = replace(sight, silence="paused")
    try:
        starts, counts = series.read_arrays(source.id, first, last, step)
        values = detector.health_strip(
            starts,
            counts,
            moment,
            deploys,
            step_seconds=step,
            settings=settings_of(source.environment),
            threshold=source.manually_set_health_threshold,
        )
    except ValueError:
        # A series that is refused is no reason to leave other environments without theirs.
        log.exception("Impact source %s cannot be surveyed.", source.id)
        return replace(sight, silence="failed")
    if sweeps.is_awaited(source.id, first):
        values = [
            replace(each, reason="pending") if each.health == "unknown" else each for each in values
        ]
    if source.warning and not any(count > 0 for count in counts):
        # What the tracker has never seen has no errors however bad it is; maybe it is mistyped.
        values = [replace(each, health="unknown", reason="too_few_errors") for each in values]
    return replace(sight, values=values)


def combine(sights: Sequence[Sight], now: int) -> Strip:
    """Lay the sources' windows over each other: the worst known source decides each.

    The windows are as long as the shortest of any source. They end with the last that any
    source can tell of, and go on without counts if these are three minutes late.

    Args:
        now: Epoch seconds.
    """
    seconds = min(each.seconds for each in sights)
    known = min(max(each.complete_until for each in sights), now)
    end = max(known, now - PATIENCE_SECONDS) // seconds * seconds
    starts = range(end - detector.window_count(seconds) * seconds, end, seconds)
    collected = [each.complete_until for each in sights if each.silence != "paused"] or [end]
    return Strip(
        windows=[asdict(_window(sights, start, seconds)) for start in starts],
        window_seconds=seconds,
        next_end_at=schedule.from_epoch(end + seconds),
        next_whole_at=schedule.from_epoch(min(collected) // seconds * seconds + seconds),
    )


def _window(sights: Sequence[Sight], start: int, seconds: int) -> StripValue:
    seen = [_inside(sight, start, start + seconds) for sight in sights]
    health, reason = words.overall(seen)
    # What a source counts in longer windows cannot be told of this one.
    exact = [each for each, sight in zip(seen, sights, strict=True) if sight.seconds == seconds]
    observed = _sum(each.observed for each in exact)
    expected = _sum(each.expected for each in exact)
    return StripValue(
        start,
        health,
        reason,
        None if observed is None else int(observed),
        None if expected is None else round(expected, 3),
    )


def _inside(sight: Sight, start: int, until: int) -> StripValue:
    """Return what a source says of a window, the worst if several of its own touch it."""
    touching = [
        each for each in sight.values if each.start < until and each.start + sight.seconds > start
    ]
    whole = [each for each in touching if each.health != "unknown" or each.reason != "gap"]
    if whole:
        health, reason = words.overall(whole)
        return replace(whole[0], health=health, reason=reason)
    if sight.silence:
        return StripValue(start, "unknown", sight.silence)
    reason = "pending" if until > sight.complete_until else "gap"
    return StripValue(start, "unknown", reason)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
