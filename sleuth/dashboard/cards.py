"""Deploy cards, however many of them, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, func, select

from sleuth import clock
from sleuth.dashboard import following
from sleuth.dashboard.filters import Asked, Filters, Page, Statement
from sleuth.dashboard.lines import ImpactLine
from sleuth.dashboard.links import web_address
from sleuth.dashboard.reading import read_lines
from sleuth.deploys.models import CodeDeployment, Deploy, shortened
from sleuth.extensions import db
from sleuth.health.by_hand import overriding
from sleuth.health.by_hand.effective import effective
from sleuth.health.failures import in_words
from sleuth.health.words import HasHealth, overall
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment, Project

COLUMNS = (
    Deploy.id,
    Deploy.public_id,
    Deploy.revision,
    Deploy.branch,
    Deploy.author_name,
    Deploy.author_email,
    Deploy.description,
    Deploy.deployed_at,
    Deploy.failed_at,
    Deploy.failure_boundary,
    Deploy.failure_minutes,
    Deploy.tags,
    Deploy.links,
    func.json_array_length(Deploy.commits).label("commit_count"),
    func.json_array_length(Deploy.files).label("file_count"),
    func.json_array_length(Deploy.pull_requests).label("pull_request_count"),
    Deploy.first_commit_at,
    Deploy.author_count,
    Deploy.size,
    CodeDeployment.name.label("deployment_name"),
    CodeDeployment.slug.label("deployment_slug"),
    Environment.name.label("environment_name"),
    Environment.slug.label("environment_slug"),
    Project.name.label("project_name"),
    Project.slug.label("project_slug"),
    *following.COLUMNS,
)


@dataclass(frozen=True, slots=True)
class DeployCard:
    """One deploy and what it did to errors.

    Args:
        health: As somebody set it by hand, else of the worst impact source.
        reason: Why the health is unknown; ``no_source`` if nothing watched the deploy.
        judged: Health and reason as they would be if nobody had set another.
        override: What was set by hand, None if nothing is.
        lines: One per impact source, by name.
        has_source: The environment has an impact source now, which may be younger than
            the deploy.
        failed_at: When it became a change failure, None if it did not.
        failure: Why it is one, "" if it is not.
        author: A name, or else an address.
        size: As :mod:`sleuth.deploys.sizes` calls it, "" if nothing tells what changed.
        author_count: How many people wrote its commits.
        first_commit_at: When the oldest of them was made; None if none tells, or if it is
            younger than the deploy.
        replaced_by: The next deploy of the same to the same environment, None if there is none.
    """

    public_id: str
    revision: str
    branch: str
    author: str
    author_email: str
    description: str
    deployed_at: datetime
    deployment_name: str
    deployment_slug: str
    environment_name: str
    environment_slug: str
    project_name: str
    project_slug: str
    tags: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    commit_count: int
    file_count: int
    pull_request_count: int
    size: str
    author_count: int
    first_commit_at: datetime | None
    replaced_by: following.Neighbouring | None
    health: str
    reason: str
    lines: tuple[ImpactLine, ...]
    has_source: bool
    failed_at: datetime | None
    failure: str
    judged: tuple[str, str]
    override: overriding.Shown | None

    @property
    def short_revision(self) -> str:
        """The revision as people say it."""
        return shortened(self.revision)

    @property
    def is_pending(self) -> bool:
        """Whether the card may change by itself within minutes."""
        return (not self.lines and self.reason == "pending") or any(
            line.is_soon for line in self.lines
        )


def read_cards(organization_id: int, asked: Asked, page: Page) -> list[DeployCard]:
    """Return one page of cards, newest first."""
    statement = (
        _selected()
        .where(*asked.conditions(organization_id))
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
        .limit(page.per_page)
        .offset(page.offset)
    )
    return _cards(db.session.execute(statement).all())


def read_card(organization_id: int, public_id: str) -> DeployCard | None:
    """Return one card, or None if the organization has no such deploy."""
    conditions = Deploy.organization_id == organization_id, Deploy.public_id == public_id
    return next(iter(read_cards_where(*conditions)), None)


def read_cards_where(*conditions: ColumnElement[bool]) -> list[DeployCard]:
    """Return the cards of an organization, newest first.

    Args:
        conditions: They see to it that all are of one organization; asking for that here
            would let SQLite go through all of its deploys to find a few.
    """
    statement = _selected().where(*conditions)
    newest_first = statement.order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
    return _cards(db.session.execute(newest_first).all())


@cache
def _selected() -> Statement:
    """Select what cards show: also what stands by hand, and what came next."""
    columns: tuple[Any, ...] = (*COLUMNS, *overriding.STANDING, judged_from().label("judged_from"))
    selected = overriding.with_standing(select(*columns), Deploy.id)
    return Filters().apply(selected)


def judged_from() -> ScalarSelect[datetime]:
    """Return an expression for since when deploys to a deploy's environment are judged."""
    earliest = select(func.min(ImpactSource.judges_from))
    return earliest.where(ImpactSource.environment_id == Deploy.environment_id).scalar_subquery()


def _cards(rows: Sequence[Row[Any]]) -> list[DeployCard]:
    lines = read_lines({row.id: row.public_id for row in rows})
    return [
        _card(row, tuple(lines[row.id]), row.judged_from, overriding.standing_of(row))
        for row in rows
    ]


def judged_health(
    verdicts: Collection[HasHealth], deployed_at: datetime, judged_from: datetime | None
) -> tuple[str, str]:
    """Return the health that verdicts make of a deploy, and why it is unknown.

    Args:
        judged_from: Since when deploys to its environment are judged, None if none are.
    """
    health, reason = overall(verdicts)
    if verdicts:
        return health, reason
    is_watched = judged_from is not None and deployed_at >= judged_from
    return health, "pending" if is_watched else "no_source"


def _card(
    row: Row[Any],
    lines: tuple[ImpactLine, ...],
    judged_from: datetime | None,
    override: overriding.Shown | None,
) -> DeployCard:
    judged = judged_health(lines, row.deployed_at, judged_from)
    health, reason = effective(lines, override.health) if override else judged
    has_failed = row.failed_at is not None and row.failed_at <= clock.now()
    return DeployCard(
        public_id=row.public_id,
        revision=row.revision,
        branch=row.branch,
        author=row.author_name or row.author_email,
        author_email=row.author_email,
        description=row.description,
        deployed_at=row.deployed_at,
        deployment_name=row.deployment_name,
        deployment_slug=row.deployment_slug,
        environment_name=row.environment_name,
        environment_slug=row.environment_slug,
        project_name=row.project_name,
        project_slug=row.project_slug,
        tags=tuple(str(tag) for tag in row.tags),
        links=tuple((str(name), web_address(url)) for name, url in row.links.items()),
        commit_count=row.commit_count,
        file_count=row.file_count,
        pull_request_count=row.pull_request_count,
        size=row.size,
        author_count=row.author_count,
        first_commit_at=_earlier(row.first_commit_at, row.deployed_at),
        replaced_by=following.following_of(row),
        health=health,
        reason=reason,
        lines=lines,
        has_source=judged_from is not None,
        failed_at=row.failed_at if has_failed else None,
        failure=in_words(row.failure_boundary, row.failure_minutes) if has_failed else "",
        judged=judged,
        override=override,
    )


def _earlier(at: datetime | None, deployed_at: datetime) -> datetime | None:
    return at if at is not None and at <= deployed_at else None
