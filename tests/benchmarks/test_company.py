"""The company that pages are measured with has what it promises."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks import company
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.models import Verdict
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project


def test_every_deploy_is_judged_by_every_source_of_its_environment(app) -> None:
    company.fill(40)
    counted = [
        db.session.scalar(select(func.count()).select_from(each))
        for each in (Project, ImpactSource, Deploy)
    ]
    assert counted == [10, 50, 40]
    expected = (
        select(func.count())
        .select_from(Deploy)
        .join(ImpactSource, ImpactSource.environment_id == Deploy.environment_id)
    )
    assert db.session.scalar(select(func.count(Verdict.id))) == db.session.scalar(expected)
    assert set(db.session.scalars(select(Verdict.health))) == set(company.EVERY)
