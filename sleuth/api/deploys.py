"""Deploys as the API tells them, however many of them, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import contains_eager, defer

from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.api import cursors
from sleuth.api.answers import moment
from sleuth.api.impacts import impact_of, url_of
from sleuth.api.parameters import DeploysQuery
from sleuth.dashboard.cards import judged_from, judged_health
from sleuth.dashboard.filters import Filters, Statement
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.health.by_hand import overriding
from sleuth.health.by_hand.effective import effective
from sleuth.health.models import Verdict
from sleuth.projects.models import Environment, Project

COLUMNS = (
    Deploy.id,
    Deploy.public_id,
    Deploy.revision,
    Deploy.branch,
    Deploy.author_name,
    Deploy.author_email,
    Deploy.description,
    Deploy.tags,
    Deploy.links,
    Deploy.deployed_at,
    Deploy.registered_at,
    Deploy.failed_at,
    CodeDeployment.name.label("deployment_name"),
    CodeDeployment.slug.label("deployment_slug"),
    Environment.name.label("environment_name"),
    Environment.slug.label("environment_slug"),
    Project.name.label("project_name"),
    Project.slug.label("project_slug"),
    Organization.slug.label("organization_slug"),
)
DETAILS = (Deploy.commits, Deploy.files, Deploy.pull_requests)


def read_page(organization_id: int, query: DeploysQuery) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of deploys, newest first, and the cursor of the next; None after the last.

    Raises:
        BadRequest: The cursor is not one of this request.
    """
    bound = ["deploys", organization_id, *query.bound]
    filters = Filters(query.project, query.environment, query.deployment)
    statement = _deploys(COLUMNS, organization_id, filters).where(*_conditions(query))
    if query.cursor:
        at, id_ = cursors.opened(query.cursor, bound)
        statement = statement.where(_after(datetime.fromisoformat(at), id_))
    newest_first = statement.order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
    rows = db.session.execute(newest_first.limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    is_last = len(rows) <= query.limit
    place = None if is_last else [shown[-1].deployed_at.isoformat(), shown[-1].id]
    return _told(shown), cursors.sealed(place, bound) if place else None


def read_one(organization_id: int, public_id: str) -> dict[str, Any] | None:
    """Return one deploy with what it changed, or None if the organization has no such deploy."""
    statement = _deploys((*COLUMNS, *DETAILS), organization_id, Filters())
    rows = db.session.execute(statement.where(Deploy.public_id == public_id)).all()
    for told, row in zip(_told(rows), rows, strict=True):
        return {
            **told,
            "commits": row.commits,
            "files": row.files,
            "pull_requests": row.pull_requests,
        }
    return None


def _deploys(columns: Sequence[Any], organization_id: int, filters: Filters) -> Statement:
    told = (*columns, *overriding.STANDING, judged_from().label("judged_from"))
    selected = overriding.with_standing(select(*told), Deploy.id)
    return (
        filters.apply(selected)
        .join(Organization, Organization.id == Deploy.organization_id)
        .where(Deploy.organization_id == organization_id)
    )


def _conditions(query: DeploysQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.since is not None:
        conditions.append(Deploy.deployed_at >= query.since)
    if query.until is not None:
        conditions.append(Deploy.deployed_at < query.until)
    if query.health:
        conditions.append(overall_rank(Deploy.id) == BEST_FIRST.index(query.health))
    return conditions


def _after(at: datetime, id_: int) -> ColumnElement[bool]:
    is_older = and_(Deploy.deployed_at == at, Deploy.id < id_)
    return or_(Deploy.deployed_at < at, is_older)


def _told(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    verdicts = _verdicts_of([row.id for row in rows])
    return [_deploy(row, verdicts[row.id], overriding.standing_of(row)) for row in rows]


def _verdicts_of(deploy_ids: Sequence[int]) -> dict[int, list[Verdict]]:
    found = defaultdict(list)
    without_pictures = verdicts_of(deploy_ids).options(defer(Verdict.picture))
    for verdict in db.session.scalars(without_pictures):
        found[verdict.deploy_id].append(verdict)
    return found


def verdicts_of(deploy_ids: Sequence[int]) -> Select[Verdict]:
    """Return the statement that reads the verdicts on deploys, by name of the impact source."""
    return (
        select(Verdict)
        .outerjoin(Verdict.impact_source)
        .options(contains_eager(Verdict.impact_source))
        .where(Verdict.deploy_id.in_(deploy_ids))
        .order_by(Verdict.source_name, Verdict.id)
    )


def _deploy(
    row: Row[Any],
    verdicts: Sequence[Verdict],
    override: overriding.Shown | None,
) -> dict[str, Any]:
    judged = judged_health(verdicts, row.deployed_at, row.judged_from)
    health, reason = effective(verdicts, override.health) if override else judged
    return {
        "id": row.public_id,
        "url": url_of(
            "dashboard.deploy", organization_slug=row.organization_slug, public_id=row.public_id
        ),
        **_change(row),
        **_place(row),
        "deployed_at": moment(row.deployed_at),
        "registered_at": moment(row.registered_at),
        "health": health,
        "judged_health": judged[0],
        "reason": reason or None,
        "override": _override(override) if override else None,
        "failed_at": moment(_failed_at(row)),
        "impacts": [impact_of(verdict, row.public_id) for verdict in verdicts],
    }


def _override(override: overriding.Shown) -> dict[str, Any]:
    return {
        "health": override.health,
        "reason": override.reason,
        "set_by": override.who,
        "set_at": moment(override.set_at),
    }


def _change(row: Row[Any]) -> dict[str, Any]:
    return {
        "revision": row.revision,
        "branch": row.branch,
        "author": {"name": row.author_name, "email": row.author_email},
        "description": row.description,
        "tags": row.tags,
        "links": row.links,
    }


def _place(row: Row[Any]) -> dict[str, Any]:
    return {
        "project": {"slug": row.project_slug, "name": row.project_name},
        "environment": {"slug": row.environment_slug, "name": row.environment_name},
        "deployment": {"slug": row.deployment_slug, "name": row.deployment_name},
    }


def _failed_at(row: Row[Any]) -> datetime | None:
    """Return when it became a change failure; one that lies ahead may never come."""
    has_failed = row.failed_at is not None and row.failed_at <= clock.now()
    return row.failed_at if has_failed else None
