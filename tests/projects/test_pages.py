"""Projects and environments in the browser, with and without HTMX."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from sleuth.extensions import db
from sleuth.projects import service
from tests.conftest import Cast

HTMX = {"HX-Request": "true"}
PROJECTS = "/o/acme/projects/"
SHOP = "/o/acme/projects/shop"
STAGING = f"{SHOP}/environments/staging"
PRODUCTION = f"{SHOP}/environments/production"
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def developer(sign_in: SignIn) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def administrator(sign_in: SignIn) -> FlaskClient:
    return sign_in("administrator")


def slugs(cast: Cast) -> list[str]:
    db.session.rollback()
    return [each.slug for each in service.projects_of(cast.acme.id)]


def test_the_list_shows_projects_with_their_environments(developer: FlaskClient) -> None:
    page = developer.get(PROJECTS).text
    assert "Shop" in page
    assert "Production (default)" in page
    assert "Reactor" not in page


def test_the_list_redraws_itself_when_a_project_changes(developer: FlaskClient) -> None:
    partial = developer.get(PROJECTS, headers=HTMX).text
    assert 'hx-trigger="projectChanged from:body"' in partial
    assert "<html" not in partial


def test_an_organization_without_projects_is_told_what_to_do(sign_in: SignIn, cast: Cast) -> None:
    service.delete_project(cast.project.id)
    assert f"{PROJECTS}new" in sign_in("developer").get(PROJECTS).text
    assert f"{PROJECTS}new" not in sign_in("observer").get(PROJECTS).text


def test_a_project_is_created_without_javascript(developer: FlaskClient, cast: Cast) -> None:
    form = {"name": "Warehouse", "environments": "Live, Test ,"}
    answer = developer.post(f"{PROJECTS}new", data=form)
    assert (answer.status_code, answer.location) == (303, f"{PROJECTS}warehouse")
    assert "Warehouse is created." in developer.get(answer.location).text
    environments = service.find_project(cast.acme.id, "warehouse").environments
    assert [(each.name, each.is_default) for each in environments] == [
        ("Live", True),
        ("Test", False),
    ]


def test_a_project_is_created_in_a_dialog(developer: FlaskClient, cast: Cast) -> None:
    assert 'value="Production"' in developer.get(f"{PROJECTS}new", headers=HTMX).text
    form = {"name": "Warehouse", "environments": "Production"}
    answer = developer.post(f"{PROJECTS}new", data=form, headers=HTMX)
    assert answer.text == ""
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert slugs(cast) == ["shop", "warehouse"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "environments": "Production"}, "Enter a name."),
        ({"name": "shop", "environments": "Production"}, "already has a project named “Shop”"),
        ({"name": "x" * 121, "environments": "Production"}, "120 characters"),
        ({"name": "Warehouse", "environments": ""}, "Name one environment or more."),
        ({"name": "Warehouse", "environments": "a, A"}, "already has an environment named “a”"),
        ({"name": "Warehouse", "environments": "x" * 121}, "120 characters"),
        ({}, "Enter a name."),
    ],
)
def test_a_dialog_says_what_is_wrong(
    developer: FlaskClient, cast: Cast, form: dict[str, str], sentence: str
) -> None:
    for headers in ({}, HTMX):
        answer = developer.post(f"{PROJECTS}new", data=form, headers=headers)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert slugs(cast) == ["shop"]


def test_commas_alone_are_no_environment(developer: FlaskClient, cast: Cast) -> None:
    form = {"name": "Warehouse", "environments": " , ,"}
    answer = developer.post(f"{PROJECTS}new", data=form)
    assert answer.status_code == 422
    assert "Name one environment or more." in answer.text


def test_names_are_escaped(developer: FlaskClient, cast: Cast) -> None:
    service.rename_project(cast.project.id, "<script>alert(1)</script>")
    for url in (PROJECTS, SHOP, f"{SHOP}/rename", f"{SHOP}/environments", f"{SHOP}/impact"):
        assert "<script>alert" not in developer.get(url).text


def test_a_project_is_renamed_and_its_address_stays(developer: FlaskClient) -> None:
    assert "Addresses keep “shop”" in developer.get(f"{SHOP}/rename", headers=HTMX).text
    answer = developer.post(f"{SHOP}/rename", data={"name": "Web shop"}, headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    partial = developer.get(SHOP, headers=HTMX).text
    assert '<span id="page-name" hx-swap-oob="true">Web shop</span>' in partial


def test_renaming_to_a_name_that_is_taken_says_so(developer: FlaskClient, cast: Cast) -> None:
    service.create_project(cast.acme.id, "Warehouse")
    answer = developer.post(f"{SHOP}/rename", data={"name": "warehouse"})
    assert answer.status_code == 422
    assert "already has a project named “Warehouse”" in answer.text


def test_the_overview_says_what_is_still_to_do(developer: FlaskClient) -> None:
    page = developer.get(SHOP).text
    assert "2 environments" in page
    assert page.count("none yet") == 3


def test_a_project_has_tabs(developer: FlaskClient) -> None:
    page = developer.get(SHOP).text
    for tab in ("impact", "code-deployments", "environments"):
        assert f'href="{SHOP}/{tab}"' in page


def test_deleting_a_project_first_says_what_will_be_lost(
    administrator: FlaskClient, cast: Cast
) -> None:
    dialog = administrator.get(f"{SHOP}/delete", headers=HTMX).text
    assert "2 environments" in dialog
    assert "deploys" not in dialog.partition("This will be lost")[2]
    assert "autofocus" in dialog.partition("Cancel")[0].rpartition("<a")[2]
    assert slugs(cast) == ["shop"]


def test_deleting_a_project_from_the_list_stays_there(
    administrator: FlaskClient, cast: Cast
) -> None:
    here = {**HTMX, "HX-Current-URL": f"http://localhost{PROJECTS}"}
    answer = administrator.post(f"{SHOP}/delete", headers=here)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert "HX-Redirect" not in answer.headers
    assert slugs(cast) == []


@pytest.mark.parametrize("path", [SHOP, f"{SHOP}/environments", f"{SHOP}?x=1"])
def test_deleting_a_project_from_its_page_leaves_it(administrator: FlaskClient, path: str) -> None:
    here = {**HTMX, "HX-Current-URL": f"http://localhost{path}"}
    answer = administrator.post(f"{SHOP}/delete", headers=here)
    assert answer.headers["HX-Redirect"] == PROJECTS


def test_deleting_a_project_without_javascript_goes_back_to_the_list(
    administrator: FlaskClient,
) -> None:
    answer = administrator.post(f"{SHOP}/delete")
    assert (answer.status_code, answer.location) == (303, PROJECTS)
    assert "Shop is deleted." in administrator.get(PROJECTS).text


def test_only_who_may_delete_sees_the_button(sign_in: SignIn) -> None:
    assert f"{SHOP}/delete" in sign_in("administrator").get(PROJECTS).text
    assert f"{SHOP}/delete" not in sign_in("developer").get(PROJECTS).text
    observed = sign_in("observer").get(SHOP).text
    assert f"{SHOP}/rename" not in observed
    assert f"{SHOP}/delete" not in observed


@pytest.mark.parametrize("slug", ["reactor", "nothing", "Shop", "shop%00", "%F0%9F%92%A9"])
def test_what_is_not_ours_is_not_found(administrator: FlaskClient, slug: str) -> None:
    for path in ("", "/rename", "/delete", "/environments", "/environments/production/rename"):
        assert administrator.get(f"{PROJECTS}{slug}{path}").status_code == 404


def test_environments_are_listed_with_what_the_api_calls_them(developer: FlaskClient) -> None:
    page = developer.get(f"{SHOP}/environments").text
    assert "<code>staging</code>" in page
    assert "projectChanged from:body" in page


def test_an_environment_is_added_in_a_dialog(developer: FlaskClient) -> None:
    url = f"{SHOP}/environments/new"
    assert developer.get(url, headers=HTMX).status_code == 200
    answer = developer.post(url, data={"name": "Testing"}, headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert "Testing" in developer.get(f"{SHOP}/environments", headers=HTMX).text
    assert developer.post(url, data={"name": "testing"}, headers=HTMX).status_code == 422


def test_an_environment_is_renamed_and_the_api_keeps_its_word(developer: FlaskClient) -> None:
    url = f"{STAGING}/rename"
    assert "The API keeps “staging”" in developer.get(url, headers=HTMX).text
    assert developer.post(url, data={"name": "Rehearsal"}).status_code == 303
    page = developer.get(f"{SHOP}/environments").text
    assert "Rehearsal" in page
    assert "<code>staging</code>" in page
    assert developer.post(url, data={"name": "Production"}).status_code == 422


def test_the_default_moves_with_one_click(developer: FlaskClient, cast: Cast) -> None:
    answer = developer.post(f"{STAGING}/make-default", headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    db.session.rollback()
    assert cast.project.default_environment.slug == "staging"


def test_deleting_the_default_asks_for_the_next_one(administrator: FlaskClient, cast: Cast) -> None:
    dialog = administrator.get(f"{PRODUCTION}/delete", headers=HTMX).text
    assert "New default environment" in dialog
    assert "New default" not in administrator.get(f"{STAGING}/delete", headers=HTMX).text
    form = {"new_default": "staging"}
    assert administrator.post(f"{PRODUCTION}/delete", data=form).status_code == 303
    db.session.rollback()
    assert [each.slug for each in cast.project.environments] == ["staging"]
    assert cast.project.default_environment.slug == "staging"


def test_the_last_environment_cannot_be_deleted(administrator: FlaskClient) -> None:
    administrator.post(f"{STAGING}/delete")
    assert "/delete" not in administrator.get(f"{SHOP}/environments").text
    answer = administrator.post(f"{PRODUCTION}/delete", headers=HTMX)
    assert answer.status_code == 422
    assert "is the only environment of Shop" in answer.text


def test_something_deleted_meanwhile_is_not_found(
    administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = service.delete_project

    def delete_twice(project_id: int) -> None:
        delete(project_id)
        delete(project_id)

    monkeypatch.setattr(service, "delete_project", delete_twice)
    assert administrator.post(f"{SHOP}/delete").status_code == 404
