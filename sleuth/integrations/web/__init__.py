"""Pages, cards and dialogs of the integrations."""

from __future__ import annotations

from flask import Flask

from sleuth.integrations.web import (  # noqa: F401 - they add pages
    auditing,
    cards,
    connecting,
    disabling,
    plugins,
    replacing,
)
from sleuth.integrations.web.blueprint import blueprint


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    app.register_blueprint(plugins.blueprint)
