"""Pages and dialogs about what is measured."""

from __future__ import annotations

from flask import Flask

from sleuth import clock
from sleuth.impact import intervals, progress, states
from sleuth.impact.models import ImpactSource
from sleuth.impact.offers import values_in_words
from sleuth.impact.web import choices, dialogs, sources  # noqa: F401 - they add pages
from sleuth.impact.web.blueprint import blueprint
from sleuth.trackers import name_of
from sleuth.web.formats import left_words


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        source_state=_state_now,
        back_fill_words=_back_fill_words,
        tracker_name=name_of,
        values_in_words=values_in_words,
        interval_change=intervals.change_of,
        interval_remedy=intervals.REMEDY,
    )


def _state_now(source: ImpactSource) -> states.State:
    return states.state_of_source(source, clock.now())


def _back_fill_words(source: ImpactSource) -> str:
    return left_words(progress.back_fill_left(source, clock.now()))
