"""A tracker that counts by the hour, and only knows the last hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth import clock
from sleuth.deploys import service as deploys
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db
from sleuth.health import due
from sleuth.health import service as health
from sleuth.health.models import Verdict
from sleuth.impact import collecting
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from tests.conftest import NOW, Cast
from tests.impact.declared.dialogs import (
    ADD,
    TAB,
)


@pytest.fixture
def deployed(added: ImpactSource, cast: Cast) -> Iterator[str]:
    """A deploy ten minutes past noon, when all of the past has been read."""
    collect_until_done(NOW)
    made = deploys.create_code_deployment(cast.project.id, "Web")
    at = NOW + timedelta(minutes=10)
    with clock.frozen(at):
        yield register_deploy(made.id, Registration(revision="b450349"), at).public_id


def collect_until_done(at: datetime) -> None:
    with clock.frozen(at):
        for _ in range(6):
            collecting.collect_round()


def look(at: datetime) -> Verdict:
    """Collect and judge at some time; return the verdict."""
    collect_until_done(at)
    with clock.frozen(at):
        for deploy_id in due.due_deploy_ids(at):
            health.assess_deploy(deploy_id)
    db.session.rollback()
    return db.session.scalars(select(Verdict)).one()


def test_the_whole_past_is_read_from_a_tracker_that_only_knows_the_last_hours(
    added: ImpactSource,
) -> None:
    collect_until_done(NOW)
    db.session.rollback()
    source = db.session.get_one(ImpactSource, added.id)
    assert (source.last_error, source.progress, source.complete_until) == ("", None, NOW)
    covered = db.session.scalars(select(Coverage)).one()
    assert covered.until - covered.since == 14 * 86_400
    assert set(db.session.scalars(select(ErrorCount.count))) == {24}


@pytest.mark.parametrize("minute", [40, 59, 110, 119])
def test_a_part_of_an_hour_is_never_judged(deployed: str, minute: int) -> None:
    verdict = look(NOW + timedelta(minutes=minute))
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "pending", False)
    assert "counted per hour" in verdict.sentence


def test_the_first_whole_hour_decides_and_says_so(deployed: str, connected: FlaskClient) -> None:
    waiting = look(NOW + timedelta(minutes=40))
    assert waiting.due_at is not None
    assert waiting.due_at >= NOW + timedelta(hours=2, seconds=91)
    assert (
        "Hourglass counts per hour: judged after the first whole one"
        in connected.get(f"/o/acme/deploys/{deployed}").text
    )
    verdict = look(NOW + timedelta(hours=2, minutes=2))
    assert (verdict.health, verdict.is_final) == ("unhealthy", False)
    assert verdict.sentence.startswith(
        "240 errors in the first whole hour after the deploy, against 24 expected"
    )
    page = connected.get(f"/o/acme/deploys/{deployed}").text
    assert "avg errors an hour" in page
    assert "1 hour of data · next look at 2 hours" in " ".join(page.split())
    assert "Errors per hour" in page
    assert "minutes of data" not in page


def test_a_deploy_that_is_replaced_within_the_hour_is_not_judged(deployed: str) -> None:
    at = NOW + timedelta(minutes=40)
    with clock.frozen(at):
        (code_id,) = db.session.scalars(select(deploys.CodeDeployment.id))
        register_deploy(code_id, Registration(revision="c0ffee1"), at)
    collect_until_done(NOW + timedelta(hours=3))
    with clock.frozen(NOW + timedelta(hours=3)):
        for deploy_id in due.due_deploy_ids(clock.now()):
            health.assess_deploy(deploy_id)
    db.session.rollback()
    verdicts = list(db.session.scalars(select(Verdict).order_by(Verdict.deploy_id)))
    assert verdicts[0].reason == "replaced"
    assert "before a whole hour had passed" in verdicts[0].sentence


def test_the_page_of_a_source_says_that_it_counts_by_the_hour(
    added: ImpactSource, connected: FlaskClient
) -> None:
    page = connected.get(f"{TAB}/{added.public_id}").text
    assert "Hourglass counts by the hour: a deploy is judged after the first whole hour" in page
    assert "every hour" in page
    assert "Hourglass counts by the hour" in connected.get(ADD).text
