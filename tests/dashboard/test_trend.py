"""The head of the dashboard: ranges, the headline, and the graph with its table."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from sleuth.dashboard.ranges import Range
from sleuth.extensions import db, write
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import titles, words

DAY = timedelta(days=1)


def graph(page: str) -> list[str]:
    """Return what each bar says of itself."""
    bars = page.partition('class="trend-graph"')[2].partition("</figure>")[0]
    return [words(each) for each in re.findall(r"<title>(.*?)</title>", bars)]


def table(page: str) -> list[str]:
    """Return the rows of the graph's table, its head first."""
    inside = page.partition('id="trend-table"')[2].partition("</table>")[0]
    return [words(each) for each in re.findall(r"<tr>(.*?)</tr>", inside, re.DOTALL)]


@pytest.fixture
def deploys(shop) -> None:
    """One deploy each: now, and 1, 6, 7, 13, 20, 60 and 400 days ago."""
    with write():
        for days in (0, 1, 6, 7, 13, 20, 60, 400):
            seed.add_deploy(shop.web, revision=f"d{days}", deployed_at=NOW - days * DAY)


@pytest.mark.parametrize(
    ("query", "oldest", "words_"),
    [
        ({"range": "24h"}, "d1", "2 deploys over 24 hours"),
        ({}, "d6", "3 deploys over 7 days, 0.4 a day"),
        ({"range": "14d"}, "d13", "5 deploys over 14 days, 0.4 a day"),
        ({"range": "30d"}, "d20", "6 deploys over 30 days, 0.2 a day"),
        ({"range": "90d"}, "d60", "7 deploys over 90 days, 0.1 a day"),
        ({"range": "forever"}, "d6", "3 deploys over 7 days"),
    ],
)
def test_a_range_narrows_cards_and_headline(read, deploys, query, oldest, words_) -> None:
    page = read(**query)
    assert titles(page)[-1] == oldest
    assert words_ in words(page)


def custom(since: datetime | str, until: datetime | str) -> dict[str, str]:
    """Return the query of a custom range."""
    dates = {"since": since, "until": until}
    named = {k: v if isinstance(v, str) else v.date().isoformat() for k, v in dates.items()}
    return {"range": "custom", **named}


def test_a_custom_range_holds_both_its_days(read, deploys) -> None:
    page = read(**custom(NOW - 13 * DAY, NOW - 6 * DAY))
    assert titles(page) == ["d6", "d7", "d13"]
    assert "3 deploys over 8 days (" in words(page)
    first = (NOW - 13 * DAY).date().isoformat()
    assert re.search(rf'name="since"\s+value="{first}"', page)


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        ("2026-03-10", "2026-03-01", ["2026-03-10", "2026-03-01"]),
        ("2099-01-01", "2099-01-02", ["2099-01-01", "2099-01-02"]),
        ("2026-02-30", "2026-03-01", ["", "2026-03-01"]),
    ],
)
def test_the_days_of_a_range_that_cannot_be_shown_stay_to_be_mended(
    read, deploys, since: str, until: str, kept: list[str]
) -> None:
    page = read(**custom(since, until))
    assert re.findall(r'type="date"[^>]*value="([^"]*)"', page) == kept


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (custom(NOW, NOW - DAY), "The range ends before it begins, so the last 7 days are shown."),
        (custom(NOW + DAY, ""), "The range begins in the future, so the last 7 days are shown."),
        (custom("<i>x</i>", NOW), "“<i>x</i>” is no date such as"),
        (custom("2026-02-30", ""), "“2026-02-30” is no date such as"),
        (custom("", "0001-01-03"), "“0001-01-03” is no date such as"),
    ],
)
def test_a_custom_range_that_makes_no_sense_says_so(read, deploys, query, problem) -> None:
    page = read(**query)
    assert problem in html.unescape(page)
    assert "<i>" not in page
    assert titles(page) == ["d0", "d1", "d6"]
    assert 'type="date"' in page


def test_a_custom_range_may_be_two_years_long(read, deploys) -> None:
    page = read(**custom("1999-01-01", NOW))
    assert "its last two years are shown" in words(page)
    assert titles(page)[-1] == "d400"
    assert "Deploys a week" in words(page)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ({}, NOW.date() - 6 * DAY, NOW.date()),
        ({"since": "2026-01-01"}, datetime(2026, 1, 1, tzinfo=UTC).date(), NOW.date()),
        ({"until": "2026-01-07"}, *(datetime(2026, 1, d, tzinfo=UTC).date() for d in (1, 7))),
        ({"since": "2026-01-01", "until": "9999-12-31"}, None, NOW.date()),
    ],
)
def test_a_custom_range_may_leave_out_either_end(query, since, until) -> None:
    found = Range.from_query({"range": "custom", **query}, NOW)
    assert found.key == "custom"
    assert since in {None, found.since.date()}
    assert found.last_day == until


def test_the_address_says_no_more_than_it_must() -> None:
    assert Range.from_query({"range": "7d", "since": "2026-01-01"}, NOW).as_query == {}
    assert Range.from_query({"range": "90d"}, NOW).as_query == {"range": "90d"}
    asked = {"range": "custom", "since": "2026-01-01", "until": "2026-01-02"}
    assert Range.from_query(asked, NOW).as_query == asked


