"""Addresses in pages, kept once they are built: a page has hundreds, and most come again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, g, request

MOST_KEPT = 8192

Values = tuple[tuple[str, Any], ...]


def init_app(app: Flask) -> None:
    """Offer a ``url_for`` to templates that remembers; for everything else Flask's own stays."""

    @lru_cache(maxsize=MOST_KEPT)
    def kept(_root: str, _organization: str | None, endpoint: str, values: Values) -> str:
        return app.url_for(endpoint, **dict(values))

    def url_for(endpoint: str, **values: Any) -> str:
        """Return an address; it depends on what is mounted where, and on whose page this is."""
        if endpoint.startswith(".") or not all(map(_is_plain, values.values())):
            return app.url_for(endpoint, **values)
        organization = g.get("organization_slug")
        return kept(request.script_root, organization, endpoint, tuple(values.items()))

    app.jinja_env.globals["url_for"] = url_for


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str) or type(value) is int
