"""What can be done to projects and their environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import selectinload

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, write
from sleuth.ids import unique_slug
from sleuth.projects.models import Environment, Project
from sleuth.projects.naming import free_name, lock_organization

FIRST_ENVIRONMENT = "Production"
CHANGED = "projectChanged"
PROJECT_NAME_TAKEN = "This organization already has a project named “{}”."
ENVIRONMENT_NAME_TAKEN = "This project already has an environment named “{}”."
NO_ENVIRONMENT = "Name one environment or more."
RESERVED_SLUGS = {"new"}
"""Where a slug stands in an address, these words are pages of their own."""


def projects_of(organization_id: int) -> list[Project]:
    """Return an organization's projects by name."""
    return _by_name(_projects(organization_id))


def projects_with_environments(organization_id: int) -> list[Project]:
    """Return the same with their environments, in one more statement for all of them."""
    return _by_name(_projects(organization_id).options(selectinload(Project.environments)))


def _projects(organization_id: int) -> Select[Project]:
    return select(Project).where(Project.organization_id == organization_id)


def _by_name(projects: Select[Project]) -> list[Project]:
    return sorted(db.session.scalars(projects), key=lambda each: each.name.casefold())


def find_project(organization_id: int, slug: str) -> Project | None:
    """Return the organization's project with this slug."""
    return db.session.scalar(
        select(Project).where(Project.organization_id == organization_id, Project.slug == slug)
    )


def find_environment(project_id: int, slug: str) -> Environment | None:
    """Return the project's environment with this slug."""
    return db.session.scalar(
        select(Environment).where(Environment.project_id == project_id, Environment.slug == slug)
    )


def hold_project(project_id: int) -> Project:
    """Keep the project from being deleted until this ``with write():`` ends.

    Raises:
        NoResultFound: The project is gone.
    """
    return db.session.get_one(
        Project, project_id, with_for_update={"read": True, "key_share": True}
    )


def create_project(
    organization_id: int, name: str, environments: Sequence[str] = (FIRST_ENVIRONMENT,)
) -> Project:
    """Create a project.

    Args:
        environments: Names of its environments; the first is the default.

    Raises:
        RuleError: A name is empty, too long or taken, or there is no environment.
    """
    if not environments:
        raise RuleError(NO_ENVIRONMENT, "environments")
    with write():
        lock_organization(organization_id)
        siblings = projects_of(organization_id)
        name = free_name(name, [each.name for each in siblings], PROJECT_NAME_TAKEN)
        taken = RESERVED_SLUGS | {each.slug for each in siblings}
        project = Project(
            organization_id=organization_id,
            name=name,
            slug=unique_slug(name, taken.__contains__),
            created_at=clock.now(),
        )
        db.session.add(project)
        db.session.flush()
        for each in environments:
            _add_environment(project, each, field="environments")
        _note(project, "project.created", environments=list(environments))
    return project


def rename_project(project_id: int, name: str) -> None:
    """Give the project another name; its slug stays.

    Raises:
        RuleError: The name is empty, too long or taken.
        NoResultFound: The project is gone.
    """
    with write():
        project = _lock(project_id)
        lock_organization(project.organization_id)
        siblings = projects_of(project.organization_id)
        others = [each.name for each in siblings if each is not project]
        before, project.name = project.name, free_name(name, others, PROJECT_NAME_TAKEN)
        _note(project, "project.renamed", before=before)


def delete_project(project_id: int) -> None:
    """Delete the project and everything that hangs on it.

    Raises:
        NoResultFound: The project is gone.
    """
    with write():
        project = _lock(project_id)
        _note(project, "project.deleted")
        db.session.flush()
        db.session.execute(delete(Project).where(Project.id == project_id))


def create_environment(project_id: int, name: str) -> Environment:
    """Add an environment to the project.

    Raises:
        RuleError: The name is empty, too long or taken.
        NoResultFound: The project is gone.
    """
    with write():
        project = _lock(project_id)
        environment = _add_environment(project, name)
        _note_environment(environment, "environment.created")
    return environment


def rename_environment(environment_id: int, name: str) -> None:
    """Give the environment another name; its slug stays.

    Raises:
        RuleError: The name is empty, too long or taken.
        NoResultFound: The environment is gone.
    """
    with write():
        environment = _lock_around(environment_id)
        siblings = environment.project.environments
        others = [each.name for each in siblings if each is not environment]
        before = environment.name
        environment.name = free_name(name, others, ENVIRONMENT_NAME_TAKEN)
        _note_environment(environment, "environment.renamed", before=before)


def make_default(environment_id: int) -> None:
    """Let deploys that name no environment go to this one.

    Raises:
        NoResultFound: The environment is gone.
    """
    with write():
        environment = _lock_around(environment_id)
        _move_default(environment)
        _note_environment(environment, "environment.made_default")


def delete_environment(environment_id: int, new_default_slug: str = "") -> None:
    """Delete the environment and everything that hangs on it.

    Args:
        new_default_slug: Which environment becomes the default if the default goes;
            the project's oldest other one if left out or gone.

    Raises:
        RuleError: It is the project's only one.
        NoResultFound: The environment is gone.
    """
    with write():
        environment = _lock_around(environment_id)
        project = environment.project
        others = [each for each in project.environments if each.id != environment_id]
        if not others:
            raise RuleError(
                f"“{environment.name}” is the only environment of {project.name}, "
                "and a project needs one."
            )
        if environment.is_default:
            _move_default(_pick(others, new_default_slug))
        _note_environment(environment, "environment.deleted")
        db.session.flush()
        db.session.execute(delete(Environment).where(Environment.id == environment_id))


def _lock(project_id: int) -> Project:
    return db.session.get_one(Project, project_id, with_for_update={"key_share": True})


def _lock_around(environment_id: int) -> Environment:
    """Return the environment after locking its project, whose other ones may change too."""
    _lock(db.session.get_one(Environment, environment_id).project_id)
    return db.session.get_one(Environment, environment_id, populate_existing=True)


def _add_environment(project: Project, name: str, field: str = "name") -> Environment:
    taken = {each.slug: each.name for each in project.environments}
    name = free_name(name, taken.values(), ENVIRONMENT_NAME_TAKEN, field)
    environment = Environment(
        name=name,
        slug=unique_slug(name, (RESERVED_SLUGS | taken.keys()).__contains__),
        is_default=not taken,
        created_at=clock.now(),
    )
    project.environments.append(environment)
    return environment


def _move_default(environment: Environment) -> None:
    for each in environment.project.environments:
        each.is_default = each is environment


def _pick(environments: Sequence[Environment], slug: str) -> Environment:
    return next((each for each in environments if each.slug == slug), environments[0])


def _note(project: Project, action: str, **detail: Any) -> None:
    audit.record(project.organization_id, action, project.name, **detail)
    audit.publish(project.organization_id, CHANGED, project.slug)


def _note_environment(environment: Environment, action: str, **detail: Any) -> None:
    project = environment.project
    audit.record(project.organization_id, action, environment.name, project=project.name, **detail)
    audit.publish(project.organization_id, CHANGED, project.slug)
