"""How impact sources and integrations feel: derived from rows and the clock, stored nowhere."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import joinedload

from sleuth.extensions import db
from sleuth.impact import intervals
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import sources_where
from sleuth.integrations import trouble
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration
from sleuth.integrations.rechecking import latest_rechecks
from sleuth.integrations.service import has_plugin
from sleuth.projects.models import Project

MISSED_BEFORE_LATE = 3
PATIENCE = timedelta(minutes=15)
MISSED_BEFORE_ATTENTION = 4
"""Intervals, for trackers that count by the hour."""

QUIET_SHOWN = 3
HURRY_SHOWN = timedelta(minutes=2)
"""So long a wish to collect at once is shown as being fulfilled."""


class State(enum.StrEnum):
    """How an integration or an impact source feels."""

    NOT_CONNECTED = "not_connected"
    CHECKING = "checking"
    CONNECTED = "connected"
    LATE = "late"
    NEEDS_ATTENTION = "needs_attention"
    PAUSED = "paused"
    WITHOUT_PLUGIN = "without_plugin"


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


class Measured(Protocol):
    """What of a source decides how it feels: the source, or a row with these columns."""

    paused_at: datetime | None
    expected_at: datetime
    collected_at: datetime | None
    interval_seconds: int


def state_of_source(source: ImpactSource, now: datetime) -> State:
    """Return how a source feels; reads its integration, too."""
    return state_of(source, source.integration, now)


def state_of(source: Measured, integration: Integration, now: datetime) -> State:
    """Return how a source of an integration feels."""
    if not has_plugin(integration):
        return State.WITHOUT_PLUGIN
    if source.paused_at is not None or integration.paused_at is not None:
        return State.PAUSED
    waited = now - waiting_since(source, integration)
    if intervals.is_outdated(integration.provider, source.interval_seconds):
        return State.NEEDS_ATTENTION
    if trouble.is_refused(integration) or waited >= _attention_after(source.interval_seconds):
        return State.NEEDS_ATTENTION
    if waited >= _late_after(source.interval_seconds):
        return State.LATE
    return State.CHECKING if source.collected_at is None else State.CONNECTED


def waiting_since(source: Measured, integration: Integration) -> datetime:
    """Return since when a source's next counts should have been there; pauses do not count."""
    resumed_at = integration.resumed_at
    return max(source.expected_at, resumed_at) if resumed_at else source.expected_at


def state_of_integration(integration: Integration, tally: Tally, now: datetime) -> State:
    """Return how an integration feels: as bad as its worst source.

    What is wrong with the integration itself shows at its sources, unless it has none.
    """
    if not has_plugin(integration):
        return State.WITHOUT_PLUGIN
    if integration.paused_at is not None:
        return State.PAUSED
    if trouble.is_refused(integration) or tally.troubled:
        return State.NEEDS_ATTENTION
    failing_since = integration.failing_since
    if tally.sources == tally.paused and failing_since and now - failing_since >= PATIENCE:
        return State.NEEDS_ATTENTION
    if trouble.is_doubted(integration):
        return State.CHECKING
    return State.LATE if tally.late else State.CONNECTED


@dataclass(frozen=True, slots=True)
class Feeling:
    """All that a card says of a connected integration.

    Args:
        waiting: The sources that are late or worse.
        recheck: What came of the last wish to have the token checked.
        quiet: The first few of the sources that have fallen silent.
        is_collecting: Whether counts that somebody wished for at once are still to come.
    """

    state: State
    tally: Tally
    waiting: list[ImpactSource]
    recheck: ConnectionCheck | None
    quiet: list[ImpactSource]
    is_collecting: bool

    @property
    def is_rechecking(self) -> bool:
        return self.recheck is not None and self.recheck.state == CheckState.RUNNING


def feeling(integration: Integration, now: datetime) -> Feeling:
    """Return how an integration feels, and why."""
    return feelings([integration], now)[integration.provider]


def feelings(integrations: Collection[Integration], now: datetime) -> dict[str, Feeling]:
    """Return how the integrations of an organization feel, by provider.

    However many there are, it takes three statements.
    """
    ids = [each.id for each in integrations]
    counted, rechecks = tallies(now, ids), latest_rechecks(ids)
    told = [id_ for id_, each in counted.items() if each.late or each.quiet]
    waiting, quiet = _told_sources(told, now) if told else ({}, {})
    return {
        each.provider: Feeling(
            state_of_integration(each, counted.get(each.id, Tally()), now),
            counted.get(each.id, Tally()),
            waiting.get(each.id, []),
            _news(each, rechecks.get(each.id)),
            sorted(quiet.get(each.id, []), key=_quiet_since)[:QUIET_SHOWN],
            _is_hurried(each, counted.get(each.id, Tally()), now),
        )
        for each in integrations
    }


def _quiet_since(source: ImpactSource) -> tuple[datetime | None, int]:
    return source.quiet_since, source.id


def _is_hurried(integration: Integration, tally: Tally, now: datetime) -> bool:
    """Tell whether a source is still due since somebody asked for all to be collected."""
    hurried_at, due_at, retry_at = integration.hurried_at, tally.due_at, integration.retry_at
    if hurried_at is None or due_at is None or (retry_at is not None and retry_at > now):
        return False
    return due_at <= hurried_at and timedelta() <= now - hurried_at < HURRY_SHOWN


def _news(integration: Integration, recheck: ConnectionCheck | None) -> ConnectionCheck | None:
    """Return what a wish came to, unless the token has been seen to work since."""
    proven_at = integration.proven_at
    if recheck is None or recheck.state == CheckState.RUNNING or proven_at is None:
        return recheck
    return recheck if recheck.created_at >= proven_at else None


def tally(integration: Integration, now: datetime) -> Tally:
    """Return what can be said of the sources of an integration."""
    return tallies(now, [integration.id]).get(integration.id, Tally())


def tallies(now: datetime, integration_ids: Collection[int] | None = None) -> dict[int, Tally]:
    """Return what can be said of sources, by integration.

    Args:
        integration_ids: Those that are asked about; all that have sources if None.
    """
    is_paused = ImpactSource.paused_at.is_not(None)
    late, troubled = _has_waited(now, _late_after), _has_waited(now, _attention_after)
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


SourcesOf = dict[int, list[ImpactSource]]


def _told_sources(integration_ids: Collection[int], now: datetime) -> tuple[SourcesOf, SourcesOf]:
    """Return the sources that are late or worse and the quiet ones, by project and name."""
    is_waiting, is_quiet = _has_waited(now, _late_after), ImpactSource.quiet_since.is_not(None)
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
    return sources_where(and_(is_running, _has_waited(now, _attention_after)))


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


def _late_after(step_seconds: int) -> timedelta:
    return MISSED_BEFORE_LATE * timedelta(seconds=step_seconds)


def _attention_after(step_seconds: int) -> timedelta:
    return max(PATIENCE, MISSED_BEFORE_ATTENTION * timedelta(seconds=step_seconds))
