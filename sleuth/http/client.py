"""The client itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from sleuth import __version__
from sleuth.http.answer import Answer
from sleuth.http.deadline import run_until
from sleuth.http.failures import FAILURES, explain, was_reset
from sleuth.http.hosts import AllowedHosts
from sleuth.plugin_api import TrackerError
from sleuth.redaction import Scrubber

USER_AGENT = f"sleuth/{__version__} (+error impact collector)"
MAX_REDIRECTS = 3
MOST_CONNECTIONS = 64
MOST_SKEW = timedelta(seconds=60)
CHUNK_BYTES = 65536

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how much to read.

    Args:
        total_seconds: For one ``get`` with its redirects and retry, however slowly the
            server drips.
        max_bytes: Of the unpacked body.
    """

    connect_seconds: float = 5
    read_seconds: float = 30
    total_seconds: float = 60
    max_bytes: int = 8_000_000


class Session(requests.Session):
    """Connections to keep alive, to be used by any number of threads at once.

    Asks the environment for proxies and certificates once a host, because that takes as
    long as a fourth of a request. Keeps urllib3 from logging whole addresses, as it does up to
    WARNING: some trackers want their token in the query. What fails is told by exceptions.
    """

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
        self._settings: dict[tuple[str, str], dict[str, Any]] = {}

    def settings_for(self, url: str) -> dict[str, Any]:
        """Return what the environment says about calling a URL's host."""
        host = urlsplit(url)[:2]
        if host not in self._settings:
            found = self.merge_environment_settings(url, {}, True, None, None)
            self._settings[host] = dict(found)
        return self._settings[host]


class Client:
    """Satisfies :class:`sleuth.plugin_api.HttpClient` for one tracker.

    Args:
        name: Of the tracker, for error messages.
        allowed: The hosts that may be called.
        session: Kept-alive connections, shared by clients of the same tracker.
        scrub: Applied to what is logged.
        slot: Waits until the next request may be made, and holds others back meanwhile.
        now: The time by our clock, if answers by another one are to be refused.
    """

    def __init__(
        self,
        name: str,
        allowed: AllowedHosts,
        *,
        session: Session | None = None,
        limits: Limits | None = None,
        scrub: Callable[[str], str] | None = None,
        slot: Callable[[], AbstractContextManager[None]] = nullcontext,
        now: datetime | None = None,
    ) -> None:
        self._name = name
        self._allowed = allowed
        self._session = session or Session()
        self._limits = limits or Limits()
        self._scrub = scrub or Scrubber()
        self._slot = slot
        self._now = now
        self._began = time.monotonic()

    def get(
        self,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET an absolute URL, following up to three redirects within the allowed hosts.

        Raises:
            TrackerError: ``unavailable``: no usable answer came; ``forbidden``: the URL
                may not be called; ``bad_answer``: a redirect to elsewhere, or too large
                an answer; ``credentials``: a header that cannot be sent.
        """
        self._allowed.check(url, self._name)
        sent = {"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})}
        self._check_headers(sent)
        request = requests.Request("GET", url, params=list(params), headers=sent)
        with self._slot():
            answer = self._get_and_log(request)
        self._check_clock(answer)
        return answer

    def _get_and_log(self, request: requests.Request) -> Answer:
        started = time.monotonic()
        outcome = "no answer"
        try:
            answer = self._get_in_time(request, started + self._limits.total_seconds)
            outcome = str(answer.status)
        finally:
            self._log(request.url, outcome, time.monotonic() - started)
        return answer

    def _check_clock(self, answer: Answer) -> None:
        """Refuse an answer given by another time: its minutes would not be ours.

        Raises:
            TrackerError: the clocks differ by more than a minute.
        """
        told_at = _date_of(answer.headers.get("Date", ""))
        if self._now is None or told_at is None:
            return
        ours = self._now + timedelta(seconds=time.monotonic() - self._began)
        ahead = ours - told_at
        if abs(ahead) > MOST_SKEW:
            minutes = max(1, round(abs(ahead) / timedelta(minutes=1)))
            raise TrackerError(
                f"The clock of this server is {minutes} minutes "
                f"{'ahead of' if ahead > timedelta() else 'behind'} that of {self._name}, so "
                "counts by the minute would be wrong and were not used. Set the clock right; "
                "Sleuth goes on by itself then."
            )

    def _check_headers(self, headers: Mapping[str, str]) -> None:
        if not all(_is_sendable(value) for value in headers.values()):
            raise TrackerError(
                "The credentials contain a character that cannot be sent, a line break or "
                f"an accented letter perhaps. Copy them from {self._name} again.",
                permanent=True,
                reason="credentials",
            )

    def _get_in_time(self, request: requests.Request, deadline: float) -> Answer:
        try:
            return run_until(deadline, lambda: self._follow(request, deadline))
        except (TimeoutError, *FAILURES) as error:
            failure = error
        raise explain(failure, self._name, urlsplit(request.url).hostname or "")

    def _follow(self, request: requests.Request, deadline: float) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            prepared = self._prepare(request)
            answer = self._exchange(prepared, deadline)
            location = answer.headers.get("Location", "")
            if answer.status not in requests.models.REDIRECT_STATI or not location:
                return answer
            target = urljoin(str(prepared.url), location)
            refusal = self._allowed.refusal(target)
            if refusal:
                raise self._bad_answer(f"answered with a redirect, but {refusal}")
            request = requests.Request("GET", target, headers=request.headers)
        raise self._bad_answer(f"answered with more than {MAX_REDIRECTS} redirects in a row")

    def _prepare(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare it without the session, which would add credentials from ``.netrc``."""
        prepared = requests.PreparedRequest()
        headers = {**self._session.headers, **request.headers}
        prepared.prepare("GET", request.url, headers, params=request.params)
        self._allowed.check(str(prepared.url), self._name)
        return prepared

    def _exchange(self, prepared: requests.PreparedRequest, deadline: float) -> Answer:
        try:
            return self._exchange_once(prepared, deadline)
        except FAILURES as error:
            if not was_reset(error):
                raise
        return self._exchange_once(prepared, deadline)

    def _exchange_once(self, prepared: requests.PreparedRequest, deadline: float) -> Answer:
        """Use the adapter directly: a session would keep cookies and read redirects whole."""
        url = str(prepared.url)
        limits = self._limits
        remaining = max(deadline - time.monotonic(), 0.001)
        timeout = (min(limits.connect_seconds, remaining), min(limits.read_seconds, remaining))
        settings = self._session.settings_for(url)
        response = self._session.get_adapter(url).send(prepared, timeout=timeout, **settings)
        try:
            body = self._read(response, deadline)
        except BaseException:
            response.close()
            raise
        return Answer(self._name, response.status_code, response.headers, body)

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._limits.max_bytes:
                megabytes = self._limits.max_bytes / 1_000_000
                raise self._bad_answer(f"gave an answer of more than {megabytes:g} MB")
            if time.monotonic() > deadline:
                raise TimeoutError
        return bytes(body)

    def _bad_answer(self, what: str) -> TrackerError:
        return TrackerError(f"{self._name} {what}.", reason="bad_answer")

    def _log(self, url: str, outcome: str, seconds: float) -> None:
        parts = urlsplit(url)
        where = self._scrub(f"{parts.hostname}{parts.path}")
        logger.info("%s: GET %s: %s in %d ms", self._name, where, outcome, seconds * 1000)


@lru_cache(maxsize=8)
def _date_of(header: str) -> datetime | None:
    try:
        told_at = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return told_at if told_at.tzinfo else told_at.replace(tzinfo=UTC)


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()
