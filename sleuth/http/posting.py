"""Posting to a host that a user named: a public one, or one that the operator named, too."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from sleuth.http.answer import Answer
from sleuth.http.client import USER_AGENT, Limits, Session
from sleuth.http.deadline import run_until
from sleuth.http.failures import FAILURES, explain
from sleuth.http.hosts import AllowedHosts
from sleuth.http.public import PublicAdapter, forbidden, public_refusal

LIMITS = Limits(connect_seconds=5, read_seconds=10, total_seconds=15, max_bytes=65536)

logger = logging.getLogger(__name__)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    name: str,
    named: AllowedHosts,
    limits: Limits = LIMITS,
) -> Answer:
    """POST once; a redirect is an answer, and nothing of it is followed.

    Args:
        name: What is posted to, for error messages and logs, which never hold the URL: it
            may carry a secret.
        named: Hosts that the operator named: these may be private, and are reached through
            the proxy that the environment names. Any other is reached directly, over TLS,
            and only at addresses that are public when the connection is made.

    Raises:
        TrackerError: ``forbidden``: nothing may be sent there; ``unavailable``: no answer.
    """
    is_named = not named.refusal(url)
    refusal = "" if is_named else public_refusal(url)
    if refusal:
        raise forbidden(refusal)
    request = requests.Request("POST", url, {"User-Agent": USER_AGENT, **headers}, data=body)
    deadline = time.monotonic() + limits.total_seconds
    host = urlsplit(url).hostname or ""
    try:
        answer = run_until(deadline, lambda: _exchange(request, name, limits, is_named))
    except (TimeoutError, *FAILURES) as error:
        failure = error
    else:
        logger.info("%s: POST %s: %s", name, host, answer.status)
        return answer
    raise explain(failure, name, host)


def _exchange(request: requests.Request, name: str, limits: Limits, is_named: bool) -> Answer:
    """Use the adapter directly: a session would follow redirects and read ``.netrc``."""
    prepared = requests.PreparedRequest()
    prepared.prepare("POST", request.url, request.headers, data=request.data)
    with Session() as session:
        settings = session.settings_for(str(prepared.url))
        if not is_named:
            session.mount("https://", PublicAdapter())
            settings = {**settings, "proxies": {}}
        adapter = session.get_adapter(str(prepared.url))
        timeout = (limits.connect_seconds, limits.read_seconds)
        response = adapter.send(prepared, timeout=timeout, **settings)
        try:
            body = response.raw.read1(limits.max_bytes)
        finally:
            response.close()
    return Answer(name, response.status_code, response.headers, body)
