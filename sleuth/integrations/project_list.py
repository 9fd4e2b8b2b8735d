"""The list of a tracker's projects: fetched by a job, kept, refreshed on request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.extensions import db, rows_changed, write
from sleuth.integrations.models import Integration, TrackerProject
from sleuth.integrations.service import PROJECTS_JOB, can_be_asked, registry
from sleuth.integrations.trouble import readable_credentials
from sleuth.plugin_api import RemoteProject, TrackerError
from sleuth.trackers import Tracker, name_of

LEASE = timedelta(seconds=90)
LISTED_EVERY = timedelta(days=1)
"""Projects and organizations are renamed now and then, and move to other regions."""


def due_project_list_ids(now: datetime) -> list[int]:
    """Return the integrations whose list of projects is to be fetched."""
    return list(db.session.scalars(select(Integration.id).where(*_is_list_claimable(now))))


def request_projects(integration: Integration) -> None:
    """Ask for a fresh list of the tracker's projects."""
    integration_id = integration.id
    with write():
        current = db.session.get_one(Integration, integration_id)
        current.projects_due_at = clock.now()
        audit.record(
            current.organization_id,
            "integration.projects_requested",
            name_of(current.provider),
            provider=current.provider,
        )
    queue.enqueue(PROJECTS_JOB, integration_id)


def stale_list_ids(now: datetime) -> list[int]:
    """Return the working integrations whose list of projects is a day old."""
    return list(db.session.scalars(select(Integration.id).where(_is_stale(now))))


def list_again(integration_id: int) -> None:
    """Fetch a list of projects that has become old."""
    now = clock.now()
    with write():
        is_due = rows_changed(
            update(Integration)
            .where(Integration.id == integration_id, _is_stale(now))
            .values(projects_due_at=now)
        )
    if is_due:
        refresh_projects(integration_id)


def refresh_projects(integration_id: int) -> None:
    """Fetch the tracker's projects and keep them; an error is kept beside the old list."""
    integration = _claim_list(integration_id)
    if integration is None:
        return
    tracker = registry().get(integration.provider)
    if tracker is None:
        _note_list_error(integration_id, "This tracker's plugin is no longer installed.")
        return
    try:
        credentials = readable_credentials(integration)
    except TrackerError as error:
        _note_list_error(integration_id, error.message)
        return
    db.session.rollback()
    _fetch_projects(integration_id, tracker, credentials)


def _fetch_projects(integration_id: int, tracker: Tracker, credentials: dict[str, str]) -> None:
    try:
        projects = tracker.list_projects(credentials, clock.now())
    except TrackerError as error:
        _note_list_error(integration_id, error.message)
        return
    with write():
        integration = db.session.get(Integration, integration_id, with_for_update=True)
        if integration is not None and dict(integration.credentials) == credentials:
            keep_projects(integration, projects)


def keep_projects(integration: Integration, projects: Sequence[RemoteProject]) -> None:
    """Keep a fresh list inside ``with write():``, in place of the one before."""
    db.session.execute(
        delete(TrackerProject).where(TrackerProject.integration_id == integration.id)
    )
    unique = {(each.org_key, each.key): each for each in projects}
    db.session.add_all(TrackerProject.from_remote(integration.id, each) for each in unique.values())
    integration.projects_listed_at = clock.now()
    integration.projects_error = ""
    _finish_list(integration)


def _note_list_error(integration_id: int, message: str) -> None:
    with write():
        integration = db.session.get(Integration, integration_id)
        if integration is not None:
            integration.projects_error = message
            _finish_list(integration)


def _finish_list(integration: Integration) -> None:
    integration.projects_due_at = None
    integration.projects_claimed_until = None
    audit.publish(integration.organization_id, "trackerProjectsChanged", integration.provider)


def _claim_list(integration_id: int) -> Integration | None:
    now = clock.now()
    with write():
        taken = rows_changed(
            update(Integration)
            .where(Integration.id == integration_id, *_is_list_claimable(now))
            .values(projects_claimed_until=now + LEASE)
        )
        if not taken:
            return None
    return db.session.get(Integration, integration_id)


def _is_list_claimable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(
        Integration.projects_claimed_until.is_(None), Integration.projects_claimed_until <= now
    )
    return Integration.projects_due_at <= now, can_be_asked(), free


def _is_stale(now: datetime) -> ColumnElement[bool]:
    return and_(
        or_(
            Integration.projects_listed_at <= now - LISTED_EVERY,
            and_(Integration.projects_listed_at.is_(None), Integration.projects_error != ""),
        ),
        Integration.projects_due_at.is_(None),
        Integration.paused_at.is_(None),
        can_be_asked(),
        Integration.last_error == "",
    )


def tracker_projects(integration_id: int) -> list[TrackerProject]:
    """Return the tracker's projects as last listed, by organization and name."""
    return list(
        db.session.scalars(
            select(TrackerProject)
            .where(TrackerProject.integration_id == integration_id)
            .order_by(TrackerProject.org_label, TrackerProject.label, TrackerProject.id)
        )
    )
