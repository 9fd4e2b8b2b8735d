"""Sweeps: reading the past again, page by page, until each range is confirmed.

Call the functions that change rows inside ``with write():``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from sleuth.extensions import db
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource, Sweep, SweepKind

CONFIRMED_TOO = {
    SweepKind.ALL: (SweepKind.WEEK, SweepKind.DAY),
    SweepKind.WEEK: (SweepKind.DAY,),
}


READ_AGAIN = {SweepKind.DAY, SweepKind.WEEK, SweepKind.ALL}
NOTHING_TO_TELL_BY = "No errors came in that day, so there was nothing to tell it by."


@dataclass(frozen=True, slots=True)
class Run:
    """What is left of one run of a sweep: ``[since, reached)`` in epoch seconds."""

    since: int
    reached: int
    started_from: int
    started_at: datetime


def start_over(source: ImpactSource, now: datetime) -> None:
    """Forget how far a source's past was read, and read it again from now on.

    Its filters have been proven by whoever saved it.
    """
    db.session.execute(delete(Sweep).where(Sweep.impact_source_id == source.id))
    db.session.add_all(
        Sweep(
            impact_source_id=source.id,
            integration_id=source.integration_id,
            kind=kind,
            scheduled_at=now,
            due_at=now if kind == SweepKind.ALL else schedule.next_sweep_at(kind, source.id, now),
            confirmed_at=now if kind == SweepKind.FILTERS else None,
        )
        for kind in schedule.SWEEP_INTERVALS
    )


def sweeps_of(source_ids: Sequence[int]) -> dict[int, dict[SweepKind, Sweep]]:
    """Return the sweeps of each source by kind."""
    found: dict[int, dict[SweepKind, Sweep]] = {id_: {} for id_ in source_ids}
    for sweep in db.session.scalars(select(Sweep).where(Sweep.impact_source_id.in_(source_ids))):
        found[sweep.impact_source_id][SweepKind(sweep.kind)] = sweep
    return found


def run_of(sweep: Sweep, source: ImpactSource, now: datetime, look_back_days: int) -> Run | None:
    """Return the run that is under way, or one that begins now; None with nothing to read.

    Args:
        look_back_days: How far back the tracker can be asked. All of it is tried each time
            that everything is read, because a tracker may keep more than it did.
    """
    if sweep.since is not None and sweep.reached is not None and sweep.started_from is not None:
        return Run(sweep.since, sweep.reached, sweep.started_from, sweep.started_at or now)
    if source.complete_until is None:
        return None
    kind, step = SweepKind(sweep.kind), source.interval_seconds
    is_whole = kind == SweepKind.ALL
    days = schedule.history_days(look_back_days) if is_whole else source.history_days
    since = schedule.sweep_since(kind, days, now, step)
    until = int(min(source.complete_until, schedule.floor_to(now, step)).timestamp())
    return Run(since, until, until, now) if since < until else None


def fill_in(source: ImpactSource, since: datetime, until: datetime, now: datetime) -> None:
    """Have a range that was missed read behind the present, with any other that still is."""
    oldest = schedule.sweep_since(SweepKind.ALL, source.history_days, now, source.interval_seconds)
    begin, end = max(int(since.timestamp()), oldest), int(until.timestamp())
    if begin >= end:
        return
    sweep = db.session.get(Sweep, (source.id, SweepKind.GAP))
    if sweep is None:
        sweep = Sweep(
            impact_source_id=source.id, integration_id=source.integration_id, kind=SweepKind.GAP
        )
        db.session.add(sweep)
    sweep.since = min(begin, sweep.since or begin)
    sweep.reached = sweep.started_from = max(end, sweep.reached or end)
    sweep.started_at, sweep.due_at, sweep.scheduled_at = now, now, now


def advance(
    sweeps: dict[SweepKind, Sweep],
    kind: SweepKind,
    run: Run,
    reached: int,
    source: ImpactSource,
    now: datetime,
    *,
    is_at_retention: bool = False,
) -> bool:
    """Note that a page of a run is stored, down to ``reached``; tell whether it is done.

    Nothing changes if the sweep has moved on or begun anew since the page was asked for.
    """
    sweep = sweeps.get(kind)
    if sweep is None or not _goes_on(sweep, run):
        return False
    sweep.last_error, sweep.failure_count = "", 0
    sweep.since, sweep.reached, sweep.started_from = run.since, reached, run.started_from
    sweep.started_at, sweep.due_at, sweep.scheduled_at = run.started_at, now, now
    if reached > run.since and not is_at_retention:
        return False
    _finish(sweeps, kind, run, source, now)
    return True


def _goes_on(sweep: Sweep, run: Run) -> bool:
    """Tell whether a run is the one under way, or the first page of the next."""
    if sweep.reached is not None:
        return sweep.reached == run.reached
    return run.reached == run.started_from and run.started_at >= sweep.scheduled_at


def _finish(
    sweeps: dict[SweepKind, Sweep],
    kind: SweepKind,
    run: Run,
    source: ImpactSource,
    now: datetime,
) -> None:
    if kind == SweepKind.GAP:
        db.session.delete(sweeps.pop(kind))
        return
    _confirm(sweeps[kind], run.started_at, source, now)
    for within in CONFIRMED_TOO.get(kind, ()):
        sweep = sweeps.get(within)
        if sweep is not None and not _is_younger(sweep, run.started_at):
            _confirm(sweep, run.started_at, source, now)


def _is_younger(sweep: Sweep, moment: datetime) -> bool:
    """Tell whether a sweep has read its range since, or is about to have."""
    moments = (sweep.confirmed_at, sweep.started_at)
    return any(each is not None and each >= moment for each in moments)


def _confirm(sweep: Sweep, read_at: datetime, source: ImpactSource, now: datetime) -> None:
    sweep.since = sweep.reached = sweep.started_from = sweep.started_at = None
    sweep.confirmed_at = read_at
    sweep.last_error, sweep.failure_count = "", 0
    sweep.due_at = schedule.next_sweep_at(SweepKind(sweep.kind), source.id, read_at)
    sweep.scheduled_at = now


def note_proof(
    sweep: Sweep, source: ImpactSource, asked_at: datetime, now: datetime, *, is_conclusive: bool
) -> None:
    """Note that the tracker was not seen to ignore the source's filters."""
    _confirm(sweep, asked_at, source, now)
    if not is_conclusive:
        sweep.last_error = NOTHING_TO_TELL_BY


