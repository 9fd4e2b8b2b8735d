"""The pages on what people say of verdicts, and on how right these are."""

from __future__ import annotations

from flask import Flask

from sleuth.health.by_hand.answering import ACTUALS, LONGEST_NOTE
from sleuth.health.web import by_hand, verdicts
from sleuth.health.web.blueprint import blueprint

__all__ = ["by_hand", "init_app", "verdicts"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(what_it_was=ACTUALS, longest_note=LONGEST_NOTE)
