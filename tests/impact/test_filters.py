"""Filters are proven: a tracker that ignores one is found out, and its counts are not used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import leases, series, storing, sweeps
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.confirmations import confirmations
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.proof import FilterIgnoredError, prove_filters
from sleuth.impact.schedule import Window
from sleuth.impact.tasks import Task
from sleuth.impact.turn import Outcome
from sleuth.integrations.service import registry
from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerError
from tests.conftest import NOW
from tests.impact.conftest import TOKEN

CREDENTIALS = {"token": TOKEN, "organization": ""}
QUIET = "4505"
"""A project without events."""


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


def prove(config: ImpactConfig) -> bool:
    tracker = registry().trackers["sentry"]
    return prove_filters(tracker, CREDENTIALS, config, NOW).is_conclusive


def collect(source: ImpactSource, at: datetime) -> ImpactSource:
    with clock.frozen(at):
        collect_integrations([source.integration_id])
    db.session.rollback()
    return db.session.get_one(ImpactSource, source.id)


def test_a_tracker_that_respects_its_filters_passes(source: ImpactSource) -> None:
    assert prove(source.config)


@pytest.mark.parametrize("what", ["environment", "project"])
def test_a_filter_that_is_ignored_is_found_out(source: ImpactSource, sandbox, what: str) -> None:
    sandbox.misbehave(f"ignores-{what}", match="/events-")
    with pytest.raises(FilterIgnoredError, match=f"Sentry ignores the {what}"):
        prove(source.config)


def test_bad_weather_proves_nothing(source: ImpactSource, sandbox) -> None:
    sandbox.misbehave("503", match="/events-")
    with pytest.raises(TrackerError) as caught:
        prove(source.config)
    assert not isinstance(caught.value, FilterIgnoredError)


def test_filters_are_proven_once_a_day(source: ImpactSource) -> None:
    collect(source, NOW)
    tomorrow = NOW + timedelta(days=1)
    collect(source, tomorrow)
    assert db.session.get_one(Sweep, (source.id, SweepKind.FILTERS)).confirmed_at == tomorrow


@pytest.fixture
def distrusted(source: ImpactSource, sandbox) -> ImpactSource:
    """A source whose tracker ignored the environment on the second day."""
    collect(source, NOW)
    collect(source, NOW + timedelta(minutes=1))
    collect(source, NOW + timedelta(hours=20))
    sandbox.misbehave("ignores-environment", match="/events-")
    return collect(source, NOW + timedelta(days=1))


def test_filters_are_proven_again_after_all_of_the_past_was_read(source: ImpactSource) -> None:
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.FILTERS))
        row.confirmed_at = NOW - timedelta(hours=1)
    collect(source, NOW)
    later = NOW + timedelta(minutes=1)
    collect(source, later)
    assert db.session.get_one(Sweep, (source.id, SweepKind.FILTERS)).confirmed_at == later


def test_nothing_is_collected_while_a_filter_is_ignored(distrusted: ImpactSource) -> None:
    assert "ignores the environment" in distrusted.last_error
    assert distrusted.due_at is None


def test_whatever_may_have_been_read_meanwhile_is_unknown_then(distrusted: ImpactSource) -> None:
    begin, end = int((NOW - timedelta(days=27)).timestamp()), int(NOW.timestamp()) + 20 * 3600
    assert set(series.read_counts(distrusted.id, begin, end, 60)) == {None}
    assert distrusted.collected_at is None


def test_nothing_of_it_is_called_confirmed(distrusted: ImpactSource) -> None:
    ranges = select(Sweep.confirmed_at).where(Sweep.kind != SweepKind.FILTERS)
    assert set(db.session.scalars(ranges)) == {None}


def test_an_answer_to_an_earlier_question_does_not_bring_it_back(distrusted: ImpactSource) -> None:
    later = NOW + timedelta(days=1)
    window = Window(later - timedelta(hours=1), later)
    task = Task(distrusted.integration_id, distrusted.id, distrusted.config, window, 60)
    answer = CountSeries(60, ((later - timedelta(minutes=9), 5),), later)
    with clock.frozen(later):
        leases.claim([distrusted.integration_id], "mine", later)
        storing.store([Outcome(task, later, answer)], "mine")
    assert series.covered(distrusted.id, int(NOW.timestamp()), int(later.timestamp())) == []


def test_counts_come_back_with_the_filter(distrusted: ImpactSource, sandbox) -> None:
    sandbox.behave()
    later = NOW + timedelta(days=1, minutes=30)
    known = collect(distrusted, later)
    acme = sandbox.world.organization("acme")
    begin = int((NOW - timedelta(days=27)).timestamp())
    end = int((later - timedelta(hours=1)).timestamp())
    assert known.last_error == ""
    with clock.frozen(later):
        truth = sandbox.counts(acme, acme.projects[0], "production", begin, end)
    assert series.read_counts(known.id, begin, end, 60) == truth


def test_a_day_without_errors_proves_nothing(source: ImpactSource) -> None:
    assert not prove(replace(source.config, project_key=QUIET))


def test_a_proof_with_nothing_to_tell_by_says_so(source: ImpactSource) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.error_project_key = QUIET
        db.session.get_one(Sweep, (source.id, SweepKind.FILTERS)).due_at = NOW
    shown = confirmations(collect(source, NOW))[-1]
    assert (shown.confirmed_at, shown.note) == (NOW, sweeps.NOTHING_TO_TELL_BY)


def test_a_source_of_all_environments_needs_no_proof_of_one(source: ImpactSource) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.error_environment = None
    assert prove(db.session.get_one(ImpactSource, source.id).config)
