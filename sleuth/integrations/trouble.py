"""What a tracker's refusals mean for an integration; one refusal alone means nothing yet."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sleuth.crypto import EncryptionKeyError
from sleuth.integrations.models import Integration
from sleuth.plugin_api import TrackerError

PROBES = (timedelta(minutes=2), timedelta(minutes=3), timedelta(minutes=5))
"""Pauses after the first refusals: three more in ten minutes, and it is declared."""

OF_THE_TOKEN = ("credentials", "action_required")
PAUSE_OF_THE_DEAD = timedelta(minutes=15)
MAY_WAIT = timedelta(days=1)
NOTED_AGAIN_AFTER = timedelta(minutes=10)

UNREADABLE = (
    "The stored credentials cannot be read: the operator has to restore SLEUTH_ENCRYPTION_KEYS."
)

log = logging.getLogger(__name__)


def readable_credentials(integration: Integration) -> dict[str, str]:
    """Return what to sign in with.

    Raises:
        TrackerError: ``UNREADABLE``: a key is missing that they were stored with.
    """
    try:
        return dict(integration.credentials)
    except EncryptionKeyError as error:
        log.exception("The credentials of integration %d cannot be read.", integration.id)
        raise TrackerError(UNREADABLE, permanent=True) from error


def note_failure(
    integration: Integration, error: TrackerError, now: datetime, delay: timedelta
) -> None:
    """Note inside ``with write():`` what keeps a whole integration from being collected.

    Args:
        delay: How long to wait before asking again, unless the token is being probed.
    """
    integration.last_error, integration.last_error_at = error.message, now
    integration.failing_since = integration.failing_since or now
    integration.failure_count += 1
    if error.reason in OF_THE_TOKEN:
        integration.refusals += 1
        integration.retry_at = now + _until_the_next_probe(integration.refusals)
        return
    integration.retry_at = now + delay
    if error.retry_after is not None:
        integration.told_to_wait_until = now + min(timedelta(seconds=error.retry_after), MAY_WAIT)


def _until_the_next_probe(refusals: int) -> timedelta:
    """Recovery is noticed by itself, so a dead token goes on being tried now and then."""
    return PROBES[refusals - 1] if refusals <= len(PROBES) else PAUSE_OF_THE_DEAD


def note_success(integration: Integration, now: datetime) -> bool:
    """Note inside ``with write():`` that the token works; tell whether there was trouble."""
    was_troubled = bool(integration.last_error)
    integration.last_error, integration.last_error_at = "", None
    integration.failure_count = integration.refusals = 0
    integration.failing_since = None
    if integration.told_to_wait_until is None or integration.told_to_wait_until <= now:
        integration.retry_at = integration.told_to_wait_until = None
    if integration.proven_at is None or now - integration.proven_at > NOTED_AGAIN_AFTER:
        integration.proven_at = now
    return was_troubled


def is_refused(integration: Integration) -> bool:
    """Tell whether the token was refused so often that somebody has to do something."""
    return integration.refusals > len(PROBES)


def is_doubted(integration: Integration) -> bool:
    """Tell whether the token was refused, but not often enough to say that it is dead."""
    return 0 < integration.refusals <= len(PROBES)
