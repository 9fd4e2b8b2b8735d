"""What the dashboard shows, as plain data for its templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sleuth.dashboard import changes
from sleuth.dashboard.cards import DeployCard, count_deploys, read_cards
from sleuth.dashboard.environments import EnvironmentStrip, read_strips
from sleuth.dashboard.filters import Filters, Page, Statement
from sleuth.dashboard.sources import ChangeSource, read_sources
from sleuth.dashboard.steps import Step, read_steps
from sleuth.dashboard.week import Week, read_week
from sleuth.deploys.models import CodeDeployment
from sleuth.extensions import db
from sleuth.projects.models import Environment, Project


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by, in view of the chosen project."""

    projects: tuple[Choice, ...]
    environments: tuple[Choice, ...]
    deployments: tuple[Choice, ...]

    def project(self, slug: str) -> Choice | None:
        """Return the project with this slug."""
        return next((each for each in self.projects if each.slug == slug), None)

    def only(self, slug: str) -> Choice | None:
        """Return the chosen project, or the only one there is."""
        if not slug and len(self.projects) == 1:
            return self.projects[0]
        return self.project(slug)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the dashboard.

    Args:
        last_event: What a live page asks from; older than anything else here.
        steps: What is to be done before the first verdict; empty once all is done.
        environments: How those of the one project shown have been of late.
    """

    last_event: int
    filters: Filters
    choices: Choices
    steps: tuple[Step, ...]
    environments: tuple[EnvironmentStrip, ...]
    week: Week
    cards: tuple[DeployCard, ...]
    page: Page
    sources: tuple[ChangeSource, ...]

    @property
    def project(self) -> Choice | None:
        """The project that the board is narrowed to."""
        return self.choices.project(self.filters.project)

    @property
    def is_pending(self) -> bool:
        """Whether something on this page may still change by itself."""
        return any(card.is_pending for card in self.cards) or any(
            strip.is_pending for strip in self.environments
        )

    @property
    def only_project(self) -> Choice | None:
        """The project that everything on the board belongs to, if it is but one."""
        return self.choices.only(self.filters.project)


def read_board(organization_id: int, filters: Filters, page: str | None, now: datetime) -> Board:
    """Return the dashboard of an organization.

    Args:
        page: The wanted page as it stands in the address.
    """
    last_event = changes.latest(organization_id)
    found = Page.of(count_deploys(organization_id, filters), page)
    choices = _choices(organization_id, filters.project)
    shown = choices.only(filters.project)
    return Board(
        last_event=last_event,
        filters=filters,
        choices=choices,
        steps=tuple(read_steps(organization_id)),
        environments=tuple(_strips(organization_id, shown, filters, now)),
        week=read_week(organization_id, filters, now),
        cards=tuple(read_cards(organization_id, filters, found)),
        page=found,
        sources=tuple(read_sources(organization_id, filters.project, now)),
    )


def _strips(
    organization_id: int, project: Choice | None, filters: Filters, now: datetime
) -> list[EnvironmentStrip]:
    if project is None:
        return []
    return read_strips(organization_id, project.slug, filters.environment, now)


def _choices(organization_id: int, project_slug: str) -> Choices:
    of_organization = Project.organization_id == organization_id
    projects: Statement = select(Project.slug, Project.name).where(of_organization)
    environments: Statement = (
        select(Environment.slug, Environment.name)
        .join(Environment.project)
        .where(of_organization)
        .order_by(Environment.id)
    )
    deployments: Statement = (
        select(CodeDeployment.slug, CodeDeployment.name)
        .join(CodeDeployment.project)
        .where(of_organization)
    )
    if project_slug:
        environments = environments.where(Project.slug == project_slug)
        deployments = deployments.where(Project.slug == project_slug)
    return Choices(_by_name(projects), _unlike(environments), _by_name(deployments))


def _by_name(statement: Statement) -> tuple[Choice, ...]:
    return tuple(sorted(_unlike(statement), key=lambda each: each.name.casefold()))


def _unlike(statement: Statement) -> tuple[Choice, ...]:
    """Offer once what several projects call the same."""
    rows = db.session.execute(statement)
    return tuple({row.slug: Choice(row.slug, row.name) for row in rows}.values())
