"""Change source cards: each code deployment, how its last deploys went, who watches it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from sleuth.dashboard.filters import Statement
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.health.words import WORST_FIRST
from sleuth.impact import states
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations.service import integrations_of, registry
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
    rows = _deployments(organization_id, project_slug)
    strips = _strips([row.id for row in rows], now)
    serving = _Serving(organization_id, now)
    return [
        ChangeSource(
            slug=row.slug,
            name=row.name,
            project_name=row.project_name,
            project_slug=row.project_slug,
            last_deploy_at=row.last_deploy_at,
            strip=tuple(strips[row.id]),
            trackers=tuple(serving.of_project(row.project_id)),
        )
        for row in rows
    ]


def _deployments(organization_id: int, project_slug: str) -> Sequence[Row[Any]]:
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
        )
        .join(CodeDeployment.project)
        .where(CodeDeployment.organization_id == organization_id)
        .order_by(last.desc().nulls_last(), CodeDeployment.name)
        .limit(MOST_CARDS + 1)
    )
    if project_slug:
        statement = statement.where(Project.slug == project_slug)
    return db.session.execute(statement).all()


def _strips(deployment_ids: Sequence[int], now: datetime) -> dict[int, list[PastDeploy]]:
    newest_first = func.row_number().over(
        partition_by=Deploy.code_deployment_id,
        order_by=(Deploy.deployed_at.desc(), Deploy.id.desc()),
    )
    recent = (
        select(
            Deploy.id,
            Deploy.public_id,
            Deploy.code_deployment_id,
            Deploy.revision,
            Deploy.deployed_at,
            newest_first.label("place"),
        )
        .where(Deploy.code_deployment_id.in_(deployment_ids), Deploy.deployed_at >= now - STRIP_AGE)
        .subquery()
    )
    statement = (
        select(
            recent.c.code_deployment_id,
            recent.c.public_id,
            recent.c.revision,
            recent.c.deployed_at,
            overall_rank(recent.c.id).label("rank"),
        )
        .where(recent.c.place <= STRIP_LENGTH)
        .order_by(recent.c.place.desc())
    )
    strips = defaultdict(list)
    for row in db.session.execute(statement):
        past = PastDeploy(row.public_id, row.revision, row.deployed_at, BEST_FIRST[row.rank])
        strips[row.code_deployment_id].append(past)
    return strips


class _Serving:
    """The trackers that an organization has connected, and how they serve its projects."""

    def __init__(self, organization_id: int, now: datetime) -> None:
        connected, trackers = integrations_of(organization_id), registry().trackers
        self._infos = [trackers[slug].info for slug in sorted(connected) if slug in trackers]
        self._felt = defaultdict(list)
        for source in _impact_sources(organization_id):
            if source.provider in connected:
                state = states.state_of(source, connected[source.provider], now)
                self._felt[source.project_id, source.provider].append((state, source))

    def of_project(self, project_id: int) -> list[TrackerState]:
        return [_state(info, self._felt[project_id, info.slug]) for info in self._infos]


def _impact_sources(organization_id: int) -> Iterable[Row[Any]]:
    return db.session.execute(
        select(
            ImpactSource.project_id,
            ImpactSource.provider,
            ImpactSource.created_at,
            ImpactSource.collected_at,
            ImpactSource.expected_at,
            ImpactSource.paused_at,
            ImpactSource.interval_seconds,
        ).where(ImpactSource.organization_id == organization_id)
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
