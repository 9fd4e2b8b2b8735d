"""Counts the sources of integrations by how they feel, and finds those that are worth a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import joinedload

from sleuth.extensions import db
from sleuth.impact import intervals
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import sources_where
from sleuth.integrations import trouble
from sleuth.integrations.models import Integration
from sleuth.integrations.service import has_plugin
from sleuth.projects.models import Project

MISSED_BEFORE_LATE = 3
PATIENCE = timedelta(minutes=15)
MISSED_BEFORE_ATTENTION = 4
"""Intervals, for trackers that count by the hour."""

SourcesOf = dict[int, list[ImpactSource]]


@dataclass(frozen=True, slots=True)
class Tally:
    """The impact sources of one integration.

    Args:
        late: Those that lack three intervals of counts, or more, and the troubled ones.
        troubled: Those of them that somebody has to look at.
        collected_at: When the last counts of any came in.
        due_at: When the next are asked for.
        quiet: Those that have had no errors for an unlikely time.
    """

    sources: int = 0
    paused: int = 0
    late: int = 0
    troubled: int = 0
    collected_at: datetime | None = None
    due_at: datetime | None = None
    quiet: int = 0


def late_after(step_seconds: int) -> timedelta:
    """Return how long counts of this interval may be missing until that is worth a word."""
    return MISSED_BEFORE_LATE * timedelta(seconds=step_seconds)


def attention_after(step_seconds: int) -> timedelta:
    """Return how long they may be missing until somebody has to look."""
    return max(PATIENCE, MISSED_BEFORE_ATTENTION * timedelta(seconds=step_seconds))


def tally(integration: Integration, now: datetime) -> Tally:
    """Return what can be said of the sources of an integration."""
    return tallies(now, [integration.id]).get(integration.id, Tally())


def tallies(now: datetime, integration_ids: Collection[int] | None = None) -> dict[int, Tally]:
    """Return what can be said of sources, by integration.

    Args:
        integration_ids: Those that are asked about; all that have sources if None.
    """
    is_paused = ImpactSource.paused_at.is_not(None)
    late, troubled = _has_waited(now, late_after), _has_waited(now, attention_after)
    rows = db.session.execute(
        select(
            ImpactSource.integration_id,
            func.count(),
            func.count().filter(is_paused),
            func.count().filter(and_(~is_paused, late)),
            func.count().filter(and_(~is_paused, troubled)),
            func.max(ImpactSource.collected_at),
            func.min(ImpactSource.due_at).filter(~is_paused),
            func.count().filter(and_(~is_paused, ImpactSource.quiet_since.is_not(None))),
        )
        .where(_of(integration_ids))
        .group_by(ImpactSource.integration_id)
    )
    return {row[0]: Tally(*row[1:]) for row in rows}


def told_sources(integration_ids: Collection[int], now: datetime) -> tuple[SourcesOf, SourcesOf]:
    """Return the sources that are late or worse and the quiet ones, by project and name."""
    is_waiting, is_quiet = _has_waited(now, late_after), ImpactSource.quiet_since.is_not(None)
    rows = db.session.execute(
        select(ImpactSource, is_waiting.label("is_waiting"))
        .join(Project)
        .where(_of(integration_ids), ImpactSource.paused_at.is_(None), or_(is_waiting, is_quiet))
        .options(joinedload(ImpactSource.project), joinedload(ImpactSource.environment))
        .order_by(Project.name, ImpactSource.name, ImpactSource.id)
    )
    waiting, quiet = defaultdict(list), defaultdict(list)
    for source, waits in rows:
        if waits:
            waiting[source.integration_id].append(source)
        if source.quiet_since is not None:
            quiet[source.integration_id].append(source)
    return waiting, quiet


def troubled_sources(integration: Integration, now: datetime) -> list[ImpactSource]:
    """Return the sources of an integration that somebody has to look at, by project and name.

    All that are not paused, if the token is refused or the plugin is gone.
    """
    is_running = and_(_of([integration.id]), ImpactSource.paused_at.is_(None))
    if integration.paused_at is not None:
        return []
    if trouble.is_refused(integration) or not has_plugin(integration):
        return sources_where(is_running)
    return sources_where(and_(is_running, _has_waited(now, attention_after)))


def _of(integration_ids: Collection[int] | None) -> ColumnElement[bool]:
    if integration_ids is None:
        return true()
    return ImpactSource.integration_id.in_(integration_ids)


def _has_waited(now: datetime, limit: Callable[[int], timedelta]) -> ColumnElement[bool]:
    """Whether counts have been missing for longer than a limit, by the interval of a source.

    What was missed while an integration was paused does not count. Of a tracker that counts
    in other buckets now none are coming.
    """
    conditions = [
        and_(
            ImpactSource.interval_seconds == step,
            ImpactSource.expected_at <= now - limit(step),
            ~ImpactSource.integration.has(Integration.resumed_at > now - limit(step)),
        )
        for step in intervals.in_use()
    ]
    return or_(intervals.outdated(), *conditions)
