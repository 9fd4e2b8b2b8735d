"""What the picture of a deploy tells beside its counts: neighbours, windows, limits, figures."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import render_template
from hypothesis import given
from hypothesis import strategies as st

from sleuth.dashboard.chart import draw_chart
from sleuth.dashboard.chart_data import chart_data
from sleuth.dashboard.essence import NOTHING_YET, between, essence
from sleuth.dashboard.neighbours import Neighbour
from sleuth.dashboard.pictures import Expected, Picture
from sleuth.extensions import write
from sleuth.health.explaining import explain
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words
from tests.dashboard.test_deploy_page import rows

DEPLOYED_AT = NOW - timedelta(hours=2) + timedelta(seconds=20)
FIGURES = {"minutes_of_data": 18, "known_minutes": 18, "observed": 143}


def picture(counts, **values) -> Picture:
    plain = {"start": NOW, "step_seconds": 60, "deploy_index": 2, "upcoming": 0}
    return Picture(**{**plain, "counts": tuple(counts), **values})


def deploy(minutes: float, name: str = "Payments v7", **values) -> Neighbour:
    return Neighbour(name, name, NOW + timedelta(minutes=minutes), **values)


def drawn(counts, neighbours=(), after=None, **values):
    chart = draw_chart(picture(counts, **values), after, neighbours)
    assert chart is not None
    return chart


@pytest.fixture
def shared(read, shop, sentry):
    """Read the page of the second of two deploys that share a verdict, others around them."""

    def draw(**values) -> str:
        with write():
            source = seed.add_source(sentry, shop.production)
            payments = seed.add_deployment(shop.project, "Payments")
            times = {"v1": -30, "v2": 0, "v3": 8, "v4": 40, "v5": 300}
            deploys = {
                name: seed.add_deploy(
                    payments if name == "v2" else shop.web,
                    deployed_at=DEPLOYED_AT + timedelta(minutes=minutes),
                    revision=name,
                )
                for name, minutes in times.items()
            }
            seed.add_deploy(shop.web, shop.staging, deployed_at=DEPLOYED_AT, revision="elsewhere")
            plain = {"group_size": 2, "group_index": 2, "minutes_of_data": 30}
            span = {"began_at": deploys["v2"].deployed_at, "ended_at": deploys["v4"].deployed_at}
            verdict = seed.add_verdict(
                deploys["v3"], source, "unhealthy", counts=[3] * 121, **{**plain, **span, **values}
            )
            start = int(DEPLOYED_AT.timestamp()) // 60 * 60 - 3600
            verdict.assessment = {**verdict.assessment, "picture_start": start}
        return read(f"/deploys/{deploys['v3'].public_id}")

    return draw


def test_the_minutes_that_the_verdict_rests_on_are_shaded() -> None:
    chart = drawn([1] * 10, counted=range(3, 7))
    assert (chart.shade.x, chart.shade.width, chart.shade.end) == (30, 40, 70)
    assert [row.is_counted for row in chart.rows].count(True) == 4


def test_nothing_is_shaded_before_there_is_a_verdict() -> None:
    assert drawn([1] * 10).shade is None


def test_a_limit_of_the_users_own_is_a_line_that_fits_in() -> None:
    assert drawn([1, 1, 1, 4], limit=8.0).limit_y == 0
    assert drawn([120, 90, 3], limit=1.0, step_seconds=3600).limit_y == 60


def test_a_limit_far_above_all_counts_does_not_dwarf_them() -> None:
    chart = drawn([1, 1, 1, 4], limit=100.0)
    assert (chart.limit_y, chart.levels[-1].text) == (None, "4")


def test_other_deploys_are_pinned_where_they_lie() -> None:
    chart = drawn([1] * 10, [deploy(0.5), deploy(8.0), deploy(30)])
    assert [(pin.x, pin.role) for pin in chart.pins] == [(5, "other"), (85, "other")]


def test_the_deploy_itself_is_a_line_and_no_pin() -> None:
    assert drawn([1] * 10, [deploy(2.2, is_this=True)]).pins == ()


def test_a_deploy_that_shares_an_earlier_ones_verdict_is_pinned_too() -> None:
    span = {"began_at": NOW + timedelta(minutes=2), "ended_at": NOW + timedelta(minutes=7)}
    others = [deploy(1), deploy(2, "first"), deploy(4, is_this=True), deploy(5), deploy(7)]
    chart = drawn([1] * 10, others, is_shared=True, **span)
    assert [pin.role for pin in chart.pins] == ["other", "shares", "this", "shares", "other"]


def test_deploys_of_one_bucket_are_one_pin_which_leads_nowhere() -> None:
    alone, together = drawn([1] * 10, [deploy(4, "alone"), deploy(6.1, "a"), deploy(6.9, "b")]).pins
    assert (alone.public_id, together.public_id) == ("alone", "")
    assert [each.words for each in together.row.deploys] == ["a", "b"]


def test_the_page_marks_its_neighbours_and_leads_to_them(shared) -> None:
    page = shared()
    pins = [words(title) for title in re.findall(r"<title>([^<]*UTC)</title>", page)]
    assert [pin.split("; ")[0] for pin in pins if ";" in pin] == [
        "Web shop v1",
        "Payments v2, shares this verdict",
        "Web shop v3, this deploy",
        "Web shop v4",
    ]
    assert len(re.findall(r'<a href="/o/acme/deploys/[^"]+" aria-label="', page)) == 3
    assert "first of these deploys" in words(page)
    assert "elsewhere" not in page


def test_the_table_names_what_was_deployed_in_between(shared) -> None:
    table = rows(shared())
    assert table[30] == "4 Mar 2026, 09:30 UTC 3 – before · Web shop v1"
    assert table[68].endswith("3 – after, counted · Web shop v3, this deploy")
    assert table[91].endswith("3 – after")
    assert table[100].endswith("3 – after the next one · Web shop v4")


def test_a_deploy_on_the_minute_is_judged_from_that_minute_on(shared) -> None:
    on_the_minute = {"began_at": NOW - timedelta(hours=2), "ended_at": None}
    table = rows(shared(minutes_of_data=4, **on_the_minute))
    counted = [index for index, row in enumerate(table) if "counted" in row]
    assert counted == [60, 61, 62, 63]


def test_a_page_with_several_charts_reads_the_neighbours_once(
    visitor, counting, shop, sentry
) -> None:
    with write():
        shown = seed.add_deploy(shop.web, deployed_at=DEPLOYED_AT)
        for name in ("one", "two", "three"):
            source = seed.add_source(sentry, shop.production, name)
            seed.add_verdict(shown, source, "healthy")
    with counting() as seen:
        visitor.get(f"/o/acme/deploys/{shown.public_id}")
    about = [each for each in seen if "ORDER BY deploy.deployed_at, deploy.id" in each]
    assert len(about) == 1


def test_hostile_names_in_the_picture_are_words(read, shop, sentry) -> None:
    with write():
        hostile = seed.add_deployment(shop.project, "'><script>alert(1)</script>", "hostile")
        shown = seed.add_deploy(shop.web, deployed_at=DEPLOYED_AT)
        later = DEPLOYED_AT + timedelta(minutes=9)
        seed.add_deploy(hostile, deployed_at=later, revision="'\"><b>")
        seed.add_verdict(shown, seed.add_source(sentry, shop.production), "healthy")
    page = read(f"/deploys/{shown.public_id}")
    assert "<script>alert" not in page
    assert "<b>," not in page
    data = re.search(r"data-chart='([^']*)'", page)
    assert data is not None
    told = json.loads(unescape(data[1]))["deploys"]
    assert told["69"] == ["'><script>alert(1)</script> '\"><b>"]


def test_the_picture_says_in_words_what_it_shows(shared) -> None:
    page = shared()
    label = re.search(r'role="img"\s+aria-label="([^"]*)"', page[page.index("chart-plot") :])
    assert label is not None
    assert words(label[1]) == (
        "Errors per minute around the deploy, at most 3. 420 errors in the 30 minutes after "
        "the deploy. The figures are in the table below."
    )


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, NOTHING_YET),
        (FIGURES, "143 errors in the 18 minutes after the deploy."),
        (
            {**FIGURES, "expected_low": 21.4, "expected_high": 46.2, "known_minutes": 15},
            "143 errors in the 18 minutes after the deploy, 22 to 46 expected; 3 minutes unknown.",
        ),
        (
            {"minutes_of_data": 180, "known_minutes": 120, "observed": 1, "picture_step": 3600},
            "1 error in the 3 hours after the deploy; 1 hour unknown.",
        ),
        (
            {**FIGURES, "observed": 0, "expected_low": 0.0, "expected_high": 0.0},
            "0 errors in the 18 minutes after the deploy, 0 expected.",
        ),
        (
            {"minutes_of_data": 18, "observed": 143},
            "143 errors in the 18 minutes after the deploy.",
        ),
    ],
)
def test_the_essence_is_a_sentence(figures, told) -> None:
    assert essence(figures) == told


def test_the_essence_expects_what_the_explanation_does() -> None:
    figures = {**FIGURES, "expected": 30.2, "expected_low": 20.4, "expected_high": 47.6}
    figures |= {"health": "unhealthy", "reason": "rise"}
    assert "21 to 47 were expected" in explain(figures).sentences[0]
    assert ", 21 to 47 expected" in essence(figures)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.2, 4.7, "0 to 5"), (3.0, 3.0, "3"), (0, 0, "0"), (980.5, 1234.2, "980 to 1 235")],
)
def test_a_range_is_told_so_that_nothing_inside_is_left_out(low, high, told) -> None:
    assert between(low, high).replace("\u202f", " ") == told


counts_of_any_kind = st.lists(st.none() | st.integers(0, 10**6), min_size=1, max_size=130)
levels = st.floats(0, 1e6) | st.sampled_from([0.0, 0.04, 1.0])


@st.composite
def pictures(draw) -> Picture:
    counts = draw(counts_of_any_kind)
    index = st.integers(0, len(counts) - 1)
    first = draw(st.integers(0, len(counts)))
    bands = [
        Expected(at, *sorted((draw(levels), draw(levels)))) for at in range(first, len(counts))
    ]
    start = draw(index)
    return picture(
        counts,
        deploy_index=draw(index),
        step_seconds=draw(st.sampled_from([60, 300, 3600, 86400])),
        expected=tuple(bands),
        end_index=draw(st.none() | index),
        counted=range(start, draw(st.integers(start, len(counts)))),
        limit=draw(st.none() | levels),
        is_shared=draw(st.booleans()),
        began_at=NOW,
    )


@given(pictures(), st.none() | levels, st.lists(st.integers(-9, 200), max_size=5))
def test_nothing_that_is_drawn_leaves_its_frame(shown, after, minutes) -> None:
    chart = draw_chart(shown, after, [deploy(each, is_this=each == 3) for each in minutes])
    places = [float(each) for each in re.findall(r"[\d.e-]+", chart.band + chart.edges)]
    places += [chart.deploy_x, *(pin.x for pin in chart.pins)]
    places += [average.y for average in chart.averages]
    places += [chart.shade.x, chart.shade.end] if chart.shade else []
    places += [chart.limit_y] if chart.limit_y is not None else []
    assert all(0 <= place <= 100.01 for place in places)


@given(pictures(), st.none() | levels, st.lists(st.integers(-9, 200), max_size=5))
def test_the_browser_gets_what_the_table_says(shown, after, minutes) -> None:
    chart = draw_chart(shown, after, [deploy(each) for each in minutes])
    data = json.loads(json.dumps(chart_data(chart), allow_nan=False))
    assert data["counts"] == [row.bucket.count for row in chart.rows]
    assert data["words"] == [row.part for row in chart.rows]
    assert data["ranges"] == [row.range for row in chart.rows]
    assert {int(at) for at in data["deploys"]} == {
        at for at, row in enumerate(chart.rows) if row.deploys
    }


def test_a_page_that_draws_nothing_itself_is_spared_the_figures(app) -> None:
    values = {
        "chart": drawn([1] * 10, deploy_index=0),
        "line": {"health": "healthy"},
        "index": "v1",
    }
    with app.test_request_context():
        still = render_template("dashboard/_chart.html", **values, is_still=True)
        live = render_template("dashboard/_chart.html", **values)
    assert ("data-chart" in still, "data-chart" in live) == (False, True)
    assert 'id="gap-v1"' in still
