"""What all attempts with pasted credentials share: how they are tried, refused and adopted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sleuth import clock
from sleuth.crypto import masked
from sleuth.extensions import db
from sleuth.integrations import checks, choice_lists
from sleuth.integrations.models import LONGEST_LABEL, CheckState, ConnectionCheck, Integration
from sleuth.plugin_api import TokenCheck, TrackerError, TrackerInfo
from sleuth.trackers import Tracker, current

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Tried(Generic[Answer]):
    """What a tracker said to credentials.

    Args:
        integration_id: The integration that the attempt is about, if there was one.
    """

    organization_id: int
    provider: str
    integration_id: int | None
    tracker: Tracker
    credentials: dict[str, str]
    answer: Answer

    @property
    def info(self) -> TrackerInfo:
        """What the tracker says of itself."""
        info: TrackerInfo = self.tracker.info
        return info


def validated(tracker: Tracker, credentials: dict[str, str]) -> TokenCheck:
    """Ask whether a token works, and whose it is."""
    return tracker.validate_token(credentials, clock.now())


def try_credentials(
    check_id: int, ask: Callable[[Tracker, dict[str, str]], Answer]
) -> Tried[Answer] | None:
    """Take up an attempt and ask its tracker, outside any transaction.

    Returns:
        None if somebody else has taken it up, or if there was no answer, which is noted.
    """
    check = checks.claim(check_id, clock.now())
    if check is None:
        return None
    tracker = current().get(check.provider)
    if tracker is None:
        checks.fail(check_id, "This tracker's plugin is no longer installed.")
        return None
    about = (check.organization_id, check.provider, check.integration_id)
    credentials = dict((check.payload or {})["credentials"])
    db.session.rollback()
    try:
        answer = ask(tracker, credentials)
    except TrackerError as error:
        checks.fail(check_id, error.message)
        return None
    return Tried(*about, tracker, credentials, answer)


def is_refused(check: ConnectionCheck, answer: TokenCheck) -> bool:
    """Settle inside ``with write():`` an attempt whose token does not work, or not yet."""
    if answer.asks_for:
        checks.decide(check, CheckState.INCOMPLETE, answer.message, asks_for=list(answer.asks_for))
    elif not answer.ok:
        checks.decide(check, CheckState.FAILED, answer.message)
    return bool(answer.asks_for) or not answer.ok


def adopt(
    integration: Integration, info: TrackerInfo, credentials: dict[str, str], answer: TokenCheck
) -> None:
    """Let an integration use credentials from now on; call inside ``with write():``."""
    if integration.id is not None:
        choice_lists.forget_lists(integration.id)
    integration.credentials = credentials
    integration.masked_token = _masked_token(info, credentials)
    integration.account_id = answer.account_id
    integration.account_label = answer.account_label[:LONGEST_LABEL]
    integration.scopes_present = list(answer.scopes_present)
    integration.scopes_missing = list(answer.scopes_missing)


def _masked_token(info: TrackerInfo, credentials: dict[str, str]) -> str:
    """Return what may be shown of the first secret among the credentials."""
    secrets = [credentials.get(each.name, "") for each in info.credential_fields if each.is_secret]
    return masked(secrets[0]) if secrets else ""
