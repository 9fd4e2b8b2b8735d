"""The impact lines of many deploys, read in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from sleuth import clock
from sleuth.dashboard.lines import ImpactLine, line_of, tracker_names
from sleuth.dashboard.new_errors import top_of
from sleuth.dashboard.waiting import WAITED_FOR, trouble_of
from sleuth.extensions import db
from sleuth.health.by_hand import answering
from sleuth.health.models import NewErrors, Verdict
from sleuth.impact.models import ImpactSource


def read_lines(deploys: Mapping[int, str]) -> dict[int, list[ImpactLine]]:
    """Return the lines of deploys by their ids, one per impact source, by name.

    Args:
        deploys: Their public ids, by id.
    """
    trackers = tracker_names()
    now = clock.now()
    lines = defaultdict(list)
    verdicts = (
        select(
            Verdict,
            ImpactSource.id.is_not(None).label("is_watched"),
            NewErrors,
            *WAITED_FOR,
        )
        .outerjoin(Verdict.impact_source)
        .outerjoin(ImpactSource.integration)
        .outerjoin(NewErrors, NewErrors.verdict_id == Verdict.id)
        .where(Verdict.deploy_id.in_(deploys))
        .order_by(Verdict.source_name, Verdict.id)
    )
    found = db.session.execute(verdicts).all()
    questions = answering.questions([row.Verdict for row in found], deploys)
    for row in found:
        line = line_of(
            row.Verdict,
            trackers,
            now,
            is_watched=row.is_watched,
            new_errors=top_of(row.NewErrors),
            question=questions.get(row.Verdict.id),
            trouble=trouble_of(row),
        )
        lines[row.Verdict.deploy_id].append(line)
    return lines
