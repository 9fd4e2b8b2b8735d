"""The geometry of the pictures: nothing leaves its frame, nothing unknown looks like zero."""

from __future__ import annotations

import pytest

from sleuth.dashboard.chart import draw_chart
from sleuth.dashboard.pictures import Expected, Picture
from tests.conftest import NOW


def picture(
    counts: list[int | None], deploy_index: int = 2, upcoming: int = 0, step: int = 60, expected=()
):
    return Picture(NOW, step, deploy_index, tuple(counts), upcoming, tuple(expected))


def chart(counts: list[int | None], after=None, **values):
    drawn = draw_chart(picture(counts, **values), after)
    assert drawn is not None
    return drawn


def test_no_picture_is_no_chart() -> None:
    assert draw_chart(None, 2.0) is None


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0, ["0", "1", "2"]),
        (1, ["0", "1", "2"]),
        (3, ["0", "1", "2", "3"]),
        (5, ["0", "2", "4", "6"]),
        (7, ["0", "2", "4", "6", "8"]),
        (12, ["0", "5", "10", "15"]),
        (37, ["0", "10", "20", "30", "40"]),
        (90, ["0", "25", "50", "75", "100"]),
        (1234, ["0", "500", "1000", "1500"]),
        (98765, ["0", "25000", "50000", "75000", "100000"]),
    ],
)
def test_the_axis_ends_at_a_round_number_above_the_highest_count(highest, labels) -> None:
    drawn = chart([0, 0, highest, 0])
    assert [mark.text for mark in drawn.levels] == labels
    assert (drawn.levels[0].place, drawn.levels[-1].place) == (100, 0)


def test_bars_stay_within_the_plot_and_zeros_have_none() -> None:
    drawn = chart([1, 0, 7, 20, 3])
    assert [bar.bucket.count for bar in drawn.bars] == [1, 7, 20, 3]
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= 100
        assert 0 <= bar.y <= bar.y + bar.height <= 100.01


def test_an_average_above_every_count_fits_in_too() -> None:
    drawn = chart([1, 1, 1, 1], after=30.0)
    assert all(0 <= average.y <= 100 for average in drawn.averages)


def test_averages_run_over_their_own_side_of_the_deploy() -> None:
    before, after = chart([1, 1, 5, 5, 5], after=5.0).averages
    assert (before.part, before.x, before.width) == ("before", 0, 40)
    assert (after.part, after.x, after.width) == ("after", 60, 40)


def test_the_average_after_ends_where_collecting_ends() -> None:
    _before, after = chart([1, 1, 5, 5, None], after=5.0, upcoming=1).averages
    assert (after.x, after.width) == (60, 20)


def test_before_any_minute_is_collected_there_is_no_average_after() -> None:
    drawn = chart([1, 1, 5, None, None], after=5.0, upcoming=2)
    assert [average.part for average in drawn.averages] == ["before"]


def test_the_average_before_is_that_of_the_counts_that_are_shown() -> None:
    [before] = chart([4, None, 9, 9]).averages
    assert (before.part, before.per_minute) == ("before", 4.0)


def test_what_was_expected_lies_behind_the_minutes_after_the_deploy() -> None:
    expected = [Expected(3, 1.0, 2.0), Expected(4, 0.0, 4.0)]
    drawn = chart([1, 1, 5, 2, 4], expected=expected)
    assert drawn.band == (
        "M60.0 66.67L80.0 66.67L80.0 33.33L100.0 33.33"
        "L100.0 100.0L80.0 100.0L80.0 83.33L60.0 83.33Z"
    )


def test_nothing_is_expected_yet_of_minutes_to_come() -> None:
    expected = [Expected(3, 1.0, 2.0), Expected(4, 0.0, 4.0)]
    assert "100 " not in chart([1, 1, 5, 2, None], expected=expected, upcoming=1).band


def test_a_band_that_knows_little_does_not_dwarf_the_counts() -> None:
    drawn = chart([1, 1, 5, 2, 4], expected=[Expected(3, 0.0, 1000.0)])
    assert [mark.text for mark in drawn.levels][-1] == "10"
    assert "-" not in drawn.band


def test_missing_counts_are_a_stretch_and_not_a_zero() -> None:
    (gap,) = chart([1, None, None, 1, 1]).stretches
    assert (gap.part, gap.note, gap.x, gap.width, gap.middle) == ("gap", "unknown", 20, 40, 40)
    assert gap.is_wide
    assert gap.title == "unknown: no counts were collected"


def test_minutes_to_come_are_not_called_missing() -> None:
    gap, upcoming = chart([1, None, 1, 1, None], upcoming=1).stretches
    assert (gap.part, upcoming.part) == ("gap", "upcoming")
    assert upcoming.note == upcoming.title == "not collected yet"


def test_the_ends_and_the_deploy_are_labelled() -> None:
    drawn = chart([0] * 121, deploy_index=60)
    assert [mark.text for mark in drawn.times] == ["60 min before", "deploy", "60 min after"]


def test_a_deploy_near_an_end_has_no_label_that_would_cover_the_others() -> None:
    drawn = chart([0] * 27, deploy_index=24, step=3600)
    assert [mark.text for mark in drawn.times] == ["24 h before", "2 h after"]


def test_a_small_picture_shows_every_minute_of_the_hours_around_the_deploy() -> None:
    small = picture([1] * 60 + [99] + [2] * 60, 60).coarse
    assert small.counts == (1,) * 60 + (2,) * 60
    assert (small.deploy_index, small.unit) == (60, "minute")


def test_a_small_picture_sums_up_what_would_be_too_narrow() -> None:
    small = picture([1] * 180 + [99] + [2] * 180, 180).coarse
    assert small.counts == (3,) * 60 + (6,) * 60
    assert (small.deploy_index, small.step_seconds, small.unit) == (60, 180, "3 minutes")


def test_a_small_picture_of_few_buckets_keeps_them() -> None:
    small = picture([1] * 24 + [5] + [2] * 2, 24, step=3600).coarse
    assert small.counts == (1,) * 24 + (2,) * 2
    assert small.unit == "hour"


def test_a_small_bucket_with_an_unknown_minute_is_unknown() -> None:
    small = picture([1] * 180 + [1] + [1, None] + [1] * 178, 180).coarse
    assert small.counts[60] is None
    assert small.counts[61] == 3


def test_a_small_picture_leaves_out_what_is_still_to_come() -> None:
    small = picture([1] * 181 + [1] * 6 + [None] * 174, 180, upcoming=174).coarse
    assert small.upcoming == 58
    assert small.counts[60:62] == (3, 3)
    assert None not in small.counts[: len(small.counts) - small.upcoming]


def test_the_newest_small_bucket_shows_what_is_known_of_it_so_far() -> None:
    small = picture([1] * 181 + [1, 1, 1, 50] + [None] * 176, 180, upcoming=176).coarse
    assert (small.counts[60:62], small.upcoming) == ((3, 50), 58)


def test_a_picture_of_minutes_calls_them_so() -> None:
    assert picture([1]).unit == "minute"
    assert [bucket.part for bucket in picture([1] * 5, upcoming=1).buckets] == [
        "before",
        "before",
        "deploy",
        "after",
        "upcoming",
    ]
