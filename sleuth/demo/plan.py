"""The story on a calendar: which deploy happened when, and which errors came with it.

A pure function of one anchor, the moment at which the demo begins, so that nothing has to
be remembered but that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sleuth.demo import payload
from sleuth.demo.cast import (
    PEOPLE,
    PROJECTS,
    TRACKER_ORGANIZATION,
    DemoProject,
    Person,
)
from sleuth.demo.changes import CHANGES, CHECKOUT, SHOP, WORKER, Change
from sleuth.demo.story import MENDED, PRODUCTION, STORY, Chapter, Errors
from sleuth.ids import slugify

HISTORY = timedelta(days=29)
"""How much of the past is collected: a week more than the oldest deploy needs to be judged by."""
JUDGED = timedelta(days=23)
LIVE_SINCE = timedelta(minutes=3)
LIVE_EVERY = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
FIRST_DAY_OFF = 5

_LIVE_ORDER = (CHECKOUT, SHOP, WORKER)
_LIVE_TITLES = (
    "Show the fee before paying",
    "Update dependencies",
    "Say more in the log when it matters",
    "Fewer queries on the busiest page",
    "Translate what was left in English",
    "Remove a flag that is on for everybody",
    "Clearer words where something is missing",
    "Cover the corner cases with tests",
)
_LIVE_AUTHORS = ("priya", "tomas", "aiko", "sam", "lena")
_LIVE_ERRORS = Errors(5, 60, ("TimeoutError: pool is exhausted", "KeyError: 'fee'"))
_LIVE_FAILS_EVERY = 10


@dataclass(frozen=True, slots=True)
class PlannedDeploy:
    """A deploy to register.

    Args:
        deployment: Slug of the code deployment.
        parameters: What a pipeline would send to the registration API.
        incidents: Errors that come with it, in the words of the stand-in's orders.
        health: What becomes of it in the end; one of several if joined by "or".
    """

    deployment: str
    author: Person
    deployed_at: datetime
    parameters: dict[str, Any]
    incidents: tuple[dict[str, Any], ...]
    health: str

    @property
    def revision(self) -> str:
        """The revision it is known by."""
        return str(self.parameters["sha"])


def past_deploys(anchor: datetime) -> list[PlannedDeploy]:
    """Return what was deployed before the demo began, in that order."""
    return [_deploy(chapter, anchor) for chapter in STORY]


def live_deploy(anchor: datetime, number: int) -> PlannedDeploy:
    """Return one of the deploys that go on for as long as the demo runs, counted from 0."""
    deployment = _LIVE_ORDER[number % len(_LIVE_ORDER)]
    change = Change(
        deployment,
        _LIVE_TITLES[number % len(_LIVE_TITLES)],
        _LIVE_AUTHORS[number % len(_LIVE_AUTHORS)],
    )
    deployed_at = anchor - LIVE_SINCE + number * LIVE_EVERY
    parameters = payload.parameters(change, 430 + number, deployed_at, PRODUCTION)
    incident = _incident(deployment, PRODUCTION, deployed_at, _LIVE_ERRORS, parameters["sha"])
    return PlannedDeploy(
        deployment,
        PEOPLE[change.author],
        deployed_at,
        parameters,
        (incident,) * _fails(number),
        _live_health(number),
    )


def _live_health(number: int) -> str:
    if _fails(number):
        return "unhealthy"
    return MENDED if _fails(number - len(_LIVE_ORDER)) else "healthy"


def _fails(number: int) -> bool:
    return number % _LIVE_FAILS_EVERY == 3


def live_number(anchor: datetime, now: datetime) -> int:
    """Return the number of the live deploy that is the latest at ``now``."""
    return max(0, (now - anchor + LIVE_SINCE) // LIVE_EVERY)


def _deploy(chapter: Chapter, anchor: datetime) -> PlannedDeploy:
    change = CHANGES[chapter.change]
    deployed_at = _moment(chapter.when, anchor)
    parameters = payload.parameters(
        change, chapter.change, deployed_at, chapter.environment, chapter.commits
    )
    if chapter.is_rollback:
        parameters |= {"pull_requests": [], "commits": [], "tags": ["rollback"]}
    incidents = tuple(_incidents(chapter, change.deployment, deployed_at, parameters["sha"]))
    return PlannedDeploy(
        change.deployment,
        PEOPLE[change.author],
        deployed_at,
        parameters,
        incidents,
        chapter.health,
    )


def _incidents(
    chapter: Chapter, deployment: str, deployed_at: datetime, revision: str
) -> Iterator[dict[str, Any]]:
    if chapter.then:
        yield _incident(deployment, chapter.environment, deployed_at, chapter.then, revision)
    if chapter.until_then:
        start = deployed_at - chapter.until_then.minutes * MINUTE
        yield _incident(deployment, chapter.environment, start, chapter.until_then)


def _moment(when: str, anchor: datetime) -> datetime:
    if when.endswith("m"):
        return anchor - int(when[:-1]) * MINUTE
    days, _, clock = when.partition("d ")
    day, left = anchor.date(), int(days)
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < FIRST_DAY_OFF
    return datetime.combine(day, time.fromisoformat(clock), UTC)


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _incident(
    deployment: str, environment: str, start: datetime, errors: Errors, revision: str = ""
) -> dict[str, Any]:
    return {
        "organization": TRACKER_ORGANIZATION,
        "project": project_of(deployment).tracker_slug,
        "environment": environment,
        "start": _floor(start).isoformat(),
        "minutes": errors.minutes,
        "factor": errors.factor,
        "new_errors": list(errors.new),
        "release": f"{deployment}@{revision}" if errors.new else "",
    }


def project_of(deployment: str) -> DemoProject:
    """Return the project of a code deployment by its slug."""
    return next(
        project
        for project in PROJECTS
        if deployment in {slugify(name) for name in project.code_deployments}
    )
