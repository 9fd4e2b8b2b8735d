"""How impact sources and integrations feel: derived from rows and the clock, stored nowhere."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sleuth.impact import intervals
from sleuth.impact.models import ImpactSource
from sleuth.impact.tallying import (
    PATIENCE,
    Tally,
    attention_after,
    late_after,
    tallies,
    told_sources,
)
from sleuth.integrations import trouble
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration
from sleuth.integrations.rechecking import latest_rechecks
from sleuth.integrations.service import has_plugin

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
    if trouble.is_refused(integration) or waited >= attention_after(source.interval_seconds):
        return State.NEEDS_ATTENTION
    if waited >= late_after(source.interval_seconds):
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
    waiting, quiet = told_sources(told, now) if told else ({}, {})
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
