"""The blueprint that all pages about impact belong to, and what they share."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from flask import Blueprint, abort, g, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from sleuth.impact import service
from sleuth.impact.forms import ImpactForm, impact_form
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.integrations import project_list
from sleuth.integrations.models import Integration, TrackerProject
from sleuth.integrations.service import get_integration, registry
from sleuth.projects.here import project_here
from sleuth.projects.models import Project
from sleuth.trackers import Tracker
from sleuth.web import Level, dialog_done
from sleuth.web.errors import gone, missing

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

    @property
    def projects(self) -> list[TrackerProject]:
        """The tracker's projects, and the one that is measured even if it is not listed."""
        projects = project_list.tracker_projects(self.integration.id)
        if self.source is None:
            return projects
        measured = service.measured_project(self.source)
        is_listed = measured.choice in {each.choice for each in projects}
        return projects if is_listed else [*projects, measured]

    def form(
        self,
        *,
        filled: SourceSettings | None = None,
        entered: MultiDict[str, str] | None = None,
    ) -> ImpactForm:
        """Return the form of the dialog, as :func:`impact_form` describes it."""
        measured = service.settings_of(self.source) if self.source else None
        return impact_form(
            self.tracker,
            self.project,
            self.projects,
            self.integration.id,
            filled=filled or measured,
            measured=measured,
            entered=entered,
        )


def done(project_slug: str, message: str, level: Level = "success") -> ResponseReturnValue:
    """Close the dialog, and draw what shows impact sources afresh."""
    url = url_for("impact.project_tab", project_slug=project_slug)
    return dialog_done(url, event="impactSourceChanged", message=message or None, level=level)


def find_source_here(project_slug: str, public_id: str) -> ImpactSource:
    """Return a project's impact source, or answer that there is none."""
    project = project_here(project_slug)
    return service.find_source(project.id, public_id) or no_source(project, public_id)


def no_source(project: Project, public_id: str) -> NoReturn:
    """Answer that a project has no impact source with this id."""
    page = url_for("impact.source", project_slug=project.slug, source_id=public_id)
    back = url_for("impact.project_tab", project_slug=project.slug)
    missing("impact source", page, back, f"Impact of {project.name}")


def find_target(project_slug: str, provider: str, source: ImpactSource | None = None) -> Target:
    """Return what a dialog is about, or answer that there is no such thing."""
    tracker = registry().get(provider) or abort(404)
    integration = get_integration(g.organization.id, provider) or abort(404)
    return Target(project_here(project_slug), tracker, integration, source)
