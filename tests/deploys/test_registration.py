"""One deploy is one row, however many pipelines say so at once."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import NoResultFound

from sleuth.accounts.rules import RuleError
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import DuplicateDeployError, register_deploy
from sleuth.deploys.service import (
    create_code_deployment,
    delete_code_deployment,
    latest_by_environment,
    rename_code_deployment,
)
from sleuth.deploys.values import ParameterError
from sleuth.projects.service import delete_environment, delete_project
from tests.conftest import NOW, Cast
from tests.together import at_once

Stored = Callable[[], list[Deploy]]


def test_one_of_many_simultaneous_registrations_counts(
    app: Flask, web: CodeDeployment, stored: Stored
) -> None:
    call = (register_deploy, web.id, Registration("b450349"), NOW)
    refusals = at_once(app, DuplicateDeployError, *[call] * 6)
    assert len(refusals) == 5
    assert len(stored()) == 1


def test_simultaneous_repeats_that_are_no_error_are_one_deploy(
    app: Flask, web: CodeDeployment, stored: Stored
) -> None:
    call = (register_deploy, web.id, Registration("b450349", ignore_if_duplicate=True), NOW)
    assert at_once(app, DuplicateDeployError, *[call] * 6) == []
    assert len(stored()) == 1


def test_registering_while_the_project_is_deleted_breaks_nothing(
    app: Flask, cast: Cast, web: CodeDeployment, stored: Stored
) -> None:
    at_once(
        app,
        NoResultFound,
        *[(register_deploy, web.id, Registration(f"{n}"), NOW) for n in range(3)],
        (delete_project, cast.project.id),
        (create_code_deployment, cast.project.id, "Api"),
    )
    assert stored() == []


def test_registering_while_the_code_deployment_is_deleted_breaks_nothing(
    app: Flask, web: CodeDeployment, stored: Stored
) -> None:
    at_once(
        app,
        NoResultFound,
        *[(register_deploy, web.id, Registration(f"{n}"), NOW) for n in range(3)],
        (delete_code_deployment, web.id),
        (rename_code_deployment, web.id, "Website"),
    )
    assert stored() == []


def test_registering_while_the_environment_is_deleted_breaks_nothing(
    app: Flask, cast: Cast, web: CodeDeployment, stored: Stored
) -> None:
    staging = cast.project.environments[1]
    at_once(
        app,
        ParameterError,
        *[(register_deploy, web.id, Registration(f"{n}", "staging"), NOW) for n in range(3)],
        (delete_environment, staging.id),
    )
    assert stored() == []


def test_one_of_two_simultaneous_code_deployments_of_one_name_is_refused(
    app: Flask, cast: Cast
) -> None:
    call = (create_code_deployment, cast.project.id, "Api")
    assert len(at_once(app, RuleError, call, call)) == 1


def test_what_runs_where_is_the_latest_deploy_of_each_environment(
    cast: Cast, web: CodeDeployment
) -> None:
    core = create_code_deployment(cast.outside_project.id, "Core")
    register_deploy(core.id, Registration("zzz"), NOW)
    for revision, environment in [("a", "staging"), ("b", "production"), ("c", "production")]:
        register_deploy(web.id, Registration(revision, environment), NOW)
    latest = latest_by_environment(cast.acme.id)
    assert [(each.environment.slug, each.deploy.revision) for each in latest[web.id]] == [
        ("production", "c"),
        ("staging", "a"),
    ]
    assert set(latest) == {web.id}
