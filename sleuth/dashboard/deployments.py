"""The page of a code deployment: what of it is live where, and how its last deploys went."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from sleuth.dashboard.cards import DeployCard, read_cards_where
from sleuth.dashboard.sources import STRIP_LENGTH, tally
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.projects.models import Environment

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Place:
    """An environment of the project, and what is live there; None if nothing was deployed."""

    environment: Environment
    card: DeployCard | None


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    """What is shown of a code deployment.

    Args:
        deploys: The latest, newest first.
        places: All environments of its project, the default one first.
    """

    deploys: tuple[DeployCard, ...]
    places: tuple[Place, ...]

    @property
    def shown_deploys(self) -> list[str]:
        """The public ids of all deploys on the page."""
        live = (each.card for each in self.places if each.card)
        return list(dict.fromkeys(each.public_id for each in (*self.deploys, *live)))

    @property
    def strip(self) -> tuple[DeployCard, ...]:
        """The last deploys for a small picture, oldest first."""
        return self.deploys[:STRIP_LENGTH][::-1]

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """How many of the strip came to each health, the worst first, without zeros."""
        return tally(each.health for each in self.strip)


def read_deployment(found: CodeDeployment) -> DeploymentPage:
    """Return what is shown of a code deployment."""
    cards = read_cards_where(_is_shown(found))
    live = {each.environment_slug: each for each in cards if each.replaced_by is None}
    environments = sorted(found.project.environments, key=lambda each: not each.is_default)
    return DeploymentPage(
        deploys=tuple(cards[:MOST_LISTED]),
        places=tuple(Place(each, live.get(each.slug)) for each in environments),
    )


def _is_shown(found: CodeDeployment) -> ColumnElement[bool]:
    """Let through the latest deploys, and in any case what is live somewhere."""
    one, newest = aliased(Deploy), aliased(Deploy)
    latest = (
        select(one.id)
        .where(one.code_deployment_id == found.id)
        .order_by(one.deployed_at.desc(), one.id.desc())
        .limit(MOST_LISTED)
        .subquery()
    )
    live = (
        select(newest.id)
        .where(newest.code_deployment_id == found.id, newest.environment_id == Environment.id)
        .order_by(newest.deployed_at.desc(), newest.id.desc())
        .limit(1)
        .correlate(Environment)
        .scalar_subquery()
    )
    everywhere = select(live).where(Environment.project_id == found.project_id)
    return Deploy.id.in_(select(latest.c.id).union(everywhere))
