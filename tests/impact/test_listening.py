"""Sources that have fallen silent: found, said, and forgotten once errors come."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import listening, series, service, states
from sleuth.impact.models import ImpactSource
from sleuth.impact.states import State
from sleuth.integrations import service as integrations
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

HOUR = timedelta(hours=1)
LAST = NOW - timedelta(hours=6, minutes=25)
URL = "/o/acme/projects/shop/impact"


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def store(source: ImpactSource, since: datetime, until: datetime, *errors_at: datetime) -> None:
    """Let everything be known from ``since`` to ``until``, with an error at these minutes."""
    points = [(epoch(at) // 60 * 60, 3) for at in errors_at]
    with write():
        series.replace_counts([series.Replacement(source.id, epoch(since), epoch(until), points)])
        row = db.session.get_one(ImpactSource, source.id)
        row.complete_until = row.collected_at = row.expected_at = until


def hourly(since: datetime, last: datetime) -> list[datetime]:
    return [last - number * HOUR for number in range((last - since) // HOUR)]


@pytest.fixture
def silent(source: ImpactSource) -> ImpactSource:
    """A source with an error each hour for four weeks, and none since half past five."""
    since = NOW - timedelta(days=28)
    store(source, since, NOW, *hourly(since, LAST))
    return source


def listen(at: datetime = NOW) -> None:
    """Let an hour's minutes pass, in each of which some of the sources are looked at."""
    with clock.frozen(at):
        for minute in range(listening.PARTS):
            for part in listening.due_parts(at + timedelta(minutes=minute) - HOUR):
                listening.listen(part)
    db.session.rollback()


def said(source: ImpactSource) -> tuple[datetime | None, int | None]:
    row = db.session.get_one(ImpactSource, source.id)
    return row.quiet_since, row.quiet_usual_hours


def words(browser, url: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", browser.get(url).get_data(as_text=True)).split())


def test_a_source_that_has_fallen_silent_is_found(silent) -> None:
    listen()
    assert said(silent) == (LAST, 1)


@pytest.mark.parametrize("url", [URL, f"{URL}/SOURCE"], ids=["row", "page"])
def test_row_and_page_point_it_out_and_ask(silent, sign_in, url) -> None:
    listen()
    shown = words(sign_in("observer"), url.replace("SOURCE", silent.public_id))
    assert re.search("No errors since 4 Mar 2026,? 05:35.*usually are some within an hour", shown)
    assert "Does the application still report to Sentry?" in shown


def test_the_card_names_the_source_and_asks(silent, sign_in) -> None:
    listen()
    shown = words(sign_in("observer"), "/o/acme/integrations/error-trackers")
    said = "Shop · Web errors, Production : no errors since 4 Mar 2026,? 05:35.*within an hour"
    assert re.search(f"1 impact source has fallen silent: {said}", shown)
    assert "Does the application still report to Sentry?" in shown


def test_a_source_that_counts_by_the_day_is_listened_to_all_day(silent, declare) -> None:
    with write():
        row = db.session.get_one(ImpactSource, silent.id)
        row.interval_seconds, row.complete_until = 86_400, NOW - 4 * HOUR
    assert db.session.scalars(listening._suspects(silent.id % listening.PARTS, NOW)).all()


def test_it_changes_no_state_and_needs_no_attention(silent, integration, sign_in) -> None:
    listen()
    row = db.session.get_one(Integration, integration.id)
    assert states.feeling(row, NOW).state == State.CONNECTED
    assert states.state_of_source(db.session.get_one(ImpactSource, silent.id), NOW) == "connected"
    assert "Nothing needs attention" in words(sign_in("observer"), "/o/acme/needs-attention")


def test_the_first_new_error_takes_it_back_within_a_minute(silent) -> None:
    listen()
    later = NOW + timedelta(minutes=3)
    store(silent, NOW, later, NOW)
    with clock.frozen(later):
        [part] = listening.due_parts(later)
        listening.listen(part)
    db.session.rollback()
    assert said(silent) == (None, None)


def test_errors_that_come_late_move_its_beginning(silent) -> None:
    listen()
    store(silent, LAST, NOW, LAST, LAST + HOUR)
    listen()
    assert said(silent)[0] == LAST + HOUR


def test_minutes_that_are_not_known_are_no_silence(silent) -> None:
    with write():
        series.uncover(silent.id, epoch(NOW - 3 * HOUR))
        series.replace_counts(
            [series.Replacement(silent.id, epoch(NOW - 2 * HOUR), epoch(NOW), [])]
        )
    listen()
    assert said(silent) == (None, None)


@pytest.mark.parametrize("how", ["source", "integration", "late", "distrusted"])
def test_of_what_is_not_collected_nothing_is_said(silent, cast: Cast, how: str) -> None:
    if how == "source":
        service.pause_impact_source(silent)
    elif how == "integration":
        integrations.pause_integration(cast.acme.id, "sentry", "Sentry")
    else:
        with write():
            row = db.session.get_one(ImpactSource, silent.id)
            if how == "late":
                row.complete_until = NOW - 4 * HOUR
            else:
                row.due_at = None
    listen()
    assert said(silent) == (None, None)


def test_a_paused_source_is_not_asked_about(silent, sign_in) -> None:
    listen()
    service.pause_impact_source(silent)
    for url in (URL, "/o/acme/integrations/error-trackers"):
        assert "still report" not in words(sign_in("observer"), url)


def test_a_new_source_is_not_quiet(source) -> None:
    store(source, NOW - timedelta(days=1), NOW, NOW - timedelta(hours=20))
    listen()
    assert said(source) == (None, None)


def test_measuring_something_else_forgets_it(silent, cast: Cast, sandbox) -> None:
    listen()
    settings = source_settings(cast, sandbox, error_environment="staging")
    with write():
        row = db.session.get_one(ImpactSource, silent.id)
        service.change_impact_source(row, settings, "")
    assert said(silent) == (None, None)


def test_a_source_with_errors_is_not_even_looked_at(source) -> None:
    store(source, NOW - timedelta(days=28), NOW, NOW - HOUR)
    minutes = (NOW + timedelta(minutes=minute) for minute in range(60))
    assert [part for at in minutes for part in listening.due_parts(at)] == []


def test_many_silent_sources_are_counted_and_few_named(silent, sign_in) -> None:
    listen()
    with write():
        first = db.session.get_one(ImpactSource, silent.id)
        for number in range(4):
            db.session.add(_twin(first, number))
    shown = words(sign_in("observer"), "/o/acme/integrations/error-trackers")
    assert "5 impact sources have fallen silent" in shown
    assert "and 2 more" in shown


def _twin(source: ImpactSource, number: int) -> ImpactSource:
    same = (
        "organization_id project_id environment_id integration_id provider error_project_key "
        "error_project_label error_environment created_at judges_from collected_at expected_at "
        "quiet_since quiet_usual_hours"
    )
    values = {name: getattr(source, name) for name in same.split()}
    return ImpactSource(public_id=f"twin-{number}", name=f"Twin {number}", **values)
