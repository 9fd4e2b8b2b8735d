"""A project's Impact tab and the dialogs that add, edit and delete impact sources."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Flask, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.impact import checking, confirmations, service, states
from sleuth.impact.checking import Proposal
from sleuth.impact.forms import ImpactForm, impact_form, project_groups
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.integrations import checks, project_list
from sleuth.integrations.models import (
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
    TrackerProject,
)
from sleuth.integrations.service import get_integration, integrations_of, registry
from sleuth.projects.models import Project
from sleuth.projects.service import find_project
from sleuth.trackers import Tracker, name_of
from sleuth.web import Level, dialog_done, render_dialog
from sleuth.web.errors import gone

blueprint = Blueprint("impact", __name__, url_prefix="/o/<organization_slug>")
blueprint.register_error_handler(NoResultFound, gone)
TAB = "/projects/<project_slug>/impact"


class Target(NamedTuple):
    """What a dialog is about: a project, a connected tracker, and maybe a source to edit."""

    project: Project
    tracker: Tracker
    integration: Integration
    source: ImpactSource | None = None

    @property
    def provider(self) -> str:
        return self.integration.provider


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(source_state=_state_now, tracker_name=name_of)


def _state_now(source: ImpactSource) -> states.State:
    return states.state_of_source(source, clock.now())


@blueprint.get(TAB)
def project_tab(project_slug: str) -> ResponseReturnValue:
    """Show a project's impact sources."""
    return render_template("impact/project_tab.html", **_listing(_project(project_slug)))


@blueprint.get(f"{TAB}/sources")
def sources(project_slug: str) -> ResponseReturnValue:
    """Show the table of impact sources afresh."""
    return render_template("impact/_sources.html", **_listing(_project(project_slug)))


