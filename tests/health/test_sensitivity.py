"""A project's sensitivity, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sleuth import clock
from sleuth.config import ROOT
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import service
from sleuth.health.detector import SENSITIVITIES
from sleuth.health.due import due_deploy_ids
from sleuth.health.judging import settings_of
from sleuth.health.models import Verdict
from sleuth.health.sensitivity import MEASURED
from sleuth.health.timelines import follow_timelines
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.projects.judging import Judging, change_judging
from tests.conftest import NOW, Cast

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def counted(source: ImpactSource) -> None:
    """Three errors a minute for ten days before now and two days after it."""
    begin, end = (int((NOW + days * DAY).timestamp()) for days in (-10, 2))
    with write():
        points = [(minute, 3) for minute in range(begin, end, 60)]
        series.replace_counts([series.Replacement(source.id, begin, end, points)])
        source.complete_until = NOW + 2 * DAY


def judged(deploy: Deploy, at: timedelta) -> tuple[str, bool]:
    """Make a deploy's verdict at some time from now; return how it was, and whether finally."""
    with clock.frozen(NOW + at):
        service.assess_deploy(deploy.id)
    db.session.rollback()
    verdict = db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)).one()
    return verdict.sensitivity, verdict.is_final


@pytest.mark.parametrize("sensitivity", list(MEASURED))
def test_deploys_are_judged_as_their_project_says(cast: Cast, sensitivity: str) -> None:
    change_judging(cast.project.id, Judging(sensitivity, "unhealthy", 7))
    found = settings_of(cast.project.default_environment)
    assert found is SENSITIVITIES[sensitivity]
    assert found.window_minutes == MEASURED[sensitivity].window_minutes


def test_the_documentation_says_the_same() -> None:
    page = (ROOT / "docs" / "using.md").read_text(encoding="utf-8")
    for name, measured in MEASURED.items():
        assert f"| **{name.capitalize()}** | {measured.in_words} |" in page


@pytest.mark.usefixtures("counted")
def test_a_deploy_under_way_goes_on_as_it_was_begun(deploy, cast: Cast) -> None:
    fresh = deploy(10)
    assert judged(fresh, 0 * HOUR) == ("normal", False)
    change_judging(cast.project.id, Judging("coarse", "unhealthy", 7))
    assert judged(fresh, 2 * HOUR) == ("normal", False)


@pytest.mark.usefixtures("counted")
def test_a_deploy_without_a_minute_of_data_is_judged_as_its_project_says_by_then(
    deploy, cast: Cast
) -> None:
    fresh = deploy(1)
    assert judged(fresh, 0 * HOUR) == ("normal", False)
    change_judging(cast.project.id, Judging("coarse", "unhealthy", 7))
    assert judged(fresh, 2 * HOUR) == ("coarse", False)


@pytest.mark.usefixtures("counted")
def test_a_final_verdict_stays_as_it_is(deploy, cast: Cast) -> None:
    old = deploy(10)
    assert judged(old, 26 * HOUR) == ("normal", True)
    with clock.frozen(NOW + 26 * HOUR):
        follow_timelines()
    change_judging(cast.project.id, Judging("coarse", "unhealthy", 7))
    with clock.frozen(NOW + 27 * HOUR):
        follow_timelines()
        assert due_deploy_ids(NOW + 27 * HOUR) == []
    assert judged(old, 27 * HOUR) == ("normal", True)
