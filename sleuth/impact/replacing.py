"""Replacing an integration's token in place: the old one works until the new one is proven."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import collect_soon, sources_of_integration
from sleuth.integrations import attempts, checks, project_list, trouble
from sleuth.integrations.attempts import Tried
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck, Integration
from sleuth.plugin_api import RemoteProject, TokenCheck
from sleuth.trackers import Tracker

REPLACE_JOB = "sleuth.impact.jobs.replace_token"
Seen = tuple[TokenCheck, Sequence[RemoteProject]]


def start_replacement(
    integration: Integration,
    credentials: dict[str, str],
    user_id: int,
    *,
    agreed: dict[str, Any] | None = None,
) -> str:
    """Start proving a new token; returns the public id of the attempt to watch.

    Args:
        agreed: The question of an earlier attempt that somebody has said yes to.
    """
    return checks.begin(
        REPLACE_JOB,
        organization_id=integration.organization_id,
        provider=integration.provider,
        kind=CheckKind.REPLACE,
        payload={"credentials": credentials, "agreed": agreed or {}},
        user_id=user_id,
        integration_id=integration.id,
    )


def due_check_ids(now: datetime) -> list[int]:
    """Return the attempts to replace a token that nobody is working on."""
    return checks.due_ids(CheckKind.REPLACE, now)


def replace_token(check_id: int) -> None:
    """Decide an attempt: prove the new token, compare what it can see, then swap or ask."""
    tried = attempts.try_credentials(check_id, _prove)
    if tried is None:
        return
    is_replaced = False
    with write():
        # Locked first: an attempt may be cancelled while somebody else holds the integration.
        integration = db.session.get(Integration, tried.integration_id, with_for_update=True)
        if check := checks.still_running(check_id):
            with checks.as_author(check):
                is_replaced = _decide(check, integration, tried)
    if is_replaced:
        collect_soon()


def _prove(tracker: Tracker, credentials: dict[str, str]) -> Seen:
    answer = attempts.validated(tracker, credentials)
    projects = tracker.list_projects(credentials, clock.now()) if answer.ok else []
    return answer, projects


def _decide(check: ConnectionCheck, integration: Integration | None, tried: Tried[Seen]) -> bool:
    """Swap the token, or say what is in the way; tell whether it was swapped."""
    if integration is None:
        checks.decide(check, CheckState.FAILED, "This integration has been disconnected meanwhile.")
        return False
    name, (answer, projects) = tried.info.name, tried.answer
    if attempts.is_refused(check, answer):
        return False
    is_other = bool(integration.account_id) and integration.account_id != answer.account_id
    lost = _unmatched(integration, projects)
    if (is_other or lost) and not _is_agreed(check, answer, lost):
        message = _question(name, integration, answer, is_other=is_other)
        question = {"account": answer.account_id, "stops": lost}
        checks.decide(check, CheckState.INCOMPLETE, message, asks_for=[], question=question)
        return False
    _swap(integration, tried)
    checks.decide(check, CheckState.SUCCEEDED, f"The token of {name} is replaced")
    return True


def _is_agreed(check: ConnectionCheck, answer: TokenCheck, lost: Sequence[str]) -> bool:
    """Tell whether somebody has agreed to this account, and to no less than what stops."""
    agreed = (check.payload or {}).get("agreed") or {}
    return agreed.get("account") == answer.account_id and set(lost) <= set(agreed["stops"])


def _unmatched(integration: Integration, projects: Sequence[RemoteProject]) -> list[str]:
    """Return the names of the sources whose project the new token cannot see."""
    visible = {(each.org_key, each.key) for each in projects if each.is_accessible}
    return [
        f"{source.project.name} · {source.name}, {source.environment.name}"
        for source in sources_of_integration(integration.id)
        if (source.error_org_key, source.error_project_key) not in visible
    ]


def _question(name: str, integration: Integration, answer: TokenCheck, *, is_other: bool) -> str:
    if is_other:
        return (
            f"This token belongs to another {name} account: {answer.account_label or 'unnamed'} "
            f"instead of {integration.account_label or 'the one before'}."
        )
    return f"This {name} token does not see everything that is measured."


def _swap(integration: Integration, tried: Tried[Seen]) -> None:
    now, (answer, projects) = clock.now(), tried.answer
    before = integration.account_label
    attempts.adopt(integration, tried.info, tried.credentials, answer)
    trouble.note_success(integration, now)
    integration.proven_at = now
    integration.claimed_by, integration.claimed_until = "", None  # the old token's answers are late
    project_list.keep_projects(integration, projects)
    db.session.execute(
        update(ImpactSource)
        .where(
            ImpactSource.integration_id == integration.id,
            ImpactSource.due_at.is_not(None),
            ImpactSource.last_error != "",
        )
        .values(due_at=now, scheduled_at=now)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        integration.organization_id,
        "integration.token_replaced",
        tried.info.name,
        provider=integration.provider,
        account=answer.account_label,
        account_before=before,
        scopes_missing=list(answer.scopes_missing),
    )
    audit.publish(integration.organization_id, "impactSourceChanged", integration.provider)
