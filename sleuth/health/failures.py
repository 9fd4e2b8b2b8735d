"""Change failures: deploys whose health was too bad for too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select

from sleuth.buckets import MINUTE
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.by_hand.effective import health_by_hand
from sleuth.health.models import Verdict, VerdictChange
from sleuth.health.words import overall

LATE = timedelta(minutes=15)
FAILING = {"ailing": ("ailing", "unhealthy"), "unhealthy": ("unhealthy",)}
"""Which healths count as a failure, by the project's boundary."""


class Change(Protocol):
    """One change of a verdict: what it became, by how much data, and when that was known."""

    @property
    def at(self) -> datetime: ...

    @property
    def minutes_of_data(self) -> int: ...

    @property
    def health(self) -> str: ...


class Span(NamedTuple):
    """A health from some moment on, until the next span begins."""

    since: datetime
    health: str
    minutes: int = 0
    reason: str = ""


def note_failure(deploy: Deploy) -> bool:
    """Write when a deploy failed inside ``with write():``; tell whether that became another.

    By the rule that its project has now, from the verdicts as they are in the session. A health
    set by hand stands for all of the deploy's time, so it decides here, too.
    """
    db.session.flush()
    project = deploy.environment.project
    boundary, minutes = project.failure_boundary, project.failure_minutes
    histories, until = _histories(deploy)
    by_hand = health_by_hand(deploy.id)
    course = [(deploy.deployed_at, by_hand)] if by_hand else worst_over_time(histories)
    before = deploy.failed_at
    deploy.failed_at = failed_at(course, boundary, minutes, until)
    deploy.failure_boundary = boundary if deploy.failed_at else None
    deploy.failure_minutes = minutes if deploy.failed_at else None
    return before != deploy.failed_at


def _histories(deploy: Deploy) -> tuple[list[list[Span]], datetime | None]:
    """Return from when on which source said what of a deploy, and when its time ended."""
    step = Verdict.assessment["step_seconds"].as_integer()
    rows = db.session.execute(
        select(
            VerdictChange.verdict_id,
            VerdictChange.at,
            VerdictChange.minutes_of_data,
            VerdictChange.health,
            Verdict.began_at,
            Verdict.ended_at,
            step.label("step"),
        )
        .join(Verdict, Verdict.id == VerdictChange.verdict_id)
        .where(Verdict.deploy_id == deploy.id)
        .order_by(VerdictChange.verdict_id, VerdictChange.id)
    ).all()
    histories = [
        _spans_of_deploy(list(changes), deploy.deployed_at)
        for _verdict, changes in groupby(rows, key=lambda row: row.verdict_id)
    ]
    return histories, max((row.ended_at for row in rows if row.ended_at), default=None)


def _spans_of_deploy(rows: Sequence[Any], deployed_at: datetime) -> list[Span]:
    """Leave out what was so before the deploy: the verdict may be shared with an earlier one."""
    spans = spans_of(rows, rows[0].began_at or deployed_at, rows[0].step or MINUTE)
    return [each._replace(since=max(each.since, deployed_at)) for each in spans]


def in_words(boundary: str, minutes: int) -> str:
    """Return why a deploy counts as a failure: "Unhealthy for 7 minutes in all"."""
    healths = " or ".join(each.capitalize() for each in FAILING[boundary])
    return f"{healths} for {minutes} {'minute' if minutes == 1 else 'minutes'} in all"


def failed_at(
    changes: Iterable[tuple[datetime, str]], boundary: str, minutes: int, until: datetime | None
) -> datetime | None:
    """Return when a deploy had been in failure for ``minutes`` in all, None if it was not.

    Args:
        changes: From when on it had which health, oldest first.
        boundary: The lowest health that counts as a failure, ``ailing`` or ``unhealthy``.
        until: When its time ended; None if it goes on. What is returned then lies ahead if
            only time is missing.
    """
    found = list(changes)
    nexts = [*(since for since, _health in found[1:]), None]
    left = timedelta(minutes=minutes)
    for (since, health), change in zip(found, nexts, strict=False):
        if health not in FAILING[boundary]:
            continue
        end = min((each for each in (change, until) if each is not None), default=None)
        if end is None or end - since >= left:
            return since + left
        left -= max(end - since, timedelta(0))
    return None


def worst_over_time(histories: Iterable[Sequence[Span]]) -> Iterator[tuple[datetime, str]]:
    """Yield from when on a deploy had which health: that of its worst source at each time."""
    moments = [(each, number) for number, spans in enumerate(histories) for each in spans]
    current: dict[int, Span] = {}
    for span, number in sorted(moments, key=lambda each: each[0].since):
        current[number] = span
        yield span.since, overall(current.values())[0]


def spans_of(
    changes: Iterable[Change], deployed_at: datetime, step_seconds: int = MINUTE
) -> list[Span]:
    """Return from when on a verdict had which health.

    Usually since that was known. What was found out late, after an outage or from counts
    of the past, holds for all minutes since the last look with a known health; and where a
    look was judged anew, what is said now stands for what was said then.

    Args:
        changes: All changes of the verdict, oldest first.
        step_seconds: Width of the tracker's buckets.
    """
    patience = LATE + timedelta(seconds=step_seconds)
    spans: list[Span] = []
    for change in changes:
        minutes = change.minutes_of_data
        known = [each for each in spans if each.health != "unknown"]
        anew = [each for each in known if each.minutes >= minutes]
        is_late = change.at > deployed_at + timedelta(minutes=minutes) + patience
        spans = [each for each in (known if is_late else spans) if each.minutes < minutes]
        if anew:
            since = anew[0].since
        elif is_late:
            since = _last_look(spans, deployed_at)
        else:
            since = change.at
        spans.append(Span(since, change.health, minutes))
    return spans


def _last_look(known: Sequence[Span], deployed_at: datetime) -> datetime:
    if not known:
        return deployed_at
    return max(deployed_at + timedelta(minutes=known[-1].minutes), known[-1].since)
