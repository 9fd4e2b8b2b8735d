"""An impact source's page: its series over a time, with what was deployed and what is missing."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from sleuth import clock
from sleuth.deploys.models import CodeDeployment
from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.models import HourlyCount, ImpactSource, Sweep, SweepKind
from sleuth.impact.retention import prune_source
from sleuth.impact.series import Replacement
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PER_MINUTE = 3


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


@pytest.fixture
def path(source: ImpactSource) -> str:
    return f"/o/acme/projects/shop/impact/{source.public_id}"


@pytest.fixture
def page(path: str, sign_in):
    """Open the page: ``page(range="24h")``."""
    browser = sign_in("observer")

    def open_page(**query: str) -> str:
        with clock.frozen(NOW):
            answer = browser.get(path, query_string=query)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    return open_page


@pytest.fixture
def web(cast) -> CodeDeployment:
    with write():
        db.session.add(cast.project)
        return seed.add_deployment(cast.project, "Web shop")


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def know(source: ImpactSource, since: datetime, until: datetime, each: int = PER_MINUTE) -> None:
    """Let ``each`` errors have come in every bucket of a time."""
    step = source.interval_seconds
    points = [(at, each) for at in range(epoch(since), epoch(until), step)]
    with write():
        series.replace_counts([Replacement(source.id, epoch(since), epoch(until), points)])
        row = db.session.get_one(ImpactSource, source.id)
        row.complete_until = row.collected_at = until


def drawn(markup: str) -> dict[str, Any]:
    """Return what the browser is given to draw."""
    found = re.search(r"data-chart='([^']*)'", markup)
    assert found
    data: dict[str, Any] = json.loads(html.unescape(found[1]))
    return data


def fold(markup: str) -> str:
    """Return what the table says."""
    return words(markup.partition('id="counts-series"')[2].partition("</details>")[0])


def test_the_last_seven_days_are_shown_by_the_hour(source: ImpactSource, page) -> None:
    know(source, NOW - 8 * DAY, NOW)
    shown = page()
    assert "Errors per hour" in words(shown)
    assert f"{7 * 1440 * PER_MINUTE:,}".replace(",", " ") + " errors in the last 7 days" in words(
        shown
    )
    assert "100 % known" in words(shown)
    assert len(drawn(shown)["counts"]) == 168
    assert set(drawn(shown)["counts"]) == {60 * PER_MINUTE}


@pytest.mark.parametrize(
    ("name", "step", "number"), [("24h", 300, 288), ("14d", 3600, 336), ("30d", 10_800, 240)]
)
def test_another_range_is_an_address_with_buckets_that_suit_it(
    source: ImpactSource, page, path: str, name: str, step: int, number: int
) -> None:
    know(source, NOW - 31 * DAY, NOW)
    data = drawn(page(range=name))
    assert (data["step"], len(data["counts"])) == (step, number)
    assert f'href="{path}?range={name}"' in page()


def test_picture_numbers_and_table_say_the_same(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW)
    shown = page(range="24h")
    assert shown.count('<rect class="chart-bar') == 288
    assert drawn(shown)["counts"] == [5 * PER_MINUTE] * 288
    assert len(re.findall(f"UTC {5 * PER_MINUTE} ", f"{fold(shown)} ")) == 288


def test_a_custom_range_is_shown_to_the_minute(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW)
    shown = page(range="custom", since="2026-03-04T08:02Z", until="2026-03-04T10:02Z")
    assert f"{120 * PER_MINUTE} errors in this time · 100 % known" in words(shown)
    assert "4 Mar 2026, 08:02 UTC" in fold(shown)
    assert 'value="2026-03-04T08:02"' in shown


def test_what_cannot_be_read_says_so_and_is_escaped(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW)
    shown = page(since="<script>alert(1)</script>")
    assert "is neither a day, like 2026-11-29, nor a minute" in words(shown)
    assert "<script>alert" not in shown


def test_a_gap_is_hatched_listed_and_no_zero(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW - 2 * HOUR)
    know(source, NOW - HOUR, NOW)
    shown = page(range="24h")
    assert 'class="chart-gap"' in shown
    assert drawn(shown)["counts"].count(None) == 12
    assert "95.8 % known" in words(shown)
    assert "Nothing is known of: 4 Mar 2026, 10:00 UTC to 4 Mar 2026, 11:00 UTC" in words(shown)
    assert fold(shown).count("unknown") == 12


def test_a_bucket_known_in_part_tells_what_is_known_of_it(source: ImpactSource, page) -> None:
    know(source, NOW - 8 * DAY, NOW - 3 * HOUR)
    know(source, NOW - 2.5 * HOUR, NOW)
    told = fold(page())
    assert f"4 Mar 2026, 09:00 UTC unknown at least {30 * PER_MINUTE}, 50 % known" in told


def test_what_is_not_collected_yet_is_neither_a_gap_nor_a_zero(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW - timedelta(minutes=2))
    shown = page(range="24h")
    assert "100 % known" in words(shown)
    assert 'class="chart-gap"' not in shown
    assert f"11:55 UTC {3 * PER_MINUTE} so far" in fold(shown)


def test_counts_that_should_be_there_and_are_not_are_unknown(source: ImpactSource, page) -> None:
    know(source, NOW - DAY, NOW - 3 * HOUR)
    told = words(page(range="24h"))
    assert "Nothing is known of: 4 Mar 2026, 09:00 UTC to 4 Mar 2026, 11:57 UTC" in told


def test_time_before_the_first_counts_is_not_held_against_the_source(
    source: ImpactSource, page
) -> None:
    know(source, NOW - 3 * DAY, NOW)
    shown = page()
    assert "counts begin 1 Mar 2026, 12:00 UTC ; nothing older was collected" in words(shown)
    assert "100 % known" in words(shown)
    assert 'class="chart-gap"' in shown


def test_deploys_are_marked_with_links_and_their_health(
    source: ImpactSource, page, web: CodeDeployment
) -> None:
    know(source, NOW - DAY, NOW)
    with write():
        bad = seed.add_deploy(web, revision="bad", deployed_at=NOW - 3 * HOUR)
        seed.add_verdict(bad, db.session.get_one(ImpactSource, source.id), "unhealthy")
        seed.add_deploy(web, revision="old", deployed_at=NOW - 2 * DAY)
        seed.add_deploy(web, web.project.environments[1], revision="else", deployed_at=NOW - HOUR)
    shown = page(range="24h")
    link = f'href="/o/acme/deploys/{bad.public_id}"'
    assert shown.count(link) == 3
    assert 'class="chart-pin chart-pin-harm"' in shown
    assert "Web shop bad Unhealthy" in fold(shown)
    assert "old" not in fold(shown)
    assert "else" not in fold(shown)
    assert drawn(shown)["deploys"] == {"252": ["Web shop bad: unhealthy"]}


@pytest.mark.parametrize(("limit", "is_drawn"), [(2.0, True), (100.0, False)])
def test_a_limit_of_ones_own_is_drawn_if_it_is_near(
    source: ImpactSource, page, limit: float, is_drawn: bool
) -> None:
    know(source, NOW - DAY, NOW)
    with write():
        db.session.get_one(ImpactSource, source.id).manually_set_health_threshold = limit
    shown = page(range="24h")
    assert ('class="chart-limit"' in shown) == is_drawn
    assert ("your limit, 500 per 5 minutes, lies above" in words(shown)) != is_drawn


def test_where_only_hours_are_kept_it_says_so(source: ImpactSource, page) -> None:
    know(source, NOW - 40 * DAY, NOW - 40 * DAY + 3 * HOUR)
    prune_source(source.id)
    assert db.session.query(HourlyCount).count() == 3
    old = (NOW - 40 * DAY).strftime("%Y-%m-%d")
    shown = page(since=f"{old}T12:00Z", until=f"{old}T15:00Z")
    assert drawn(shown)["counts"] == [60 * PER_MINUTE] * 3
    assert "minutes are kept for 35 days; before that only hours are there" in words(shown)


def test_ninety_days_are_summed_by_the_database(source: ImpactSource, page, app) -> None:
    know(source, NOW - 36 * DAY, NOW - 30 * DAY)
    prune_source(source.id)
    know(source, NOW - 30 * DAY, NOW - 28 * DAY)
    rows: list[int] = []

    def note(_connection, cursor, statement: str, *_rest: object) -> None:
        if "error_count" in statement:
            rows.append(len(statement))
            assert "sum(" in statement

    event.listen(db.engine, "before_cursor_execute", note)
    data = drawn(page(range="90d"))
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(rows) == 1
    assert sum(filter(None, data["counts"])) >= 7 * 1440 * PER_MINUTE


def test_a_tracker_by_the_hour_has_hours(source: ImpactSource, page, declare) -> None:
    declare(3600)
    with write():
        db.session.get_one(ImpactSource, source.id).interval_seconds = 3600
    know(source, NOW - DAY, NOW - HOUR)
    shown = page(range="24h")
    assert (drawn(shown)["step"], drawn(shown)["counts"].count(PER_MINUTE)) == (3600, 23)
    assert drawn(shown)["parts"][-1] == "upcoming"
    assert "100 % known" in words(shown)
    assert "counts by the hour" in words(shown)


def test_a_source_without_counts_says_what_will_come(page) -> None:
    shown = page()
    assert "No counts yet" in words(shown)
    assert "data-chart" not in shown


def test_the_past_that_is_still_coming_has_a_bar(source: ImpactSource, page) -> None:
    with write():
        row = db.session.get_one(Sweep, (source.id, SweepKind.ALL))
        row.since, row.reached, row.started_from = 0, 40, 100
    shown = page()
    assert "60 % of the past is here" in words(shown)
    assert '<progress max="100" value="60">' in shown
    assert "every 5s" in shown


def test_the_page_draws_the_same_time_again(source: ImpactSource, page, path: str) -> None:
    know(source, NOW - DAY, NOW)
    query = "range=custom&amp;since=2026-03-04T08:02Z&amp;until=2026-03-04T10:02Z"
    shown = page(since="2026-03-04T08:02Z", until="2026-03-04T10:02Z")
    assert f'hx-get="{path}/state?{query}"' in shown


def test_names_from_elsewhere_are_escaped(source: ImpactSource, page, web: CodeDeployment) -> None:
    know(source, NOW - DAY, NOW)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.name = row.error_project_label = row.last_error = seed.HOSTILE[:100]
        seed.add_deploy(web, revision=seed.HOSTILE, deployed_at=NOW - HOUR)
    assert "<script>alert" not in page(range="24h")


def test_the_page_takes_few_statements(source: ImpactSource, page, web: CodeDeployment) -> None:
    know(source, NOW - DAY, NOW)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        for hour in range(20):
            deploy = seed.add_deploy(web, deployed_at=NOW - hour * HOUR)
            verdict = seed.add_verdict(deploy, row, "healthy")
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        seen.append(statement)

    for query in ({}, {"range": "90d"}, {"range": "24h", "verdict": verdict.public_id}):
        seen.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        page(**query)
        event.remove(db.engine, "before_cursor_execute", note)
        assert len([each for each in seen if not each.startswith("BEGIN")]) <= 12, seen
