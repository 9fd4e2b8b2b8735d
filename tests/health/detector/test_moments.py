"""The moments that a deploy is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector.series import Series, read
from sleuth.health.detector.windows import ENOUGH_MOMENTS, MOST_MOMENTS, Windows, cut
from tests.health.detector.series import HOUR, MINUTE, Case, drawn

DAY_LOOK = 1440


def windows_of(case: Case, size: int) -> Windows:
    times, values = read(case.minutes, case.counts, case.step)
    known = np.ones(values.size, dtype=np.bool_)
    series = Series(int(times[0]), case.step, values, known, case.deploy)
    return cut(series, np.ones(values.size), size, [int(times[each]) for each in case.earlier])


def with_deploys(every: int, look: int, days: int = 28) -> Case:
    """Return a series with a deploy every so many minutes."""
    case = drawn(3, days=days, after=look)
    return replace(case, earlier=tuple(range(every // 2, case.deploy - 10, every)))


@pytest.mark.parametrize("days", [2, 3, 4, 8, 28])
def test_at_most_a_thousand_moments_are_looked_at(days):
    assert ENOUGH_MOMENTS < windows_of(with_deploys(10**6, 18, days), 18).moments <= MOST_MOMENTS


def test_moments_near_a_deploy_are_left_out_where_others_are_free():
    case = with_deploys(600, 18)
    windows = windows_of(case, 18)
    moments = windows.at[: windows.moments]
    since = np.array([moments - each for each in case.earlier])
    assert not ((since > -18) & (since < HOUR // MINUTE)).any()
    assert windows.free == windows.moments > ENOUGH_MOMENTS


@pytest.mark.parametrize(("every", "look"), [(60, 18), (1440, DAY_LOOK)])
def test_the_moments_farthest_from_a_deploy_make_up_for_free_ones(every, look):
    case = with_deploys(every, look)
    windows = windows_of(case, look)
    moments = windows.at[: windows.moments]
    nearest = np.abs(moments[:, None] - np.array(case.earlier)).min(1)
    assert (windows.free, windows.moments) == (0, ENOUGH_MOMENTS)
    assert nearest.min() > every / 4
    assert (np.diff(moments) > 0).all()


def test_the_few_free_moments_are_among_them():
    case = with_deploys(60, 18)
    case = replace(case, earlier=tuple(each for each in case.earlier if not 20000 < each < 23000))
    windows = windows_of(case, 18)
    inside = (windows.at > 20000) & (windows.at < 23000)
    assert 50 < windows.free <= inside.sum()
    assert windows.moments == ENOUGH_MOMENTS


def test_how_many_moments_are_free_is_told():
    made = with_deploys(60, 18).judged(18)
    assert (made.moments, made.details["free_moments"]) == (ENOUGH_MOMENTS, 0)
    made = drawn(3).judged(18)
    assert made.details["free_moments"] == made.moments
