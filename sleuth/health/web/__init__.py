"""The pages on verdicts: what people say of them, how right they are, how else they would be."""

from __future__ import annotations

from flask import Flask

from sleuth.health.by_hand.answering import ACTUALS, LONGEST_NOTE
from sleuth.health.replaying import wording
from sleuth.health.replaying.models import Replay
from sleuth.health.replaying.results import Results, results_of
from sleuth.health.replaying.service import offers_of
from sleuth.health.web import by_hand, replays, verdicts
from sleuth.health.web.blueprint import blueprint
from sleuth.projects.models import Project

__all__ = ["by_hand", "init_app", "verdicts"]


def init_app(app: Flask) -> None:
    """Register the pages, and let the pages of impact sources offer to judge the past."""
    app.register_blueprint(blueprint)
    app.register_blueprint(replays.blueprint)
    app.jinja_env.globals.update(
        what_it_was=ACTUALS,
        longest_note=LONGEST_NOTE,
        replay_offers=_offers,
        limit_in_words=wording.limit_in_words,
    )


def _offers(project: Project) -> dict[int, tuple[Replay, Results]]:
    return {id_: (each, results_of(each)) for id_, each in offers_of(project.id).items()}
