"""Entering the demo without a password, and starting it afresh."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from sleuth import queue
from sleuth.accounts.models import Role
from sleuth.accounts.web.entrance import begin_session
from sleuth.demo import service, stage
from sleuth.web import go_to, render_dialog

KEEP_UP_JOB = "sleuth.demo.jobs.keep_up"
DOORS = (Role.OWNER, Role.DEVELOPER, Role.OBSERVER)

blueprint = Blueprint("demo", __name__)


def init_app(app: Flask) -> None:
    """Register the pages in a demo; anywhere else they do not exist."""
    if app.config["SLEUTH_DEMO"]:
        app.register_blueprint(blueprint)
        app.jinja_env.globals["demo_doors"] = DOORS


@blueprint.post("/demo/enter")
def enter() -> ResponseReturnValue:
    """Sign in as one of the demo's people, by role."""
    role = request.form.get("role", Role.OWNER.value)
    demo = service.find_demo()
    if role not in DOORS or demo is None:
        abort(404)
    slug = demo.slug
    person = service.find_member(demo.id, Role(role))
    if person is None:
        message = f"The demo has no {role} any more; somebody may have changed roles."
        return go_to(url_for("accounts.sign_in"), message=message, level="warning")
    begin_session(service.let_in(person.id))
    return go_to(url_for("dashboard.index", organization_slug=slug))


@blueprint.route("/o/<organization_slug>/demo/reset", methods=["GET", "POST"])
def reset() -> ResponseReturnValue:
    """Ask, then let the demo begin again."""
    demo = service.find_demo()
    if demo is None or demo.id != g.organization.id:
        abort(404)
    if request.method == "GET":
        return render_dialog("demo/dialogs/reset.html", title="Reset the demo")
    organization_id = demo.id
    stage.begin()
    queue.enqueue(KEEP_UP_JOB, organization_id)
    message = "The demo starts afresh; its counts are being collected."
    return go_to(url_for("accounts.home"), message=message)
