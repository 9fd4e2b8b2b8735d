"""What can be told of an integration, its impact sources, its checks and its history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from sleuth.accounts.history import SLEUTH, Line
from sleuth.accounts.models import User
from sleuth.crypto import EncryptionKeyError
from sleuth.diagnostics import rows
from sleuth.diagnostics.pseudonyms import Pseudonyms
from sleuth.extensions import db
from sleuth.impact import states
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.integrations.models import (
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
    TrackerProject,
)
from sleuth.redaction import HIDDEN

MOMENTS_OF_INTEGRATION = (
    "connected_at", "projects_due_at", "projects_listed_at", "last_error_at", "failing_since",
    "proven_at", "retry_at", "told_to_wait_until", "paused_at", "resumed_at", "hurried_at",
    "claimed_until", "projects_claimed_until",
)  # fmt: skip
MOMENTS_OF_SOURCE = (
    "created_at", "judges_from", "paused_at", "expected_at", "due_at", "scheduled_at",
    "collected_at", "complete_until", "changed_at", "last_error_at",
)  # fmt: skip
MOMENTS_OF_SWEEP = ("due_at", "scheduled_at", "started_at", "confirmed_at")
MOMENTS_OF_CHECK = ("created_at", "due_at", "claimed_until", "expires_at")
HARMLESS_DETAILS = frozenset({"scopes_missing", "starts_over"})
"""What entries of the audit log tell beside names."""


def secrets_of(integration: Integration) -> tuple[str, ...] | None:
    """Return the credentials, to be hidden wherever they stand; None if they are unreadable."""
    try:
        return tuple(db.session.get_one(Integration, integration.id).credentials.values())
    except EncryptionKeyError:
        return None


def of_integration(integration: Integration, names: Pseudonyms, now: datetime) -> dict[str, Any]:
    """Return the state of an integration and how it came to it."""
    feeling = states.feeling(integration, now)
    return {
        "state": feeling.state.value,
        "impact_sources": feeling.tally.sources,
        "paused_sources": feeling.tally.paused,
        "late_sources": feeling.tally.late,
        "account": names.of("account", integration.account_label),
        "has_account_id": bool(integration.account_id),
        "connected_by": _person(integration.connected_by, names),
        "scopes_present": names.texts(integration.scopes_present),
        "scopes_missing": names.texts(integration.scopes_missing),
        "tracker_projects": _number_of_projects(integration),
        "projects_error": names.text(integration.projects_error),
        "last_error": names.text(integration.last_error),
        "failures_in_a_row": integration.failure_count,
        "refusals_in_a_row": integration.refusals,
        "requests_left": integration.quota_left,
        **_moments(integration, MOMENTS_OF_INTEGRATION),
    }


def of_sources(
    sources: Iterable[ImpactSource], names: Pseudonyms, now: datetime
) -> list[dict[str, Any]]:
    """Return the state of impact sources and what is stored of them."""
    sources = list(sources)
    stored = rows.counted([each.id for each in sources])
    return [{**_source(each, names, now), "rows": stored[each.id]} for each in sources]


def of_checks(checks: Iterable[ConnectionCheck], names: Pseudonyms) -> list[dict[str, Any]]:
    """Return what came of attempts to have something checked.

    Where a token is compared with an account the message may name another one, which
    nothing here knows; and success speaks of names. Neither message is told.
    """
    return [
        {
            "kind": each.kind,
            "state": each.state,
            "message": names.text(each.message) if _may_tell(each) else "",
            "asks_a_question": "question" in each.result,
            "by": _person(each.created_by, names),
            **_moments(each, MOMENTS_OF_CHECK),
        }
        for each in checks
    ]


def _may_tell(check: ConnectionCheck) -> bool:
    is_about_accounts = check.kind in (CheckKind.REPLACE, CheckKind.RESTORE)
    return check.state != CheckState.SUCCEEDED and not is_about_accounts


def of_history(lines: Iterable[Line], names: Pseudonyms, tracker: str) -> list[dict[str, Any]]:
    """Return who did what, by stand-ins."""
    return [
        {
            "at": line.entry.created_at.isoformat(),
            "by": line.who if line.who == SLEUTH else names.of("person", line.who),
            "action": line.entry.action,
            "subject": _subject(line, names, tracker),
            "detail": {
                name: value if name in HARMLESS_DETAILS else _stand_in(name, value, names)
                for name, value in line.entry.detail.items()
            },
        }
        for line in lines
    ]


def _source(source: ImpactSource, names: Pseudonyms, now: datetime) -> dict[str, Any]:
    environment = source.error_environment
    return {
        "name": names.of("source", source.name),
        "project": names.of("project", source.project.name),
        "environment": names.of("environment", source.environment.name),
        "tracker_project": names.of("tracker-project", source.error_project_label),
        "tracker_environment": names.of("environment", environment),
        "state": states.state_of_source(source, now).value,
        "interval_seconds": source.interval_seconds,
        "history_days": source.history_days,
        "progress_per_cent": source.progress,
        "has_manual_threshold": source.manually_set_health_threshold is not None,
        "warning": names.text(source.warning),
        "last_error": names.text(source.last_error),
        "failures_in_a_row": source.failure_count,
        **_moments(source, MOMENTS_OF_SOURCE),
        "sweeps": [_sweep(each, names) for each in source.sweeps],
    }


def _sweep(sweep: Sweep, names: Pseudonyms) -> dict[str, Any]:
    return {
        "kind": sweep.kind,
        "share_done": round(sweep.share_done, 3),
        "last_error": names.text(sweep.last_error),
        "failures_in_a_row": sweep.failure_count,
        **_moments(sweep, MOMENTS_OF_SWEEP),
    }


def _subject(line: Line, names: Pseudonyms, tracker: str) -> str | None:
    subject = line.entry.subject
    if subject.casefold() in {tracker.casefold(), line.entry.provider}:
        return subject
    return names.of("source", subject)


def _stand_in(kind: str, value: Any, names: Pseudonyms) -> Any:
    if isinstance(value, list | tuple):
        return [_stand_in(kind, each, names) for each in value]
    if isinstance(value, str):
        return value if value == "" else names.of(kind.partition("_")[0], value)
    return value if isinstance(value, bool | int | float) or value is None else HIDDEN


def _person(person: User | None, names: Pseudonyms) -> str | None:
    return names.of("person", person.name or person.email) if person else None


def _number_of_projects(integration: Integration) -> int:
    counted = select(func.count()).where(TrackerProject.integration_id == integration.id)
    return db.session.scalar(counted) or 0


def _moments(row: Any, names: Iterable[str]) -> dict[str, str | None]:
    found = {name: getattr(row, name) for name in names}
    return {name: at.isoformat() if at else None for name, at in found.items()}
