"""Going through the months of impact sources, slot by slot, as the counts come in.

Loads NumPy, so only workers import it.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import select

from sleuth import clock, queue
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health import detector
from sleuth.health.placebo import turns
from sleuth.health.placebo.moments import SLOTS, candidates
from sleuth.health.placebo.trying import try_moments
from sleuth.health.placebo.turns import Turn
from sleuth.health.spans import BASELINE
from sleuth.impact import schedule, sweeps
from sleuth.impact.models import ImpactSource

SECONDS_OF_WORK = 5.0
"""Once a minute. Nobody waits for it, and pages are slower while it is done. Ten thousand impact
sources with two slots a day need less than 2 s of it: 50 ms a slot, and as much to take it."""

AFTER = timedelta(hours=2)
"""How long after a slot its last moment is judged: an hour for the looks, as much for buckets."""

LATE = timedelta(minutes=10)
"""Counts come some minutes after their time; who asks for them before asks twice."""

PATIENCE = timedelta(days=2)
"""A slot whose counts have not come by then is left out."""

PAUSE = timedelta(minutes=30)


def sample_due() -> None:
    """Try the placebo deploys that are due, and begin none after 5 s; the tick goes on."""
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while time.monotonic() < stop_at and not queue.is_stopping():
        turn = turns.claim(clock.now())
        if turn is None:
            return
        _take(turn, stop_at)


def _take(turn: Turn, stop_at: float) -> None:
    """Go through the slots of a month whose counts are there.

    Each is kept on its own, so that a job that is killed loses one, which is tried again.
    """
    source = db.session.get(ImpactSource, turn.source_id)
    if source is None:
        return
    now = clock.now()
    if _is_awaited(source, turn):
        turns.give_back(turn, now + PAUSE)
        return
    deploys, settings = _deploys(source, turn), detector.SENSITIVITIES[turn.sensitivity]
    for slot in range(turn.slot, SLOTS):
        if not _is_ripe(source, turn, slot, now):
            turns.give_back(turn, max(now + PAUSE, _end(turn, slot) + AFTER + LATE))
            return
        if time.monotonic() >= stop_at or queue.is_stopping():
            break
        moments = candidates(turn.source_id, turn.month, slot)
        outcome = try_moments(source, moments, deploys, settings)
        if not turns.keep(turn, slot, outcome):
            return
    turns.give_back(turn, None)


def _is_awaited(source: ImpactSource, turn: Turn) -> bool:
    """Tell whether the past that a slot is compared with is still being read the first time."""
    since, _ = turn.month.slot(turn.slot)
    return sweeps.is_awaited(source.id, since - int(BASELINE.total_seconds()))


def _is_ripe(source: ImpactSource, turn: Turn, slot: int, now: datetime) -> bool:
    end, reached = _end(turn, slot), source.complete_until
    return (reached is not None and reached >= end + AFTER) or now >= end + PATIENCE


def _end(turn: Turn, slot: int) -> datetime:
    return schedule.from_epoch(turn.month.slot(slot)[1])


def _deploys(source: ImpactSource, turn: Turn) -> list[int]:
    month = turn.month
    deployed = db.session.scalars(
        select(Deploy.deployed_at)
        .where(
            Deploy.environment_id == source.environment_id,
            Deploy.deployed_at >= schedule.from_epoch(month.since) - BASELINE,
            Deploy.deployed_at < schedule.from_epoch(month.until) + AFTER,
        )
        .order_by(Deploy.deployed_at)
    )
    return [int(moment.timestamp()) for moment in deployed]
