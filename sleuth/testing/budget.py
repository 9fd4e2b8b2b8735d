"""The client of live checks: so many requests and no more, slowly, and none twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from requests.adapters import BaseAdapter

from sleuth.http import Session
from sleuth.plugin_api import HttpAnswer, HttpClient, TrackerError

TOO_MANY = 429


class BudgetSpentError(TrackerError):
    """Another request would be one too many."""

    def __init__(self, budget: int) -> None:
        super().__init__(
            f"The budget of {budget} requests is used up.", permanent=True, reason="rate_limited"
        )


class ThrottledError(TrackerError):
    """The tracker asks to be left alone."""

    def __init__(self) -> None:
        super().__init__("The tracker has had too many requests.", reason="rate_limited")


class BudgetedSession(Session):
    """Connections on which every request counts, those that follow redirects included.

    Args:
        budget: How many there may be.
        pause_seconds: Between two of them, at least.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, budget: int, pause_seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__()
        self.budget = budget
        self.spent = 0
        self.denied = 0
        self._pause_seconds = pause_seconds
        self._sleep = sleep
        self._turn = Lock()

    def get_adapter(self, url: str) -> BaseAdapter:
        """Return what sends one request, after the pause.

        Raises:
            BudgetSpentError: there may be no further request.
        """
        with self._turn:
            if self.spent >= self.budget:
                self.denied += 1
                raise BudgetSpentError(self.budget)
            if self.spent:
                self._sleep(self._pause_seconds)
            self.spent += 1
        return super().get_adapter(url)


class RememberingClient:
    """Satisfies :class:`sleuth.plugin_api.HttpClient`; what was answered is not asked again.

    Args:
        client: Asks.
        learn: Told of every document, so that nothing of it ends up in the report.
    """

    def __init__(self, client: HttpClient, learn: Callable[[Any], None]) -> None:
        self.is_throttled = False
        self._client = client
        self._learn = learn
        self._known: dict[Any, HttpAnswer] = {}

    def get(
        self,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """GET an absolute URL, once.

        Raises:
            TrackerError: there was no answer, or it was a 429, after which nobody asks on.
        """
        key = (url, tuple(params), tuple(sorted((headers or {}).items())))
        if key not in self._known:
            self._known[key] = self._asked(url, params, headers)
        return self._known[key]

    def _asked(
        self, url: str, params: Sequence[tuple[str, str]], headers: Mapping[str, str] | None
    ) -> HttpAnswer:
        if self.is_throttled:
            raise ThrottledError
        answer = self._client.get(url, params=params, headers=headers)
        if answer.status == TOO_MANY:
            self.is_throttled = True
            raise ThrottledError
        try:
            self._learn(answer.json())
        except TrackerError:
            return answer  # a page, or nothing: no check quotes those
        return answer
