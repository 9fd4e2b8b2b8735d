"""Filters are proven: a tracker that ignores one is found out, and its counts are not used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.proof import FilterIgnoredError, prove_filters
from sleuth.integrations.service import registry
from sleuth.plugin_api import ImpactConfig, TrackerError
from tests.conftest import NOW
from tests.impact.conftest import TOKEN

CREDENTIALS = {"token": TOKEN, "organization": ""}
Ignore = Callable[[str], None]


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
    collect(source, NOW + timedelta(hours=20))
    sandbox.misbehave("ignores-environment", match="/events-")
    return collect(source, NOW + timedelta(days=1))


def test_nothing_is_collected_while_a_filter_is_ignored(distrusted: ImpactSource) -> None:
    assert "ignores the environment" in distrusted.last_error
    assert distrusted.due_at is None


def test_what_came_in_since_the_last_proof_is_unknown_then(distrusted: ImpactSource) -> None:
    begin = int(NOW.timestamp())
    assert set(series.read_counts(distrusted.id, begin, begin + 20 * 3600, 60)) == {None}
    assert None not in series.read_counts(distrusted.id, begin - 3600, begin - 600, 60)


def test_counts_come_back_with_the_filter(distrusted: ImpactSource, sandbox) -> None:
    sandbox.behave()
    later = NOW + timedelta(days=1, minutes=30)
    known = collect(distrusted, later)
    acme = sandbox.world.organization("acme")
    begin, end = int(NOW.timestamp()), int((later - timedelta(hours=1)).timestamp())
    assert known.last_error == ""
    with clock.frozen(later):
        truth = sandbox.counts(acme, acme.projects[0], "production", begin, end)
    assert series.read_counts(known.id, begin, end, 60) == truth


def test_a_source_of_all_environments_needs_no_proof_of_one(source: ImpactSource) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.error_environment = None
    assert prove(db.session.get_one(ImpactSource, source.id).config)
