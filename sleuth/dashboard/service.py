"""What the dashboard shows, as plain data for its templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sleuth.dashboard import changes
from sleuth.dashboard.cards import DeployCard, read_cards
from sleuth.dashboard.choices import Choice, Choices, read_choices
from sleuth.dashboard.environments import EnvironmentStrip, read_strips
from sleuth.dashboard.filters import Asked, Filters, Page
from sleuth.dashboard.ranges import Range
from sleuth.dashboard.sources import ChangeSource, read_sources
from sleuth.dashboard.steps import TOLD_FOR, Step, read_steps
from sleuth.dashboard.trend import Trend, read_trend
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.words import HEALTH_NAMES

LABELS = {
    "health": "Health",
    "project": "Project",
    "environment": "Environment",
    "deployment": "Code deployment",
    "author": "Author",
    "tag": "Tag",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter that is set, as the page names it."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why no deploy is shown, and where there are some.

    Args:
        latest_at: When the latest deploy was that fits the filters, None if none ever did.
        range: The shortest that holds it.
    """

    latest_at: datetime | None
    range: Range | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the dashboard.

    Args:
        last_event: What a live page asks from; older than anything else here.
        steps: What is to be done before the first verdict; empty once all is done.
        environments: How those of the one project shown have been of late.
        nothing: Set if there are no cards.
    """

    last_event: int
    asked: Asked
    choices: Choices
    steps: tuple[Step, ...]
    environments: tuple[EnvironmentStrip, ...]
    trend: Trend
    cards: tuple[DeployCard, ...]
    page: Page
    sources: tuple[ChangeSource, ...]
    nothing: Nothing | None

    @property
    def filters(self) -> Filters:
        return self.asked.filters

    @property
    def has_deploys(self) -> bool:
        """Whether there ever was one that fits the filters."""
        return self.nothing is None or self.nothing.latest_at is not None

    @property
    def healths(self) -> list[Choice]:
        """What can be chosen as health."""
        return [Choice(health, name) for health, name in HEALTH_NAMES.items()]

    @property
    def chosen(self) -> list[Chosen]:
        """The filters that are set, but for the search, which stands in its field."""
        found = {name: slug for name, slug in self.filters.as_query.items() if name in LABELS}
        return [Chosen(name, LABELS[name], self._named(name, slug)) for name, slug in found.items()]

    def _named(self, name: str, slug: str) -> str:
        offered = self.healths if name == "health" else self.choices.of(name)
        return next((each.name for each in offered if each.slug == slug), slug)

    @property
    def project(self) -> Choice | None:
        """The project that the board is narrowed to."""
        return self.choices.project(self.filters.project)

    @property
    def name(self) -> str:
        """What stands above it."""
        return self.project.name if self.project else "Dashboard"

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


def read_board(organization_id: int, asked: Asked, page: str | None, now: datetime) -> Board:
    """Return the dashboard of an organization, in nine statements at most.

    Args:
        page: The wanted page as it stands in the address.
    """
    last_event = changes.latest(organization_id)
    choices = read_choices(organization_id, asked)
    trend = read_trend(organization_id, asked, now)
    found = Page.of(trend.count, page)
    cards = tuple(read_cards(organization_id, asked, found)) if found.total else ()
    filters, shown = asked.filters, choices.only(asked.filters.project)
    strips = tuple(_strips(organization_id, shown, filters, now))
    return Board(
        last_event=last_event,
        asked=asked,
        choices=choices,
        steps=_steps(organization_id, cards, now, is_measured=bool(strips)),
        environments=strips,
        trend=trend,
        cards=cards,
        page=found,
        sources=tuple(read_sources(organization_id, filters.project, now)),
        nothing=None if cards else _nothing(organization_id, asked, now),
    )


def _steps(
    organization_id: int, cards: Iterable[DeployCard], now: datetime, *, is_measured: bool
) -> tuple[Step, ...]:
    """Whoever sees an older verdict, and has a source that is still there, has done them all."""
    old = (card for card in cards if card.deployed_at < now - TOLD_FOR)
    is_done = any(is_measured or not line.is_gone for card in old for line in card.lines)
    return () if is_done else tuple(read_steps(organization_id))


def _strips(
    organization_id: int, project: Choice | None, filters: Filters, now: datetime
) -> list[EnvironmentStrip]:
    if project is None:
        return []
    return read_strips(organization_id, project.slug, filters.environment, now)


def _nothing(organization_id: int, asked: Asked, now: datetime) -> Nothing:
    latest_at = db.session.scalar(
        select(func.max(Deploy.deployed_at)).where(
            Deploy.organization_id == organization_id, *asked.filters.conditions()
        )
    )
    return Nothing(latest_at, Range.around(latest_at, now) if latest_at else None)
