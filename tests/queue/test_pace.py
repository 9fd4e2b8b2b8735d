"""The pace of requests to a tracker, kept in a real queue server."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from redis import Redis

from sleuth import config
from sleuth.plugin_api import TrackerError
from sleuth.queue import keepers, pace
from sleuth.queue.pace import SharedPace

pytestmark = pytest.mark.queue


@pytest.fixture
def shared(queue_server: str) -> tuple[SharedPace, SharedPace]:
    """The pace as two processes keep it."""
    Redis.from_url(queue_server).flushall()
    return SharedPace(queue_server, 5), SharedPace(queue_server, 5)


def moments(each: SharedPace, account: str, times: int, per_hour: int | None = None) -> list[float]:
    taken = []
    for _ in range(times):
        with each.slot(account, per_hour):
            taken.append(time.monotonic())
    return taken


def test_an_account_is_asked_five_times_a_second(shared) -> None:
    taken = moments(shared[0], "acme", 7)
    assert taken[4] - taken[0] < 0.9
    assert taken[5] - taken[0] >= 0.99


def test_two_processes_share_the_pace_of_an_account(shared) -> None:
    with ThreadPoolExecutor() as pool:
        both = pool.map(lambda each: moments(each, "acme", 4), shared)
    taken = sorted(moment for each in both for moment in each)
    assert taken[5] - taken[0] >= 0.99


def test_a_request_counts_until_a_second_after_its_answer(shared) -> None:
    with shared[0].slot("acme"):
        answered = moments(shared[0], "another", 5)[-1]
    taken = moments(shared[1], "acme", 5)
    assert taken[3] - answered < 0.9
    assert taken[4] - answered >= 0.99


def test_accounts_do_not_wait_for_each_other(shared) -> None:
    began = time.monotonic()
    moments(shared[0], "acme", 4)
    moments(shared[0], "globex", 4)
    assert time.monotonic() - began < 0.9


def test_one_request_of_an_account_is_in_flight_at_a_time(
    shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 0.2)
    with (
        shared[0].slot("acme"),
        pytest.raises(Exception, match="the rest has to wait"),
        shared[1].slot("acme"),
    ):
        pass


def test_a_tracker_that_allows_less_is_asked_less(shared) -> None:
    taken = moments(shared[0], "slow", 12, per_hour=14_400)
    assert taken[10] - taken[0] >= 2.45


def test_a_slow_tracker_is_asked_a_few_things_in_a_row_and_then_no_more(shared) -> None:
    moments(shared[0], "slow", 10, per_hour=360)
    with (
        pytest.raises(TrackerError, match="the rest has to wait") as caught,
        shared[1].slot("slow", 360),
    ):
        pass
    assert caught.value.reason == "rate_limited"
    assert 90 < (caught.value.retry_after or 0) <= 100


def test_what_a_killed_worker_holds_ends_by_itself(shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers, "HOLD_SECONDS", 0.2)
    killed = shared[0].slot("acme")
    killed.__enter__()
    began = time.monotonic()
    moments(shared[1], "acme", 1)
    assert time.monotonic() - began < 2


def test_a_slow_answer_keeps_others_out_for_as_long_as_it_takes(
    shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepers, "HOLD_SECONDS", 0.4)
    monkeypatch.setattr(keepers, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 1.2)
    with (
        shared[0].slot("acme"),
        pytest.raises(Exception, match="the rest has to wait"),
        shared[1].slot("acme"),
    ):
        pass


def test_who_asks_again_and_again_leaves_others_the_time_to_come_in(queue_server: str) -> None:
    Redis.from_url(queue_server).flushall()
    taken = moments(SharedPace(queue_server, 1000), "acme", 4)
    assert min(later - earlier for earlier, later in pairwise(taken)) > pace.POLL_SECONDS


def test_without_a_queue_server_the_process_paces_itself(tmp_path: Path) -> None:
    url = config.redis_url({"SLEUTH_REDIS_URL": f"unix://{tmp_path}/none.sock"})
    taken = moments(SharedPace(url, 5), "acme", 6)
    assert taken[5] - taken[0] >= 0.99


def test_no_limit_means_no_wait(tmp_path: Path) -> None:
    began = time.monotonic()
    moments(SharedPace(f"unix://{tmp_path}/none.sock", 0), "acme", 50)
    assert time.monotonic() - began < 0.5


def test_who_asks_twice_because_the_answer_was_lost_is_not_locked_out(queue_server: str) -> None:
    Redis.from_url(queue_server).flushall()
    keeper = keepers.SharedKeeper(queue_server, keepers.Renewal())
    limits = [keepers.Limit(5, 1000)]
    assert keeper.take("acme", "mine", limits) == 0
    assert keeper.take("acme", "mine", limits) == 0
    assert keeper.take("acme", "another's", limits) == keepers.BUSY
    keeper.give_back("acme", "mine", limits)


def test_holding_on_goes_on_after_an_error_nobody_thought_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keepers, "RENEW_SECONDS", 0.01)
    tries: list[float] = []
    thrice = threading.Event()

    def hold_on() -> None:
        tries.append(time.monotonic())
        if len(tries) == 3:
            thrice.set()
        raise ValueError("a mistake of the driver")

    renewal = keepers.Renewal()
    renewal.begin("mine", hold_on)
    assert thrice.wait(5)
    renewal.end("mine")


def lose_connections(queue_server: str) -> None:
    """Break every connection to the queue server but the one that does it."""
    Redis.from_url(queue_server).client_kill_filter(_type="normal", skipme=True)


def test_a_lost_connection_is_made_anew_and_the_pace_is_kept(shared, queue_server: str) -> None:
    taken = moments(shared[0], "acme", 5)
    lose_connections(queue_server)
    taken += moments(shared[0], "acme", 1)
    assert taken[5] - taken[0] >= 0.99


def test_a_connection_lost_during_a_request_leaves_the_account_free(
    shared, queue_server: str
) -> None:
    with shared[0].slot("acme"):
        lose_connections(queue_server)
    began = time.monotonic()
    moments(shared[1], "acme", 1)
    assert time.monotonic() - began < 1


def test_a_connection_lost_while_another_process_asks_lets_nobody_in(
    shared, queue_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments(shared[1], "another", 1)
    monkeypatch.setattr(pace, "LONGEST_WAIT_SECONDS", 0.2)
    with shared[0].slot("acme"):
        lose_connections(queue_server)
        with pytest.raises(TrackerError), shared[1].slot("acme"):
            pass


def test_answers_from_before_the_clock_was_set_back_hold_nobody_up(
    shared, queue_server: str
) -> None:
    future = int(1000 * (time.time() + 3600))
    Redis.from_url(queue_server).lpush("sleuth:answered:slow", *[future] * 10)
    began = time.monotonic()
    moments(shared[0], "slow", 1, per_hour=360)
    assert time.monotonic() - began < 1


def test_without_a_queue_server_nobody_asks_all_the_time(tmp_path: Path) -> None:
    alone = SharedPace(f"unix://{tmp_path}/none.sock", 1000)
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _each: moments(alone, "acme", 20), range(2)))
    first, second = ([min(each), max(each)] for each in both)
    assert first[0] < second[1]
    assert second[0] < first[1]


def test_who_is_turned_away_leaves_the_account_to_others(shared) -> None:
    moments(shared[0], "slow", 10, per_hour=360)
    with pytest.raises(TrackerError), shared[0].slot("slow", 360):
        pass
    began = time.monotonic()
    moments(shared[1], "slow", 1)
    assert time.monotonic() - began < 1.5
