"""A project's Impact tab, the page of one impact source, and what is done without questions."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.impact import confirmations, service
from sleuth.impact.web.blueprint import TAB, blueprint, done, find_project_here, find_source_here
from sleuth.integrations.service import integrations_of, registry
from sleuth.projects.models import Project
from sleuth.web import render_dialog


@blueprint.get(TAB)
def project_tab(project_slug: str) -> ResponseReturnValue:
    """Show a project's impact sources."""
    return render_template("impact/project_tab.html", **_listing(find_project_here(project_slug)))


@blueprint.get(f"{TAB}/sources")
def sources(project_slug: str) -> ResponseReturnValue:
    """Show the table of impact sources afresh."""
    return render_template("impact/_sources.html", **_listing(find_project_here(project_slug)))


@blueprint.get(f"{TAB}/<source_id>")
def source(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show how far the counts of an impact source can be trusted."""
    return render_template("impact/source.html", **_trust(project_slug, source_id))


@blueprint.get(f"{TAB}/<source_id>/state")
def source_state(project_slug: str, source_id: str) -> ResponseReturnValue:
    """Show that afresh."""
    return render_template("impact/_source.html", **_trust(project_slug, source_id))


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


def _trust(project_slug: str, source_id: str) -> dict[str, object]:
    source, now = find_source_here(project_slug, source_id), clock.now()
    return {
        "last_event": changes.latest(g.organization.id),
        "project": source.project,
        "source": source,
        "confirmations": confirmations.confirmations(source),
        "unknown": confirmations.unknown_ranges(source, now),
        "days": confirmations.errors_a_day(source, now),
    }
