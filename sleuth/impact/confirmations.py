"""How far a source's counts can be trusted: what was confirmed when, and what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sleuth.buckets import MINUTE, bucket_name, duration
from sleuth.impact import schedule, series
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.schedule import Window

DAYS_SHOWN = 28
HOURS_A_DAY = 24


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
    words = duration(again // MINUTE, step)
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


def unknown_ranges(source: ImpactSource, now: datetime) -> list[Window]:
    """Return the ranges of the source's history that nothing is known of, oldest first."""
    if source.complete_until is None:
        return []
    begin = schedule.sweep_since(SweepKind.ALL, source.history_days, now, source.interval_seconds)
    end = int(source.complete_until.timestamp())
    unknown = []
    for since, until in [*series.covered(source.id, begin, end), (end, end)]:
        if since > begin:
            unknown.append(Window(schedule.from_epoch(begin), schedule.from_epoch(since)))
        begin = max(begin, until)
    return unknown


def errors_a_day(source: ImpactSource, now: datetime) -> list[tuple[datetime, int | None]]:
    """Return the errors of each whole day (UTC) shown; None where one is not wholly known."""
    end = schedule.floor_to(now, 86_400)
    begin = end - timedelta(days=DAYS_SHOWN)
    hours = series.read_hours(source.id, int(begin.timestamp()), int(end.timestamp()))
    days = [hours[first : first + HOURS_A_DAY] for first in range(0, len(hours), HOURS_A_DAY)]
    return [
        (begin + timedelta(days=number), None if None in day else sum(filter(None, day)))
        for number, day in enumerate(days)
    ]
