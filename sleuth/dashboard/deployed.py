"""Deploys to one environment with their health, for pages that list or mark them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select, union_all
from sqlalchemy.orm import aliased

from sleuth.dashboard.cards import judged_from, judged_health
from sleuth.deploys.models import CodeDeployment, Deploy, shortened
from sleuth.extensions import db
from sleuth.health.by_hand.effective import effective, set_health
from sleuth.health.models import Verdict

Chosen = Select[int]


@dataclass(frozen=True, slots=True)
class Said:
    """What one impact source says of a deploy."""

    health: str
    reason: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deploy.

    Args:
        revision: As people say it.
        health, reason: As they count: by hand, else of the worst impact source.
    """

    public_id: str
    revision: str
    deployment_name: str
    deployment_slug: str
    author: str
    at: datetime
    health: str
    reason: str

    @property
    def name(self) -> str:
        """What was deployed, with its revision."""
        return f"{self.deployment_name} {self.revision}"

    @property
    def words(self) -> str:
        """The same with its health, for where no badge can stand."""
        return f"{self.name}: {self.health}"


def latest_of(environment_id: int, now: datetime, number: int) -> Chosen:
    """Return a statement for the ids of the newest deploys to an environment."""
    return _newest(environment_id, number).where(Deploy.deployed_at <= now)


def within(environment_id: int, since: datetime, until: datetime, number: int) -> Chosen:
    """Return a statement for the ids of the newest deploys of ``[since, until)``."""
    newest = _newest(environment_id, number)
    return newest.where(Deploy.deployed_at >= since, Deploy.deployed_at < until)


def live_in(environment_id: int, project_id: int, now: datetime) -> Select[int | None]:
    """Return a statement for the ids of the deploys that run now, one per code deployment."""
    other = aliased(Deploy)
    newest = (
        select(other.id)
        .where(
            other.code_deployment_id == CodeDeployment.id,
            other.environment_id == environment_id,
            other.deployed_at <= now,
        )
        .order_by(other.deployed_at.desc(), other.id.desc())
        .limit(1)
        .correlate(CodeDeployment)
        .scalar_subquery()
    )
    return select(newest).where(CodeDeployment.project_id == project_id)


def read_deployed(chosen: Collection[Select[Any]]) -> list[Deployed]:
    """Return the deploys that any of these statements chooses, newest first, in one statement."""
    rows = db.session.execute(
        select(
            Deploy.id,
            Deploy.public_id,
            Deploy.revision,
            Deploy.author_name,
            Deploy.author_email,
            Deploy.deployed_at,
            CodeDeployment.name,
            CodeDeployment.slug,
            set_health(Deploy.id).label("by_hand"),
            judged_from().label("judged_from"),
            Verdict.health,
            Verdict.reason,
        )
        .join(Deploy.code_deployment)
        .outerjoin(Verdict, Verdict.deploy_id == Deploy.id)
        .where(Deploy.id.in_(union_all(*(select(each.subquery().c[0]) for each in chosen))))
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
    )
    return [_deployed(list(same)) for _id, same in groupby(rows, key=lambda row: row.id)]


def _newest(environment_id: int, number: int) -> Chosen:
    of_it = select(Deploy.id).where(Deploy.environment_id == environment_id)
    return of_it.order_by(Deploy.deployed_at.desc(), Deploy.id.desc()).limit(number)


def _deployed(rows: list[Row[*tuple[Any, ...]]]) -> Deployed:
    row, said = rows[0], list(_said(rows))
    if row.by_hand:
        health, reason = effective(said, row.by_hand)
    else:
        health, reason = judged_health(said, row.deployed_at, row.judged_from)
    return Deployed(
        public_id=row.public_id,
        revision=shortened(row.revision),
        deployment_name=row.name,
        deployment_slug=row.slug,
        author=row.author_name or row.author_email,
        at=row.deployed_at,
        health=health,
        reason=reason,
    )


def _said(rows: list[Row[*tuple[Any, ...]]]) -> Iterator[Said]:
    for row in rows:
        if row.health is not None:
            yield Said(row.health or "unknown", row.reason or "")
