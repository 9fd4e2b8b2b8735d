"""The pages of projects and their environments."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Flask, g, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import NoResultFound
from werkzeug.local import LocalProxy

from sleuth.accounts.forms import ConfirmForm, NameForm
from sleuth.dashboard import changes
from sleuth.health.replaying import service as replays
from sleuth.health.sensitivity import MEASURED
from sleuth.health.web.replays import show_replay
from sleuth.projects import service
from sleuth.projects.forms import DeleteEnvironmentForm, JudgingForm, ProjectForm
from sleuth.projects.here import no_environment, project_here
from sleuth.projects.judging import change_judging
from sleuth.projects.losses import count_losses
from sleuth.projects.models import Environment, Project
from sleuth.projects.service import CHANGED
from sleuth.web import (
    deleted,
    dialog_done,
    render_dialog,
    render_partial_or_page,
)
from sleuth.web.errors import gone

PROJECT = "/<project_slug>"
ENVIRONMENTS = f"{PROJECT}/environments"
ENVIRONMENT = f"{ENVIRONMENTS}/<environment_slug>"

blueprint = Blueprint("projects", __name__, url_prefix="/o/<organization_slug>/projects")
blueprint.register_error_handler(NoResultFound, gone)


def init_app(app: Flask) -> None:
    """Register the pages, and give every page the projects in its sidebar."""
    app.register_blueprint(blueprint)
    app.context_processor(_navigation)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show the organization's projects."""
    return render_partial_or_page(
        "projects/_index.html",
        "projects/index.html",
        last_event=changes.latest(g.organization.id),
        projects=service.projects_with_environments(g.organization.id),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """Ask for a name and environments, and create a project."""
    form = ProjectForm()
    if form.validate_on_submit():
        with form.explaining():
            project = service.create_project(g.organization.id, form.name.data, form.chosen)
            return _done(_page(project), f"{project.name} is created.")
    return render_dialog(
        "projects/dialogs/create.html", form.status, title="Create project", form=form
    )


@blueprint.get(PROJECT)
def overview(project_slug: str) -> ResponseReturnValue:
    """Show what the project holds and what is still to be set up."""
    project = project_here(project_slug)
    return render_partial_or_page(
        "projects/_overview.html",
        "projects/overview.html",
        last_event=changes.latest(g.organization.id),
        project=project,
        holdings=count_losses(project),
        measured=MEASURED,
    )


@blueprint.route(f"{PROJECT}/rename", methods=["GET", "POST"])
def rename(project_slug: str) -> ResponseReturnValue:
    """Ask for another name."""
    project = project_here(project_slug)
    form = NameForm(obj=project)
    if form.validate_on_submit():
        with form.explaining():
            service.rename_project(project.id, form.name.data)
            return _done(_page(project), f"The project is now called {project.name}.")
    return render_dialog(
        "projects/dialogs/rename.html",
        form.status,
        title="Rename project",
        form=form,
        project=project,
    )


@blueprint.route(f"{PROJECT}/judging", methods=["GET", "POST"])
def judging(project_slug: str) -> ResponseReturnValue:
    """Ask how sensitive verdicts are, and when a deploy counts as failed.

    Another sensitivity is not saved here: first it is shown what it would say.
    """
    project = project_here(project_slug)
    form = JudgingForm(obj=project)
    if form.validate_on_submit():
        with form.explaining():
            replay = replays.begin_for_sensitivity(project, form.chosen, current_user.id)
            if replay is not None:
                return show_replay(replay)
            change_judging(project.id, form.chosen)
            return _done(_page(project), "Deploys are judged so from now on.")
    return render_dialog(
        "projects/dialogs/judging.html",
        form.status,
        title="How deploys are judged",
        form=form,
        project=project,
        measured=MEASURED,
    )


@blueprint.route(f"{PROJECT}/delete", methods=["GET", "POST"])
def delete(project_slug: str) -> ResponseReturnValue:
    """Say what will be lost, and then delete the project."""
    project, form = project_here(project_slug), ConfirmForm()
    page, name = _page(project), project.name
    if form.validate_on_submit():
        service.delete_project(project.id)
        return deleted(
            page, url_for("projects.index"), event=CHANGED, message=f"{name} is deleted."
        )
    return render_dialog(
        "projects/dialogs/delete.html",
        form.status,
        title="Delete project",
        project=project,
        losses=count_losses(project),
    )


@blueprint.get(ENVIRONMENTS)
def environments(project_slug: str) -> ResponseReturnValue:
    """Show the project's environments."""
    return render_partial_or_page(
        "projects/_environments.html",
        "projects/environments.html",
        last_event=changes.latest(g.organization.id),
        project=project_here(project_slug),
    )


@blueprint.route(f"{ENVIRONMENTS}/new", methods=["GET", "POST"])
def create_environment(project_slug: str) -> ResponseReturnValue:
    """Ask for a name, and add an environment."""
    project, form = project_here(project_slug), NameForm()
    if form.validate_on_submit():
        with form.explaining():
            environment = service.create_environment(project.id, form.name.data)
            return _done(_environments(project), f"{environment.name} is added.")
    return render_dialog(
        "projects/dialogs/create_environment.html",
        form.status,
        title="Add environment",
        form=form,
        project=project,
    )


@blueprint.route(f"{ENVIRONMENT}/rename", methods=["GET", "POST"])
def rename_environment(project_slug: str, environment_slug: str) -> ResponseReturnValue:
    """Ask for another name."""
    environment = _environment(project_slug, environment_slug)
    form = NameForm(obj=environment)
    if form.validate_on_submit():
        with form.explaining():
            service.rename_environment(environment.id, form.name.data)
            message = f"The environment is now called {environment.name}."
            return _done(_environments(environment.project), message)
    return render_dialog(
        "projects/dialogs/rename_environment.html",
        form.status,
        title="Rename environment",
        form=form,
        environment=environment,
    )


@blueprint.post(f"{ENVIRONMENT}/make-default")
def make_default(project_slug: str, environment_slug: str) -> ResponseReturnValue:
    """Let deploys that name no environment go there."""
    environment = _environment(project_slug, environment_slug)
    service.make_default(environment.id)
    message = f"{environment.name} is the default now."
    return _done(_environments(environment.project), message)


@blueprint.route(f"{ENVIRONMENT}/delete", methods=["GET", "POST"])
def delete_environment(project_slug: str, environment_slug: str) -> ResponseReturnValue:
    """Say what will be lost, and then delete the environment."""
    environment = _environment(project_slug, environment_slug)
    project, name = environment.project, environment.name
    form = DeleteEnvironmentForm()
    form.offer([each for each in project.environments if each is not environment])
    if form.validate_on_submit():
        with form.explaining():
            service.delete_environment(environment.id, form.new_default.data or "")
            return _done(_environments(project), f"{name} is deleted.")
    return render_dialog(
        "projects/dialogs/delete_environment.html",
        form.status,
        title="Delete environment",
        form=form,
        environment=environment,
        losses=count_losses(environment),
    )


def _navigation() -> dict[str, Any]:
    """Return what the sidebar reads; asked of the database only where there is a sidebar."""
    return {"nav_projects": LocalProxy(_own_projects), "nav_project": g.get("project")}


def _own_projects() -> list[Project]:
    if "own_projects" not in g:
        organization = g.get("organization")
        g.own_projects = service.projects_of(organization.id) if organization else []
    return cast(list[Project], g.own_projects)


def _environment(project_slug: str, slug: str) -> Environment:
    project = project_here(project_slug)
    return service.find_environment(project.id, slug) or no_environment(project, slug)


def _page(project: Project) -> str:
    return url_for("projects.overview", project_slug=project.slug)


def _environments(project: Project) -> str:
    return url_for("projects.environments", project_slug=project.slug)


def _done(redirect_to: str, message: str) -> ResponseReturnValue:
    return dialog_done(redirect_to, event=CHANGED, message=message)
