"""What must not change, or only one way, when a series does."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sleuth.health.detector import Assessment, assess
from tests.health.detector.series import DAY, MINUTE, SETTLED, Case, drawn, rank

FEW = settings(database=None, deadline=None, derandomize=True, max_examples=25)
LOOKS = st.sampled_from([2, 4, 6, 10, 18, 30, 60])
RATIOS = st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.0, 4.0, 10.0])
SEEDS = st.integers(0, 10_000)
LEVELS = st.floats(-2, 2).map(lambda power: 10**power)


@st.composite
def cases(draw: st.DrawFn, levels: st.SearchStrategy[float] = LEVELS) -> Case:
    """Draw a series that ends with a look, and earlier deploys."""
    after, seed = draw(LOOKS), draw(SEEDS)
    case = drawn(
        draw(levels),
        draw(RATIOS),
        days=draw(st.sampled_from([3, 5, 8])),
        after=after,
        onset=draw(st.integers(0, after - 1)),
        seed=seed,
        excess=draw(st.sampled_from([0.0, 0.1])),
    )
    earlier = np.random.default_rng(seed).integers(0, case.deploy, draw(st.integers(0, 12)))
    return replace(case, earlier=tuple(int(each) for each in earlier))


def look(case: Case) -> int:
    return case.after().size


@FEW
@given(cases(), st.integers(1, 200))
def test_shifting_by_whole_weeks_changes_nothing_but_the_times(case, weeks):
    shifted = replace(case, minutes=case.minutes + weeks * 7 * DAY)
    made, again = (asdict(each.judged(look(case))) for each in (case, shifted))
    bands = [each.pop("band") or {} for each in (made, again)]
    starts = [each.pop("start", None) for each in bands]
    assert (made, bands[0]) == (again, bands[1])
    assert starts[0] is None or starts[1] - starts[0] == weeks * 7 * DAY


@FEW
@given(cases())
def test_the_same_series_gets_the_same_assessment(case):
    assert case.judged(look(case)) == case.judged(look(case))


@FEW
@given(cases())
def test_a_series_without_its_counts_after_the_deploy_is_unknown(case):
    made = case.lost(0).judged(look(case) + SETTLED)
    assert (made.health, made.evidence) == ("unknown", None)


@FEW
@given(cases(), st.data())
def test_minutes_lost_at_the_end_are_as_if_they_had_never_come(case, data):
    kept = data.draw(st.integers(0, look(case) - 1))
    after = data.draw(st.integers(kept, 2 * look(case)))
    end = case.deploy + kept
    ended = replace(case, minutes=case.minutes[:end], counts=case.counts[:end])
    now = case.deployed_at + after * MINUTE
    assert judged_at(case.lost(kept), case, now) == judged_at(ended, case, now)


def judged_at(case: Case, original: Case, now: int) -> Assessment:
    earlier = [int(original.minutes[each]) for each in original.earlier]
    return assess(case.minutes, case.counts, original.deployed_at, now, earlier)


@FEW
@given(cases(), st.floats(0.0, 20.0), st.data())
def test_losing_minutes_of_an_even_course_never_makes_it_worse(case, ratio, data):
    even = case.with_after(np.full(look(case), np.round(ratio * case.counts.mean())))
    kept = data.draw(st.integers(1, look(case)))
    after = look(case) + SETTLED
    assert rank(even.lost(kept).judged(after)) <= rank(even.judged(after))


@FEW
@given(cases(), st.data())
def test_adding_errors_never_makes_it_healthier(case, data):
    added = data.draw(st.lists(st.integers(0, 50), min_size=look(case), max_size=look(case)))
    more = case.with_after(case.after() + np.array(added))
    assert rank(more.judged(look(case))) >= rank(case.judged(look(case)))


@FEW
@given(cases(), st.data(), st.integers(1, 500))
def test_adding_errors_to_one_minute_never_makes_it_healthier(case, data, errors):
    counts = case.after().copy()
    counts[data.draw(st.integers(0, look(case) - 1))] += errors
    worse = case.with_after(counts).judged(look(case))
    assert rank(worse) >= rank(case.judged(look(case)))


@FEW
@given(cases(), st.floats(1.0, 4.0))
def test_more_of_the_same_errors_never_make_it_healthier(case, factor):
    more = case.with_after(np.round(case.after() * factor))
    assert rank(more.judged(look(case))) >= rank(case.judged(look(case)))


@FEW
@given(cases(st.floats(30, 100)))
def test_ten_times_the_errors_of_a_busy_series_tell_a_rise_as_well(case):
    tenfold = replace(case, counts=case.counts * 10).judged(look(case))
    assert rank(tenfold) >= rank(case.judged(look(case)))
