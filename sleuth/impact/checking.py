"""Proving an impact source before it is saved, with the call that collection will make."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import schedule, storing
from sleuth.impact.models import ImpactSource
from sleuth.impact.proof import Proof, prove_filters
from sleuth.impact.schedule import Window
from sleuth.impact.service import (
    NameTakenError,
    SourceSettings,
    add_impact_source,
    change_impact_source,
    collect_soon,
)
from sleuth.integrations import checks
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck, Integration
from sleuth.integrations.service import registry
from sleuth.integrations.trouble import readable_credentials
from sleuth.plugin_api import CountSeries, ImpactConfig, ImpactWarning, TrackerError
from sleuth.projects.models import Environment
from sleuth.trackers import Tracker

CHECK_JOB = "sleuth.impact.jobs.check_impact_source"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a dialog asks to be saved: settings, and the source they change, if any."""

    settings: SourceSettings
    source_id: int | None = None

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Proposal:
        """Read back what ``as_payload`` wrote."""
        return cls(SourceSettings(**payload["settings"]), payload["source_id"])

    def as_payload(self) -> dict[str, Any]:
        """Return JSON-serializable data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Proven:
    """What the tracker answered while a configuration was proven.

    Args:
        counts: Of the newest window, asked for at ``asked_at``.
    """

    asked_at: datetime
    window: Window
    counts: CountSeries
    proof: Proof
    warnings: list[ImpactWarning]

    @property
    def warning(self) -> str:
        return " ".join(_sentence(each) for each in self.warnings)


def start_check(integration: Integration, proposal: Proposal, user_id: int) -> str:
    """Start proving a configuration; returns the public id of the attempt to watch."""
    return checks.begin(
        CHECK_JOB,
        organization_id=integration.organization_id,
        provider=integration.provider,
        kind=CheckKind.IMPACT_SOURCE,
        payload=proposal.as_payload(),
        result={"proposal": proposal.as_payload()},
        user_id=user_id,
        integration_id=integration.id,
    )


def due_check_ids(now: datetime) -> list[int]:
    """Return the attempts to prove a source that nobody is working on."""
    return checks.due_ids(CheckKind.IMPACT_SOURCE, now)


def validate_impact_source(check_id: int) -> None:
    """Decide an attempt: make the very call that collection makes, then save the source."""
    check = checks.claim(check_id, clock.now())
    if check is None:
        return
    tracker = registry().get(check.provider)
    integration = db.session.get(Integration, check.integration_id)
    if tracker is None or integration is None:
        checks.fail(check_id, "This integration has been disconnected meanwhile.")
        return
    proposal = Proposal.from_payload(check.payload or {})
    integration_id = integration.id
    try:
        credentials = readable_credentials(integration)
        db.session.rollback()
        proven = _prove(tracker, credentials, proposal.settings)
    except TrackerError as error:
        checks.fail(check_id, error.message)
        return
    _save(check_id, integration_id, tracker, proposal, proven)


def _prove(tracker: Tracker, credentials: dict[str, str], settings: SourceSettings) -> _Proven:
    """Collect the newest counts, and see that the tracker respects what it is asked for."""
    now = clock.now()
    config = ImpactConfig(
        org_key=settings.error_org_key,
        project_key=settings.error_project_key,
        environment=settings.error_environment,
        attributes=settings.attributes,
        values=settings.field_values,
    )
    window = schedule.newest_window(None, now, tracker.info.capabilities.interval_seconds)
    counts = tracker.collect_counts(credentials, config, window.since, window.until, now)
    proof = prove_filters(tracker, credentials, config, now)
    return _Proven(now, window, counts, proof, tracker.check_impact(credentials, config, now))


def _save(
    check_id: int, integration_id: int, tracker: Tracker, proposal: Proposal, proven: _Proven
) -> None:
    source = None
    try:
        with write():
            # Locked in the order in which collecting locks: the integration, then the source;
            # and before the attempt is read, which may be ended while this one waits.
            integration = db.session.get(Integration, integration_id, with_for_update=True)
            if check := checks.still_running(check_id):
                with checks.as_author(check):
                    source = _decide(check, integration, tracker, proposal, proven)
    except (NameTakenError, IntegrityError):
        name = proposal.settings.name
        checks.fail(check_id, f"An impact source called {name} exists in this environment.")
    if source is not None:
        collect_soon()


def _decide(
    check: ConnectionCheck,
    integration: Integration | None,
    tracker: Tracker,
    proposal: Proposal,
    proven: _Proven,
) -> ImpactSource | None:
    environment = db.session.get(Environment, proposal.settings.environment_id)
    if integration is None or environment is None:
        checks.decide(check, CheckState.FAILED, "What was to be measured is gone meanwhile.")
        return None
    source = _stored_source(integration, tracker, proposal, proven)
    if source is None:
        checks.decide(check, CheckState.FAILED, "This impact source has been deleted.")
        return None
    message = _success(proposal, proven.warning)
    checks.decide(check, CheckState.SUCCEEDED, message, warning=proven.warning)
    return source


def _stored_source(
    integration: Integration, tracker: Tracker, proposal: Proposal, proven: _Proven
) -> ImpactSource | None:
    """Add or change the source; what it was proven by are its first counts."""
    able, source = tracker.info.capabilities, None
    if proposal.source_id is None:
        source = add_impact_source(
            integration,
            proposal.settings,
            interval_seconds=able.interval_seconds,
            warning=proven.warning,
            look_back_days=able.look_back_days,
        )
    elif source := db.session.get(ImpactSource, proposal.source_id, with_for_update=True):
        change_impact_source(source, proposal.settings, proven.warning, able.interval_seconds)
    if source is not None and source.complete_until is None:
        storing.store_first(source, proven.window, proven.counts, proven.proof, proven.asked_at)
    return source


def _sentence(warning: ImpactWarning) -> str:
    if not warning.suggestion or warning.suggestion in warning.message:
        return warning.message
    return f"{warning.message} Did you mean {warning.suggestion}?"


def _success(proposal: Proposal, warning: str) -> str:
    verb = "added" if proposal.source_id is None else "changed"
    message = f"{proposal.settings.name} is {verb}; counts are being collected."
    return f"{message} {warning}" if warning else message
