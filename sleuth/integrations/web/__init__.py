"""Pages, cards and dialogs of the integrations."""

from __future__ import annotations

from flask import Flask

from sleuth.integrations.web import auditing, cards, connecting, replacing  # noqa: F401 - they add pages
from sleuth.integrations.web.blueprint import blueprint


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
