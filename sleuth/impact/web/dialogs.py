"""The dialogs that add and edit impact sources, and show how proving one stands."""

from __future__ import annotations

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sleuth import clock
from sleuth.health.replaying import service as replays
from sleuth.health.web.replays import show_replay
from sleuth.impact import checking, service
from sleuth.impact.checking import Proposal
from sleuth.impact.forms import ImpactForm, project_groups
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.impact.web.blueprint import (
    TAB,
    Target,
    blueprint,
    done,
    find_source_here,
    find_target,
)
from sleuth.integrations import checks
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck
from sleuth.web import Level, render_dialog


@blueprint.route(f"{TAB}/add/<provider>", methods=["GET", "POST"])
def add(project_slug: str, provider: str) -> ResponseReturnValue:
    """Ask what is to be measured, and start proving it."""
    return _edit_dialog(find_target(project_slug, provider))


@blueprint.route(f"{TAB}/<source_id>/edit", methods=["GET", "POST"])
def edit(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Change an impact source; what it measures is proven again."""
    source = find_source_here(project_slug, source_id)
    return _edit_dialog(find_target(project_slug, source.provider, source))


@blueprint.get(f"{TAB}/checks/<provider>/<public_id>")
def check(project_slug: str, provider: str, public_id: str) -> ResponseReturnValue:
    """Show how proving a configuration stands; a running attempt asks again by itself."""
    target = find_target(project_slug, provider)
    attempt = _attempt(provider, public_id)
    if attempt.state == CheckState.RUNNING:
        return _running(target, attempt)
    if attempt.state == CheckState.SUCCEEDED:
        level: Level = "warning" if attempt.result.get("warning") else "success"
        return done(project_slug, attempt.message, level)
    proposal = Proposal.from_payload(attempt.result["proposal"])
    source = service.get_source(target.project.id, proposal.source_id)
    target = target._replace(source=source)
    form = target.form(filled=proposal.settings)
    return _form_dialog(target, form, 200, attempt.message)


@blueprint.post(f"{TAB}/checks/<provider>/<public_id>/cancel")
def cancel_check(project_slug: str, provider: str, public_id: str) -> ResponseReturnValue:
    """Give up proving a configuration; nothing is saved."""
    attempt = _attempt(provider, public_id)
    checks.cancel(attempt)
    return done(project_slug, "")


def _edit_dialog(target: Target) -> ResponseReturnValue:
    is_carried = request.method == "GET" and "own_environment" in request.args
    form = target.form(entered=request.args if is_carried else None)
    if not form.is_submitted():
        return _form_dialog(target, form, 200)
    if not form.validate():
        return _form_dialog(target, form, 422)
    if not _is_name_free(form, target):
        return _name_taken(form, target)
    listed = (each for each in target.projects if each.choice == form.project_choice)
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
    """Save what needs no proof; another limit not before it is shown what it would say."""
    replay = replays.begin_for_threshold(source, settings, current_user.id)
    if replay is not None:
        return show_replay(replay)
    try:
        service.save_impact_source(source, settings)
    except service.NameTakenError:
        return _name_taken(form, target)
    return done(target.project.slug, f"{settings.name} is changed")


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
        refresh_seconds=2 if form.is_loading and request.method == "GET" else None,
        polls_itself=True,
        info=target.tracker.info,
        project=target.project,
        integration=target.integration,
        source=target.source,
        form=form,
        groups=project_groups(target.projects),
        message=message,
    )
