"""Puts the document together: bounded, without secrets, with stand-ins for names."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from sleuth.accounts import history
from sleuth.accounts.history import SLEUTH, Line
from sleuth.accounts.models import Membership, Organization, User
from sleuth.diagnostics import facts, installation
from sleuth.diagnostics.pseudonyms import Pseudonyms
from sleuth.extensions import db
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import ConnectionCheck, Integration, TrackerProject
from sleuth.integrations.service import get_integration
from sleuth.projects.models import Environment, Project
from sleuth.redaction import Scrubber
from sleuth.trackers import name_of

FORMAT = 1
MOST_SOURCES = 100
MOST_CHECKS = 20
MOST_NAMES = 2000


def collect(organization: Organization, provider: str, now: datetime) -> dict[str, Any]:
    """Return all that a bug report about an integration needs, as plain data.

    It is bounded: of very many impact sources those are told that fail, and then others.
    """
    integration = get_integration(organization.id, provider)
    secrets = facts.secrets_of(integration) if integration else ()
    names = Pseudonyms(Scrubber(secrets or ()))
    lines = history.read(organization.id, provider).lines
    checks = _checks(organization.id, provider)
    sources = _sources(integration) if integration else []
    _introduce(names, organization, lines)
    _introduce_tracker(names, integration, sources)
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "provider": provider,
        "versions": installation.versions(),
        "plugin": installation.plugin(provider, names),
        "database": installation.database(),
        "queue": installation.queue_server(),
        "settings": installation.settings(current_app.config),
        "credentials_are_readable": secrets is not None,
        "integration": facts.of_integration(integration, names, now) if integration else None,
        "impact_sources": facts.of_sources(sources, names, now),
        "checks": facts.of_checks(checks, names),
        "audit": facts.of_history(lines, names, name_of(provider)),
    }


def as_json(document: dict[str, Any]) -> str:
    """Return the document as people read it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _introduce(names: Pseudonyms, organization: Organization, lines: list[Line]) -> None:
    """Tell every name that a text could hold, before the first text is looked through."""
    names.know("organization", organization.name, organization.slug)
    for person in _people(organization.id):
        names.know("person", person.name or person.email, person.email)
    for model, kind in ((Project, "project"), (Environment, "environment")):
        for name, slug in _own(model, organization.id):
            names.know(kind, name, slug)
    for line in lines:
        if line.who != SLEUTH:
            names.know("person", line.who, line.entry.actor_label)


def _introduce_tracker(
    names: Pseudonyms, integration: Integration | None, sources: list[ImpactSource]
) -> None:
    for source in sources:
        names.know("source", source.name)
        names.know("tracker-project", source.error_project_label, source.error_project_key)
        names.know("environment", source.error_environment)
    if integration is None:
        return
    names.know("account", integration.account_label, integration.account_id)
    for project in db.session.scalars(
        select(TrackerProject)
        .where(TrackerProject.integration_id == integration.id)
        .limit(MOST_NAMES)
    ):
        names.know("tracker-org", project.org_label, project.org_key)
        told = map(str, project.attributes.values())
        names.know("tracker-project", project.label, project.project_key, *told)
        for environment in project.environments:
            names.know("environment", environment)


def _people(organization_id: int) -> list[User]:
    """Return the members, and whoever has ever done something here."""
    member = select(Membership.user_id).where(Membership.organization_id == organization_id)
    author = select(ConnectionCheck.created_by_id).where(
        ConnectionCheck.organization_id == organization_id
    )
    known = select(User).where(or_(User.id.in_(member), User.id.in_(author)))
    return list(db.session.scalars(known.order_by(User.id).limit(MOST_NAMES)))


def _own(model: type[Project | Environment], organization_id: int) -> list[tuple[str, str]]:
    statement = select(model.name, model.slug).where(Project.organization_id == organization_id)
    if model is Environment:
        statement = statement.join(Project, Project.id == Environment.project_id)
    rows = db.session.execute(statement.order_by(model.id).limit(MOST_NAMES))
    return [(name, slug) for name, slug in rows]


def _sources(integration: Integration) -> list[ImpactSource]:
    """Return the impact sources that a report is most likely about."""
    statement = (
        select(ImpactSource)
        .where(ImpactSource.integration_id == integration.id)
        .options(
            joinedload(ImpactSource.project),
            joinedload(ImpactSource.environment),
            joinedload(ImpactSource.integration),
            selectinload(ImpactSource.sweeps),
        )
        .order_by((ImpactSource.last_error == ""), ImpactSource.expected_at, ImpactSource.id)
        .limit(MOST_SOURCES)
    )
    return list(db.session.scalars(statement))


def _checks(organization_id: int, provider: str) -> list[ConnectionCheck]:
    return list(
        db.session.scalars(
            select(ConnectionCheck)
            .where(
                ConnectionCheck.organization_id == organization_id,
                ConnectionCheck.provider == provider,
            )
            .options(joinedload(ConnectionCheck.created_by))
            .order_by(ConnectionCheck.id.desc())
            .limit(MOST_CHECKS)
        )
    )
