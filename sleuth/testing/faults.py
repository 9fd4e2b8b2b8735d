"""Ways in which trackers, and what lies between, answer wrongly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.exceptions import ConnectionError as NoConnectionError

from sleuth.testing.transport import Exchange, Fault, Honest

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in.</body></html>"


def answering(status: int, document: Any = None, **headers: str) -> Fault:
    """Answer everything with a status, and a document that says as much.

    Args:
        headers: With underscores instead of hyphens.
    """
    body = json.dumps({"error": "no"} if document is None else document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, _honest: _exchange(request, status, body, JSON | named)


def saying(document: Any, status: int = 200) -> Fault:
    """Answer everything with a document."""
    return lambda request, _honest: _exchange(request, status, json.dumps(document).encode(), JSON)


def web_page(request: PreparedRequest, _honest: Honest) -> Exchange:
    """Answer with the page of a login or of a proxy, and say that all is well."""
    return _exchange(request, 200, PAGE, HTML)


def nothing(request: PreparedRequest, _honest: Honest) -> Exchange:
    """Answer with an empty body."""
    return _exchange(request, 200, b"", JSON)


def half(request: PreparedRequest, honest: Honest) -> Exchange:
    """Break off in the middle of what would have been answered."""
    answer = honest()
    return replace(answer, body=answer.body[: max(1, len(answer.body) // 2)])


def hanging_up(_request: PreparedRequest, _honest: Honest) -> NoReturn:
    """End the connection without an answer."""
    raise NoConnectionError(ConnectionRefusedError())


def telling_secrets(status: int) -> Fault:
    """Answer with all that was sent, as servers do that explain what they did not like."""

    def fault(request: PreparedRequest, _honest: Honest) -> Exchange:
        sent = " ".join([str(request.url), *map(str, request.headers.values())])
        document = {"error": sent, "detail": sent, "message": sent}
        return _exchange(request, status, json.dumps(document).encode(), JSON)

    return fault


def in_circles() -> Fault:
    """Answer every page of a list with its first page."""
    first: dict[str, Exchange] = {}

    def fault(request: PreparedRequest, honest: Honest) -> Exchange:
        path = urlsplit(str(request.url)).path
        if path not in first:
            first[path] = honest()
        return first[path]

    return fault


def instead_of(spoilt: Exchange, document: Any) -> Fault:
    """Answer one request with another document, and all others honestly."""
    body = json.dumps(document).encode()

    def fault(request: PreparedRequest, honest: Honest) -> Exchange:
        is_it = str(request.url) == spoilt.url
        return replace(spoilt, body=body) if is_it else honest()

    return fault


def _exchange(
    request: PreparedRequest, status: int, body: bytes, headers: dict[str, str]
) -> Exchange:
    return Exchange(str(request.url), dict(request.headers), status, headers, body)
