"""The dialog that shows what something proposed would have said, and asks whether it shall hold."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from sleuth import clock
from sleuth.health.replaying import service
from sleuth.health.replaying.applying import NotAppliedError
from sleuth.health.replaying.models import Replay, ReplayKind, ReplayState
from sleuth.health.replaying.results import results_of
from sleuth.health.replaying.service import AGAIN, CANCEL
from sleuth.integrations.checks import PATIENCE
from sleuth.projects.service import CHANGED
from sleuth.web import Level, dialog_done, is_htmx, render_dialog
from sleuth.web.errors import gone

blueprint = Blueprint("health", __name__, url_prefix="/o/<organization_slug>")
blueprint.register_error_handler(NoResultFound, gone)
DONE_WORDS = "Deploys are judged so from now on."


@blueprint.route("/replays/<replay_id>", methods=["GET", "POST"])
def replay(replay_id: str) -> ResponseReturnValue:
    """Show how judging the past stands and what came of it, and decide about it."""
    found = service.find(g.organization.id, replay_id) or abort(404)
    g.project = found.project  # the sidebar marks it
    return _decide(found) if request.method == "POST" else _show(found)


def show_replay(found: Replay) -> ResponseReturnValue:
    """Go on in the dialog that was posted with a replay that has begun."""
    if is_htmx():
        return _show(found)
    return redirect(url_for("health.replay", replay_id=found.public_id), code=303)


def _show(found: Replay, status: int = 200) -> ResponseReturnValue:
    if found.is_running:
        return _running(found)
    if found.state != ReplayState.DONE:
        return _over(found, found.message, 200)
    return render_dialog(
        "health/dialogs/replay.html",
        status,
        replay=found,
        results=results_of(found),
        back=_back(found),
    )


def _running(found: Replay) -> ResponseReturnValue:
    is_waiting_long = found.judged_at is None and clock.now() - found.created_at > PATIENCE
    return render_dialog(
        "health/dialogs/replaying.html",
        refresh_seconds=2,
        polls_itself=False,
        replay=found,
        is_waiting_long=is_waiting_long,
    )


def _over(found: Replay, message: str, status: int) -> ResponseReturnValue:
    return render_dialog(
        "health/dialogs/replay_over.html", status, message=message, back=_back(found)
    )


def _decide(found: Replay) -> ResponseReturnValue:
    choice = request.form.get("choice")
    if choice == CANCEL:
        service.dismiss(found)
        return _done(found, "")
    if found.is_running or choice not in service.choices_of(found):
        return _show(found, 422)
    is_anew = choice == AGAIN and found.state == ReplayState.DONE and service.look_again(found)
    if is_anew:
        return show_replay(found)
    try:
        count = service.apply(found, current_user, again=choice == AGAIN)
    except NotAppliedError as error:
        return _over(found, str(error), 422)
    return _done(found, _being_judged(found, count) if count else DONE_WORDS)


def _being_judged(found: Replay, count: int) -> str:
    noun = "deploy is" if count == 1 else "deploys are"
    again = "" if found.kind == ReplayKind.ADDED else " again"
    return f"{count} {noun} being judged{again}."


def _done(found: Replay, message: str) -> ResponseReturnValue:
    event = CHANGED if found.kind == ReplayKind.SENSITIVITY else "impactSourceChanged"
    level: Level = "success"
    return dialog_done(_back(found), event=event, message=message or None, level=level)


def _back(found: Replay) -> str:
    page = "projects.overview" if found.kind == ReplayKind.SENSITIVITY else "impact.project_tab"
    return url_for(page, project_slug=found.project.slug)
