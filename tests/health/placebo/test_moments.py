"""When placebo deploys happen."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from sleuth.health.placebo.moments import SLOTS, Month, candidates

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_lies_in_its_month_and_months_follow_each_other(moment) -> None:
    month = Month.of(moment)
    assert month.since <= moment.timestamp() < month.until
    assert month.before.until == month.since
    assert Month.named(month.name) == month


def test_months_are_those_of_utc() -> None:
    in_tokyo = datetime(2026, 3, 1, 5, tzinfo=timezone(timedelta(hours=9)))
    assert Month.of(in_tokyo).name == "2026-02"
    assert Month.of(datetime(2026, 3, 1, tzinfo=UTC)).name == "2026-03"


def test_a_year_has_a_december() -> None:
    assert (
        Month.of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).until == Month.named("2027-01").since
    )


@given(MOMENTS)
def test_the_slots_are_the_month(moment) -> None:
    month = Month.of(moment)
    slots = [month.slot(number) for number in range(SLOTS)]
    assert (slots[0][0], slots[-1][1]) == (month.since, month.until)
    assert all(one[1] == next_[0] for one, next_ in itertools.pairwise(slots))


@given(MOMENTS, st.integers(0, SLOTS - 1), st.integers(1, 10**6))
def test_the_moments_of_a_slot_lie_in_it_and_are_always_the_same(moment, number, source) -> None:
    month = Month.of(moment)
    since, until = month.slot(number)
    drawn = candidates(source, month, number)
    assert all(since <= each < until for each in drawn)
    assert drawn == candidates(source, month, number)


def test_sources_and_months_have_moments_of_their_own() -> None:
    march, april = Month.named("2026-03"), Month.named("2026-04")
    offsets = {
        tuple(each - month.slot(3)[0] for each in candidates(source, month, 3))
        for source in (1, 2)
        for month in (march, april)
    }
    assert len(offsets) == 4
