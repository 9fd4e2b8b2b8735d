"""Asking a tracker what is new, and what its silence means for the next time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from sleuth import clock
from sleuth.extensions import db
from sleuth.health.new_errors.due import may_be_asked
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry
from sleuth.integrations.trouble import MAY_WAIT, readable_credentials
from sleuth.plugin_api import ImpactConfig, NewError, TrackerError

LEASE = timedelta(seconds=90)
"""Longer than a job may take."""

FIRST_RETRY = timedelta(minutes=2)
LONGEST_RETRY = timedelta(minutes=30)
LATER = timedelta(hours=1)
"""After the last look failed; until the deploy is too old to ask about."""

MOST_FAILURES = 5
"""In a row; then the next look is waited for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask the tracker of an impact source.

    Args:
        revision: What was deployed; "" for whatever is new.
    """

    source_id: int
    provider: str
    config: ImpactConfig
    since: datetime
    until: datetime
    revision: str = ""

    def is_still_right(self, source: ImpactSource | None) -> bool:
        """Tell whether the answer is about what the source measures now."""
        return source is not None and source.config == self.config


def askable_source(source_id: int | None, now: datetime) -> ImpactSource | None:
    """Return a source whose tracker may be asked what is new, else None."""
    return db.session.scalar(
        select(ImpactSource)
        .join(Integration, Integration.id == ImpactSource.integration_id)
        .where(ImpactSource.id == source_id, *may_be_asked(now))
    )


def put(question: Question) -> list[NewError] | TrackerError:
    """Ask, outside of any transaction; an error is an answer here, to be kept with the list."""
    integration = db.session.scalar(
        select(Integration)
        .join(ImpactSource, ImpactSource.integration_id == Integration.id)
        .where(ImpactSource.id == question.source_id)
    )
    tracker = registry().get(question.provider)
    if integration is None or tracker is None:
        return TrackerError("The tracker is not connected any more.")
    try:
        credentials = readable_credentials(integration)
        db.session.rollback()
        return tracker.new_errors(
            credentials,
            question.config,
            question.since,
            question.until,
            clock.now(),
            question.revision,
        )
    except TrackerError as error:
        return error


def retry_at(error: TrackerError, failures: int, now: datetime) -> datetime | None:
    """Return when to ask again after some failures in a row; None to wait for the next look.

    As long as the tracker wishes, and at least longer each time.
    """
    if error.permanent or failures >= MOST_FAILURES:
        return None
    pause = min(FIRST_RETRY * int(2 ** (failures - 1)), LONGEST_RETRY)
    wish = min(timedelta(seconds=error.retry_after or 0.0), MAY_WAIT)
    return now + max(pause, wish)
