"""Who keeps the pace of an account: the queue server for all processes, or one process."""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from threading import Lock, Thread
from typing import Protocol

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

ANSWER_SECONDS = 5.0
HOLD_SECONDS = 15.0
"""Whoever was killed holds others up no longer; shorter than they are ready to wait."""

RENEW_SECONDS = 5.0

BUSY = -1

TAKE = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
    and redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return -1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = 0
for i = 3, #ARGV, 2 do
  local answered = redis.call('LINDEX', KEYS[2], ARGV[i] - 1)
  if answered and tonumber(answered) <= now + 1 then
    wait = math.max(wait, answered + ARGV[i + 1] - now)
  end
end
return wait
"""
"""Take the account, and tell how many milliseconds to wait: -1 if somebody else has it.

An answer of the future is one from before the clock was set back, and is passed over.
Keys: who has it; when its last requests were answered, the newest first. Arguments: a
token; for how many milliseconds to hold it; the number and milliseconds of each limit.
"""

GIVE_BACK = """
if ARGV[2] ~= '0' then
  local time = redis.call('TIME')
  redis.call('LPUSH', KEYS[2], time[1] * 1000 + math.ceil(time[2] / 1000))
  redis.call('LTRIM', KEYS[2], 0, ARGV[2] - 1)
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""
"""Give the account back, and count a request from its answer on; 0 if it was lost before.

Arguments: the token; how many answers to remember, 0 if there was none; how long.
"""

PROLONG = """
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests within so many milliseconds."""

    requests: int
    milliseconds: int


class Keeper(Protocol):
    """Keeps the pace in one place: in the queue server, or in this process."""

    def take(self, account: str, token: str, limits: Sequence[Limit]) -> int:
        """Take the account; return the milliseconds to wait, -1 if somebody else has it."""

    def give_back(self, account: str, token: str, limits: Sequence[Limit] = ()) -> None:
        """Let the account's next request come.

        Args:
            limits: Those that the request counts for; none if there was no request.
        """


class SharedKeeper:
    """In the queue server, for one thread."""

    def __init__(self, redis_url: str, renewal: Renewal) -> None:
        client = Redis.from_url(
            redis_url,
            socket_timeout=ANSWER_SECONDS,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
        self._take = client.register_script(TAKE)
        self._give_back = client.register_script(GIVE_BACK)
        self._prolong = client.register_script(PROLONG)
        self._renewal = renewal

    def take(self, account: str, token: str, limits: Sequence[Limit]) -> int:
        """Ask the queue server."""
        numbers = [number for each in limits for number in (each.requests, each.milliseconds)]
        wait = int(self._take(keys=_keys(account), args=[token, _hold_ms(), *numbers]))
        if wait != BUSY:
            self._renewal.begin(token, lambda: self._hold_on(account, token))
        return wait

    def _hold_on(self, account: str, token: str) -> None:
        self._prolong(keys=_keys(account)[:1], args=[token, _hold_ms()])

    def give_back(self, account: str, token: str, limits: Sequence[Limit] = ()) -> None:
        """Tell the queue server."""
        self._renewal.end(token)
        most = max((each.requests for each in limits), default=0)
        longest = max((each.milliseconds for each in limits), default=0)
        try:
            was_held = self._give_back(keys=_keys(account), args=[token, most, longest])
        except RedisError as error:
            log.info("The queue is out of reach, so a request was not counted: %s", error)
            return
        if not was_held:
            log.info("A request took longer than its turn, or its turn was lost with the queue.")


def _keys(account: str) -> list[str]:
    return [f"sleuth:in-flight:{account}", f"sleuth:answered:{account}"]


def _hold_ms() -> int:
    return int(1000 * HOLD_SECONDS)


class OwnKeeper:
    """In this process."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._held: set[str] = set()
        self._answered: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, account: str, token: str, limits: Sequence[Limit]) -> int:
        """Look here."""
        with self._guard:
            if account in self._held:
                return BUSY
            self._held.add(account)
            answered, now = self._answered[account], time.monotonic()
        waits = [
            1000 * (answered[-each.requests] - now) + each.milliseconds
            for each in limits
            if len(answered) >= each.requests
        ]
        return ceil(max([0.0, *waits]))

    def give_back(self, account: str, token: str, limits: Sequence[Limit] = ()) -> None:
        """Note it here."""
        with self._guard:
            self._held.discard(account)
            if limits:
                answered = self._answered[account]
                answered.append(time.monotonic())
                while len(answered) > max(each.requests for each in limits):
                    answered.popleft()


class Renewal:
    """Prolongs what this process holds for as long as it lives, however slow the answer."""

    def __init__(self) -> None:
        self._held: dict[str, Callable[[], None]] = {}
        self._guard = Lock()
        self._is_running = False

    def begin(self, token: str, hold_on: Callable[[], None]) -> None:
        """Prolong what is held under this token from now on."""
        with self._guard:
            if not self._is_running:
                Thread(target=self._run, daemon=True, name="renewing turns").start()
                self._is_running = True
            self._held[token] = hold_on

    def end(self, token: str) -> None:
        """Prolong it no longer."""
        with self._guard:
            self._held.pop(token, None)

    def _run(self) -> None:
        while True:
            time.sleep(RENEW_SECONDS)
            with self._guard:
                held = list(self._held.values())
            for hold_on in held:
                _try(hold_on)


def _try(hold_on: Callable[[], None]) -> None:
    """Never end the thread that all others of the process rely on."""
    try:
        hold_on()
    except RedisError:
        pass  # whoever gives it back will tell
    except Exception:
        log.exception("A turn could not be prolonged.")
