"""An impact source's page: what of its counts is confirmed, and what is unknown."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


@pytest.fixture
def page(source: ImpactSource, sign_in):
    """Return the words on the source's page."""

    def words(at=NOW) -> str:
        with clock.frozen(at):
            url = f"/o/acme/projects/shop/impact/{source.public_id}"
            text = sign_in("observer").get(url).get_data(as_text=True)
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    return words


def collect(source: ImpactSource, at=NOW) -> None:
    with clock.frozen(at):
        collect_integrations([source.integration_id])


def test_each_range_says_when_it_was_last_confirmed(source: ImpactSource, page) -> None:
    collect(source)
    shown = page(NOW + timedelta(minutes=30))
    for what in ("Last 15 minutes", "Last 24 hours", "Last 7 days", "Last 29 days"):
        assert re.search(rf"{what} every (minute|hour|day|week) 30 minutes ago", shown), what


def test_a_source_that_is_whole_says_so(source: ImpactSource, page) -> None:
    collect(source)
    assert "Every minute of the last 7 days is known" in page()


def test_a_source_with_buckets_of_minutes_says_so_in_words(
    source: ImpactSource, page, declare
) -> None:
    declare(300)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.interval_seconds, row.complete_until, row.minutes_from = 300, NOW, 0
        since = int((NOW - timedelta(days=30)).timestamp())
        known = series.Replacement(source.id, since, int(NOW.timestamp()), [])
        series.replace_counts([known])
    assert "Every period of 5 minutes of the last 7 days is known" in page()


@pytest.mark.parametrize(
    ("step", "shown"), [(60, "a minute"), (3600, "an hour"), (86_400, "a day")]
)
def test_a_limit_is_shown_in_the_unit_of_the_counts(
    source: ImpactSource, page, declare, step: int, shown: str
) -> None:
    declare(step)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.interval_seconds, row.manually_set_health_threshold = step, 2 / (step / 60)
    assert f"unhealthy above 2 errors {shown}" in page()


def test_what_is_unknown_is_listed(source: ImpactSource, page) -> None:
    collect(source)
    with write():
        series.uncover(source.id, int((NOW - timedelta(days=2)).timestamp()))
    assert re.search(r"Unknown .*2 Mar 2026.* to .*4 Mar 2026", page())


def test_a_new_source_knows_nothing_yet(page) -> None:
    assert "Nothing is known yet." in page()


def test_progress_of_the_past_is_shown_in_per_cent(source: ImpactSource, page) -> None:
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        row.since, row.reached, row.started_from = 0, 40, 100
    assert "Last 29 days every week 60 % read" in page()


def begin_the_past(source: ImpactSource, **columns: Any) -> None:
    """Let a quarter of the past have been read in a minute."""
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        row.since, row.reached, row.started_from = 0, 75, 100
        row.started_at = NOW - timedelta(minutes=1)
        for name, value in columns.items():
            setattr(row, name, value)


def test_the_time_that_the_past_still_takes_is_told_by_its_pace(source: ImpactSource, page) -> None:
    begin_the_past(source)
    assert "Collecting the past: 25 % done, about 3 minutes left" in page()


def test_no_time_is_promised_while_reading_the_past_fails(source: ImpactSource, page) -> None:
    begin_the_past(source, failure_count=1)
    assert "Collecting the past: 25 % done" in page()
    assert "left" not in page()


def test_the_list_of_sources_asks_again_while_the_past_comes_in(
    source: ImpactSource, sign_in
) -> None:
    begin_the_past(source)
    url = "/o/acme/projects/shop/impact/sources"
    assert "every 3s" in sign_in("observer").get(url).text


def test_why_a_range_could_not_be_confirmed_is_shown(source: ImpactSource, page) -> None:
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.WEEK))
        row.last_error, row.failure_count = "Sentry is away.", 1
    assert "Sentry is away." in page()


def test_what_hinders_the_whole_integration_is_shown_at_each_source(
    source: ImpactSource, page
) -> None:
    collect(source)
    with write():
        source.integration.last_error = "The plugin of this tracker is not installed any more."
    shown = page()
    assert "The plugin of this tracker is not installed any more." in shown
    assert "Counts collected" not in shown


def test_the_integrations_card_names_the_sources_that_get_no_counts(
    source: ImpactSource, sign_in
) -> None:
    collect(source)
    with write():
        db.session.get_one(ImpactSource, source.id).last_error = "Sentry ignores the project."
    url = "/o/acme/integrations/error-trackers"
    browser = sign_in("observer")
    assert "gets no counts" not in browser.get(url).get_data(as_text=True)
    with clock.frozen(NOW + timedelta(minutes=20)):
        text = browser.get(url).get_data(as_text=True)
    shown = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "1 impact source gets no counts" in shown
    assert "Web errors : Sentry ignores the project." in shown


def test_another_organizations_source_is_no_page(source: ImpactSource, sign_in) -> None:
    url = f"/o/acme/projects/shop/impact/{source.public_id}"
    assert sign_in("outsider").get(url).status_code == 404
