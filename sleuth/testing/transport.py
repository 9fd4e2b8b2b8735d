"""Between a plugin and its sandbox: every request is seen, and any answer can be spoilt."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from sleuth.http import Session
from sleuth.testing.guard import expected_connections

MOST_REQUESTS = 300
"""In answer to one question; whoever makes more does not come to an end."""

_OF_THE_CONNECTION = {
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "transfer-encoding",
}


class TooManyRequestsError(BaseException):
    """A plugin goes on asking; no plugin is meant to catch this."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    url: str
    sent: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return urlsplit(self.url).path

    def document(self) -> Any:
        """Return the JSON answered, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


Honest = Callable[[], Exchange]
Fault = Callable[[PreparedRequest, Honest], Exchange]
"""Given a request and what would answer it, answers in another way."""


class Transport(HTTPAdapter):
    """Carries requests to the sandbox.

    Args:
        base: URL of the sandbox; hosts elsewhere are answered by it, too.
    """

    def __init__(self, base: str) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self._base = urlsplit(base)
        self._fault: Fault | None = None
        self._memory: dict[str, Exchange] = {}
        self._uses_memory = False

    def session(self) -> Session:
        """Return connections that lead through here."""
        session = Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, self)
        return session

    @contextmanager
    def watching(self, fault: Fault | None = None) -> Iterator[list[Exchange]]:
        """Collect the exchanges of one question.

        Args:
            fault: Spoils the answers. Honest ones are remembered then, not asked for again.
        """
        self.exchanges = []
        self._fault, self._uses_memory = fault, fault is not None
        try:
            yield self.exchanges
        finally:
            self._fault, self._uses_memory = None, False

    def forget(self) -> None:
        """Ask the sandbox anew, because it is another time."""
        self._memory.clear()

    def send(self, request: PreparedRequest, *_arguments: Any, **options: Any) -> Response:
        """Answer a request, honestly or not."""
        if len(self.exchanges) >= MOST_REQUESTS:
            raise TooManyRequestsError
        answer = partial(self._honest, request, options.get("timeout"))
        exchange = self._fault(request, answer) if self._fault else answer()
        self.exchanges.append(exchange)
        raw = HTTPResponse(
            io.BytesIO(exchange.body),
            headers=dict(exchange.headers),
            status=exchange.status,
            preload_content=False,
        )
        return self.build_response(request, raw)

    def _honest(self, request: PreparedRequest, timeout: Any) -> Exchange:
        url = str(request.url)
        key = f"{url} {request.headers}"
        if not self._uses_memory or key not in self._memory:
            self._memory[key] = self._asked(request, url, timeout)
        return self._memory[key]

    def _asked(self, request: PreparedRequest, url: str, timeout: Any) -> Exchange:
        routed = request.copy()
        parts = urlsplit(url)
        if parts.hostname != self._base.hostname:
            moved = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc)
            routed.url = moved.geturl()
        with expected_connections():
            response = super().send(routed, timeout=timeout)
            body = response.content
        headers = {
            name: value
            for name, value in response.headers.items()
            if name.lower() not in _OF_THE_CONNECTION
        }
        return Exchange(url, dict(request.headers), response.status_code, headers, body)
