"""The drop-downs whose entries come from the tracker: its projects, and what fields offer."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sleuth.impact.forms import ImpactForm, project_groups
from sleuth.impact.offers import dependents, request_lists
from sleuth.impact.web.blueprint import (
    TAB,
    Target,
    blueprint,
    find_source_here,
    find_target,
)
from sleuth.integrations import project_list
from sleuth.integrations.service import get_integration, registry
from sleuth.projects.here import project_here
from sleuth.web import is_htmx

UNCHANGED = 204


@blueprint.get(f"{TAB}/tracker-projects/<provider>")
def tracker_projects(project_slug: str, provider: str) -> ResponseReturnValue:
    """Show the drop-down of the tracker's projects, and what depends on it, once it is fetched."""
    if is_htmx() and _is_disconnected(project_slug, provider):
        again = url_for(
            "impact.refresh_tracker_projects",
            project_slug=project_slug,
            provider=provider,
            source=request.args.get("source"),
        )
        return _disconnected(provider, again, "#tracker-projects", "outerHTML")
    target = _target(project_slug, provider)
    if not is_htmx():
        return _project_field(target, "impact/_tracker_projects.html")
    if target.integration.projects_due_at is not None:
        return "", UNCHANGED
    return _project_field(target, "impact/_listed.html")


@blueprint.post(f"{TAB}/tracker-projects/<provider>/refresh")
def refresh_tracker_projects(project_slug: str, provider: str) -> ResponseReturnValue:
    """Fetch the tracker's projects again."""
    target = _target(project_slug, provider)
    project_list.request_projects(target.integration)
    if request.headers.get("HX-Request"):
        target = _target(project_slug, provider)
        return _project_field(target, "impact/_tracker_projects.html")
    return _back_to_the_form(target)


@blueprint.get(f"{TAB}/choices/<provider>/<field_name>")
def choices(project_slug: str, provider: str, field_name: str) -> ResponseReturnValue:
    """Show what a drop-down offers, once that is fetched."""
    if is_htmx() and _is_disconnected(project_slug, provider):
        again = url_for(
            "impact.fetch_choices",
            project_slug=project_slug,
            provider=provider,
            field_name=field_name,
            source=request.args.get("source"),
            again=1,
        )
        return _disconnected(provider, again, "this", "none")
    target = _target(project_slug, provider)
    _insist_on_field(target, field_name)
    form = target.form(entered=request.args)
    offer = form.offers.get(field_name)
    if is_htmx() and offer is not None and offer.state == "loading":
        return _still_loading(target, form, field_name)
    return _offers(target, form, [field_name])


@blueprint.post(f"{TAB}/choices/<provider>/<field_name>")
def fetch_choices(project_slug: str, provider: str, field_name: str) -> ResponseReturnValue:
    """Fetch what a drop-down offers, or what others do that depend on what it now says."""
    target = _target(project_slug, provider)
    _insist_on_field(target, field_name)
    form = target.form()
    is_wanted = "again" in request.args or _is_unasked(form, field_name)
    shown = [field_name] if is_wanted else []
    others = dependents(field_name, target.tracker)
    if not request.headers.get("HX-Request"):
        others = list(form.offers)
    wanted = [*shown, *(name for name in others if _is_unasked(form, name))]
    request_lists(target.integration.id, form.offers, dict.fromkeys(wanted))
    if not request.headers.get("HX-Request"):
        return _back_to_the_form(target)
    names = [field_name, *others] if "steers" not in request.args else others
    return _offers(target, target.form(), names)


def _still_loading(target: Target, form: ImpactForm, field_name: str) -> ResponseReturnValue:
    """Leave the dialog alone, but for what it says of the wait."""
    offer = form.offers[field_name]
    if offer.is_waiting_long == (request.args.get("waits") == "long"):
        return "", UNCHANGED
    return render_template(
        "impact/_fetching.html",
        declared=next(each for each in form.declared if each.name == field_name),
        offer=offer,
        integration=target.integration,
        project=target.project,
        source=target.source,
    )


def _is_disconnected(project_slug: str, provider: str) -> bool:
    project_here(project_slug)
    is_known = registry().get(provider) is not None
    return is_known and get_integration(g.organization.id, provider) is None


def _disconnected(provider: str, again: str, target: str, swap: str) -> ResponseReturnValue:
    """Say, in the place of what asks again and again, that there is nobody to ask."""
    return render_template(
        "impact/_disconnected.html", provider=provider, again=again, target=target, swap=swap
    )


def _is_unasked(form: ImpactForm, name: str) -> bool:
    return name in form.offers and form.offers[name].state == "unasked"


def _offers(target: Target, form: ImpactForm, names: Iterable[str]) -> ResponseReturnValue:
    return render_template(
        "impact/_offers.html",
        shown=[each for each in form.tracker_fields() if each[0].name in names],
        form=form,
        integration=target.integration,
        project=target.project,
        source=target.source,
    )


def _project_field(target: Target, template: str) -> ResponseReturnValue:
    form, names = target.form(entered=request.values), dependents("project", target.tracker)
    return render_template(
        template,
        shown=[each for each in form.tracker_fields() if each[0].name in names],
        form=form,
        groups=project_groups(target.projects),
        integration=target.integration,
        project=target.project,
        source=target.source,
    )


def _back_to_the_form(target: Target) -> ResponseReturnValue:
    """Show a plain browser its form again, with everything that was entered."""
    slug, source = target.project.slug, target.source
    if source is None:
        url = url_for("impact.add", project_slug=slug, provider=target.provider)
    else:
        url = url_for("impact.edit", project_slug=slug, source_id=source.public_id)
    entered = [each for each in request.form.items(multi=True) if each[0] != "csrf_token"]
    return redirect(f"{url}?{urlencode(entered)}" if entered else url, code=303)


def _insist_on_field(target: Target, name: str) -> None:
    if name not in {field.name for field in target.tracker.fields}:
        abort(404)


def _target(project_slug: str, provider: str) -> Target:
    """Return what the dialog is about; the address names the source that is edited."""
    public_id = request.args.get("source")
    source = find_source_here(project_slug, public_id) if public_id else None
    if source is not None and source.provider != provider:
        abort(404)
    return find_target(project_slug, provider, source)
