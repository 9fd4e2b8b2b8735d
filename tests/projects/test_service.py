"""Projects and environments: names, slugs, the default, and what is written beside them."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from sleuth.accounts.models import AuditEntry, Event
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db
from sleuth.projects import service
from sleuth.projects.models import Environment, Project
from tests.conftest import Cast
from tests.together import at_once

NOBODY = 999_999


def environments_of(project: Project) -> list[tuple[str, bool]]:
    rows = db.session.execute(
        select(Environment.slug, Environment.is_default)
        .where(Environment.project_id == project.id)
        .order_by(Environment.id)
    )
    return [(slug, is_default) for slug, is_default in rows]


def notes() -> list[tuple[str, str]]:
    return [(each.action, each.subject) for each in db.session.scalars(select(AuditEntry))]


def staging(cast: Cast) -> Environment:
    found = service.find_environment(cast.project.id, "staging")
    assert found is not None
    return found


def production(cast: Cast) -> Environment:
    return cast.project.default_environment


def test_a_new_project_has_a_default_environment_production(cast: Cast) -> None:
    project = service.create_project(cast.acme.id, "Warehouse")
    assert project.slug == "warehouse"
    assert environments_of(project) == [("production", True)]


def test_the_first_environment_named_is_the_default(cast: Cast) -> None:
    project = service.create_project(cast.acme.id, "Warehouse", ["Staging", "Production"])
    assert environments_of(project) == [("staging", True), ("production", False)]


def test_creating_is_noted_and_published(cast: Cast) -> None:
    service.create_project(cast.acme.id, "Warehouse")
    event = db.session.scalars(select(Event)).one()
    assert notes() == [("project.created", "Warehouse")]
    assert (event.organization_id, event.name, event.subject) == (
        cast.acme.id,
        "projectChanged",
        "warehouse",
    )


@pytest.mark.parametrize("name", ["Shop", "shop", "  SHOP "])
def test_two_projects_of_one_name_are_refused(cast: Cast, name: str) -> None:
    with pytest.raises(RuleError, match="already has a project named “Shop”"):
        service.create_project(cast.acme.id, name)
    assert notes() == []


def test_another_organization_may_use_the_same_name(cast: Cast) -> None:
    assert service.create_project(cast.globex.id, "Shop").slug == "shop"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Shop!", "shop-2"),
        ("New", "new-2"),
        ("日本", "unnamed"),
        ("Ünïcödé 🚀 Shop", "unicode-shop"),
        ("  many \n\t spaces ", "many-spaces"),
        ("nul\x00 and \ud83d half", "nul-and-half"),
        ("x" * 120, "x" * 64),
    ],
)
def test_any_name_makes_a_slug_of_its_own(cast: Cast, name: str, slug: str) -> None:
    project = service.create_project(cast.acme.id, name)
    assert project.slug == slug
    assert "\x00" not in project.name


@pytest.mark.parametrize("name", ["", "   ", "\x00\x07", "x" * 121])
def test_a_name_that_is_none_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(RuleError):
        service.create_project(cast.acme.id, name)


def test_the_same_environment_twice_is_refused_at_its_field(cast: Cast) -> None:
    with pytest.raises(RuleError) as refusal:
        service.create_project(cast.acme.id, "Warehouse", ["Production", "production"])
    assert refusal.value.field == "environments"
    assert service.find_project(cast.acme.id, "warehouse") is None


def test_a_renamed_project_keeps_its_slug(cast: Cast) -> None:
    service.rename_project(cast.project.id, "Web shop")
    assert (cast.project.name, cast.project.slug) == ("Web shop", "shop")
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.detail) == (
        "project.renamed",
        "Web shop",
        {"before": "Shop"},
    )


def test_a_project_may_change_the_case_of_its_own_name(cast: Cast) -> None:
    service.rename_project(cast.project.id, "SHOP")
    assert cast.project.name == "SHOP"


def test_a_project_cannot_take_the_name_of_another(cast: Cast) -> None:
    service.create_project(cast.acme.id, "Warehouse")
    with pytest.raises(RuleError, match="already has a project named “Warehouse”"):
        service.rename_project(cast.project.id, "warehouse")


def test_a_deleted_project_takes_its_environments_along(cast: Cast) -> None:
    service.delete_project(cast.project.id)
    assert service.projects_of(cast.acme.id) == []
    assert len(db.session.scalars(select(Environment)).all()) == 2
    assert notes() == [("project.deleted", "Shop")]


def test_projects_are_listed_by_name(cast: Cast) -> None:
    for name in ("zebra", "Anchor"):
        service.create_project(cast.acme.id, name)
    assert [each.name for each in service.projects_of(cast.acme.id)] == ["Anchor", "Shop", "zebra"]


def test_another_organizations_project_is_not_found(cast: Cast) -> None:
    assert service.find_project(cast.acme.id, "reactor") is None
    assert service.find_environment(cast.project.id, "nowhere") is None


def test_an_environment_is_added_without_becoming_the_default(cast: Cast) -> None:
    service.create_environment(cast.project.id, "Testing")
    assert environments_of(cast.project)[-1] == ("testing", False)
    assert notes() == [("environment.created", "Testing")]


def test_two_environments_of_one_name_are_refused(cast: Cast) -> None:
    with pytest.raises(RuleError, match="already has an environment named “Staging”"):
        service.create_environment(cast.project.id, "staging")
    with pytest.raises(RuleError, match="already has an environment named “Production”"):
        service.rename_environment(staging(cast).id, "production")


def test_a_renamed_environment_keeps_its_slug(cast: Cast) -> None:
    service.rename_environment(staging(cast).id, "Rehearsal")
    assert environments_of(cast.project) == [("production", True), ("staging", False)]
    assert notes() == [("environment.renamed", "Rehearsal")]


def test_there_is_one_default_environment(cast: Cast) -> None:
    service.make_default(staging(cast).id)
    assert environments_of(cast.project) == [("production", False), ("staging", True)]
    assert notes() == [("environment.made_default", "Staging")]


def test_deleting_another_environment_leaves_the_default(cast: Cast) -> None:
    service.delete_environment(staging(cast).id)
    assert environments_of(cast.project) == [("production", True)]
    assert notes() == [("environment.deleted", "Staging")]


def test_deleting_the_default_moves_it_to_the_one_chosen(cast: Cast) -> None:
    service.create_environment(cast.project.id, "Testing")
    service.delete_environment(production(cast).id, "testing")
    assert environments_of(cast.project) == [("staging", False), ("testing", True)]


@pytest.mark.parametrize("choice", ["", "production", "nowhere"])
def test_deleting_the_default_without_a_choice_moves_it_to_the_oldest(
    cast: Cast, choice: str
) -> None:
    service.create_environment(cast.project.id, "Testing")
    service.delete_environment(production(cast).id, choice)
    assert environments_of(cast.project) == [("staging", True), ("testing", False)]


def test_the_last_environment_cannot_be_deleted(cast: Cast) -> None:
    service.delete_environment(staging(cast).id)
    with pytest.raises(RuleError, match="is the only environment of Shop"):
        service.delete_environment(production(cast).id)


def test_what_is_gone_cannot_be_changed(cast: Cast) -> None:
    for change in (service.delete_project, service.make_default, service.delete_environment):
        with pytest.raises(NoResultFound):
            change(NOBODY)
    for rename in (service.rename_project, service.rename_environment, service.create_environment):
        with pytest.raises(NoResultFound):
            rename(NOBODY, "Name")


def test_one_of_two_simultaneous_projects_of_one_name_is_refused(app: Flask, cast: Cast) -> None:
    call = (service.create_project, cast.acme.id, "Warehouse")
    errors = at_once(app, RuleError, call, call, call)
    assert len(errors) == 2
    assert [each.name for each in service.projects_of(cast.acme.id)] == ["Shop", "Warehouse"]


def test_two_environments_deleted_at_once_leave_one(app: Flask, cast: Cast) -> None:
    both = [each.id for each in cast.project.environments]
    errors = at_once(app, RuleError, *[(service.delete_environment, each) for each in both])
    assert len(errors) == 1
    assert [is_default for _, is_default in environments_of(cast.project)] == [True]


def test_changing_a_project_while_it_is_deleted_breaks_nothing(app: Flask, cast: Cast) -> None:
    project_id = cast.project.id
    at_once(
        app,
        NoResultFound,
        (service.delete_project, project_id),
        (service.create_environment, project_id, "Testing"),
        (service.rename_project, project_id, "Web shop"),
    )
    assert db.session.get(Project, project_id) is None
