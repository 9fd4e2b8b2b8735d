"""Errors of the API that reads, in the one shape that RFC 9457 gives them."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response

API = "/api/v1/"
TYPE = "application/problem+json"


def problem(status: int, sentence: str) -> Response:
    """Return an error as an answer.

    Args:
        sentence: What happened, and what to do about it.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
    }
    return Response(json.dumps(body, ensure_ascii=False) + "\n", status, content_type=TYPE)
