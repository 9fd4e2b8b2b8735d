"""What a replay found, deploy by deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import contains_eager, joinedload

from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.by_hand.effective import effective
from sleuth.health.by_hand.models import Override
from sleuth.health.models import Verdict
from sleuth.health.replaying import wording
from sleuth.health.replaying.models import Replay, ReplayFinding

MOST_LISTED = 500
SET_BY_HAND = "Set by hand, and so it stays."


class _Said(NamedTuple):
    health: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One deploy.

    Args:
        before, after: Health and reason now, "" if there is no verdict, and by what is proposed,
            with what is said by sources that are not concerned.
        notes: What each source says and how it came to it.
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
    others, by_hand = _others(replay), _by_hand(replay)
    rows = [
        _row(list(some), others.get(deploy_id, []), by_hand.get(deploy_id))
        for deploy_id, some in groupby(findings, key=lambda each: each.deploy_id)
    ]
    rows.sort(key=lambda row: (not row.is_changed, wording.ORDER.index(row.after[0])))
    return Results(
        wording.counts_in_words([row.after[0] for row in rows]),
        wording.compared_in_words((row.before[0], row.after[0]) for row in rows),
        rows[:MOST_LISTED],
        max(0, len(rows) - MOST_LISTED),
        len(rows),
    )


def _others(replay: Replay) -> dict[int, list[_Said]]:
    """Return by deploy the verdicts that stay as they are."""
    found = ReplayFinding.replay_id == replay.id
    is_listed = exists().where(
        found,
        ReplayFinding.deploy_id == Verdict.deploy_id,
        ReplayFinding.impact_source_id == Verdict.impact_source_id,
    )
    rows = db.session.execute(
        select(Verdict.deploy_id, Verdict.health, Verdict.reason).where(
            Verdict.deploy_id.in_(select(ReplayFinding.deploy_id).where(found)),
            ~is_listed,
        )
    )
    others: dict[int, list[_Said]] = {}
    for deploy_id, *said in rows:
        others.setdefault(deploy_id, []).append(_Said(*said))
    return others


def _by_hand(replay: Replay) -> dict[int, str]:
    """Return by deploy the healths that were set by hand, which stand whatever is judged."""
    concerned = select(ReplayFinding.deploy_id).where(ReplayFinding.replay_id == replay.id)
    rows = db.session.execute(
        select(Override.deploy_id, Override.health).where(
            Override.deploy_id.in_(concerned), Override.ended_at.is_(None)
        )
    )
    return {row.deploy_id: row.health for row in rows}


def _row(findings: Sequence[ReplayFinding], others: Sequence[_Said], by_hand: str | None) -> Row:
    said = [_Said(each.health_before, each.reason_before) for each in findings]
    known = [*others, *(each for each in said if each.health)]
    is_alone = len(findings) + len(others) == 1
    notes = [_note(each, is_alone=is_alone) for each in findings]
    return Row(
        findings[0].deploy,
        effective(known, by_hand) if known or by_hand else ("", ""),
        effective([*others, *(_Said(each.health, each.reason) for each in findings)], by_hand),
        any(not each.is_final for each in findings) and not by_hand,
        [*([SET_BY_HAND] if by_hand else []), *notes],
    )


def _note(finding: ReplayFinding, *, is_alone: bool) -> str:
    course = wording.course_in_words(finding.course)
    if not is_alone:
        return f"{finding.impact_source.name}: {finding.sentence} {course}".strip()
    return f"{_beside_its_health(finding)} {course}".strip()


def _beside_its_health(finding: ReplayFinding) -> str:
    """Return why it is so, without what its health says already."""
    if (finding.health, finding.reason) != ("unknown", "pending"):
        return finding.sentence
    why = finding.sentence.partition(": ")[2]
    return why[:1].upper() + why[1:] or "It is judged as soon as there are counts."
