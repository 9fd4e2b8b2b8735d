"""What is said of a deploy soon after another one at which errors stepped down or up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector.series import running_sum
from sleuth.health.detector.turns import last_turns
from tests.health.detector.series import DAY, MINUTE, Case, drawn

AGO = 25
SEEDS = range(3)


def stepped(seed: int, *, before: float, since: float, ratio: float = 1.0, rate: float = 5) -> Case:
    """Draw a series with two hours at one level, and another since a deploy 25 minutes ago.

    Args:
        before, since, ratio: What the rate is multiplied by in the hours before that deploy,
            since then, and besides since the judged one.
    """
    case = drawn(rate, days=14, after=30, seed=seed)
    random = np.random.default_rng(seed)
    turn = case.deploy - AGO
    at = np.arange(turn - 120, case.counts.size)
    mean = rate * (1 + 0.5 * np.sin(2 * np.pi * at * MINUTE / DAY))
    mean[:120] *= before
    mean[120:] *= since
    mean[120 + AGO :] *= ratio
    counts = np.concatenate([case.counts[: turn - 120], random.poisson(mean)])
    return replace(case, counts=counts, earlier=(turn - 120, turn))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("look", [6, 18, 30])
@pytest.mark.parametrize(("before", "since"), [(4, 1), (1, 3)], ids=["hotfix", "step up"])
def test_a_harmless_deploy_soon_after_a_step_is_healthy(before, since, look, seed):
    case = stepped(seed, before=before, since=since)
    assert case.judged(look).health == "healthy"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("before", "since"), [(4, 1), (1, 3)], ids=["hotfix", "step up"])
def test_a_doubling_soon_after_a_step_is_found(before, since, seed):
    case = stepped(seed, before=before, since=since, ratio=2)
    assert case.judged(30).health in {"ailing", "unhealthy"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_halving_soon_after_a_step_up_is_found(seed):
    assert stepped(seed, before=1, since=3, ratio=0.5).judged(30).health == "improved"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_expected_soon_after_a_hotfix_is_like_the_minutes_since(seed):
    case = stepped(seed, before=4, since=1)
    since = case.counts[case.deploy - AGO : case.deploy].mean() * 18
    assert case.judged(18).expected == pytest.approx(since, rel=0.2)


def turns_of(counts: np.ndarray, deploys: list[int]) -> list[int]:
    """Return the turn before the end of a series that usually has two errors a minute."""
    sums = [running_sum(each) for each in (counts, np.full(counts.size, 2.0))]
    at = np.array([counts.size])
    return last_turns(*sums, at, 0, np.array(deploys, dtype=np.int64)).tolist()


@pytest.fixture
def falling():
    """Return counts that step down at bucket 100, half an hour before their end."""
    return np.concatenate([np.full(100, 8.0), np.full(30, 2.0)])


@pytest.mark.parametrize(
    ("deploys", "turn"),
    [([100], 100), ([60, 100], 100), ([100, 125], 100), ([], 0), ([125], 0), ([30], 0)],
    ids=["at it", "one before", "too late a one", "none", "only too late", "long ago"],
)
def test_a_turn_is_the_latest_deploy_that_parts_two_levels(falling, deploys, turn):
    assert turns_of(falling, deploys)[0] == turn


def test_a_burst_that_passes_is_no_turn(falling):
    counts = np.full(130, 2.0)
    counts[110:114] = 40.0
    assert turns_of(counts, [110]) == [0]
