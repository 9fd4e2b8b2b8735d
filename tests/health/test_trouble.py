"""What goes wrong while verdicts are made, and what the web does without."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from sqlalchemy.exc import OperationalError

from sleuth.extensions import db
from sleuth.health import detector, due, service, storing
from sleuth.health.models import Verdict, VerdictChange
from sleuth.impact.service import delete_impact_source
from tests.conftest import NOW
from tests.health.story import HOUR, LONG_AGO, MINUTE, count, judge, tick, verdict_of


@pytest.fixture
def settled(source):
    count(source, LONG_AGO, NOW, 3)
    return source


def test_a_series_that_the_detector_refuses_is_a_verdict_that_says_so(
    settled, deploy, monkeypatch
) -> None:
    def refuse(*_arguments, **_options):
        raise ValueError("The minutes must be regular.")

    monkeypatch.setattr(detector, "assess", refuse)
    young = deploy(60)
    tick(NOW)
    verdict = verdict_of(young)
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "failed", False)
    assert "by a fault of Sleuth's" in verdict.sentence
    assert tick(NOW + MINUTE) == []
    count(settled, NOW, NOW + 30 * MINUTE, 3)
    assert tick(NOW + 32 * MINUTE) == []
    monkeypatch.undo()
    tick(NOW + HOUR)
    assert verdict_of(young).health == "healthy"


def test_a_source_that_is_deleted_while_it_is_judged_gets_no_verdict(
    settled, deploy, monkeypatch
) -> None:
    original = service.judge

    def judge_and_delete(source, *arguments):
        made = original(source, *arguments)
        delete_impact_source(source)
        return made

    monkeypatch.setattr(service, "judge", judge_and_delete)
    service.assess_deploy(deploy(60).id)
    assert db.session.query(Verdict).count() == 0
    assert due.due_deploy_ids(NOW) == []


def test_two_workers_that_judge_the_same_deploys_leave_one_verdict_each(
    settled, deploy, monkeypatch
) -> None:
    first, second = deploy(60), deploy(50)
    original = service.judge
    others: list[int] = [second.id]

    def judge_beside_another(*arguments):
        made = original(*arguments)
        if others:
            service.assess_deploy(others.pop())
        return made

    monkeypatch.setattr(service, "judge", judge_beside_another)
    service.assess_deploy(first.id)
    assert db.session.query(Verdict).count() == 2
    assert db.session.query(VerdictChange).count() == 2


def test_a_database_that_is_busy_leaves_the_deploy_due(settled, deploy, monkeypatch) -> None:
    young = deploy(60)

    def be_busy(*_arguments) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(storing, "store", be_busy)
        with pytest.raises(OperationalError):
            service.assess_deploy(young.id)
    assert due.due_deploy_ids(NOW) == [young.id]
    assert judge(young).health == "healthy"


WITHOUT_NUMPY = """
import json, sys
from importlib import import_module
from flask_login import FlaskLoginClient
from sqlalchemy import select
from sleuth.accounts.models import User
from sleuth.extensions import db
from sleuth.factory import create_app
from sleuth.queue.periodic import PERIODIC

app = create_app(json.loads(sys.stdin.read()))
app.test_client_class = FlaskLoginClient
with app.app_context():
    user = db.session.scalars(select(User).where(User.name == "Dora")).one()
    answers = [app.test_client(user=user).get(path) for path in sys.argv[1:]]
    for row in PERIODIC:
        if row.find:
            import_module(row.find.partition(":")[0])
assert [answer.status_code for answer in answers] == [200] * len(answers), answers
assert "Healthy" in answers[-1].text
assert "numpy" not in sys.modules
"""


@pytest.mark.sqlite
def test_neither_the_web_nor_the_tick_loads_numpy(settled, deploy, cast, settings) -> None:
    young = deploy(60)
    tick(NOW)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY, "/o/acme/", f"/o/acme/deploys/{young.public_id}"],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr[-2000:]) == (0, "")
