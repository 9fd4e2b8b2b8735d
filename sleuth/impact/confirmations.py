"""How far a source's counts can be trusted: what was confirmed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sleuth.buckets import MINUTE, bucket_name, duration
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource, Sweep, SweepKind


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is read again regularly.

    Args:
        what: The range, or what is proven.
        every: How often, in words.
        confirmed_at: When it was last read as a whole; None if it has not been yet.
        progress: Per cent of the run under way, None if none is.
        error: Why the last attempt failed, "" if it did not.
        note: What qualifies the last confirmation, "" if nothing does.
    """

    what: str
    every: str
    confirmed_at: datetime | None
    progress: int | None = None
    error: str = ""
    note: str = ""


def confirmations(source: ImpactSource) -> list[Confirmation]:
    """Return what is read again of a source, the youngest range first."""
    step = source.interval_seconds
    sweeps = {SweepKind(sweep.kind): sweep for sweep in source.sweeps}
    again = max(int(schedule.RE_READ.total_seconds()), step)
    words = duration(again // MINUTE, step).removeprefix("1 ")
    every = f"every {bucket_name(step)}"
    newest = Confirmation(f"Last {words}", every, source.collected_at)
    labels = {
        SweepKind.DAY: ("Last 24 hours", "every hour"),
        SweepKind.WEEK: ("Last 7 days", "every day"),
        SweepKind.ALL: (f"Last {source.history_days} days", "every week"),
        SweepKind.FILTERS: ("Project and environment are respected", "every day"),
        SweepKind.GAP: ("What was missed meanwhile", "after an outage"),
    }
    swept = [_confirmation(sweeps[kind], *labels[kind]) for kind in labels if kind in sweeps]
    return [newest, *swept]


def _confirmation(sweep: Sweep, what: str, every: str) -> Confirmation:
    progress = None if sweep.reached is None else int(100 * sweep.share_done)
    has_failed = sweep.failure_count > 0
    return Confirmation(
        what,
        every,
        sweep.confirmed_at,
        progress,
        error=sweep.last_error if has_failed else "",
        note="" if has_failed else sweep.last_error,
    )