def test_pages_keep_the_range(read, shop) -> None:
    with write():
        for _ in range(26):
            seed.add_deploy(shop.web, deployed_at=NOW - 20 * DAY)
    assert re.search(r'rel="next"\s+href="[^"]*range=30d[^"]*page=2', read(range="30d"))


def test_the_range_is_summed_up_in_a_line(read, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        for number in range(69):
            at = NOW.replace(hour=1) - number % 7 * DAY
            deploy = seed.add_deploy(shop.web, revision=f"r{number}", deployed_at=at)
            healths = {0: "unhealthy", 1: "ailing", 2: "unhealthy", 3: "improved"}
            seed.add_verdict(deploy, source, healths.get(number, "healthy"))
        deploy.failed_at = NOW - DAY
        seed.add_deploy(shop.web, deployed_at=NOW - 7 * DAY)
    line = "69 deploys over 7 days, 9.9 a day; 3 made errors worse; 1 change failure (1 %)"
    assert line in words(read())


def test_shares_too_small_to_round_are_not_told_as_nothing(read, shop) -> None:
    with write():
        deploys = [seed.add_deploy(shop.web, deployed_at=NOW - 8 * DAY) for _ in range(4)]
    assert "4 deploys over 90 days Unknown 4" in words(read(range="90d"))
    with write():
        for _ in range(300):
            seed.add_deploy(shop.web, deployed_at=NOW - 8 * DAY)
        db.session.merge(deploys[0]).failed_at = NOW - 7 * DAY
    assert "1 change failure (under 1 %)" in words(read(range="90d"))


def test_healths_are_counted_by_the_worst_source(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        for name, health in (("A", "healthy"), ("B", "ailing"), ("C", "unknown")):
            source = seed.add_source(sentry, shop.production, name)
            seed.add_verdict(deploy, source, health, "gap" if health == "unknown" else "")
        seed.add_deploy(shop.web)
    page = read()
    assert "How they went" in page
    assert "Ailing 1 Unknown 1" in words(page)
    assert 'href="/o/acme/?health=ailing"' in page


def test_each_day_says_how_its_deploys_went_and_leads_to_them(read, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        for number, health in enumerate(("unhealthy", "healthy", "healthy")):
            at = NOW - DAY - number * timedelta(minutes=1)
            deploy = seed.add_deploy(shop.web, revision=f"y{number}", deployed_at=at)
            seed.add_verdict(deploy, source, health)
        seed.add_deploy(shop.web)
    page = read()
    yesterday = f"{NOW - DAY:%A}, {(NOW - DAY).day} {NOW - DAY:%B %Y}"
    assert f"{yesterday}: 3 deploys, 1 unhealthy, 2 healthy" in graph(page)
    assert 'class="window-unhealthy health-unhealthy"' in page
    day = (NOW - DAY).date()
    link = f"/o/acme/?range=custom&since={day}&until={day}"
    assert link in html.unescape(page)
    assert titles(read(**custom(NOW - DAY, NOW - DAY))) == ["y0", "y1", "y2"]


def test_the_table_has_the_same_newest_first(read, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(seed.add_deploy(shop.web), source, "ailing")
        seed.add_deploy(shop.web, deployed_at=NOW - 2 * DAY)
        seed.add_deploy(shop.web, deployed_at=NOW - 2 * DAY)
    head, *rows = table(read())
    assert head == "Day Deploys Ailing Unknown"
    assert rows[0].endswith(f"{NOW:%B %Y} 1 1 0")
    assert rows[1].endswith(" 2 0 2")
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("range_", "unit", "bars"),
    [("24h", "hour", 25), ("7d", "day", 7), ("30d", "day", 30), ("90d", "day", 90)],
)
def test_a_bar_is_an_hour_or_a_day(range_, unit, bars) -> None:
    shown = Range.from_query({"range": range_}, NOW)
    assert (shown.unit, len(shown.starts)) == (unit, bars)


def test_hours_are_those_of_utc(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web, deployed_at=NOW.replace(minute=0, second=0, microsecond=0))
    [bar] = graph(read(range="24h"))
    assert bar == f"{NOW:%A}, {NOW:%H}:00 to {NOW:%H}:59 UTC: 1 deploy, 1 unknown"
    assert "Deploys an hour" in words(read(range="24h"))


def test_a_day_goes_back_to_the_very_minute(read, shop) -> None:
    with write():
        for minutes in (1, -1):
            at = NOW - DAY + timedelta(minutes=minutes)
            seed.add_deploy(shop.web, revision=f"m{minutes}", deployed_at=at)
    page = read(range="24h")
    assert titles(page) == ["m1"]
    assert len(graph(page)) == 1


def test_weeks_add_up_in_long_ranges(read, deploys) -> None:
    page = read(**custom(NOW - 120 * DAY, NOW))
    assert "7 deploys over 121 days" in words(page)
    assert sum(int(re.search(r": (\d+) deploy", bar)[1]) for bar in graph(page)) == 7
