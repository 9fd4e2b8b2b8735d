"""Nothing is lost, doubled or stuck, whoever is killed when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sleuth import clock
from tests.chaos.storm import WITHIN_SECONDS, Storm

KILLS = 40
SEED = 20261124

pytestmark = [pytest.mark.queue, pytest.mark.sqlite, pytest.mark.chaos]


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on."""


@pytest.fixture
def storm(tmp_path: Path) -> Iterator[Storm]:
    """A product with three integrations of four sources each."""
    assert not clock._frozen
    with Storm(tmp_path, SEED) as one:
        one.wait_for_counts(after=clock.now())
        yield one


def test_forty_kills_leave_exactly_the_trackers_numbers(storm: Storm) -> None:
    storm.rage(KILLS)
    storm.come_to_rest()
    assert storm.wrong_minutes() == []
    assert storm.stuck() == []


def test_whoever_is_killed_the_product_is_at_work_again_within_90_seconds(storm: Storm) -> None:
    roles = ("crew", "collector", "horse", "tick", "web", "pages", "queue")
    took = {role: storm.recovery_seconds(role) for role in roles}
    assert all(seconds < WITHIN_SECONDS for seconds in took.values()), took