def prove_soon(sweeps: dict[SweepKind, Sweep], now: datetime) -> None:
    """Have the filters proven that all of the past was just read with, as soon as there is time."""
    if (sweep := sweeps.get(SweepKind.FILTERS)) is not None:
        sweep.due_at, sweep.scheduled_at = now + schedule.BEFORE_A_PROOF, now


def note_failure(sweep: Sweep, message: str, due_at: datetime, now: datetime) -> None:
    """Note that a page could not be had, and when to ask again."""
    sweep.last_error, sweep.failure_count = message, sweep.failure_count + 1
    sweep.due_at, sweep.scheduled_at = due_at, now


def forget_confirmations(sweeps: dict[SweepKind, Sweep], now: datetime) -> None:
    """Take back what was confirmed of a past that is not to be trusted; read it again."""
    for kind in READ_AGAIN & sweeps.keys():
        sweep = sweeps[kind]
        sweep.since = sweep.reached = sweep.started_from = sweep.started_at = None
        sweep.confirmed_at = None
        sweep.due_at = sweep.scheduled_at = now


def is_awaited(source_id: int, since: int) -> bool:
    """Tell whether counts from ``since`` (epoch seconds) on are still being read the first time."""
    sweeps = sweeps_of([source_id])[source_id]
    gap, whole = sweeps.get(SweepKind.GAP), sweeps.get(SweepKind.ALL)
    if gap is not None and gap.reached is not None and since < gap.reached:
        return True
    if whole is None or whole.confirmed_at is not None:
        return False
    return whole.reached is None or since < whole.reached
