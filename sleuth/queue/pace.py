"""The pace of requests, the same for all workers: kept where the queue is kept.

While the queue server cannot be reached, each process keeps the pace by itself; leases
in the database see to it that no two of them collect for the same integration.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from threading import Lock, Thread, local

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock as SharedLock

from sleuth.config import limits_url
from sleuth.plugin_api import TrackerError

IN_A_ROW = 10
"""Requests that even a slow tracker is asked at once."""

ANSWER_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 30.0
HOLD_SECONDS = 15.0
"""Whoever was killed holds others up no longer; shorter than they are ready to wait."""

RENEW_SECONDS = 5.0
POLL_SECONDS = 0.02
MARGIN_SECONDS = 0.03
"""Requests travel unevenly, and the tracker counts where they arrive."""

YIELD_SECONDS = 0.03
"""Whoever has just had a turn leaves others the time to notice that it is over."""

log = logging.getLogger(__name__)


class _Renewal:
    """Prolongs what this process holds for as long as it lives, however slow the answer."""

    def __init__(self) -> None:
        self._held: set[SharedLock] = set()
        self._guard = Lock()
        self._is_running = False

    def begin(self, lock: SharedLock) -> None:
        """Prolong a lock from now on."""
        with self._guard:
            self._held.add(lock)
            if not self._is_running:
                Thread(target=self._run, daemon=True, name="renewing turns").start()
                self._is_running = True

    def end(self, lock: SharedLock | Lock) -> None:
        """Prolong it no longer."""
        with self._guard:
            self._held.discard(lock)

    def _run(self) -> None:
        while True:
            time.sleep(RENEW_SECONDS)
            with self._guard:
                held = list(self._held)
            for lock in held:
                with suppress(LockError, RedisError):  # whoever gives it back will tell
                    lock.reacquire()


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
    _own: _Keeper | None = None
    _opening: Lock = field(default_factory=Lock)
    _renewal: _Renewal = field(default_factory=_Renewal)

    @contextmanager
    def slot(self, account: str, requests_per_hour: int | None = None) -> Iterator[None]:
        """Wait for a turn, and keep it until the answer is there.

        Raises:
            TrackerError: ``rate_limited``: no turn comes within 30 seconds.
        """
        if not self.per_second:
            yield
            return
        keeper, lock = self._take(account, _limits(self.per_second, requests_per_hour))
        try:
            yield
        finally:
            keeper.give_back(account, lock)

    def _take(
        self, account: str, limits: Sequence[RateLimitItem]
    ) -> tuple[_Keeper, SharedLock | Lock]:
        try:
            shared = self._shared_keeper()
            return shared, shared.take(account, limits)
        except RedisError as error:
            log.warning("The queue is out of reach, so this process paces itself: %s", error)
        own = self._own_keeper()
        return own, own.take(account, limits)

    def _shared_keeper(self) -> _Keeper:
        """Return a keeper for this thread alone: fifty that share connections wait for them."""
        if not hasattr(self._of_thread, "keeper"):
            storage = RedisStorage(limits_url(self.redis_url), socket_timeout=ANSWER_SECONDS)
            client = Redis.from_url(self.redis_url, socket_timeout=ANSWER_SECONDS)
            self._of_thread.keeper = _Keeper(storage, client, self._renewal)
        keeper: _Keeper = self._of_thread.keeper
        return keeper

    def _own_keeper(self) -> _Keeper:
        with self._opening:
            if self._own is None:
                self._own = _Keeper(MemoryStorage())
            return self._own


def _limits(per_second: int, requests_per_hour: int | None) -> list[RateLimitItem]:
    """Return what holds at the same time, the strictest first.

    A slow tracker's requests are spread over the hour, but for a few in a row, so that
    somebody at a dialog, which takes several, is not kept waiting.
    """
    limits: list[RateLimitItem] = [RateLimitItemPerSecond(per_second)]
    if requests_per_hour is not None and requests_per_hour < 3600 * per_second:
        few = min(IN_A_ROW, requests_per_hour)
        limits.insert(0, RateLimitItemPerSecond(few, ceil(3600 * few / requests_per_hour)))
    return limits


class _Keeper:
    """Keeps the pace in one place: in the queue server, or in this process."""

    def __init__(
        self, storage: Storage, client: Redis | None = None, renewal: _Renewal | None = None
    ) -> None:
        self._limiter = MovingWindowRateLimiter(storage)
        self._client = client
        self._renewal = renewal
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self._left_at: dict[str, float] = {}

    def take(self, account: str, limits: Sequence[RateLimitItem]) -> SharedLock | Lock:
        """Wait for the account to be free, and for its next request to be allowed."""
        give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
        self._let_others_go_first(account)
        lock = self._lock(account)
        if not self._is_acquired(lock):
            raise _too_busy(LONGEST_WAIT_SECONDS)
        try:
            for limit in limits:
                self._wait_until_allowed(account, limit, give_up_at)
        except BaseException:
            self.give_back(account, lock)
            raise
        return lock

    def _let_others_go_first(self, account: str) -> None:
        left_at = self._left_at.get(account, 0.0)
        time.sleep(max(0.0, left_at + YIELD_SECONDS - time.monotonic()))

    def _wait_until_allowed(self, account: str, limit: RateLimitItem, give_up_at: float) -> None:
        while not self._limiter.hit(limit, account):
            free_at = self._limiter.get_window_stats(limit, account).reset_time
            wait = max(0.0, free_at - time.time()) + MARGIN_SECONDS
            wait = min(wait, limit.get_expiry())  # whatever the clock has been set to
            if time.monotonic() + wait > give_up_at:
                raise _too_busy(wait)
            time.sleep(wait)

    def give_back(self, account: str, lock: SharedLock | Lock) -> None:
        """Let the account's next request come."""
        if self._renewal is not None:
            self._renewal.end(lock)
        self._left_at[account] = time.monotonic()
        try:
            lock.release()
        except (LockError, RedisError):
            log.info("A request took longer than its turn, or its turn was lost with the queue.")

    def _lock(self, account: str) -> SharedLock | Lock:
        if self._client is None:
            return self._locks[account]
        return SharedLock(
            self._client,
            f"sleuth:in-flight:{account}",
            timeout=HOLD_SECONDS,
            sleep=POLL_SECONDS,
            blocking_timeout=LONGEST_WAIT_SECONDS,
            thread_local=False,
        )

    def _is_acquired(self, lock: SharedLock | Lock) -> bool:
        if not isinstance(lock, SharedLock):
            return lock.acquire(timeout=LONGEST_WAIT_SECONDS)
        is_acquired = bool(lock.acquire())
        if is_acquired and self._renewal is not None:
            self._renewal.begin(lock)
        return is_acquired


def _too_busy(seconds: float) -> TrackerError:
    return TrackerError(
        "More is to be asked of this account than its tracker allows; the rest has to wait.",
        retry_after=seconds,
        reason="rate_limited",
    )
