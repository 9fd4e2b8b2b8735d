"""Answers that can be asked for again at no cost: JSON with an ETag."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from sleuth.web import base_url


def answer(body: Any, next_cursor: str | None = None) -> Response:
    """Return what was asked for, or that it is as the caller knows it.

    Args:
        next_cursor: Where the next page begins; None after the last.
    """
    response = _tagged(json.dumps(body, ensure_ascii=False, allow_nan=False).encode() + b"\n")
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    if next_cursor is not None:
        response.headers["Link"] = f'<{_next_url(next_cursor)}>; rel="next"'
    return response


def public_answer(body: bytes) -> Response:
    """Return JSON that anybody may read and keep, as long as he asks whether it has changed."""
    response = _tagged(body)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def moment(at: datetime | float | None) -> str | None:
    """Return a time in RFC 3339, in UTC.

    Args:
        at: A datetime or epoch seconds.
    """
    if at is None:
        return None
    found = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return found.isoformat().replace("+00:00", "Z")


def _tagged(body: bytes) -> Response:
    etag = hashlib.sha256(body).hexdigest()[:32]
    is_known = request.if_none_match.contains_weak(etag)
    response = Response(b"" if is_known else body, 304 if is_known else 200)
    response.content_type = "application/json"
    if is_known:
        del response.headers["Content-Type"]
    response.set_etag(etag)
    return response


def _next_url(cursor: str) -> str:
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return f"{base_url()}{request.path}?{query}"
