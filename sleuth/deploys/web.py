"""The pages of code deployments, and the dialog that deletes a deploy."""

from __future__ import annotations

from flask import Blueprint, Flask, g, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from sleuth.accounts.forms import ConfirmForm, NameForm
from sleuth.dashboard import changes
from sleuth.dashboard.deployments import read_deployment
from sleuth.deploys import api, service
from sleuth.deploys.commands import commands
from sleuth.deploys.forms import CodeDeploymentForm
from sleuth.deploys.here import code_deployment_here, deploy_here
from sleuth.deploys.models import CodeDeployment
from sleuth.projects.here import project_here
from sleuth.projects.losses import count_losses
from sleuth.projects.models import Project
from sleuth.projects.service import CHANGED as PROJECT_CHANGED
from sleuth.projects.service import find_environment, projects_of
from sleuth.web import base_url, deleted, dialog_done, render_dialog, render_partial_or_page
from sleuth.web.errors import gone

DEPLOYMENT = "/deployments/<deployment_slug>"

blueprint = Blueprint("deploys", __name__, url_prefix="/o/<organization_slug>")
blueprint.register_error_handler(NoResultFound, gone)


def init_app(app: Flask) -> None:
    """Register the pages and the API."""
    app.register_blueprint(blueprint)
    api.init_app(app)


@blueprint.get("/code-deployments")
def deployments() -> ResponseReturnValue:
    """Show the organization's code deployments."""
    return _listing("deploys/index.html")


@blueprint.get("/projects/<project_slug>/code-deployments")
def project_tab(project_slug: str) -> ResponseReturnValue:
    """Show one project's code deployments."""
    return _listing("deploys/project_tab.html", project_here(project_slug))


@blueprint.route("/code-deployments/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """Ask for a name and a project, and create a code deployment."""
    projects = projects_of(g.organization.id)
    form = CodeDeploymentForm(project=request.args.get("project"))
    form.offer(projects)
    if form.validate_on_submit():
        project = project_here(form.project.data)
        with form.explaining():
            made = service.create_code_deployment(project.id, form.name.data)
            return _done(made, f"{made.name} is created.")
    return render_dialog(
        "deploys/dialogs/create.html",
        form.status,
        title="Create code deployment",
        form=form,
        projects=projects,
    )


@blueprint.get(DEPLOYMENT)
def deployment(deployment_slug: str) -> ResponseReturnValue:
    """Show what is live, how the latest deploys went, and how deploys are registered."""
    found = code_deployment_here(deployment_slug)
    slug = request.args.get("environment", "")
    chosen = find_environment(found.project_id, slug) if slug else None
    last_event = changes.latest(g.organization.id)
    return render_partial_or_page(
        "deploys/_deployment.html",
        "deploys/deployment.html",
        last_event=last_event,
        deployment=found,
        chosen=chosen or found.project.default_environment,
        commands=commands(registration_url(found.slug), chosen.slug if chosen else ""),
        shown=read_deployment(found),
    )


@blueprint.route(f"{DEPLOYMENT}/rename", methods=["GET", "POST"])
def rename(deployment_slug: str) -> ResponseReturnValue:
    """Ask for another name."""
    renamed = code_deployment_here(deployment_slug)
    form = NameForm(obj=renamed)
    if form.validate_on_submit():
        with form.explaining():
            service.rename_code_deployment(renamed.id, form.name.data)
            return _done(renamed, f"The code deployment is now called {renamed.name}.")
    return render_dialog(
        "deploys/dialogs/rename.html",
        form.status,
        title="Rename code deployment",
        form=form,
        deployment=renamed,
    )


@blueprint.route(f"{DEPLOYMENT}/delete", methods=["GET", "POST"])
def delete_deployment(deployment_slug: str) -> ResponseReturnValue:
    """Say what will be lost, and then delete the code deployment."""
    doomed, form = code_deployment_here(deployment_slug), ConfirmForm()
    page, name = _page(doomed), doomed.name
    events = service.list_events(doomed.project.slug)
    if form.validate_on_submit():
        service.delete_code_deployment(doomed.id)
        return deleted(
            page,
            url_for("deploys.deployments"),
            event=(PROJECT_CHANGED, *events),
            message=f"{name} is deleted.",
        )
    return render_dialog(
        "deploys/dialogs/delete_deployment.html",
        form.status,
        title="Delete code deployment",
        form=form,
        deployment=doomed,
        losses=count_losses(doomed),
    )


@blueprint.route("/deploys/<public_id>/delete", methods=["GET", "POST"])
def delete(public_id: str) -> ResponseReturnValue:
    """Ask, and then delete one deploy."""
    doomed = deploy_here(public_id)
    back = _page(doomed.code_deployment)
    page = url_for("dashboard.deploy", public_id=public_id)
    events = service.list_events(doomed.code_deployment.project.slug)
    form = ConfirmForm()
    if form.validate_on_submit():
        service.delete_deploy(doomed.id)
        return deleted(page, back, event=events, message="The deploy is deleted.")
    return render_dialog(
        "deploys/dialogs/delete.html",
        form.status,
        title="Delete deploy",
        form=form,
        deploy=doomed,
        page=page,
    )


def registration_url(deployment_slug: str) -> str:
    """Return the address at which pipelines register deploys, as they reach it."""
    path = url_for(
        "deploys_api.register_deploy",
        organization_slug=g.organization.slug,
        deployment_slug=deployment_slug,
    )
    return f"{base_url()}{path}"


def _listing(page: str, project: Project | None = None) -> ResponseReturnValue:
    organization_id = g.organization.id
    return render_partial_or_page(
        "deploys/_deployments.html",
        page,
        last_event=changes.latest(organization_id),
        project=project,
        deployments=service.code_deployments_of(organization_id, project.id if project else None),
        latest=service.latest_by_environment(organization_id),
        has_projects=bool(project or projects_of(organization_id)),
    )


def _page(found: CodeDeployment) -> str:
    return url_for("deploys.deployment", deployment_slug=found.slug)


def _done(changed: CodeDeployment, message: str) -> ResponseReturnValue:
    return dialog_done(_page(changed), event=PROJECT_CHANGED, message=message)
