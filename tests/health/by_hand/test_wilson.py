"""The interval of a share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sleuth.health.by_hand.wilson import ENOUGH, Share, wilson

shares = st.integers(0, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares)
def test_the_interval_holds_the_share_and_lies_between_nothing_and_all(share) -> None:
    hits, total = share
    low, high = wilson(hits, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= hits / total <= high


@given(shares)
def test_it_is_the_same_from_either_side(share) -> None:
    hits, total = share
    low, high = wilson(hits, total)
    other_low, other_high = wilson(total - hits, total)
    assert low == pytest.approx(1 - other_high)
    assert high == pytest.approx(1 - other_low)


@given(shares.filter(lambda share: share[1] > 0))
def test_more_of_the_same_makes_it_narrower(share) -> None:
    hits, total = share
    low, high = wilson(hits, total)
    less, more = wilson(hits * 4, total * 4)
    assert more - less < high - low


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Newcombe 1998, table I: the score method without continuity correction.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_it_is_what_the_books_say(hits, total, low, high) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("hits", "total"), [(3, 2), (-1, 2), (1, 0)])
def test_what_is_no_share_is_refused(hits, total) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, total)


def test_of_fewer_than_ten_nothing_is_told() -> None:
    assert not Share(1, ENOUGH - 1).is_enough
    assert Share(0, ENOUGH).is_enough
