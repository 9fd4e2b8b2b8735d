"""The rate of false alarms that is stated, beside what people answered and placebo deploys give.

By month (UTC) and sensitivity. An answer belongs to the month in which its deploy happened. Of
several answers about one verdict the newest counts, for each health that was asked about. Where
a limit of somebody's own decided, neither answer nor placebo says anything of the stated rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, select

from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.by_hand.models import Answer
from sleuth.health.by_hand.wilson import NOTHING, Share
from sleuth.health.models import Verdict
from sleuth.health.placebo.models import Placebo
from sleuth.health.placebo.moments import Month
from sleuth.health.sensitivity import MEASURED
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment, Project

MONTHS = 12
ALARMS = ("ailing", "unhealthy")
CALM = ("healthy", "improved")
OF_A_LIMIT = ("above_threshold", "below_threshold")

Key = tuple[str, str]
"""Month and sensitivity."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one month at one sensitivity.

    Args:
        month: Such as "2026-03".
        is_running: The month is not over.
        alarms: Verdicts that stand as ailing or unhealthy.
        wrong: Of the alarms that were answered about, how many were called wrong: healthy, or
            better than that. To be even worse than said makes no false alarm.
        missed: Of the calm verdicts that were answered about, how many should have been worse.
        placebo: Of the placebo deploys that were tried, how many were flagged.
    """

    month: str
    sensitivity: str
    is_running: bool
    alarms: int
    wrong: Share
    missed: Share
    placebo: Share

    @property
    def stated(self) -> int:
        """Of a hundred harmless deploys, how many are flagged, as we say."""
        return MEASURED[self.sensitivity].false_alarms

    @property
    def began_on(self) -> datetime:
        """The first day of the month."""
        return datetime.fromtimestamp(Month.named(self.month).since, UTC)


@dataclass(slots=True)
class _Tally:
    """Counts that grow."""

    alarms: int = 0
    wrong: Share = NOTHING
    missed: Share = NOTHING
    placebo: Share = NOTHING


def compare(organization_id: int, project_slug: str, now: datetime) -> list[Figures]:
    """Return the figures of the last twelve months, newest first; months without any are left out.

    Args:
        project_slug: "" for all projects.
    """
    months = _months(now)
    tallies: dict[Key, _Tally] = defaultdict(_Tally)
    of_projects = _projects(organization_id, project_slug)
    _count_alarms(tallies, of_projects, months)
    _count_answers(tallies, of_projects, months)
    _count_placebos(tallies, of_projects, months)
    for sensitivity in set(of_projects.values()):
        tallies.setdefault((months[0].name, sensitivity), _Tally())
    order = list(MEASURED)
    found = [
        Figures(
            month,
            sensitivity,
            month == months[0].name,
            each.alarms,
            each.wrong,
            each.missed,
            each.placebo,
        )
        for (month, sensitivity), each in tallies.items()
        if sensitivity in MEASURED
    ]
    found.sort(key=lambda each: order.index(each.sensitivity))
    return sorted(found, key=lambda each: each.month, reverse=True)


def _months(now: datetime) -> list[Month]:
    months = [Month.of(now)]
    while len(months) < MONTHS:
        months.append(months[-1].before)
    return months


def _projects(organization_id: int, slug: str) -> Mapping[int, str]:
    """Return the sensitivity of each project that is asked about."""
    statement = select(Project.id, Project.sensitivity).where(
        Project.organization_id == organization_id
    )
    if slug:
        statement = statement.where(Project.slug == slug)
    return {row.id: row.sensitivity for row in db.session.execute(statement)}


def _since(months: list[Month]) -> datetime:
    return datetime.fromtimestamp(months[-1].since, UTC)


def _count_alarms(
    tallies: Mapping[Key, _Tally], projects: Mapping[int, str], months: list[Month]
) -> None:
    rows = db.session.execute(
        select(Deploy.deployed_at, Verdict.sensitivity)
        .join(Verdict.deploy)
        .join(Environment, Environment.id == Deploy.environment_id)
        .where(
            Environment.project_id.in_(projects),
            Deploy.deployed_at >= _since(months),
            Verdict.health.in_(ALARMS),
            Verdict.reason.not_in(OF_A_LIMIT),
        )
    )
    for deployed_at, sensitivity in rows:
        tallies[Month.of(deployed_at).name, sensitivity].alarms += 1


def _count_answers(
    tallies: Mapping[Key, _Tally], projects: Mapping[int, str], months: list[Month]
) -> None:
    for row in _newest(_answers(projects, months)):
        tally = tallies[Month.of(row.deployed_at).name, row.sensitivity]
        if row.health in ALARMS:
            is_wrong = not row.is_right and row.actual != "worse"
            tally.wrong = tally.wrong.with_one(is_hit=is_wrong)
        elif row.health in CALM:
            was_worse = not row.is_right and row.actual == "worse"
            tally.missed = tally.missed.with_one(is_hit=was_worse)


def _answers(projects: Mapping[int, str], months: list[Month]) -> Iterable[Row[Any]]:
    """Yield answers with when the deploy was, the oldest first."""
    return db.session.execute(
        select(
            Answer.verdict_id,
            Answer.is_right,
            Answer.actual,
            Answer.health,
            Answer.sensitivity,
            Deploy.deployed_at,
        )
        .join(Verdict, Verdict.id == Answer.verdict_id)
        .join(Verdict.deploy)
        .join(Environment, Environment.id == Deploy.environment_id)
        .where(
            Environment.project_id.in_(projects),
            Deploy.deployed_at >= _since(months),
            Answer.reason.not_in(OF_A_LIMIT),
        )
        .order_by(Answer.answered_at, Answer.id)
    )


def _newest(rows: Iterable[Row[Any]]) -> Iterable[Row[Any]]:
    """Return the newest answer about each health that a verdict had."""
    return {(row.verdict_id, row.health): row for row in rows}.values()


def _count_placebos(
    tallies: Mapping[Key, _Tally], projects: Mapping[int, str], months: list[Month]
) -> None:
    rows = db.session.execute(
        select(
            Placebo.month,
            Placebo.sensitivity,
            func.sum(Placebo.flagged),
            func.sum(Placebo.tried),
        )
        .join(ImpactSource, ImpactSource.id == Placebo.impact_source_id)
        .where(ImpactSource.project_id.in_(projects), Placebo.month >= months[-1].name)
        .group_by(Placebo.month, Placebo.sensitivity)
    )
    for month, sensitivity, flagged, tried in rows:
        if tried:
            tallies[month, sensitivity].placebo = Share(int(flagged), int(tried))
