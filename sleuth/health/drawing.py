"""Pictures of counts that grow between looks; no verdict is made for them."""

from __future__ import annotations

from sqlalchemy import select

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.health.telling import tell
from sleuth.impact import series
from sleuth.impact.models import ImpactSource


def renew_pictures(deploy_id: int) -> None:
    """Draw the counts around a deploy as far as they go now."""
    with write():
        deploy = db.session.get(Deploy, deploy_id)
        rows = db.session.execute(
            select(Verdict, ImpactSource)
            .join(Verdict.impact_source)
            .where(Verdict.deploy_id == deploy_id, Verdict.due_at.is_not(None))
        ).all()
        changed = [_renew(verdict, source) for verdict, source in rows]
        if deploy is not None and any(changed):
            tell(deploy, is_other_health=False)


def _renew(verdict: Verdict, source: ImpactSource) -> bool:
    verdict.counted_until = source.complete_until
    start, step = verdict.assessment.get("picture_start"), source.interval_seconds
    if start is None or verdict.assessment.get("picture_step") != step:
        return False
    until = start + len(verdict.picture) * step
    before, verdict.picture = verdict.picture, series.read_counts(source.id, start, until, step)
    return before != verdict.picture
