"""A project's Impact tab, the page of one impact source, and what is done without questions."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.dashboard.series_page import find_measured, read_page
from sleuth.impact import service
from sleuth.impact.web.blueprint import TAB, blueprint, done, find_source_here, no_source
from sleuth.integrations.service import integrations_of, registry
from sleuth.projects.here import project_here
from sleuth.projects.models import Project
from sleuth.web import render_dialog


@blueprint.get(TAB)
def project_tab(project_slug: str) -> ResponseReturnValue:
    """Show a project's impact sources."""
    return render_template("impact/project_tab.html", **_listing(project_here(project_slug)))


@blueprint.get(f"{TAB}/sources")
def sources(project_slug: str) -> ResponseReturnValue:
    """Show the table of impact sources afresh."""
    return render_template("impact/_sources.html", **_listing(project_here(project_slug)))


@blueprint.get(f"{TAB}/<source_id>")
def source(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show the series of an impact source, and how far it can be trusted."""
    return render_template("impact/source.html", **_series(project_slug, source_id))


@blueprint.get(f"{TAB}/<source_id>/state")
def source_state(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show that afresh."""
    return render_template("impact/_source.html", **_series(project_slug, source_id))


@blueprint.route(f"{TAB}/<source_id>/delete", methods=["GET", "POST"])
def delete(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Ask, and then delete an impact source with its counts."""
    source = find_source_here(project_slug, source_id)
    if request.method == "GET":
        return render_dialog("impact/dialogs/delete.html", source=source)
    name = source.name
    service.delete_impact_source(source)
    return done(project_slug, f"{name} is deleted")


@blueprint.post(f"{TAB}/<source_id>/pause")
def pause(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Collect nothing from an impact source until it is resumed."""
    source = find_source_here(project_slug, source_id)
    service.pause_impact_source(source)
    return done(project_slug, f"{source.name} is paused: nothing is collected")


@blueprint.post(f"{TAB}/<source_id>/resume")
def resume(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Go on with a paused impact source."""
    source = find_source_here(project_slug, source_id)
    service.resume_impact_source(source)
    return done(project_slug, f"{source.name} goes on; what was missed is read, too")


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


def _series(project_slug: str, source_id: str) -> dict[str, object]:
    last_event = changes.latest(g.organization.id)
    source = find_measured(g.organization.id, project_slug, source_id) or no_source(
        project_here(project_slug), source_id
    )
    g.project = source.project  # the sidebar marks it
    return {
        "last_event": last_event,
        "project": source.project,
        "source": source,
        "series": read_page(source, request.args, clock.now()),
    }
