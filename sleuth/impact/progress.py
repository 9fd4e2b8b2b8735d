"""How long the past of an impact source still takes to come in."""

from __future__ import annotations

from datetime import datetime, timedelta

from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.remaining import time_left


def back_fill_left(source: ImpactSource, now: datetime) -> timedelta | None:
    """Return how long it takes until a source's past is collected, at the pace so far.

    Returns:
        None where nothing is missing, or nothing can be said: it has not begun, it fails,
        or the tracker wants to be left alone.
    """
    runs = [sweep for sweep in source.sweeps if _is_first(sweep)]
    retry_at = source.integration.retry_at
    is_held_up = source.paused_at or source.integration.paused_at or (retry_at and retry_at > now)
    if not runs or is_held_up or any(sweep.failure_count for sweep in runs):
        return None
    lefts = [_left(sweep, now) for sweep in runs]
    known = [left for left in lefts if left is not None]
    return max(known) if len(known) == len(lefts) else None


def _is_first(sweep: Sweep) -> bool:
    """Tell whether a range is read that was never known, rather than known and read again."""
    is_first = sweep.kind == SweepKind.ALL and sweep.confirmed_at is None
    return sweep.kind == SweepKind.GAP or is_first


def _left(sweep: Sweep, now: datetime) -> timedelta | None:
    if sweep.reached is None or sweep.started_at is None:
        return None
    return time_left(now - sweep.started_at, sweep.share_done)
