"""Registering a deploy: exactly one row, however often and at once it is asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sleuth.accounts import audit
from sleuth.accounts.models import Membership, User
from sleuth.accounts.rules import normal_email
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.service import LIST_CHANGED, latest_deploy
from sleuth.deploys.values import LONGEST_EMAIL, LONGEST_WORD, ParameterError
from sleuth.extensions import db, write
from sleuth.ids import new_public_id
from sleuth.projects.models import Environment
from sleuth.projects.service import hold_project


class DuplicateDeployError(ParameterError):
    """The revision is deployed there already."""


def register_deploy(code_deployment_id: int, wanted: Registration, now: datetime) -> Deploy:
    """Store a deploy, unless its revision is the latest one there already.

    Args:
        now: When it was registered, and deployed unless ``wanted`` says otherwise.

    Returns:
        The new deploy, or the latest one if it is the same and that is no error.

    Raises:
        DuplicateDeployError: It is the same, and that is an error.
        ParameterError: The project has no such environment.
        NoResultFound: The code deployment is gone.
    """
    with write():
        code_deployment = _lock(code_deployment_id)
        environment = _environment(code_deployment.project_id, wanted.environment)
        latest = latest_deploy(code_deployment_id, environment.id)
        if latest is not None and latest.revision == wanted.revision:
            if wanted.ignore_if_duplicate:
                return latest
            raise DuplicateDeployError(
                f"sha {wanted.revision} is the latest deploy of {code_deployment.name} "
                f"to {environment.name} already."
            )
        deploy = _build(code_deployment, environment, wanted, now)
        db.session.add(deploy)
        _note(deploy, code_deployment, environment)
    return deploy


def _lock(code_deployment_id: int) -> CodeDeployment:
    """Make simultaneous registrations queue up, and whoever deletes the project wait."""
    hold_project(db.session.get_one(CodeDeployment, code_deployment_id).project_id)
    return db.session.get_one(CodeDeployment, code_deployment_id, with_for_update=True)


def _environment(project_id: int, slug: str) -> Environment:
    known = db.session.scalars(
        select(Environment)
        .where(Environment.project_id == project_id)
        .order_by(Environment.id)
        .with_for_update(read=True, key_share=True)
    ).all()
    for each in known:
        if each.is_default if not slug else each.slug == slug.lower():
            return each
    names = ", ".join(each.slug for each in known)
    raise ParameterError(f"environment {slug} is unknown; this project has: {names}.")


def _build(
    code_deployment: CodeDeployment, environment: Environment, wanted: Registration, now: datetime
) -> Deploy:
    author_name, author_email = _author(code_deployment.organization_id, wanted)
    return Deploy(
        public_id=new_public_id(),
        organization_id=code_deployment.organization_id,
        code_deployment_id=code_deployment.id,
        environment_id=environment.id,
        revision=wanted.revision,
        branch=wanted.branch,
        author_name=author_name,
        author_email=author_email,
        tags=wanted.tags,
        links=wanted.links,
        commits=wanted.commits,
        files=wanted.files,
        pull_requests=wanted.pull_requests,
        deployed_at=wanted.deployed_at or now,
        registered_at=now,
    )


def _author(organization_id: int, wanted: Registration) -> tuple[str, str]:
    """Return name and e-mail: a member's own name if the address is theirs."""
    author = _author_of_latest_commit(wanted)
    email = wanted.email or author.get("email", "")
    name = _member_name(organization_id, email) or author.get("name") or author.get("username")
    return (name or "")[:LONGEST_WORD], email[:LONGEST_EMAIL]


def _author_of_latest_commit(wanted: Registration) -> dict[str, str]:
    """Return the author of the commit deployed, else of the newest, else of the last."""
    if not wanted.commits:
        return {}
    for each in wanted.commits:
        if each["revision"] == wanted.revision:
            return dict(each.get("author", {}))
    dates = [each.get("date", "") for each in wanted.commits]
    newest = max(range(len(dates)), key=lambda index: (dates[index], index))
    return dict(wanted.commits[newest].get("author", {}))


def _member_name(organization_id: int, email: str) -> str | None:
    return db.session.scalar(
        select(User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id, User.email == normal_email(email))
    )


def _note(deploy: Deploy, code_deployment: CodeDeployment, environment: Environment) -> None:
    audit.record(
        deploy.organization_id,
        "deploy.registered",
        deploy.revision,
        code_deployment=code_deployment.name,
        environment=environment.name,
    )
    audit.publish(deploy.organization_id, LIST_CHANGED, code_deployment.project.slug)
