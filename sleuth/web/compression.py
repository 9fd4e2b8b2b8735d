"""Pages compressed on their way, where that can tell nobody anything.

The server that ``./run`` starts has no proxy before it that would do this, and a dashboard is
fifteen times as large without. What another site has a browser ask for is left as it is: whoever
can choose a part of a page, by its address, and see how long it comes out could guess the rest
of it letter by letter (BREACH). So is every answer to a form, which may show a secret, once.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, current_app, request

LEVEL = 3
"""Larger ones take the server longer than they save on any line."""

SMALLEST = 500
"""Bytes; less fits into one packet anyway."""

OUR_OWN = {"same-origin", "none"}
"""Values of ``Sec-Fetch-Site``: one of our pages asks, or somebody who typed the address."""


def init_app(app: Flask) -> None:
    """Compress pages after everything else has been done to them."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress a page that one of our own pages, or its reader, asks for."""
    if response.mimetype != "text/html" or response.is_streamed:
        return response
    response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    if _is_wanted() and not response.content_encoding and len(response.data) >= SMALLEST:
        response.set_data(gzip.compress(response.data, LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response


def _is_wanted() -> bool:
    """Browsers say who asks, but for old ones, and where the line is open to anybody anyway."""
    is_closed = request.is_secure or current_app.config["SESSION_COOKIE_SECURE"]
    asked_by = request.headers.get("Sec-Fetch-Site", "" if is_closed else "none")
    is_read = request.method in {"GET", "HEAD"}
    return is_read and asked_by in OUR_OWN and bool(request.accept_encodings["gzip"])
