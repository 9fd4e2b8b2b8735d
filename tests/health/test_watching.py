"""Which deploys an added impact source judges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import due
from sleuth.impact.models import ImpactSource
from tests.conftest import NOW
from tests.health.story import HOUR, LONG_AGO, count, judge, verdicts


@pytest.fixture
def added(source: ImpactSource) -> ImpactSource:
    """The source as if it had been added half an hour ago; nobody has decided of the past."""
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.created_at = row.judges_from = NOW - HOUR / 2
    count(source, LONG_AGO, NOW, 3)
    return source


def registered(deploy: Any, at: timedelta, minutes_ago: int = 60) -> Deploy:
    row: Deploy = deploy(minutes_ago)
    with write():
        db.session.get_one(Deploy, row.id).registered_at = NOW - at
    return row


def test_what_was_deployed_before_and_registered_since_is_judged(added, deploy) -> None:
    late = registered(deploy, HOUR / 4)
    assert due.due_deploy_ids(NOW) == [late.id]
    assert judge(late).health == "healthy"


def test_what_was_registered_before_waits_for_somebody_to_say_so(added, deploy) -> None:
    early = registered(deploy, HOUR)
    assert due.due_deploy_ids(NOW) == []
    assert verdicts(early) == []


def test_what_was_deployed_months_ago_is_not_judged(added, deploy) -> None:
    old = registered(deploy, HOUR / 4, minutes_ago=60 * 24 * 60)
    assert due.due_deploy_ids(NOW) == []
    assert verdicts(old) == []
