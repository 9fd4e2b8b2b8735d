"""Was this right? One answer per person and verdict, which keeps what it was about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.rules import RuleError
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Answer
from sleuth.health.models import Verdict
from sleuth.health.telling import tell
from sleuth.health.words import HEALTH_NAMES, WORST_FIRST
from sleuth.text import one_line

ACTUALS = {
    "healthy": "It was healthy",
    "worse": "It was worse than that",
    "better": "It was better than that",
}
"""What a verdict that was wrong should have said."""

LONGEST_NOTE = 500
TOO_LONG = f"The note may have {LONGEST_NOTE} characters at most."


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's answer.

    Args:
        health: What the verdict said then.
    """

    user_id: int | None
    is_right: bool
    actual: str
    note: str
    health: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A verdict that people are asked about.

    Args:
        deploy_id, verdict_id: Public ids.
        health: What it says now.
        answers: The oldest first.
    """

    deploy_id: str
    verdict_id: str
    source: str
    health: str
    answers: tuple[Answered, ...] = ()

    def answer_of(self, user_id: int) -> Answered | None:
        """Return what somebody has answered."""
        return next((each for each in self.answers if each.user_id == user_id), None)

    def count(self, *, is_right: bool) -> int:
        """Return how many answered so about what it says now."""
        about = [each for each in self.answers if each.health == self.health]
        return sum(each.is_right == is_right for each in about)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answers.

    Args:
        health: What the verdict said when it was asked about.
        actual: One of ``ACTUALS``, or "" if that is left open.
    """

    is_right: bool
    health: str
    actual: str = ""
    note: str = ""


def questions(verdicts: Sequence[Verdict], deploys: Mapping[int, str]) -> dict[int, Question]:
    """Return what to ask of each verdict that said something, in one statement.

    Args:
        deploys: Public ids of the deploys that they are about.
    """
    asked = [each for each in verdicts if each.health in WORST_FIRST]
    answers = _answers([each.id for each in asked]) if asked else {}
    return {
        each.id: Question(
            deploys[each.deploy_id],
            each.public_id,
            each.source_name,
            each.health,
            tuple(answers.get(each.id, ())),
        )
        for each in asked
    }


def find_verdict(organization_id: int, deploy_id: str, verdict_id: str) -> Verdict | None:
    """Return a verdict on a deploy of the organization, both by public id."""
    return db.session.scalar(
        select(Verdict)
        .join(Verdict.deploy)
        .where(
            Deploy.organization_id == organization_id,
            Deploy.public_id == deploy_id,
            Verdict.public_id == verdict_id,
        )
    )


def answer(verdict_id: int, said: Said, user_id: int) -> None:
    """Keep what somebody says of a verdict, in place of what they said before.

    Raises:
        RuleError: It says something else by now, or the answer will not do.
        NoResultFound: The verdict is gone.
    """
    note = _checked_note(said)
    with write():
        verdict = _locked(verdict_id)
        _require_the_same(verdict, said.health)
        kept = _kept(verdict_id, user_id)
        if kept is None:
            kept = Answer(verdict_id=verdict_id, user_id=user_id)
            db.session.add(kept)
        kept.is_right, kept.note = said.is_right, note
        kept.actual = "" if said.is_right else said.actual
        kept.health, kept.reason = verdict.health, verdict.reason
        kept.sensitivity, kept.answered_at = verdict.sensitivity, clock.now()
        told = {"answer": "yes" if said.is_right else "no", "health": HEALTH_NAMES[kept.health]}
        _note(verdict, "verdict.answered", **told, actual=kept.actual, note=note)


def withdraw(verdict_id: int, user_id: int) -> None:
    """Forget what somebody said of a verdict; nothing if they said nothing.

    Raises:
        NoResultFound: The verdict is gone.
    """
    with write():
        verdict = _locked(verdict_id)
        kept = _kept(verdict_id, user_id)
        if kept is not None:
            db.session.delete(kept)
            _note(verdict, "verdict.answer_withdrawn")


def _locked(verdict_id: int) -> Verdict:
    """Return a verdict, whose answers are nobody else's until the end, with what it is about."""
    return db.session.get_one(
        Verdict,
        verdict_id,
        with_for_update={"key_share": True, "of": Verdict},
        options=[
            joinedload(Verdict.deploy, innerjoin=True)
            .load_only(Deploy.organization_id, Deploy.public_id, Deploy.revision)
            .joinedload(Deploy.code_deployment, innerjoin=True)
            .load_only(CodeDeployment.name)
        ],
    )


def _require_the_same(verdict: Verdict, health: str) -> None:
    if verdict.health not in WORST_FIRST:
        raise RuleError("This verdict says nothing by now.")
    if verdict.health != health:
        name = HEALTH_NAMES[verdict.health]
        raise RuleError(f"This verdict says {name} by now. Is that right?")


def _checked_note(said: Said) -> str:
    if said.actual and said.actual not in ACTUALS:
        raise RuleError("Choose what it was.")
    note = one_line(said.note)
    if len(note) > LONGEST_NOTE:
        raise RuleError(TOO_LONG)
    return note


def _kept(verdict_id: int, user_id: int) -> Answer | None:
    return db.session.scalar(
        select(Answer).where(Answer.verdict_id == verdict_id, Answer.user_id == user_id)
    )


def _answers(verdict_ids: Sequence[int]) -> dict[int, list[Answered]]:
    found = defaultdict(list)
    rows = select(Answer).where(Answer.verdict_id.in_(verdict_ids)).order_by(Answer.id)
    for row in db.session.scalars(rows):
        found[row.verdict_id].append(
            Answered(row.user_id, row.is_right, row.actual, row.note, row.health, row.answered_at)
        )
    return found


def _note(verdict: Verdict, action: str, **detail: str) -> None:
    deploy = verdict.deploy
    audit.record(
        deploy.organization_id,
        action,
        deploy.revision,
        impact_source=verdict.source_name,
        code_deployment=deploy.code_deployment.name,
        **detail,
    )
    tell(deploy, is_other_health=False)
