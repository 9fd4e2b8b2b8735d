"""What the detector makes of the plan, from the stand-in's own counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from plugins.sentry.sandbox.series import Incident, minute_counts
from plugins.sentry.sandbox.world import World
from sleuth.demo import plan
from sleuth.demo.cast import PROJECTS, TRACKER_ORGANIZATION
from sleuth.demo.plan import PlannedDeploy
from sleuth.health import detector
from sleuth.health.detector import Assessment
from sleuth.health.groups import Moment, places
from sleuth.impact.schedule import HISTORY_DAYS

DAY = 86_400
Deploys = Sequence[PlannedDeploy]
Place = tuple[str, str]
WATCHED: list[Place] = [
    (project.tracker_slug, environment)
    for project in PROJECTS
    for environment in project.watched.values()
]


def seconds(moment: datetime) -> int:
    """Return epoch seconds."""
    return int(moment.timestamp())


def place_of(deploy: PlannedDeploy) -> Place:
    """Return where a deploy goes: the tracker's names of the project and the environment."""
    project = plan.project_of(deploy.deployment)
    return project.tracker_slug, deploy.parameters["environment"]


def is_as_planned(deploy: PlannedDeploy, health: str) -> bool:
    """Tell whether that is what was to become of a deploy."""
    return health in deploy.health.split(" or ")


class Series:
    """The counts of 29 days of one place, as they are seen at one moment."""

    def __init__(self, place: Place, deploys: Deploys, now: datetime) -> None:
        owner = World().organization(TRACKER_ORGANIZATION)
        remote = owner.project(place[0])
        until = seconds(now) // 60 * 60
        since = until - HISTORY_DAYS * DAY
        counts = minute_counts(
            f"1:{owner.id}:{remote.id}:{place[1]}",
            remote.environments[place[1]].profile,
            _incidents_at(place, deploys),
            since,
            until,
            now,
        )
        self.minutes: npt.NDArray[np.int64] = np.arange(since, until, 60)
        self.counts: npt.NDArray[np.float64] = np.asarray(counts, dtype=np.float64)


def groups_of(moments: Sequence[int]) -> list[tuple[int, ...]]:
    """Put deploys together that share a verdict."""
    window = timedelta(minutes=detector.DEFAULT.window_minutes)
    timeline = [Moment(each, datetime.fromtimestamp(each, UTC)) for each in moments]
    return [place.deploy_ids for place in places(timeline, window)]


def verdicts_at(series: Series, moments: Sequence[int], now: datetime) -> dict[int, Assessment]:
    """Return what the detector makes of each deploy of a place, by its moment."""
    groups, found = groups_of(moments), {}
    for index, group in enumerate(groups):
        made = detector.assess(
            series.minutes,
            series.counts,
            group[0],
            seconds(now),
            [moment for earlier in groups[:index] for moment in earlier],
            until=groups[index + 1][0] if index + 1 < len(groups) else None,
        )
        found.update(dict.fromkeys(group, made))
    return found


def verdicts(deploys: Deploys, now: datetime) -> dict[tuple[Place, int], Assessment]:
    """Return what the detector makes of every deploy that an impact source looks at."""
    return {
        (place, moment): made
        for place in WATCHED
        for moment, made in verdicts_at(
            Series(place, deploys, now), moments_at(place, deploys), now
        ).items()
    }


def moments_at(place: Place, deploys: Deploys) -> list[int]:
    """Return when a place was deployed to."""
    return [seconds(each.deployed_at) for each in deploys if place_of(each) == place]


def surprises(
    deploys: Deploys, now: datetime, before: Deploys = ()
) -> dict[tuple[Place, str], tuple[str, str]]:
    """Return the deploys of which the detector makes something else: planned and made.

    Args:
        before: Earlier deploys, which are not asked about.
    """
    made = verdicts([*before, *deploys], now)
    found = {}
    for each in deploys:
        verdict = made.get((place_of(each), seconds(each.deployed_at)))
        health = verdict.health if verdict else "unknown"
        if not is_as_planned(each, health):
            found[place_of(each), each.deployed_at.isoformat()] = (each.health, str(verdict))
    return found


def _incidents_at(place: Place, deploys: Deploys) -> list[Incident]:
    return [
        Incident(seconds(datetime.fromisoformat(each["start"])), each["minutes"], each["factor"])
        for planned in deploys
        for each in planned.incidents
        if (each["project"], each["environment"]) == place
    ]
