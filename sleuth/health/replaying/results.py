"""What a replay found, deploy by deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health import words
from sleuth.health.replaying import wording
from sleuth.health.replaying.models import Replay, ReplayFinding

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class _Said:
    health: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One deploy.

    Args:
        before, after: Health and reason now, "" if there is no verdict, and by what is proposed.
        notes: What each source says and how it came to it, where that is worth telling.
    """

    deploy: Deploy
    before: tuple[str, str]
    after: tuple[str, str]
    is_open: bool
    notes: list[str]

    @property
    def is_changed(self) -> bool:
        """Whether the deploy has another health by what is proposed."""
        return self.before[0] != self.after[0]


@dataclass(frozen=True, slots=True)
class Results:
    """All deploys, those that change first.

    Args:
        rows: As many as are listed.
        more: How many are not.
    """

    counts: str
    comparison: str
    rows: list[Row]
    more: int
    total: int


def results_of(replay: Replay) -> Results:
    """Return what a replay has found, in a fixed number of statements."""
    findings = db.session.scalars(
        select(ReplayFinding)
        .join(ReplayFinding.deploy)
        .where(ReplayFinding.replay_id == replay.id)
        .options(
            contains_eager(ReplayFinding.deploy).options(
                joinedload(Deploy.code_deployment), joinedload(Deploy.environment)
            ),
            joinedload(ReplayFinding.impact_source),
        )
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc(), ReplayFinding.id)
    )
    rows = [_row(list(some)) for _id, some in groupby(findings, key=lambda each: each.deploy_id)]
    rows.sort(key=lambda row: (not row.is_changed, wording.ORDER.index(row.after[0])))
    return Results(
        wording.counts_in_words([row.after[0] for row in rows]),
        wording.compared_in_words((row.before[0], row.after[0]) for row in rows),
        rows[:MOST_LISTED],
        max(0, len(rows) - MOST_LISTED),
        len(rows),
    )


def _row(findings: Sequence[ReplayFinding]) -> Row:
    said = [_Said(each.health_before, each.reason_before) for each in findings]
    known = [each for each in said if each.health]
    return Row(
        findings[0].deploy,
        words.overall(known) if known else ("", ""),
        words.overall([_Said(each.health, each.reason) for each in findings]),
        any(not each.is_final for each in findings),
        [note for each in findings if (note := _note(each, is_alone=len(findings) == 1))],
    )


def _note(finding: ReplayFinding, *, is_alone: bool) -> str:
    is_calm = finding.health == "healthy" and finding.health_before in {"healthy", ""}
    course = wording.course_in_words(finding.course)
    if is_calm and len(finding.course) < 2:
        return ""
    name = "" if is_alone else f"{finding.impact_source.name}: "
    return f"{name}{finding.sentence} {course}".strip()
