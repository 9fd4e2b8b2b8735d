"""Entering the demo without a password, starting it afresh, and making things difficult."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from sleuth import clock, queue
from sleuth.accounts.models import Organization, Role
from sleuth.accounts.web.entrance import begin_session
from sleuth.dashboard import changes
from sleuth.demo import declaration, service, stage, wishes
from sleuth.web import dialog_done, go_to, render_dialog, render_partial_or_page

KEEP_UP_JOB = "sleuth.demo.jobs.keep_up"
ARRANGE_JOB = "sleuth.demo.jobs.arrange"
REFRESH_SECONDS = 3
DOORS = (Role.OWNER, Role.DEVELOPER, Role.OBSERVER)

blueprint = Blueprint("demo", __name__)


def init_app(app: Flask) -> None:
    """Register the pages in a demo; anywhere else they do not exist."""
    if app.config["SLEUTH_DEMO"]:
        app.register_blueprint(blueprint)
        app.jinja_env.globals["demo_doors"] = DOORS
        app.jinja_env.globals["demo_tracker"] = declaration.current()
        app.jinja_env.globals["is_demos_organization"] = lambda: _demo_here() is not None


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
    organization_id = _demo_id()
    if request.method == "GET":
        return render_dialog("demo/dialogs/reset.html", title="Reset the demo")
    stage.begin()
    queue.enqueue(KEEP_UP_JOB, organization_id)
    message = "The demo starts afresh; its counts are being collected."
    return go_to(url_for("accounts.home"), message=message)


@blueprint.get("/o/<organization_slug>/demo/situations")
def situations() -> ResponseReturnValue:
    """Show what can be switched on in the stand-in, and how it stands."""
    organization_id, now = _demo_id(), clock.now()
    last_event = changes.latest(organization_id)
    found = wishes.wishes_of(organization_id)
    return render_partial_or_page(
        "demo/_situations.html",
        "demo/situations.html",
        wishes=found,
        is_any_on=any(each.is_wanted for each in found.values()),
        is_any_waiting=any(each.is_waiting for each in found.values()),
        waiting_long={name for name, each in found.items() if each.is_waiting_long(now)},
        refresh_seconds=REFRESH_SECONDS,
        last_event=last_event,
    )


@blueprint.post("/o/<organization_slug>/demo/situations/<name>/begin")
def begin_situation(name: str) -> ResponseReturnValue:
    """Order a situation."""
    organization_id = _demo_id()
    wishes.begin(organization_id, declaration.current().situations.get(name) or abort(404))
    return _ordered(organization_id)


@blueprint.post("/o/<organization_slug>/demo/situations/<name>/end")
def end_situation(name: str) -> ResponseReturnValue:
    """Order a situation to end."""
    organization_id = _demo_id()
    if name not in declaration.current().situations:
        abort(404)
    wishes.end(organization_id, {name})
    return _ordered(organization_id)


@blueprint.post("/o/<organization_slug>/demo/situations/end")
def end_situations() -> ResponseReturnValue:
    """Order all situations to end."""
    organization_id = _demo_id()
    wishes.end(organization_id, declaration.current().situations)
    return _ordered(organization_id)


def _ordered(organization_id: int) -> ResponseReturnValue:
    queue.enqueue(ARRANGE_JOB, organization_id)
    return dialog_done(url_for("demo.situations"), event=wishes.CHANGED)


def _demo_id() -> int:
    """Return the id of the demo's organization; any other has no such pages."""
    demo = _demo_here() or abort(404)
    return int(demo.id)


def _demo_here() -> Organization | None:
    demo = service.find_demo()
    return demo if demo is not None and demo.id == g.organization.id else None
