"""Setting a deploy's health by hand, and answering whether a verdict was right."""

from __future__ import annotations

from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth.accounts.rules import RuleError
from sleuth.deploys.here import deploy_here
from sleuth.health.by_hand import answering, overriding
from sleuth.health.by_hand.answering import Said
from sleuth.health.by_hand.forms import OverrideForm, UndoForm
from sleuth.health.by_hand.people import Person
from sleuth.health.models import Verdict
from sleuth.health.telling import health_events
from sleuth.health.web.blueprint import blueprint
from sleuth.health.words import HEALTH_NAMES
from sleuth.web import Level, dialog_done, is_htmx, render_dialog

DEPLOY = "/deploys/<public_id>"


@blueprint.route(f"{DEPLOY}/override", methods=["GET", "POST"])
def override(public_id: str) -> ResponseReturnValue:
    """Ask for a health and a reason, and let the deploy have it."""
    deploy = deploy_here(public_id)
    stands = overriding.standing(deploy)
    form = OverrideForm(obj=stands, seen=stands.public_id if stands else "")
    if form.validate_on_submit():
        chosen, by = form.health.data, Person.of(current_user)
        events = health_events(deploy)
        with form.explaining():
            overriding.set_override(deploy.id, chosen, form.reason.data, by, form.seen.data)
            return _changed(public_id, events, f"Set to {HEALTH_NAMES[chosen]} by hand.")
        stands = overriding.standing(deploy)
        form.seen.data = stands.public_id if stands else ""
    return render_dialog(
        "health/dialogs/override.html",
        form.status,
        title="Set the health by hand",
        form=form,
        deploy=deploy,
        stands=stands,
    )


@blueprint.post(f"{DEPLOY}/override/undo")
def undo_override(public_id: str) -> ResponseReturnValue:
    """Let what was judged count again."""
    deploy, form = deploy_here(public_id), UndoForm()
    if not form.validate_on_submit():
        abort(400)
    events = health_events(deploy)
    try:
        overriding.undo_override(deploy.id, Person.of(current_user), form.seen.data or "")
    except RuleError as error:
        return _changed(public_id, events, error.message, "error")
    return _changed(public_id, events, "Undone: what was judged counts again.")


@blueprint.route(f"{DEPLOY}/verdicts/<verdict_id>/answer", methods=["GET", "POST"])
def answer(public_id: str, verdict_id: str) -> ResponseReturnValue:
    """Ask whether a verdict was right, and keep the answer."""
    verdict = answering.find_verdict(g.organization.id, public_id, verdict_id) or abort(404)
    if request.method == "GET":
        return _question(verdict, public_id)
    try:
        _take(verdict.id)
    except RuleError as error:
        return _question(verdict, public_id, 422, problem=error.message, is_answering=True)
    if not is_htmx():
        return redirect(url_for("dashboard.deploy", public_id=public_id), 303)
    return _question(verdict, public_id, is_answering=True)


def _take(verdict_id: int) -> None:
    """Keep what was posted."""
    user_id, wanted = current_user.id, request.form.get("answer")
    if wanted == "withdraw":
        answering.withdraw(verdict_id, user_id)
        return
    if wanted not in {"yes", "no"}:
        raise RuleError("Answer with Yes or No.")
    posted = {name: request.form.get(name, "") for name in ("health", "actual", "note")}
    answering.answer(verdict_id, Said(wanted == "yes", **posted), user_id)


def _question(
    verdict: Verdict, public_id: str, status: int = 200, **context: Any
) -> ResponseReturnValue:
    asked = answering.questions([verdict], {verdict.deploy_id: public_id})
    context["line"] = {"question": asked.get(verdict.id)}
    if is_htmx():
        return make_response(render_template("dashboard/_was_this_right.html", **context), status)
    title = "Was this verdict right?"
    return render_dialog("health/dialogs/answer.html", status, title=title, **context)


def _changed(
    public_id: str, events: tuple[str, ...], message: str, level: Level = "success"
) -> ResponseReturnValue:
    """Tell what changed; by now somebody may have deleted the deploy."""
    page = url_for("dashboard.deploy", public_id=public_id)
    return dialog_done(page, event=events, message=message, level=level)
