"""Misbehaviour on request: every way of failing that was seen on the real service."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from plugins.sentry.sandbox.access import too_often
from plugins.sentry.sandbox.events import default_interval
from plugins.sentry.sandbox.exchange import Answer, Request, as_json, moved

_PROXY_PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>\n"
_LOGIN_PAGE = b"<!DOCTYPE html>\n<html><head><title>Login | Sentry</title></head></html>\n"
_TRANSIENT = (
    "Query timeout. Please try again. If the problem persists try a smaller date range "
    "or fewer projects. Also consider a filter on the transaction field if you're filtering "
    "performance data."
)


@dataclass(slots=True)
class Fault:
    """One misbehaviour in force.

    Args:
        kind: A key of :data:`KINDS`.
        match: Part of the path and query, decoded; "" for every call.
        times: How often it still happens, None for always.
        token: Only for calls with this token, "" for all.
        detail: Replaces the wording of a refusal; for ``ignores-project``: the project
            whose errors are counted, whichever is asked for.
        retry_after: For 429, 500 and 503: seconds, sent as ``Retry-After``.
        reset_after: For 429: seconds from now, sent as ``X-Sentry-Rate-Limit-Reset``.
        seconds: For ``slow``: the delay.
        location: For redirects: where to.
        body: For ``json`` and ``verbatim``: the document, or for the latter a text.
        status: For ``verbatim``, likewise ``headers``.
    """

    kind: str
    match: str = ""
    times: int | None = None
    token: str = ""
    detail: str = ""
    retry_after: str = ""
    reset_after: int | None = None
    seconds: float = 2.0
    location: str = ""
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, request: Request) -> bool:
        """Whether this fault hits a request."""
        is_left = self.times is None or self.times > 0
        asked = f"{request.path}?{'&'.join('='.join(pair) for pair in request.query)}"
        return is_left and self.match in asked and self.token in ("", request.token)

    def misread(self, request: Request) -> Request:
        """Return what the server takes a request for."""
        ignored = IGNORED.get(self.kind, ())
        kept = tuple(pair for pair in request.query if pair[0] not in ignored)
        if self.kind == "ignores-project":
            kept = (*kept, ("project", self.detail or "4501"))
        return replace(request, query=kept)

    def spoil(self, request: Request, answer: Answer) -> Answer:
        """Return what is sent instead of ``answer``."""
        return KINDS[self.kind](self, request, answer)


def _refusal(status: int, detail: str) -> Callable[[Fault, Request, Answer], Answer]:
    def spoil(fault: Fault, _request: Request, _answer: Answer) -> Answer:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return as_json({"detail": fault.detail or detail}, status, headers)

    return spoil


def _too_often(fault: Fault, request: Request, _answer: Answer) -> Answer:
    answer, headers = too_often(), {}
    if fault.retry_after:
        headers["Retry-After"] = fault.retry_after
    if fault.reset_after is not None:
        reset = int(request.now.timestamp()) + fault.reset_after
        headers["X-Sentry-Rate-Limit-Reset"] = str(reset)
    return replace(answer, headers={**answer.headers, **headers})


def _internal_error(fault: Fault, _request: Request, _answer: Answer) -> Answer:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    body = {"detail": fault.detail or "Internal Error", "errorId": "5a4dc4be01a54f1bb9f8"}
    return as_json(body, 500, headers)


def _echoed(token: str) -> str:
    """Return a token in the forms in which servers show what they were sent."""
    raw = token.encode()
    forms = (token, quote(token, safe=""), b64encode(raw).decode(), raw.hex())
    return " ".join(("Bearer", *forms))


def _echo(fault: Fault, request: Request, _answer: Answer) -> Answer:
    status = 401 if fault.kind == "echo-401" else 400
    return as_json({"detail": f"Cannot use {_echoed(request.token)}"}, status)


def _echo_page(_fault: Fault, request: Request, _answer: Answer) -> Answer:
    page = f"<!DOCTYPE html>\n<html><body>Sent: {_echoed(request.token)}</body></html>\n"
    headers = {"Content-Type": "text/html", "X-Sent": _echoed(request.token)}
    return Answer(502, page.encode(), headers)


def _page(status: int, page: bytes) -> Callable[[Fault, Request, Answer], Answer]:
    return lambda _fault, _request, _answer: Answer(status, page, {"Content-Type": "text/html"})


def _empty(status: int) -> Callable[[Fault, Request, Answer], Answer]:
    return lambda _fault, _request, _answer: Answer(status)


def _changed_interval(_fault: Fault, _request: Request, answer: Answer) -> Answer:
    """Answer with the default interval, as Sentry does for one it finds too fine."""
    document = json.loads(answer.body)
    for series in document.get("timeSeries", ()):
        span = int(document["meta"]["end"] - document["meta"]["start"]) // 1000
        series["meta"]["interval"] = default_interval(span) * 1000
    if "data" in document:
        document["data"] = document["data"][::5]
    return replace(answer, body=json.dumps(document).encode())


def _unfinished(_fault: Fault, _request: Request, answer: Answer) -> Answer:
    """Call a minute in the middle incomplete, as where events are still on their way."""
    document = json.loads(answer.body)
    for series in document.get("timeSeries", ()):
        middle = series["values"][len(series["values"]) // 2]
        middle |= {"incomplete": True, "incompleteReason": "INGESTION_PENDING"}
    return replace(answer, body=json.dumps(document).encode())


def _verbatim(fault: Fault, _request: Request, _answer: Answer) -> Answer:
    if isinstance(fault.body, str):
        content = {"Content-Type": "text/html; charset=utf-8"}
        return Answer(fault.status, fault.body.encode(), {**content, **fault.headers})
    return as_json(fault.body, fault.status, fault.headers)


def _moved(fault: Fault, request: Request, _answer: Answer) -> Answer:
    url = re.sub(r"/(organizations|projects)/[^/]+/", r"/\1/renamed/", request.path, count=1)
    answer = moved(url, "renamed")
    is_lost = fault.kind == "moved-nowhere"
    kept = {name: value for name, value in answer.headers.items() if name != "Location"}
    return replace(answer, headers=kept) if is_lost else answer


def _same_page(_fault: Fault, _request: Request, answer: Answer) -> Answer:
    link = '<https://sentry.io/>; rel="next"; results="true"; cursor="0:100:0"'
    return replace(answer, headers={**answer.headers, "Link": link})


IGNORED = {"ignores-environment": ("environment", "query"), "ignores-project": ("project",)}
KINDS: dict[str, Callable[[Fault, Request, Answer], Answer]] = {
    "401": _refusal(401, "Invalid token"),
    "403": _refusal(403, "You do not have permission to perform this action."),
    "404": _refusal(404, "The requested resource does not exist"),
    "404-empty": _empty(404),
    "429": _too_often,
    "500": _internal_error,
    "503": _refusal(503, "Service Unavailable"),
    "400": _refusal(400, "Invalid query"),
    "400-transient": _refusal(400, _TRANSIENT),
    "html-502": _page(502, _PROXY_PAGE),
    "html-200": _page(200, _LOGIN_PAGE),
    "truncated": lambda _f, _r, answer: replace(answer, body=answer.body[: len(answer.body) // 2]),
    "slow": lambda fault, _r, answer: replace(answer, delay_seconds=fault.seconds),
    "timeout": lambda _f, _r, answer: replace(answer, ending="stall"),
    "silence": lambda _f, _r, answer: replace(answer, ending="silence"),
    "hang-up": lambda _f, _r, answer: replace(answer, ending="hang_up"),
    "interval": _changed_interval,
    "unfinished": _unfinished,
    "no-projects": lambda _f, _r, answer: replace(answer, body=b'{"timeSeries": []}'),
    "anonymous": lambda _f, _r, _a: as_json({"version": "0", "auth": None, "user": None}),
    "json": lambda fault, _r, _a: as_json(fault.body),
    "verbatim": _verbatim,
    "same-page": _same_page,
    **{kind: lambda _f, _r, answer: answer for kind in IGNORED},
    "echo-400": _echo,
    "echo-401": _echo,
    "echo-502": _echo_page,
    "moved": _moved,
    "moved-nowhere": _moved,
    "redirect": lambda fault, _r, _a: Answer(302, headers={"Location": fault.location}),
}
