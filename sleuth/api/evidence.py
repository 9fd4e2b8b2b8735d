"""What the verdicts on a deploy rest on: words, numbers, counts, and how they came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sleuth.api.answers import moment
from sleuth.api.deploys import verdicts_of
from sleuth.api.impacts import impact_of
from sleuth.dashboard.new_errors import NewKinds, read_in_full
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.explaining import explain
from sleuth.health.models import Verdict, VerdictChange


def read_evidence(organization_id: int, public_id: str) -> dict[str, Any] | None:
    """Return the evidence of all verdicts on a deploy, or None if there is no such deploy."""
    deploy_id = db.session.scalar(
        select(Deploy.id).where(
            Deploy.organization_id == organization_id, Deploy.public_id == public_id
        )
    )
    if deploy_id is None:
        return None
    statement = verdicts_of([deploy_id]).options(selectinload(Verdict.changes))
    verdicts: Sequence[Verdict] = db.session.scalars(statement).all()
    is_new = read_in_full([verdict.id for verdict in verdicts])
    return {
        "deploy_id": public_id,
        "verdicts": [_evidence(each, public_id, is_new.get(each.id)) for each in verdicts],
    }


def _evidence(verdict: Verdict, deploy_id: str, new: NewKinds | None) -> dict[str, Any]:
    explanation = explain(verdict.assessment)
    return {
        **impact_of(verdict, deploy_id),
        "sentences": list(explanation.sentences),
        "outlook": explanation.outlook or None,
        "statistics": [asdict(each) for each in explanation.statistics],
        "assessment": verdict.assessment,
        "picture": _picture(verdict),
        "new_errors": _new_errors(new) if new else None,
        "changes": [_change(each) for each in verdict.changes],
    }


def _picture(verdict: Verdict) -> dict[str, Any] | None:
    """Return the counts around the deploy as they were drawn, None if nothing was."""
    figures = verdict.assessment
    if not verdict.picture or figures.get("picture_start") is None:
        return None
    return {
        "start": moment(figures["picture_start"]),
        "step_seconds": figures["picture_step"],
        "deploy_index": figures["deploy_index"],
        "counts": verdict.picture,
        "band": _band(figures.get("band")),
    }


def _band(band: dict[str, Any] | None) -> dict[str, Any] | None:
    if not band:
        return None
    return {"start": moment(band["start"]), "low": band["low"], "high": band["high"]}


def _change(change: VerdictChange) -> dict[str, Any]:
    return {
        "at": moment(change.at),
        "minutes_of_data": change.minutes_of_data,
        "health": change.health,
        "reason": change.reason or None,
        "observed": change.observed,
        "expected": change.expected,
        "ratio": change.ratio,
        "is_revision": change.is_revision,
        "judged_again_by": change.judged_again_by or None,
    }


def _new_errors(new: NewKinds) -> dict[str, Any]:
    return {
        "total": new.total,
        "asked_at": moment(new.asked_at),
        "asked_until": moment(new.asked_until),
        "error": new.error or None,
        "listed": [
            {
                "title": kind.title,
                "url": kind.url or None,
                "first_seen_at": moment(kind.first_seen_at),
                "count": kind.count,
                "users": kind.users,
            }
            for kind in new.kinds
        ],
    }
