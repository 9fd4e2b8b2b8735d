"""Asking a tracker again whether a stored token works: on request, and where nothing else does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, func, or_, select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.crypto import EncryptionKeyError
from sleuth.extensions import db, write
from sleuth.integrations import checks, trouble
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck, Integration
from sleuth.integrations.service import can_be_asked, registry
from sleuth.plugin_api import TokenCheck, TrackerError
from sleuth.trackers import Tracker

RECHECK_JOB = "sleuth.integrations.jobs.recheck"
COOL_DOWN = timedelta(seconds=30)
PROVEN_WITHIN = timedelta(hours=1)
"""Collecting proves a token by the minute; one that collects nothing is proven this often."""

RETRY = timedelta(minutes=2)


def request_recheck(integration: Integration, user_id: int) -> bool:
    """Have a job ask whether the token works; False if somebody asked a moment ago."""
    try:
        checks.begin(
            RECHECK_JOB,
            organization_id=integration.organization_id,
            provider=integration.provider,
            kind=CheckKind.RECHECK,
            payload={},
            user_id=user_id,
            integration_id=integration.id,
            may_begin=partial(_refuse_hurry, integration.id, clock.now()),
        )
    except _TooSoonError:
        return False
    return True


class _TooSoonError(Exception):
    """Somebody asked a moment ago."""


def _refuse_hurry(integration_id: int, now: datetime) -> None:
    latest = latest_rechecks([integration_id]).get(integration_id)
    if latest is not None and timedelta() <= now - latest.created_at < COOL_DOWN:
        raise _TooSoonError


def latest_rechecks(integration_ids: Collection[int]) -> dict[int, ConnectionCheck]:
    """Return what somebody's last wish to have the token checked came to, by integration."""
    newest = (
        select(func.max(ConnectionCheck.id))
        .where(
            ConnectionCheck.kind == CheckKind.RECHECK,
            ConnectionCheck.integration_id.in_(integration_ids),
        )
        .group_by(ConnectionCheck.integration_id)
    )
    found = db.session.scalars(select(ConnectionCheck).where(ConnectionCheck.id.in_(newest)))
    return {each.integration_id: each for each in found if each.integration_id is not None}


def due_check_ids(now: datetime) -> list[int]:
    """Return the wishes that nobody is working on."""
    return checks.due_ids(CheckKind.RECHECK, now)


def recheck(check_id: int) -> None:
    """Fulfil a wish: ask the tracker, and note what it says of the token."""
    check = checks.claim(check_id, clock.now())
    if check is None or check.integration_id is None:
        return
    integration_id = check.integration_id
    asked, outcome = _ask(integration_id)
    with write():
        integration = _unchanged(integration_id, asked)
        check = checks.still_running(check_id)
        if check is None:
            return
        if integration is None:
            checks.decide(check, CheckState.FAILED, "The token was replaced meanwhile.")
            return
        if isinstance(outcome, TokenCheck):
            _keep(integration, outcome)
            message = f"The token works{_as(outcome)}."
            checks.decide(check, CheckState.SUCCEEDED, message)
        else:
            checks.decide(check, CheckState.FAILED, outcome.message)


def unproven_ids(now: datetime) -> list[int]:
    """Return the integrations whose token nothing has proven for an hour."""
    return list(db.session.scalars(select(Integration.id).where(_is_unproven(now))))


def prove_token(integration_id: int) -> None:
    """Ask the tracker whether a token works that no collecting proves."""
    now = clock.now()
    integration = db.session.get(Integration, integration_id)
    if integration is None or not _is_still_unproven(integration_id, now):
        return
    asked, outcome = _ask(integration_id)
    with write():
        integration = _unchanged(integration_id, asked)
        if integration is None or not _is_still_unproven(integration_id, clock.now()):
            return
        if isinstance(outcome, TokenCheck):
            _keep(integration, outcome)
        else:
            delay = trouble.PAUSE_OF_THE_DEAD if outcome.permanent else RETRY
            trouble.note_failure(integration, outcome, clock.now(), delay)
        audit.publish(integration.organization_id, "integrationChanged", integration.provider)


def _unchanged(integration_id: int, asked: dict[str, str]) -> Integration | None:
    """Return an integration, locked; None if it has other credentials by now, or is gone."""
    integration = db.session.get(Integration, integration_id, with_for_update=True)
    is_same = integration is not None and (not asked or dict(integration.credentials) == asked)
    return integration if is_same else None


def _ask(integration_id: int) -> tuple[dict[str, str], TokenCheck | TrackerError]:
    """Return what was asked with, and what the tracker says; a refusal is an error.

    There is nothing to ask with if the plugin is gone, or the credentials cannot be read.
    """
    integration = db.session.get(Integration, integration_id)
    tracker = registry().get(integration.provider) if integration else None
    if integration is None or tracker is None:
        return {}, TrackerError("This tracker's plugin is no longer installed.", permanent=True)
    try:
        credentials = dict(integration.credentials)
    except EncryptionKeyError:
        return {}, TrackerError("The stored credentials cannot be read.", permanent=True)
    db.session.rollback()
    return credentials, _validated(tracker, credentials)


def _validated(tracker: Tracker, credentials: dict[str, str]) -> TokenCheck | TrackerError:
    try:
        answer = tracker.validate_token(credentials, clock.now())
    except TrackerError as error:
        return error
    if answer.ok:
        return answer
    return TrackerError(answer.message, permanent=True, reason="credentials")


def _keep(integration: Integration, answer: TokenCheck) -> None:
    trouble.note_success(integration, clock.now())
    integration.account_label = answer.account_label[:255] or integration.account_label
    integration.scopes_present = list(answer.scopes_present)
    integration.scopes_missing = list(answer.scopes_missing)


def _as(answer: TokenCheck) -> str:
    return f" as {answer.account_label}" if answer.account_label else ""


def _is_still_unproven(integration_id: int, now: datetime) -> bool:
    found = select(Integration.id).where(Integration.id == integration_id, _is_unproven(now))
    return db.session.scalar(found) is not None


def _is_unproven(now: datetime) -> ColumnElement[bool]:
    proven_at = func.coalesce(Integration.proven_at, Integration.connected_at)
    return and_(
        Integration.paused_at.is_(None),
        can_be_asked(),
        proven_at <= now - PROVEN_WITHIN,
        or_(Integration.retry_at.is_(None), Integration.retry_at <= now),
    )
