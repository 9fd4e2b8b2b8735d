"""Where attempts and requests are counted: in the queue server, and in each process as well."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from typing import TypeVar, cast

from limits.storage import MemoryStorage, Storage, storage_from_string
from redis.exceptions import RedisError

from sleuth.config import SHARED

PAUSE_SECONDS = 5.0
"""A queue server that did not answer, or refused, is left alone for so long."""

Count = TypeVar("Count", int, float)

log = logging.getLogger(__name__)


class SharedCounts(Storage):
    """Counts where all web processes see it, and trusts nobody to remember what it counted itself.

    What the queue server has lost or refuses to store, this process still knows. So at worst, with
    a full disk say, a limit holds for each process instead of for all.

    Args:
        uri: Address of the queue server as the package ``limits`` writes it, after ``shared+``.
        wrap_exceptions: As for every storage.
        secret: Without it nobody learns from what is stored whose attempts were counted.
        options: For the connection.
    """

    STORAGE_SCHEME = [f"{SHARED}{each}" for each in ("redis", "rediss", "redis+unix")]

    def __init__(
        self,
        uri: str,
        wrap_exceptions: bool = False,
        *,
        secret: str,
        **options: float | str | bool,
    ) -> None:
        super().__init__(uri, wrap_exceptions)
        self._secret = secret.encode()
        self._own = MemoryStorage()
        self._shared = cast("Storage", storage_from_string(uri.removeprefix(SHARED), **options))
        self._leave_alone_until = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong and is dealt with here."""
        return RedisError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return how many there are now."""
        own = self._own.incr(key, expiry, amount)
        return max(own, self._ask(lambda: self._shared.incr(self._hidden(key), expiry, amount)))

    def get(self, key: str) -> int:
        """Return how many were counted."""
        return max(self._own.get(key), self._ask(lambda: self._shared.get(self._hidden(key))))

    def get_expiry(self, key: str) -> float:
        """Return when all will be forgotten, in seconds since 1970."""
        hidden = self._hidden(key)
        return max(self._own.get_expiry(key), self._ask(lambda: self._shared.get_expiry(hidden)))

    def check(self) -> bool:
        """Tell whether counts are shared."""
        return self._shared.check()

    def reset(self) -> int | None:
        """Forget everything."""
        self._own.reset()
        return self._ask(lambda: self._shared.reset() or 0)

    def clear(self, key: str) -> None:
        """Forget one count."""
        hidden = self._hidden(key)

        def forget() -> int:
            self._shared.clear(hidden)
            return 0

        self._own.clear(key)
        self._ask(forget)

    def _hidden(self, key: str) -> str:
        """Return a key that tells no address."""
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()

    def _ask(self, question: Callable[[], Count]) -> Count | int:
        """Return what the queue server says; 0 if it does not."""
        if time.monotonic() < self._leave_alone_until:
            return 0
        try:
            return question()
        except RedisError as error:
            self._leave_alone_until = time.monotonic() + PAUSE_SECONDS
            log.warning("Attempts are counted in each web process for itself: %s", error)
            return 0
