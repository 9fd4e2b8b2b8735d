"""The dashboard, the deploy page, and the one poll that keeps them fresh."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    abort,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.dashboard import (
    attention,
    cards,
    changes,
    details,
    environments,
    evidence,
    service,
    shared,
)
from sleuth.dashboard.chart_data import chart_data
from sleuth.dashboard.counted import read_counted
from sleuth.dashboard.environment_page import read_environment
from sleuth.dashboard.filters import Asked, Filters
from sleuth.dashboard.series_chart import series_data
from sleuth.dashboard.series_range import custom
from sleuth.deploys.commands import commands
from sleuth.deploys.here import no_deploy
from sleuth.deploys.web import registration_url
from sleuth.extensions import htmx
from sleuth.health import strips
from sleuth.integrations.service import integrations_of
from sleuth.projects.here import no_environment, project_here
from sleuth.projects.service import find_project, projects_of
from sleuth.web import is_htmx, render_partial_or_page, shown_path
from sleuth.web.errors import missing

FILTERED = "board"
"""Takes another address where somebody filters, but not where it draws itself again."""

BY_ITSELF = "deploys"
"""The part of a dashboard that draws itself again when something has happened."""

POLL = "dashboard.live"
REFRESH_SECONDS = 30


class SessionsOfVisits(SecureCookieSessionInterface):
    """Prolongs a session with every visit, but not with what a page asks by itself.

    The API has keys of its own: a cookie that a browser sends along opens nothing there.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds; nothing for the API."""
        return self.session_class() if _is_api() else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where it is due; never in an answer of the API."""
        if not _is_api():
            super().save_session(app, session, response)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Leave the cookie alone in an answer to a poll that changed nothing."""
        is_poll = request.endpoint == POLL
        return session.modified or (not is_poll and super().should_set_cookie(app, session))


def _is_api() -> bool:
    return request.path.startswith("/api/")


blueprint = Blueprint("dashboard", __name__, url_prefix="/o/<organization_slug>")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    shared.init_app(app)
    app.session_interface = SessionsOfVisits()
    app.jinja_env.globals.update(
        attention_count=lambda: attention.count(g.organization.id),
        chart_data=chart_data,
        series_data=series_data,
        first_command=_first_command,
    )


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show deploy cards, newest first, and the change sources."""
    now = clock.now()
    asked = Asked.from_query(request.args, now)
    read = partial(_read_board, asked, now)
    if htmx.target == BY_ITSELF:
        reading = shared.read_once(read)
        shown = reading.found.cards
        return _drawn_once(
            reading, "dashboard/_board.html", shown, board=reading.found, is_list=True
        )
    board = read()
    g.project = board.project
    response = _page(
        "dashboard/_board.html",
        "dashboard/index.html",
        board=board,
        nav_projects=board.choices.projects,  # the sidebar need not ask for them again
    )
    if htmx.target == FILTERED and htmx.trigger != FILTERED:
        response.headers["HX-Push-Url"] = _address(asked.as_query)
    return response


def _read_board(asked: Asked, now: datetime) -> service.Board:
    board = service.read_board(g.organization.id, asked, request.args.get("page"), now)
    _note_views(board.environments)
    return board


@blueprint.get("/deploys/<public_id>")
def deploy(public_id: str) -> ResponseReturnValue:
    """Show one deploy in full."""
    shown = details.read_deploy(g.organization.id, public_id) or no_deploy(public_id)
    return _page("dashboard/_deploy.html", "dashboard/deploy.html", shown=shown)


@blueprint.get("/deploys/<public_id>/card")
def deploy_card(public_id: str) -> ResponseReturnValue:
    """Show one card afresh."""
    reading = shared.read_once(partial(cards.read_card, g.organization.id, public_id))
    card = reading.found or no_deploy(public_id)
    return _drawn_once(reading, "dashboard/_deploy_card.html", [card], card=card)


@blueprint.get("/deploys/<public_id>/evidence/<verdict_id>")
def explanation(public_id: str, verdict_id: str) -> ResponseReturnValue:
    """Show why a verdict is what it is, inside its card or as a page."""
    shown = evidence.read_evidence(
        g.organization.id, public_id, verdict_id, is_in_place=is_htmx()
    ) or _no_verdict(public_id, verdict_id)
    return render_partial_or_page(
        "dashboard/_evidence_in_place.html",
        "dashboard/evidence.html",
        impact=shown,
        deploy_id=public_id,
    )


