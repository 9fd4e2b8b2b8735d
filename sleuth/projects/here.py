"""The project that an address is about, or the answer that there is none."""

from __future__ import annotations

from typing import NoReturn

from flask import g, url_for

from sleuth.projects.models import Project
from sleuth.projects.service import find_project
from sleuth.web.errors import missing


def project_here(slug: str) -> Project:
    """Return the organization's project, which the sidebar marks from now on.

    Raises:
        MissingError: There is none.
    """
    project = find_project(g.organization.id, slug) or missing(
        "project",
        url_for("projects.overview", project_slug=slug),
        url_for("projects.index"),
        "All projects",
    )
    g.project = project
    return project


def no_environment(project: Project, slug: str) -> NoReturn:
    """Answer that a project has no environment with this slug."""
    page = url_for("dashboard.environment", project_slug=project.slug, environment_slug=slug)
    back = url_for("projects.environments", project_slug=project.slug)
    missing("environment", page, back, f"Environments of {project.name}")
