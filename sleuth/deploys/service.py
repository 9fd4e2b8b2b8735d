"""What can be done to code deployments and deploys, apart from registering them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from sleuth import clock
from sleuth.accounts import audit
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.ids import unique_slug
from sleuth.projects.models import Environment
from sleuth.projects.naming import free_name, lock_organization
from sleuth.projects.service import CHANGED as PROJECT_CHANGED
from sleuth.projects.service import hold_project

LIST_CHANGED = "deploysChanged"
"""One was registered or deleted; the subject is the slug of its project."""
NAME_TAKEN = "This project already has a code deployment named “{}”."


@dataclass(frozen=True, slots=True)
class Latest:
    """What runs in one environment."""

    environment: Environment
    deploy: Deploy


def list_events(project_slug: str) -> tuple[str, str]:
    """Return what pages hear when a project's list of deploys changes.

    The first concerns those that show the deploys of all projects, the second those of this one.
    """
    return LIST_CHANGED, f"{LIST_CHANGED}:{project_slug}"


def code_deployments_of(
    organization_id: int, project_id: int | None = None
) -> list[CodeDeployment]:
    """Return an organization's code deployments, or those of one project, by name."""
    wanted = (
        select(CodeDeployment)
        .options(joinedload(CodeDeployment.project))
        .where(CodeDeployment.organization_id == organization_id)
    )
    if project_id is not None:
        wanted = wanted.where(CodeDeployment.project_id == project_id)
    return sorted(
        db.session.scalars(wanted),
        key=lambda each: (each.name.casefold(), each.project.name.casefold()),
    )


def find_code_deployment(organization_id: int, slug: str) -> CodeDeployment | None:
    """Return the organization's code deployment with this slug, and its project with it."""
    return db.session.scalar(
        select(CodeDeployment)
        .options(joinedload(CodeDeployment.project))
        .where(CodeDeployment.organization_id == organization_id, CodeDeployment.slug == slug)
    )


def find_deploy(organization_id: int, public_id: str) -> Deploy | None:
    """Return the organization's deploy with this public id."""
    return db.session.scalar(
        select(Deploy).where(
            Deploy.organization_id == organization_id, Deploy.public_id == public_id
        )
    )


def latest_deploy(code_deployment_id: int, environment_id: int) -> Deploy | None:
    """Return the deploy that was the last to reach the environment."""
    return db.session.scalar(
        select(Deploy)
        .where(
            Deploy.code_deployment_id == code_deployment_id,
            Deploy.environment_id == environment_id,
        )
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
        .limit(1)
    )


def latest_by_environment(organization_id: int) -> dict[int, list[Latest]]:
    """Return what runs where, by the id of the code deployment."""
    newest = aliased(Deploy)
    newest_id = (
        select(newest.id)
        .where(
            newest.code_deployment_id == CodeDeployment.id,
            newest.environment_id == Environment.id,
        )
        .order_by(newest.deployed_at.desc(), newest.id.desc())
        .limit(1)
        .correlate(CodeDeployment, Environment)
        .scalar_subquery()
    )
    rows = db.session.scalars(
        select(Deploy)
        .select_from(CodeDeployment)
        .join(Environment, Environment.project_id == CodeDeployment.project_id)
        .join(Deploy, and_(Deploy.id == newest_id, Deploy.environment_id == Environment.id))
        .options(contains_eager(Deploy.environment))
        .where(CodeDeployment.organization_id == organization_id)
        .order_by(Environment.is_default.desc(), Environment.id)
    )
    found: dict[int, list[Latest]] = {}
    for deploy in rows:
        latest = Latest(deploy.environment, deploy)
        found.setdefault(deploy.code_deployment_id, []).append(latest)
    return found


def create_code_deployment(project_id: int, name: str) -> CodeDeployment:
    """Add a code deployment to the project.

    Raises:
        RuleError: The name is empty, too long or taken.
        NoResultFound: The project is gone.
    """
    with write():
        project = hold_project(project_id)
        lock_organization(project.organization_id)
        everywhere = code_deployments_of(project.organization_id)
        here = [each.name for each in everywhere if each.project_id == project_id]
        name = free_name(name, here, NAME_TAKEN)
        taken = {each.slug for each in everywhere}
        code_deployment = CodeDeployment(
            organization_id=project.organization_id,
            project=project,
            name=name,
            slug=unique_slug(name, taken.__contains__),
            created_at=clock.now(),
        )
        db.session.add(code_deployment)
        _note(code_deployment, "code_deployment.created")
    return code_deployment


def rename_code_deployment(code_deployment_id: int, name: str) -> None:
    """Give the code deployment another name; its slug stays.

    Raises:
        RuleError: The name is empty, too long or taken.
        NoResultFound: The code deployment is gone.
    """
    with write():
        renamed = db.session.get_one(CodeDeployment, code_deployment_id, with_for_update=True)
        lock_organization(renamed.organization_id)
        siblings = code_deployments_of(renamed.organization_id, renamed.project_id)
        others = [each.name for each in siblings if each is not renamed]
        before, renamed.name = renamed.name, free_name(name, others, NAME_TAKEN)
        _note(renamed, "code_deployment.renamed", before=before)


def delete_code_deployment(code_deployment_id: int) -> None:
    """Delete the code deployment and its deploys.

    Raises:
        NoResultFound: The code deployment is gone.
    """
    with write():
        doomed = db.session.get_one(CodeDeployment, code_deployment_id, with_for_update=True)
        audit.publish(doomed.organization_id, LIST_CHANGED, doomed.project.slug)
        _note(doomed, "code_deployment.deleted")
        db.session.flush()
        db.session.execute(delete(CodeDeployment).where(CodeDeployment.id == code_deployment_id))


def delete_deploy(deploy_id: int) -> None:
    """Delete one deploy.

    Raises:
        NoResultFound: The deploy is gone.
    """
    with write():
        doomed = db.session.get_one(Deploy, deploy_id, with_for_update=True)
        audit.record(
            doomed.organization_id,
            "deploy.deleted",
            doomed.revision,
            code_deployment=doomed.code_deployment.name,
            environment=doomed.environment.name,
            deployed_at=doomed.deployed_at.isoformat(),
        )
        audit.publish(doomed.organization_id, LIST_CHANGED, doomed.environment.project.slug)
        db.session.flush()
        db.session.execute(delete(Deploy).where(Deploy.id == deploy_id))


def _note(code_deployment: CodeDeployment, action: str, **detail: Any) -> None:
    project = code_deployment.project
    audit.record(
        project.organization_id, action, code_deployment.name, project=project.name, **detail
    )
    audit.publish(project.organization_id, PROJECT_CHANGED, project.slug)
