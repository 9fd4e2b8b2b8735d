"""Bringing back what was disabled, for whoever has a token of the same account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.impact.models import LONGEST_NAME, ImpactSource, Sweep
from sleuth.impact.service import collect_soon, is_name_taken
from sleuth.integrations import attempts, checks, trouble
from sleuth.integrations.attempts import Tried
from sleuth.integrations.models import (
    LONGEST_LABEL,
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
)
from sleuth.integrations.service import PROJECTS_JOB
from sleuth.plugin_api import TokenCheck

RESTORE_JOB = "sleuth.impact.jobs.restore"


def start_restoration(
    organization_id: int, provider: str, credentials: dict[str, str], user_id: int
) -> str:
    """Start proving a token that brings back what it once collected.

    Returns:
        The public id of the attempt to watch.
    """
    return checks.begin(
        RESTORE_JOB,
        organization_id=organization_id,
        provider=provider,
        kind=CheckKind.RESTORE,
        payload={"credentials": credentials},
        user_id=user_id,
    )


def due_check_ids(now: datetime) -> list[int]:
    """Return the attempts to restore that nobody is working on."""
    return checks.due_ids(CheckKind.RESTORE, now)


def restore(check_id: int) -> None:
    """Decide an attempt: ask whose token it is, then bring back what was that account's."""
    tried = attempts.try_credentials(check_id, attempts.validated)
    if tried is None:
        return
    integration_id = None
    try:
        with write():
            # Locked first: somebody may disable, restore or cancel while this one waits.
            rows = _lock_all(tried.organization_id, tried.provider)
            if check := checks.still_running(check_id):
                with checks.as_author(check):
                    integration_id = _decide(check, rows, tried)
    except IntegrityError:
        checks.fail(check_id, "Somebody else saved something at the same moment. Try again.")
    if integration_id is not None:
        queue.enqueue(PROJECTS_JOB, integration_id)
        collect_soon()


def _lock_all(organization_id: int, provider: str) -> list[Integration]:
    """Return a tracker's integrations, disabled ones included, the last disabled first."""
    rows = db.session.scalars(
        select(Integration)
        .where(Integration.organization_id == organization_id, Integration.provider == provider)
        .order_by(Integration.id.desc())
        .with_for_update()
        .execution_options(**SEES_DISABLED)
    )
    return list(rows)


def _decide(
    check: ConnectionCheck, rows: Sequence[Integration], tried: Tried[TokenCheck]
) -> int | None:
    """Bring back, or say what is in the way; returns the integration that goes on."""
    name, answer = tried.info.name, tried.answer
    if attempts.is_refused(check, answer):
        return None
    now = clock.now()
    kept = [each for each in rows if each.purge_at is not None and each.purge_at > now]
    same = [each for each in kept if _is_account_of(each, answer)]
    live = next((each for each in rows if each.disabled_at is None), None)
    objection = _objection(name, answer, kept, same, live)
    if objection:
        checks.decide(check, CheckState.FAILED, objection)
        return None
    integration = live or same[0]
    if live is None:
        _revive(integration, tried, check.created_by_id)
    count = sum(_bring_back(each, integration) for each in same)
    checks.decide(check, CheckState.SUCCEEDED, f"{name} is connected again")
    audit.record(
        check.organization_id,
        "integration.restored",
        name,
        provider=check.provider,
        account=answer.account_label,
        sources=count,
    )
    audit.publish(check.organization_id, "impactSourceChanged", check.provider)
    return integration.id


def _is_account_of(integration: Integration, answer: TokenCheck) -> bool:
    """Tell whether a token belongs to the account of an integration.

    Trackers that tell no ids of accounts are compared by what they call them.
    """
    if integration.account_id and answer.account_id:
        return integration.account_id == answer.account_id
    label = answer.account_label[:LONGEST_LABEL]
    return bool(label) and integration.account_label == label


def _objection(
    name: str,
    answer: TokenCheck,
    kept: Sequence[Integration],
    same: Sequence[Integration],
    live: Integration | None,
) -> str:
    if not kept:
        return "There is nothing left to restore."
    if not same:
        accounts = " or ".join({each.account_label or "unnamed": None for each in kept})
        return (
            f"This token belongs to another {name} account: {answer.account_label or 'unnamed'} "
            f"instead of {accounts}. Nothing was restored."
        )
    if live is not None and not _is_account_of(live, answer):
        return (
            f"{name} is connected with another account now: {live.account_label or 'unnamed'}. "
            "Replace its token with one of this account first, or disable it."
        )
    return ""


def _revive(integration: Integration, tried: Tried[TokenCheck], user_id: int | None) -> None:
    now, account_id = clock.now(), integration.account_id
    integration.disabled_at = integration.purge_at = integration.paused_at = None
    attempts.adopt(integration, tried.info, tried.credentials, tried.answer)
    integration.account_id = integration.account_id or account_id
    integration.connected_by_id, integration.connected_at = user_id, now
    integration.projects_due_at = integration.resumed_at = integration.proven_at = now
    integration.projects_listed_at = None
    integration.told_to_wait_until = integration.retry_at = integration.hurried_at = None
    integration.announced = ""
    trouble.note_success(integration, now)
    db.session.flush()


def _bring_back(kept: Integration, integration: Integration) -> int:
    """Let the sources of a disabled integration go on; returns how many there are.

    Where another one has gone on in its place, they move there and nothing of it is left.
    """
    sources = db.session.scalars(
        select(ImpactSource)
        .where(ImpactSource.integration_id == kept.id)
        .order_by(ImpactSource.id)
        .with_for_update()
        .execution_options(**SEES_DISABLED)
    ).all()
    for source in sources:
        _go_on(source, integration)
    if kept.id != integration.id:
        db.session.execute(
            update(Sweep)
            .where(Sweep.integration_id == kept.id)
            .values(integration_id=integration.id)
            .execution_options(synchronize_session=False)
        )
        db.session.delete(kept)
    return len(sources)


def _go_on(source: ImpactSource, integration: Integration) -> None:
    """Let a source go on as after a pause, and have what was missed judged again."""
    now, disabled_at = clock.now(), source.disabled_at
    source.name = _free_name(source)
    source.integration_id, source.disabled_at = integration.id, None
    source.scheduled_at = source.expected_at = now
    if source.due_at is not None:
        source.due_at = now
    source.last_error, source.last_error_at, source.failure_count = "", None, 0
    source.quiet_since = source.quiet_usual_hours = None
    source.changed_since = min(
        int((disabled_at or now).timestamp()), source.changed_since or int(now.timestamp())
    )
    source.changed_until, source.changed_at = int(now.timestamp()), source.changed_at or now
    db.session.flush()


def _free_name(source: ImpactSource) -> str:
    """Return the source's name, or one like it if it was given away meanwhile."""
    name, number = source.name, 1
    while is_name_taken(source.environment_id, name):
        suffix = " (restored)" if number == 1 else f" (restored {number})"
        name, number = source.name[: LONGEST_NAME - len(suffix)] + suffix, number + 1
    return name
