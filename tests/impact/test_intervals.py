"""A tracker that counts in other buckets after an update of its plugin."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from plugins.sentry.sandbox import Sandbox
from sleuth import clock
from sleuth.dashboard import attention
from sleuth.extensions import db, write
from sleuth.impact import leases, states, storing
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.impact.states import State
from sleuth.impact.tasks import tasks_of
from sleuth.impact.turn import Outcome
from sleuth.plugin_api import CountSeries
from tests.conftest import NOW, Cast

LATER = NOW + timedelta(hours=2)
CHANGE = (
    "Sentry counts by the hour now; this impact source was begun when it counted by the minute."
)
REMEDY = "Edit and save it to begin a new series; until then all that was counted is kept."


@pytest.fixture
def updated(source: ImpactSource, declare, queued: list[Any]) -> ImpactSource:
    """A source with counts by the minute, whose tracker counts by the hour since."""
    collect(source, NOW)
    declare(3600)
    return source


def collect(source: ImpactSource, at: datetime) -> ImpactSource:
    with clock.frozen(at):
        collect_integrations([source.integration_id])
    db.session.rollback()
    return db.session.get_one(ImpactSource, source.id)


def kept() -> tuple[object, ...]:
    db.session.rollback()
    counted = select(func.count(), func.sum(ErrorCount.count)).select_from(ErrorCount)
    covered = select(func.max(Coverage.until))
    return (*db.session.execute(counted).one(), db.session.scalar(covered))


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_nothing_is_asked_and_what_was_counted_is_kept(
    updated: ImpactSource, sandbox: Sandbox
) -> None:
    before, asked = kept(), len(sandbox.requests)
    collect(updated, LATER)
    collect(updated, LATER + timedelta(days=2))
    assert (kept(), len(sandbox.requests)) == (before, asked)


def test_the_source_says_why_and_what_to_do(updated: ImpactSource, sign_in) -> None:
    source = collect(updated, LATER)
    assert source.last_error == f"{CHANGE} {REMEDY}"
    url = f"/o/acme/projects/shop/impact/{source.public_id}"
    shown = words(sign_in("observer").get(url).text)
    assert f"{CHANGE} {REMEDY}" in shown
    assert "Sleuth asks again by itself" not in shown


def test_it_needs_attention_at_once_and_its_integration_too(
    updated: ImpactSource, cast: Cast
) -> None:
    db.session.rollback()
    source = db.session.get_one(ImpactSource, updated.id)
    assert states.state_of_source(source, NOW) == State.NEEDS_ATTENTION
    assert states.feeling(source.integration, NOW).state == State.NEEDS_ATTENTION
    item = attention.items(cast.acme.id, NOW)[0]
    assert ([each.id for each in item.troubled], item.since) == ([updated.id], NOW)


def test_a_paused_source_is_not_asked_about(updated: ImpactSource) -> None:
    with write():
        db.session.get_one(ImpactSource, updated.id).paused_at = NOW
    source = db.session.get_one(ImpactSource, updated.id)
    assert states.state_of_source(source, NOW) == State.PAUSED
    assert states.feeling(source.integration, NOW).state == State.CONNECTED


def test_it_keeps_no_round_busy(updated: ImpactSource) -> None:
    source = collect(updated, LATER)
    assert leases.due_integration_ids(LATER) == []
    assert source.integration.last_error == ""


def test_the_earlier_version_of_the_plugin_goes_on_where_it_stopped(
    updated: ImpactSource, declare
) -> None:
    collect(updated, LATER)
    declare(60)
    source = collect(updated, LATER + timedelta(minutes=20))
    assert (source.last_error, source.failure_count) == ("", 0)
    assert source.complete_until == LATER + timedelta(minutes=18)


def test_an_answer_to_a_question_from_before_a_new_series_is_thrown_away(
    updated: ImpactSource,
) -> None:
    before = kept()
    task = tasks_of(updated.integration_id, LATER, 29)[0]
    assert task.window is not None
    with write():
        db.session.get_one(ImpactSource, updated.id).interval_seconds = 3600
    answer = CountSeries(60, ((task.window.since, 7),), task.window.until)
    with clock.frozen(LATER):
        leases.claim([updated.integration_id], "mine", LATER)
        storing.store([Outcome(task, LATER, answer)], "mine")
    assert kept() == before