@blueprint.get("/deploys/<public_id>/evidence/<verdict_id>/counts")
def counts(public_id: str, verdict_id: str) -> ResponseReturnValue:
    """Lead to all counts that a verdict rests on, or rested on after some minutes."""
    minutes = request.args.get("minutes", type=int)
    found = read_counted(g.organization.id, verdict_id, minutes) or abort(404)
    if found.deploy_id != public_id:
        abort(404)
    query: dict[str, Any] = {**custom(found.since, found.until), "verdict": verdict_id}
    query |= {"project_slug": found.project_slug, "source_id": found.source_public_id}
    return redirect(url_for("impact.source", **query))


@blueprint.get("/projects/<project_slug>/environments/<environment_slug>")
def environment(project_slug: str, environment_slug: str) -> ResponseReturnValue:
    """Show how one environment is, what runs there, and what measures it."""
    shown = read_environment(
        g.organization.id, project_slug, environment_slug, clock.now()
    ) or no_environment(project_here(project_slug), environment_slug)
    g.project = shown.environment.project
    _note_views([shown.strip] if shown.strip else [])
    return _page("dashboard/_environment.html", "dashboard/environment.html", shown=shown)


@blueprint.get("/projects/<project_slug>/health")
def environments_health(project_slug: str) -> ResponseReturnValue:
    """Show afresh how a project's environments have been of late."""
    project = project_here(project_slug)
    only = Filters.from_query(request.args).environment
    shown = environments.read_strips(g.organization.id, project.slug, only, clock.now())
    _note_views(shown)
    return render_template(
        "dashboard/_environments.html",
        project=project,
        strips=shown,
        only_environment=only,
        is_own_page="own" in request.args,
    )


@blueprint.get("/needs-attention")
def needs_attention() -> ResponseReturnValue:
    """Show what is broken, what it affects, and what mends it."""
    return _page(
        "dashboard/_needs_attention.html",
        "dashboard/needs_attention.html",
        items=attention.items(g.organization.id, clock.now()),
        is_connected=bool(integrations_of(g.organization.id)),
        last_event=changes.latest(g.organization.id),
    )


@blueprint.get("/needs-attention/link")
def attention_link() -> ResponseReturnValue:
    """Show the entry of the navigation afresh."""
    is_here = shown_path() == url_for("dashboard.needs_attention")
    return render_template("dashboard/_attention_link.html", is_here=is_here)


@blueprint.get("/project-picker")
def project_picker() -> ResponseReturnValue:
    """Show afresh the projects that the sidebar leads to."""
    return render_template(
        "dashboard/_project_picker.html",
        projects=projects_of(g.organization.id),
        current=find_project(g.organization.id, request.args.get("shown", "")),
    )


@blueprint.get("/changes")
def live() -> ResponseReturnValue:
    """Name what happened since the page last asked; nothing if nothing did."""
    after = request.args.get("after", 0, type=int)
    found = changes.changes_after(g.organization.id, after)
    if found.last == after:
        return Response(status=204)
    response = Response(render_template("dashboard/_live.html", last_event=found.last))
    response.headers["HX-Trigger"] = json.dumps(dict.fromkeys(found.names, True))
    return response


def _no_verdict(public_id: str, verdict_id: str) -> NoReturn:
    page = url_for("dashboard.explanation", public_id=public_id, verdict_id=verdict_id)
    missing("verdict", page, url_for("dashboard.deploy", public_id=public_id), "The deploy")


def _first_command(deployment_slug: str) -> str:
    """Return what registers a deploy of a code deployment, ready to be pasted."""
    return commands(registration_url(deployment_slug))[0].text


def _note_views(shown: Sequence[environments.EnvironmentStrip]) -> None:
    kept = [(each.id, each.viewed_at) for each in shown if each.is_kept]
    strips.note_views(kept, clock.now())


def _page(partial: str, page: str, **context: Any) -> Response:
    """Answer with something live, which a browser without scripts loads again."""
    return render_partial_or_page(partial, page, refresh_seconds=REFRESH_SECONDS, **context)


def _drawn_once(
    reading: shared.Reading[Any], template: str, shown: Iterable[cards.DeployCard], **context: Any
) -> str:
    """Draw cards, for all readers at once who have answered nothing about them, or the same."""
    questions = (line.question for card in shown for line in card.lines)
    answers = tuple(each.answer_of(current_user.id) for each in questions if each)
    return shared.draw_once(reading, template, answers, **context)


def _address(query: Mapping[str, Any]) -> str:
    return url_for("dashboard.index", **query)
