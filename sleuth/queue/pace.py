"""The pace of requests, the same for all workers: kept where the queue is kept.

While the queue server cannot be reached, each process keeps the pace by itself; leases
in the database see to it that no two of them collect for the same integration.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock as SharedLock

from sleuth.plugin_api import TrackerError

LONGEST_WAIT_SECONDS = 30.0
HOLD_SECONDS = 15.0
"""Whoever was killed holds others up no longer; shorter than they are ready to wait."""

RENEW_SECONDS = 5.0
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
    _opened: tuple[_Keeper, _Keeper] | None = None
    _opening: Lock = field(default_factory=Lock)

    @contextmanager
    def slot(self, account: str, requests_per_hour: int | None = None) -> Iterator[None]:
        """Wait for a turn, and keep it until the answer is there.

        Raises:
            TrackerError: ``rate_limited``: no turn came in 30 seconds.
        """
        if not self.per_second:
            yield
            return
        rate = _rate(self.per_second, requests_per_hour)
        keeper, lock = self._take(account, rate)
        try:
            yield
        finally:
            keeper.give_back(account, lock)

    def _take(self, account: str, rate: RateLimitItem) -> tuple[_Keeper, SharedLock | Lock]:
        shared, own = self._keepers()
        try:
            return shared, shared.take(account, rate)
        except RedisError as error:
            log.warning("The queue is out of reach, so this process paces itself: %s", error)
        return own, own.take(account, rate)

    def _keepers(self) -> tuple[_Keeper, _Keeper]:
        """Return the shared keeper and that of this process, made on first use."""
        with self._opening:
            if self._opened is None:
                client = Redis.from_url(self.redis_url, socket_timeout=5)
                scheme = "redis+unix" if self.redis_url.startswith("unix") else "redis"
                storage = RedisStorage(
                    f"{scheme}://{self.redis_url.partition('://')[2]}", socket_timeout=5
                )
                self._opened = _Keeper(storage, client), _Keeper(MemoryStorage())
            return self._opened


def _rate(per_second: int, requests_per_hour: int | None) -> RateLimitItem:
    """Return the limit; a slow tracker's requests are spread over the hour."""
    if requests_per_hour is None or requests_per_hour >= 3600 * per_second:
        return RateLimitItemPerSecond(per_second)
    return RateLimitItemPerSecond(1, max(1, round(3600 / requests_per_hour)))


class _Keeper:
    """Keeps the pace in one place: in the queue server, or in this process."""

    def __init__(self, storage: Storage, client: Redis | None = None) -> None:
        self._limiter = MovingWindowRateLimiter(storage)
        self._client = client
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self._left_at: dict[str, float] = {}
        self._renewal = _Renewal()

    def take(self, account: str, rate: RateLimitItem) -> SharedLock | Lock:
        """Wait for the account to be free, and for its next request to be allowed."""
        give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
        self._let_others_go_first(account)
        lock = self._lock(account)
        if not self._is_acquired(lock):
            raise _too_busy()
        try:
            is_allowed = self._wait_until_allowed(account, rate, give_up_at)
        except BaseException:
            self.give_back(account, lock)
            raise
        if not is_allowed:
            self.give_back(account, lock)
            raise _too_busy()
        return lock

    def _let_others_go_first(self, account: str) -> None:
        left_at = self._left_at.get(account, 0.0)
        time.sleep(max(0.0, left_at + YIELD_SECONDS - time.monotonic()))

    def _wait_until_allowed(self, account: str, rate: RateLimitItem, give_up_at: float) -> bool:
        while not self._limiter.hit(rate, account):
            if time.monotonic() > give_up_at:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def give_back(self, account: str, lock: SharedLock | Lock) -> None:
        """Let the account's next request come."""
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
        if is_acquired:
            self._renewal.begin(lock)
        return is_acquired


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


def _too_busy() -> TrackerError:
    return TrackerError(
        "Other requests of this account have been waiting for their turn too long.",
        retry_after=LONGEST_WAIT_SECONDS,
        reason="rate_limited",
    )
