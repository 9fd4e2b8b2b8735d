"""The page that holds us to our word."""

from __future__ import annotations

from flask import g, request, url_for
from flask.typing import ResponseReturnValue

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.health.by_hand import plot, saying
from sleuth.health.by_hand.comparing import compare
from sleuth.health.web.blueprint import blueprint
from sleuth.impact.service import has_sources
from sleuth.integrations.service import integrations_of
from sleuth.projects.models import Project
from sleuth.projects.service import find_project, projects_of
from sleuth.web import render_partial_or_page
from sleuth.web.errors import missing

TOLD = 4
"""So many of the newest are told in words; the table has all."""


def _project(slug: str) -> Project:
    """Return what the page is narrowed to; if that is deleted meanwhile, the whole page says so."""
    here = url_for("verdicts.index")
    found = find_project(g.organization.id, slug)
    return found or missing("project", here, here, "Verdicts of all projects")


@blueprint.get("/verdicts")
def index() -> ResponseReturnValue:
    """Compare the stated rate of false alarms with what people answered and placebos gave."""
    organization_id, slug = g.organization.id, request.args.get("project", "")
    project = g.project = _project(slug) if slug else None
    last_event = changes.latest(organization_id)
    found = compare(organization_id, slug, clock.now())
    is_told = any(each.alarms or each.placebo.total for each in found)
    if not is_told and not has_sources(organization_id, slug):
        found = []
    return render_partial_or_page(
        "health/_verdicts.html",
        "health/verdicts.html",
        last_event=last_event,
        figures=found,
        shown=TOLD,
        plots=plot.plots(found),
        project=project,
        is_connected=bool(found) or bool(integrations_of(organization_id)),
        projects=projects_of(organization_id),
        in_words=saying.in_words,
        verdict_on_us=saying.verdict_on_us,
        per_hundred=saying.per_hundred,
    )
