"""What is to be asked of a tracker next, for one integration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import load_only

from sleuth.extensions import db
from sleuth.impact import leases, schedule, sweeps
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.schedule import Window
from sleuth.impact.sweeps import Run
from sleuth.plugin_api import ImpactConfig

MOST_NEWEST = 100
"""As many as a turn can ask, at five a second."""

MOST_SWEEPS = 40
NEWEST_BEFORE_A_SWEEP = 4

_WHAT_IS_ASKED = load_only(
    ImpactSource.integration_id,
    ImpactSource.error_org_key,
    ImpactSource.error_project_key,
    ImpactSource.error_environment,
    ImpactSource.attributes,
    ImpactSource.field_values,
    ImpactSource.interval_seconds,
    ImpactSource.complete_until,
    raiseload=True,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """One question.

    Args:
        kind: None for the newest counts.
        run: The run of a sweep that this page belongs to.
        window: None where there is nothing to count: proving filters.
        step_seconds: Width of the source's buckets.
    """

    integration_id: int
    source_id: int
    config: ImpactConfig
    window: Window | None
    step_seconds: int
    kind: SweepKind | None = None
    run: Run | None = None


def tasks_of(integration_id: int, now: datetime, look_back_days: int) -> list[Task]:
    """Return what is due, the newest counts first, and sweeps in between.

    Whoever was asked longest ago comes first, so that where there is always something due,
    all wait equally long.

    However far behind the present is, every fifth question may be about the past, so that
    too much to do delays it but does not end it.

    Args:
        look_back_days: How far back the tracker can be asked.
    """
    newest = db.session.scalars(
        select(ImpactSource)
        .where(ImpactSource.integration_id == integration_id, leases.is_due(now))
        .order_by(ImpactSource.scheduled_at.nulls_first(), ImpactSource.id)
        .limit(MOST_NEWEST)
        .options(_WHAT_IS_ASKED)
    )
    due_sweeps = db.session.execute(
        select(Sweep, ImpactSource)
        .where(Sweep.integration_id == integration_id, leases.is_sweep_due(now))
        .order_by(Sweep.kind != SweepKind.GAP, Sweep.due_at, Sweep.impact_source_id)
        .limit(MOST_SWEEPS)
    )
    past = (
        task
        for sweep, source in due_sweeps
        if (task := _sweep_task(sweep, source, now, look_back_days))
    )
    return list(_interleaved([_newest_task(source, now) for source in newest], past))


def _newest_task(source: ImpactSource, now: datetime) -> Task:
    step = source.interval_seconds
    window = schedule.newest_window(source.complete_until, now, step)
    return Task(source.integration_id, source.id, source.config, window, step)


def _sweep_task(
    sweep: Sweep, source: ImpactSource, now: datetime, look_back_days: int
) -> Task | None:
    kind, step = SweepKind(sweep.kind), source.interval_seconds
    if kind == SweepKind.FILTERS:
        return Task(source.integration_id, source.id, source.config, None, step, kind)
    run = sweeps.run_of(sweep, source, now, look_back_days)
    if run is None:
        return None
    since, until = schedule.page_of(run.since, run.reached, step, sweep.failure_count)
    window = Window(schedule.from_epoch(since), schedule.from_epoch(until))
    return Task(source.integration_id, source.id, source.config, window, step, kind, run)


def _interleaved(first: Sequence[T], second: Iterable[T]) -> Iterator[T]:
    ahead, behind = iter(first), iter(second)
    while some := list(islice(ahead, NEWEST_BEFORE_A_SWEEP)):
        yield from some
        yield from islice(behind, 1)
    yield from behind
