"""What the demo consists of before anything is measured: rows, made in one transaction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.members import add_membership
from sleuth.accounts.models import AccessToken, AuditEntry, Membership, Organization, User
from sleuth.accounts.organizations import find_organization
from sleuth.accounts.people import add_person, find_person
from sleuth.dashboard.changes import MUCH_CHANGED
from sleuth.demo import RESET_FILE, plan
from sleuth.demo.cast import (
    ENVIRONMENTS,
    MEMBERS,
    ORGANIZATION,
    PROJECTS,
    SLUG,
    DemoProject,
    Person,
)
from sleuth.demo.service import BEGAN, find_demo
from sleuth.deploys import parameters
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.ids import new_public_id, slugify, unique_slug
from sleuth.integrations.models import ConnectionCheck, Integration
from sleuth.projects.models import Environment, Project

UNUSABLE = "!"
"""The hash of no password at all: the demo's people come in through its own door."""

GOES = (Project, Integration, ConnectionCheck, AccessToken, AuditEntry, Membership)
"""What belongs to the organization; everything else belongs to one of these."""


def set_up() -> None:
    """Make the demo if there is none, or anew if the operator asked for that."""
    reset_file = Path(current_app.config["SLEUTH_DATA_DIR"], RESET_FILE)
    if find_demo() is None or reset_file.exists():
        begin()
        reset_file.unlink(missing_ok=True)


def begin() -> None:
    """Let the demo begin now: people, projects and deploys as if nobody had touched them.

    Whatever belonged to the organization goes; accounts of people stay.
    """
    anchor = clock.now()
    with write():
        organization = find_demo() or _new_organization()
        organization.name = ORGANIZATION
        _clear(organization.id)
        _let_people_join(organization.id)
        for project in PROJECTS:
            _build_project(organization.id, project)
        _register_deploys(organization.id, anchor)
        audit.record(organization.id, BEGAN, ORGANIZATION)
        audit.publish(organization.id, MUCH_CHANGED)


def _new_organization() -> Organization:
    slug = unique_slug(SLUG, lambda slug: find_organization(slug) is not None)
    organization = Organization(name=ORGANIZATION, slug=slug, created_at=clock.now())
    db.session.add(organization)
    db.session.flush()
    return organization


def _clear(organization_id: int) -> None:
    for model in GOES:
        db.session.execute(delete(model).where(model.organization_id == organization_id))


def _let_people_join(organization_id: int) -> None:
    for role, person in MEMBERS.items():
        user = find_person(person.email) or _new_user(person)
        add_membership(organization_id, user, role)


def _new_user(person: Person) -> User:
    user = User(
        email=person.email,
        name=person.name,
        password_hash=UNUSABLE,
        session_version=1,
        created_at=clock.now(),
    )
    add_person(user)
    return user


def _build_project(organization_id: int, wanted: DemoProject) -> None:
    now = clock.now()
    project = Project(
        organization_id=organization_id,
        slug=slugify(wanted.name),
        name=wanted.name,
        created_at=now,
    )
    for name in ENVIRONMENTS:
        is_default = name == ENVIRONMENTS[0]
        project.environments.append(
            Environment(slug=slugify(name), name=name, is_default=is_default, created_at=now)
        )
    db.session.add(project)
    for name in wanted.code_deployments:
        db.session.add(
            CodeDeployment(
                organization_id=organization_id,
                project=project,
                slug=slugify(name),
                name=name,
                created_at=now,
            )
        )
    db.session.flush()


def _register_deploys(organization_id: int, anchor: datetime) -> None:
    """Store the deploys of the past as pipelines would have registered them."""
    places = {
        (deployment.slug, environment.slug): (deployment.id, environment.id)
        for deployment, environment in db.session.execute(
            select(CodeDeployment, Environment)
            .join(Environment, Environment.project_id == CodeDeployment.project_id)
            .where(CodeDeployment.organization_id == organization_id)
        )
    }
    for planned in [*plan.past_deploys(anchor), plan.live_deploy(anchor, 0)]:
        given = parameters.parse(planned.parameters, anchor)
        deployment_id, environment_id = places[planned.deployment, given.environment]
        db.session.add(
            Deploy(
                public_id=new_public_id(),
                organization_id=organization_id,
                code_deployment_id=deployment_id,
                environment_id=environment_id,
                revision=given.revision,
                branch=given.branch,
                author_name=planned.author.name,
                author_email=given.email,
                tags=given.tags,
                links=given.links,
                commits=given.commits,
                files=given.files,
                pull_requests=given.pull_requests,
                deployed_at=planned.deployed_at,
                registered_at=planned.deployed_at,
            )
        )