@blueprint.get(f"{TAB}/<source_id>")
def source(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show how far the counts of an impact source can be trusted."""
    return render_template("impact/source.html", **_trust(project_slug, source_id))


@blueprint.get(f"{TAB}/<source_id>/state")
def source_state(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show that afresh."""
    return render_template("impact/_source.html", **_trust(project_slug, source_id))


@blueprint.route(f"{TAB}/add/<provider>", methods=["GET", "POST"])
def add(project_slug: str, provider: str) -> ResponseReturnValue:
    """Ask what is to be measured, and start proving it."""
    return _edit_dialog(_target(project_slug, provider))


@blueprint.route(f"{TAB}/<source_id>/edit", methods=["GET", "POST"])
def edit(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Change an impact source; what it measures is proven again."""
    source = _source(project_slug, source_id)
    return _edit_dialog(_target(project_slug, source.provider, source))


@blueprint.route(f"{TAB}/<source_id>/delete", methods=["GET", "POST"])
def delete(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Ask, and then delete an impact source with its counts."""
    source = _source(project_slug, source_id)
    if request.method == "GET":
        return render_dialog("impact/dialogs/delete.html", source=source)
    name = source.name
    service.delete_impact_source(source)
    return _done(project_slug, f"{name} is deleted")


@blueprint.post(f"{TAB}/<source_id>/pause")
def pause(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Collect nothing from an impact source until it is resumed."""
    source = _source(project_slug, source_id)
    service.pause_impact_source(source)
    return _done(project_slug, f"{source.name} is paused: nothing is collected")


@blueprint.post(f"{TAB}/<source_id>/resume")
def resume(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Go on with a paused impact source."""
    source = _source(project_slug, source_id)
    service.resume_impact_source(source)
    return _done(project_slug, f"{source.name} goes on; what was missed is read, too")


@blueprint.get(f"{TAB}/checks/<provider>/<public_id>")
def check(project_slug: str, provider: str, public_id: str) -> ResponseReturnValue:
    """Show how proving a configuration stands; a running attempt asks again by itself."""
    target = _target(project_slug, provider)
    attempt = _attempt(provider, public_id)
    if attempt.state == CheckState.RUNNING:
        return _running(target, attempt)
    if attempt.state == CheckState.SUCCEEDED:
        level: Level = "warning" if attempt.result.get("warning") else "success"
        return _done(project_slug, attempt.message, level)
    proposal = Proposal.from_payload(attempt.result["proposal"])
    source = service.get_source(target.project.id, proposal.source_id)
    form = impact_form(target.tracker, target.project, _projects(target), proposal.settings)
    return _form_dialog(target._replace(source=source), form, 200, attempt.message)


@blueprint.post(f"{TAB}/checks/<provider>/<public_id>/cancel")
def cancel_check(project_slug: str, provider: str, public_id: str) -> ResponseReturnValue:
    """Give up proving a configuration; nothing is saved."""
    attempt = _attempt(provider, public_id)
    checks.cancel(attempt)
    return _done(project_slug, "")


@blueprint.get(f"{TAB}/tracker-projects/<provider>")
def tracker_projects(project_slug: str, provider: str) -> ResponseReturnValue:
    """Show the drop-down of the tracker's projects; while it is fetched, it asks again."""
    return _project_field(_target(project_slug, provider))


@blueprint.post(f"{TAB}/tracker-projects/<provider>/refresh")
def refresh_tracker_projects(project_slug: str, provider: str) -> ResponseReturnValue:
    """Fetch the tracker's projects again."""
    target = _target(project_slug, provider)
    project_list.request_projects(target.integration)
    if request.headers.get("HX-Request"):
        return _project_field(_target(project_slug, provider))
    return redirect(url_for("impact.add", project_slug=project_slug, provider=provider), code=303)


def _edit_dialog(target: Target) -> ResponseReturnValue:
    known = service.settings_of(target.source) if target.source else None
    form = impact_form(target.tracker, target.project, _projects(target), known)
    if not form.is_submitted():
        return _form_dialog(target, form, 200)
    if not form.validate():
        return _form_dialog(target, form, 422)
    if not _is_name_free(form, target):
        return _name_taken(form, target)
    listed = (each for each in _projects(target) if each.choice == form.project_choice)
    settings = form.settings(target.project, next(listed, None) or abort(404))
    if target.source is not None:
        if not service.measures_something_else(target.source, settings):
            return _save(target, target.source, form, settings)
        if "confirmed" not in request.form:
            return _ask_for_new_series(target.source, settings)
    proposal = Proposal(settings, target.source.id if target.source else None)
    public_id = checking.start_check(target.integration, proposal, current_user.id)
    return _show_check(target, public_id)


def _save(
    target: Target, source: ImpactSource, form: ImpactForm, settings: SourceSettings
) -> ResponseReturnValue:
    try:
        service.save_impact_source(source, settings)
    except service.NameTakenError:
        return _name_taken(form, target)
    return _done(target.project.slug, f"{settings.name} is changed")


def _ask_for_new_series(source: ImpactSource, settings: SourceSettings) -> ResponseReturnValue:
    """Ask before the counts collected so far are erased; the question carries what was entered."""
    entered = [each for each in request.form.items(multi=True) if each[0] != "csrf_token"]
    return render_dialog(
        "impact/dialogs/new_series.html", source=source, settings=settings, entered=entered
    )


def _is_name_free(form: ImpactForm, target: Target) -> bool:
    own = next(e for e in target.project.environments if e.slug == form.own_environment.data)
    own_id = target.source.id if target.source else None
    return not service.is_name_taken(own.id, form.name.data.strip(), own_id)


def _name_taken(form: ImpactForm, target: Target) -> ResponseReturnValue:
    form.name.errors = [*form.name.errors, "This environment has an impact source of this name."]
    return _form_dialog(target, form, 422)


def _attempt(provider: str, public_id: str) -> ConnectionCheck:
    kind, organization_id = CheckKind.IMPACT_SOURCE, g.organization.id
    return checks.find(kind, organization_id, provider, public_id) or abort(404)


def _show_check(target: Target, public_id: str) -> ResponseReturnValue:
    attempt = _attempt(target.provider, public_id)
    if request.headers.get("HX-Request"):
        return _running(target, attempt)
    url = url_for(
        "impact.check",
        project_slug=target.project.slug,
        provider=target.provider,
        public_id=public_id,
    )
    return redirect(url, code=303)


def _running(target: Target, attempt: ConnectionCheck) -> ResponseReturnValue:
    return render_dialog(
        "impact/dialogs/checking.html",
        refresh_seconds=2,
        info=target.tracker.info,
        project=target.project,
        check=attempt,
        is_waiting_long=checks.is_waiting_long(attempt, clock.now()),
    )


def _form_dialog(
    target: Target, form: ImpactForm, status: int, message: str = ""
) -> ResponseReturnValue:
    return render_dialog(
        "impact/dialogs/source.html",
        status=status,
        info=target.tracker.info,
        project=target.project,
        integration=target.integration,
        source=target.source,
        form=form,
        groups=project_groups(_projects(target)),
        message=message,
    )


def _project_field(target: Target) -> ResponseReturnValue:
    projects = _projects(target)
    form = impact_form(target.tracker, target.project, projects)
    form["tracker_project"].data = request.values.get("tracker_project", "")
    return render_template(
        "impact/_tracker_projects.html",
        form=form,
        groups=project_groups(projects),
        integration=target.integration,
        project=target.project,
    )


def _projects(target: Target) -> list[TrackerProject]:
    """Return the tracker's projects, and the one that is measured even if it is not listed."""
    projects = project_list.tracker_projects(target.integration.id)
    if target.source is None:
        return projects
    measured = service.measured_project(target.source)
    is_listed = measured.choice in {each.choice for each in projects}
    return projects if is_listed else [*projects, measured]


def _listing(project: Project) -> dict[str, object]:
    return {
        "last_event": changes.latest(g.organization.id),
        "project": project,
        "sources": service.sources_of_project(project.id),
        "connected": [
            registry().trackers[provider].info
            for provider in sorted(integrations_of(g.organization.id))
            if provider in registry().trackers
        ],
    }


def _trust(project_slug: str, source_id: str) -> dict[str, object]:
    source, now = _source(project_slug, source_id), clock.now()
    return {
        "last_event": changes.latest(g.organization.id),
        "project": source.project,
        "source": source,
        "confirmations": confirmations.confirmations(source),
        "unknown": confirmations.unknown_ranges(source, now),
        "days": confirmations.errors_a_day(source, now),
    }


def _done(project_slug: str, message: str, level: Level = "success") -> ResponseReturnValue:
    url = url_for("impact.project_tab", project_slug=project_slug)
    return dialog_done(url, event="impactSourceChanged", message=message or None, level=level)


def _project(slug: str) -> Project:
    project = find_project(g.organization.id, slug) or abort(404)
    g.project = project  # the sidebar marks it
    return project


def _source(project_slug: str, public_id: str) -> ImpactSource:
    return service.find_source(_project(project_slug).id, public_id) or abort(404)


def _target(project_slug: str, provider: str, source: ImpactSource | None = None) -> Target:
    tracker = registry().get(provider) or abort(404)
    integration = get_integration(g.organization.id, provider) or abort(404)
    return Target(_project(project_slug), tracker, integration, source)
