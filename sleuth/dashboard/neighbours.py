"""The deploys of one environment that lie inside the pictures of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sleuth.dashboard.pictures import Picture
from sleuth.deploys.models import CodeDeployment, Deploy, shortened
from sleuth.extensions import db

MOST = 5000
"""Far more than four months hold, the longest picture, of a tracker that counts by the day."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A deploy to the environment of the one whose page is shown, or that one itself.

    Args:
        name: What was deployed, with its revision as people say it.
    """

    public_id: str
    name: str
    at: datetime
    is_this: bool = False


def read_neighbours(public_id: str, pictures: Iterable[Picture | None]) -> list[Neighbour]:
    """Return the deploys inside any of these pictures, oldest first, in one statement.

    Args:
        public_id: Of the deploy whose page is shown; it tells the environment.
    """
    shown = [each for each in pictures if each is not None]
    if not shown:
        return []
    environment_id = select(Deploy.environment_id).where(Deploy.public_id == public_id)
    rows = db.session.execute(
        select(Deploy.public_id, Deploy.revision, Deploy.deployed_at, CodeDeployment.name)
        .join(Deploy.code_deployment)
        .where(
            Deploy.environment_id == environment_id.scalar_subquery(),
            Deploy.deployed_at >= min(each.start for each in shown),
            Deploy.deployed_at < max(each.until for each in shown),
        )
        .order_by(Deploy.deployed_at, Deploy.id)
        .limit(MOST)
    )
    return [
        Neighbour(
            public_id=row.public_id,
            name=f"{row.name} {shortened(row.revision)}",
            at=row.deployed_at,
            is_this=row.public_id == public_id,
        )
        for row in rows
    ]
