"""The pace of requests, the same for all workers: kept where the queue is kept.

While the queue server cannot be reached, each process keeps the pace by itself; leases
in the database see to it that no two of them collect for the same integration.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from threading import local
from uuid import uuid4

from redis.exceptions import RedisError

from sleuth.plugin_api import TrackerError
from sleuth.queue.keepers import BUSY, Keeper, Limit, OwnKeeper, Renewal, SharedKeeper

IN_A_ROW = 10
"""Requests that even a slow tracker is asked at once."""

LONGEST_WAIT_SECONDS = 30.0
POLL_SECONDS = 0.02
YIELD_SECONDS = 0.03
"""Whoever has just had a turn leaves others the time to notice that it is over."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SharedPace:
    """One request in flight and so many a second for each account, across processes.

    Args:
        redis_url: Where the queue is.
        per_second: Requests a second unless the tracker says less; 0 for no limit.
    """

    redis_url: str
    per_second: int
    _of_thread: local = field(default_factory=local)
    _own: OwnKeeper = field(default_factory=OwnKeeper)
    _renewal: Renewal = field(default_factory=Renewal)

    @contextmanager
    def slot(self, account: str, requests_per_hour: int | None = None) -> Iterator[None]:
        """Wait for a turn, and keep it until the answer is there.

        A request counts from its answer on: the tracker has it by then, however long it
        travelled, so the tracker never counts more of them within a second than we do. One
        that is redirected, or repeated because its connection broke, counts once.

        Raises:
            TrackerError: ``rate_limited``: no turn comes within 30 seconds.
        """
        if not self.per_second:
            yield
            return
        limits = _limits(self.per_second, requests_per_hour)
        self._let_others_go_first(account)
        keeper, token = self._take(account, limits)
        try:
            yield
        finally:
            keeper.give_back(account, token, limits)
            self._of_thread.left = (account, time.monotonic())

    def _let_others_go_first(self, account: str) -> None:
        last, left_at = getattr(self._of_thread, "left", ("", 0.0))
        if last == account:
            time.sleep(max(0.0, left_at + YIELD_SECONDS - time.monotonic()))

    def _take(self, account: str, limits: Sequence[Limit]) -> tuple[Keeper, str]:
        try:
            shared = self._shared_keeper()
            return shared, _wait_for(shared, account, limits)
        except RedisError as error:
            log.warning("The queue is out of reach, so this process paces itself: %s", error)
        return self._own, _wait_for(self._own, account, limits)

    def _shared_keeper(self) -> SharedKeeper:
        """Return a keeper for this thread alone: fifty that share connections wait for them."""
        if not hasattr(self._of_thread, "keeper"):
            self._of_thread.keeper = SharedKeeper(self.redis_url, self._renewal)
        keeper: SharedKeeper = self._of_thread.keeper
        return keeper


def _limits(per_second: int, requests_per_hour: int | None) -> list[Limit]:
    """Return what holds at the same time.

    A slow tracker's requests are spread over the hour, but for a few in a row, so that
    somebody at a dialog, which takes several, is not kept waiting.
    """
    limits = [Limit(per_second, 1000)]
    if requests_per_hour is not None and requests_per_hour < 3600 * per_second:
        few = min(IN_A_ROW, requests_per_hour)
        limits.append(Limit(few, ceil(3_600_000 * few / requests_per_hour)))
    return limits


def _wait_for(keeper: Keeper, account: str, limits: Sequence[Limit]) -> str:
    """Wait for the account to be free, and then for its next request to be allowed.

    Returns:
        What to give the account back with.
    """
    token = uuid4().hex
    give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
    while (wait := keeper.take(account, token, limits)) == BUSY:
        if time.monotonic() > give_up_at:
            raise _too_busy(LONGEST_WAIT_SECONDS)
        time.sleep(POLL_SECONDS)
    try:
        _wait(wait / 1000, give_up_at)
    except BaseException:
        keeper.give_back(account, token)
        raise
    return token


def _wait(seconds: float, give_up_at: float) -> None:
    if time.monotonic() + seconds > give_up_at:
        raise _too_busy(seconds)
    time.sleep(seconds)


def _too_busy(seconds: float) -> TrackerError:
    return TrackerError(
        "More is to be asked of this account than its tracker allows; the rest has to wait.",
        retry_after=seconds,
        reason="rate_limited",
    )
