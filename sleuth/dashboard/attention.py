"""What needs somebody's attention: broken integrations, what they affect, and who can mend them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from sleuth.extensions import db
from sleuth.health.models import Verdict
from sleuth.impact import states, tallying
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations import trouble
from sleuth.integrations.models import Integration
from sleuth.integrations.service import integrations_of, registry
from sleuth.plugin_api import TrackerInfo
from sleuth.trackers import name_of

LISTED = (State.NEEDS_ATTENTION, State.WITHOUT_PLUGIN)


@dataclass(frozen=True, slots=True)
class Item:
    """One integration that somebody has to look at.

    Args:
        info: None if the tracker's plugin is gone.
        troubled: The sources that get no counts; all of them if the token is refused, or if
            the plugin is gone.
        pending: Verdicts that wait for counts of these sources.
    """

    info: TrackerInfo | None
    integration: Integration
    troubled: list[ImpactSource]
    pending: int
    since: datetime | None

    @property
    def provider(self) -> str:
        return self.integration.provider

    @property
    def name(self) -> str:
        return name_of(self.provider)

    @property
    def is_the_operators(self) -> bool:
        """Whether nobody but whoever runs the server can mend it."""
        return self.info is None or self.integration.last_error == trouble.UNREADABLE

    @property
    def state(self) -> State:
        """How the integration feels; without its plugin nothing of it has failed."""
        return State.NEEDS_ATTENTION if self.info else State.WITHOUT_PLUGIN

    @property
    def is_refused(self) -> bool:
        """Whether the token is what has to be mended."""
        return trouble.is_refused(self.integration)

    @property
    def projects(self) -> list[str]:
        return sorted({source.project.name for source in self.troubled})


def items(organization_id: int, now: datetime) -> list[Item]:
    """Return what needs attention in an organization, by tracker."""
    found = []
    for provider, integration in sorted(integrations_of(organization_id).items()):
        tracker = registry().get(provider)
        if states.feeling(integration, now).state in LISTED:
            found.append(_item(tracker.info if tracker else None, integration, now))
    return found


def count(organization_id: int) -> int:
    """Return how many integrations need attention, as was last announced; one statement."""
    return int(
        db.session.scalar(
            select(func.count())
            .select_from(Integration)
            .where(
                Integration.organization_id == organization_id,
                or_(*(Integration.announced.startswith(state) for state in LISTED)),
            )
        )
        or 0
    )


def _item(info: TrackerInfo | None, integration: Integration, now: datetime) -> Item:
    troubled = tallying.troubled_sources(integration, now)
    waiting = (min(now, states.waiting_since(each, integration)) for each in troubled)
    since = min(waiting, default=None)
    if trouble.is_refused(integration):
        since = integration.failing_since
    return Item(info, integration, troubled, _pending(troubled), since)


def _pending(troubled: list[ImpactSource]) -> int:
    ids = [source.id for source in troubled]
    waiting = select(func.count()).where(
        Verdict.impact_source_id.in_(ids), Verdict.due_at.is_not(None)
    )
    return int(db.session.scalar(waiting) or 0)
