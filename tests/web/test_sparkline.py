from __future__ import annotations

import re
from collections.abc import Callable

from sleuth.web.sparkline import BASELINE, WIDTH, Sparkline, layout_sparkline

RUN = re.compile(rf"M([\d.]+) {BASELINE}((?:V\d+h[\d.]+V{BASELINE}h[\d.]+)+)")
BAR = re.compile(rf"V(\d+)h([\d.]+)V{BASELINE}h([\d.]+)")


def bars(path: str) -> list[tuple[float, float, float]]:
    """Return left edge, upper edge and width of each bar."""
    found = []
    for start, run in RUN.findall(path):
        x = float(start)
        for y, width, space in BAR.findall(run):
            found.append((x, float(y), float(width)))
            x += float(width) + float(space)
    return found


def bars_of(chart: Sparkline) -> list[tuple[float, float, float]]:
    """Return all bars, those before the deploy first."""
    return bars(chart.before) + bars(chart.after)


def test_every_known_bucket_is_a_bar() -> None:
    assert len(bars_of(layout_sparkline([1, 0, 3], 2))) == 3


def test_what_is_unknown_is_a_gap_and_not_a_zero() -> None:
    chart = layout_sparkline([1, None, None, 4])
    assert len(bars_of(chart)) == 2
    assert [(gap.x, gap.width) for gap in chart.gaps] == [(WIDTH / 4, WIDTH / 2)]


def test_a_real_zero_is_no_gap() -> None:
    chart = layout_sparkline([0, 0])
    assert len(bars_of(chart)) == 2
    assert not chart.gaps


def test_a_count_outside_coverage_is_not_drawn() -> None:
    chart = layout_sparkline([5, 9], coverage=[True, False])
    assert chart.highest == 5
    assert chart.missing == 1


def test_gaps_apart_stay_apart() -> None:
    assert len(layout_sparkline([None, 1, None]).gaps) == 2


def test_the_marker_stands_where_the_deploy_happened() -> None:
    chart = layout_sparkline([1, 1, 1, 1], 1)
    assert chart.deploy_x == WIDTH / 4
    assert (len(bars(chart.before)), len(bars(chart.after))) == (1, 3)


def test_without_a_deploy_there_is_no_marker() -> None:
    assert layout_sparkline([1]).deploy_x is None


def test_buckets_still_to_come_are_left_blank() -> None:
    chart = layout_sparkline([1, None, 2, None, None], 1, upcoming=2)
    assert chart.missing == 1
    assert [gap.width for gap in chart.gaps] == [WIDTH / 5]


def test_nothing_at_all_can_be_drawn() -> None:
    assert bars_of(layout_sparkline([])) == []


def test_bars_and_gaps_stay_inside_the_picture() -> None:
    chart = layout_sparkline([100, None, 1, 0, None], 2)
    assert all(0 <= y < BASELINE and x + width <= chart.width for x, y, width in bars_of(chart))
    assert all(gap.x + gap.width <= chart.width for gap in chart.gaps)


def test_the_picture_says_in_words_what_it_shows(draw: Callable[..., str]) -> None:
    picture = draw("_health.html", "sparkline", [1200, None, 3], 1, health="ailing")
    assert 'role="img"' in picture
    assert (
        "Errors per minute around the deploy, at most 1\u202f200; 1 minute without data" in picture
    )


def test_the_picture_needs_no_style_attribute(draw: Callable[..., str]) -> None:
    picture = draw("_health.html", "sparkline", [1, None, 3], 1)
    assert "style=" not in picture
    assert 'class="spark-hatch"' in picture
