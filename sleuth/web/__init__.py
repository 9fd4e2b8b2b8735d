"""What every feature's pages share: headers, errors, static files, dialogs, words.

Call :func:`init_app` once in the factory. Features import the helpers named in
``__all__``; templates get the same vocabulary as globals and filters.
"""

from __future__ import annotations

from flask import Flask

from sleuth.web import (
    addresses,
    assets,
    compression,
    drawn,
    errors,
    formats,
    forms,
    icons,
    security,
    sparkline,
)
from sleuth.web.responses import (
    Level,
    base_url,
    deleted,
    dialog_done,
    go_to,
    is_htmx,
    notify,
    page_url,
    render_dialog,
    render_partial_or_page,
    shown_path,
)

__all__ = [
    "Level",
    "base_url",
    "deleted",
    "dialog_done",
    "go_to",
    "init_app",
    "is_htmx",
    "notify",
    "page_url",
    "render_dialog",
    "render_partial_or_page",
    "shown_path",
]


def init_app(app: Flask) -> None:
    """Give the application its headers, error pages, static files and template words."""
    addresses.init_app(app)
    assets.init_app(app)
    compression.init_app(app)
    drawn.init_app(app)
    security.init_app(app)
    errors.init_app(app)
    formats.init_app(app)
    forms.init_app(app)
    icons.init_app(app)
    sparkline.init_app(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(is_htmx=is_htmx, page_url=page_url)
