"""Making verdicts: what a group of deploys did to errors, as each impact source saw it.

Loads NumPy, so only workers import it; what the tick needs is in ``due``.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import storing
from sleuth.health.due import is_due
from sleuth.health.groups import Place
from sleuth.health.judging import judge, sensitivity_of, window_of
from sleuth.health.models import Verdict
from sleuth.health.timelines import lock_timeline, place_of
from sleuth.health.watching import is_watched
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import sources_of_environment


def assess_deploy(deploy_id: int) -> None:
    """Make or renew the verdict of every impact source on a deploy and those that share it.

    Nothing is done where nothing is due any more: whoever judged a deploy that shares the
    verdict has judged this one.
    """
    now = clock.now()
    deploy = db.session.get(Deploy, deploy_id)
    if deploy is None or not is_due(deploy_id, now):
        return
    sensitivity = sensitivity_of_deploy(deploy)
    place = place_of(deploy, window_of(sensitivity))
    if place is None:
        return
    sources = _sources(deploy.environment_id, place, now)
    made = {source.id: judge(source, place, sensitivity, now) for source in sources}
    try:
        with write():
            if _is_still_so(deploy_id, place, sensitivity):
                storing.store(place, made, now)
    except IntegrityError:
        # Another worker has just made the same first verdict, or a source went meanwhile;
        # what is still due is found again by the tick.
        db.session.rollback()


def sensitivity_of_deploy(deploy: Deploy) -> str:
    """Return how to judge: as it was begun, whatever the project chose since.

    What is to be judged still tells it before what is not any more: only the former is
    judged again when somebody wants that.
    """
    settled = db.session.scalar(
        select(Verdict.sensitivity)
        .where(Verdict.deploy_id == deploy.id, Verdict.has_begun)
        .order_by(Verdict.due_at.is_(None), Verdict.id)
        .limit(1)
    )
    return settled or sensitivity_of(deploy.environment)


def _sources(environment_id: int, place: Place, now: datetime) -> list[ImpactSource]:
    deploys = db.session.scalars(select(Deploy).where(Deploy.id.in_(place.deploy_ids))).all()
    return [
        source
        for source in sources_of_environment(environment_id)
        if any(is_watched(deploy, source, now) for deploy in deploys)
    ]


def _is_still_so(deploy_id: int, place: Place, sensitivity: str) -> bool:
    """Tell whether the timeline is what the judgement was made by; if not, it is made again."""
    deploy = db.session.get(Deploy, deploy_id)
    if deploy is None:
        return False
    lock_timeline(deploy.environment_id)
    return place_of(deploy, window_of(sensitivity)) == place
