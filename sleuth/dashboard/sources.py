"""Change source cards: each code deployment, how its last deploys went, who watches it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, and_, func, select

from sleuth.dashboard.filters import Statement
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.health.words import WORST_FIRST
from sleuth.impact import states
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry
from sleuth.plugin_api import TrackerInfo
from sleuth.projects.models import Project

STRIP_LENGTH = 14
STRIP_AGE = timedelta(days=30)
MOST_CARDS = 12


@dataclass(frozen=True, slots=True)
class TrackerState:
    """How an error tracker serves one project.

    Args:
        state: ``connected`` (green) if a source of the project collects, else ``grey``.
        words: The same in words.
        since: Since when a working source has been there, None if none works.
        needs_attention: Somebody has to look at a source, as its own state says.
    """

    info: TrackerInfo
    state: str
    words: str
    since: datetime | None = None
    needs_attention: bool = False


@dataclass(frozen=True, slots=True)
class PastDeploy:
    """One mark of the strip."""

    public_id: str
    revision: str
    deployed_at: datetime
    health: str


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """One code deployment.

    Args:
        strip: Its last deploys, oldest first.
        trackers: The error trackers that the organization has connected.
    """

    slug: str
    name: str
    project_name: str
    project_slug: str
    last_deploy_at: datetime | None
    strip: tuple[PastDeploy, ...]
    trackers: tuple[TrackerState, ...]

    @property
    def health(self) -> str:
        """The health of the latest deploy that has one."""
        known = (each.health for each in reversed(self.strip) if each.health != "unknown")
        return next(known, "unknown")

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """How many of its last deploys came to each health, the worst first, without zeros."""
        return tally(each.health for each in self.strip)


def tally(healths: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return how often each health occurs, the worst first, without zeros."""
    counts = Counter(healths)
    return tuple((each, counts[each]) for each in (*WORST_FIRST, "unknown") if counts[each])


def read_sources(organization_id: int, project_slug: str, now: datetime) -> list[ChangeSource]:
    """Return the code deployments of a project, or of all, the last deployed first."""
    serving = _Serving(organization_id, now)
    rows = _deploys(_deployments(organization_id, project_slug, now - STRIP_AGE).cte("shown"))
    together = (list(each) for _id, each in groupby(rows, key=lambda row: row.id))
    return [
        ChangeSource(
            slug=row.slug,
            name=row.name,
            project_name=row.project_name,
            project_slug=row.project_slug,
            last_deploy_at=row.last_deploy_at,
            strip=tuple(_past(each) for each in deploys[-STRIP_LENGTH:] if each.public_id),
            trackers=tuple(serving.of_project(row.project_id)),
        )
        for row, deploys in ((each[0], each) for each in together)
    ]


def _deployments(organization_id: int, project_slug: str, since: datetime) -> Statement:
    last = (
        select(func.max(Deploy.deployed_at))
        .where(Deploy.code_deployment_id == CodeDeployment.id)
        .scalar_subquery()
    )
    statement: Statement = (
        select(
            CodeDeployment.id,
            CodeDeployment.slug,
            CodeDeployment.name,
            CodeDeployment.project_id,
            Project.name.label("project_name"),
            Project.slug.label("project_slug"),
            last.label("last_deploy_at"),
            _strip_from(since).label("strip_from"),
        )
        .join(CodeDeployment.project)
        .where(CodeDeployment.organization_id == organization_id)
        .order_by(last.desc().nulls_last(), CodeDeployment.name)
        .limit(MOST_CARDS + 1)
    )
    if project_slug:
        statement = statement.where(Project.slug == project_slug)
    return statement


def _strip_from(since: datetime) -> ColumnElement[datetime]:
    """Return when the first of those deploys came that a strip shows."""
    earliest = (
        select(Deploy.deployed_at)
        .where(Deploy.code_deployment_id == CodeDeployment.id, Deploy.deployed_at >= since)
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
        .offset(STRIP_LENGTH - 1)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(earliest, since)


def _deploys(shown: CTE) -> Sequence[Row[Any]]:
    """Return code deployments with their last deploys, oldest first; once without any."""
    is_recent = and_(
        Deploy.code_deployment_id == shown.c.id,
        Deploy.deployed_at >= shown.c.strip_from,
    )
    return db.session.execute(
        select(
            shown,
            Deploy.public_id,
            Deploy.revision,
            Deploy.deployed_at,
            overall_rank(Deploy.id).label("rank"),
        )
        .outerjoin(Deploy, is_recent)
        .order_by(
            shown.c.last_deploy_at.desc().nulls_last(),
            shown.c.name,
            shown.c.id,
            Deploy.deployed_at,
            Deploy.id,
        )
    ).all()


def _past(row: Row[Any]) -> PastDeploy:
    return PastDeploy(row.public_id, row.revision, row.deployed_at, BEST_FIRST[row.rank])


class _Serving:
    """The trackers that an organization has connected, and how they serve its projects."""

    def __init__(self, organization_id: int, now: datetime) -> None:
        trackers = registry().trackers
        connected = set()
        self._felt = defaultdict(list)
        for row in _serving(organization_id):
            connected.add(row.Integration.provider)
            if row.project_id is not None:
                state = states.state_of(row, row.Integration, now)
                self._felt[row.project_id, row.Integration.provider].append((state, row))
        self._infos = [trackers[slug].info for slug in sorted(connected) if slug in trackers]

    def of_project(self, project_id: int) -> list[TrackerState]:
        return [_state(info, self._felt[project_id, info.slug]) for info in self._infos]


def _serving(organization_id: int) -> Iterable[Row[Any]]:
    """Return the live integrations, each with every impact source that it serves."""
    return db.session.execute(
        select(
            Integration,
            ImpactSource.project_id,
            ImpactSource.created_at,
            ImpactSource.collected_at,
            ImpactSource.expected_at,
            ImpactSource.paused_at,
            ImpactSource.interval_seconds,
        )
        .outerjoin(ImpactSource, ImpactSource.integration_id == Integration.id)
        .where(Integration.organization_id == organization_id)
    )


def _state(info: TrackerInfo, felt: Sequence[tuple[State, Row[Any]]]) -> TrackerState:
    """Put together how the sources of a project feel, with the integration's own troubles."""
    is_troubled = any(state == State.NEEDS_ATTENTION for state, _ in felt)
    working = [
        source.created_at
        for state, source in felt
        if state in (State.CONNECTED, State.LATE) and source.collected_at is not None
    ]
    if working:
        words = f"{info.name} connected"
        return TrackerState(info, "connected", words, min(working), is_troubled)
    words = f"{info.name}: {_why_none_works(felt, is_troubled=is_troubled)}"
    return TrackerState(info, "grey", words, needs_attention=is_troubled)


def _why_none_works(felt: Sequence[tuple[State, Row[Any]]], *, is_troubled: bool) -> str:
    if is_troubled:
        return "collecting fails"
    if not felt:
        return "no impact source yet"
    is_paused = all(state == State.PAUSED for state, _ in felt)
    return "paused" if is_paused else "no counts yet"
