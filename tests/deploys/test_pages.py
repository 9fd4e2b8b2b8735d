"""Code deployments in the browser, with and without HTMX."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth.accounts.models import AuditEntry, Event
from sleuth.deploys import service
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db
from sleuth.projects.service import create_project, delete_project
from tests.conftest import NOW, Cast

HTMX = {"HX-Request": "true"}
LIST = "/o/acme/code-deployments"
WEB = "/o/acme/deployments/web"
TAB = "/o/acme/projects/shop/code-deployments"
SHA = "b4503490c0ffeeb4503490c0ffee"
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def developer(sign_in: SignIn) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def administrator(sign_in: SignIn) -> FlaskClient:
    return sign_in("administrator")


@pytest.fixture
def deploy(web: CodeDeployment) -> Deploy:
    """A deploy of Web to production."""
    return register_deploy(web.id, Registration(SHA, branch="main", email="dora@acme.test"), NOW)


def names(cast: Cast) -> list[str]:
    db.session.rollback()
    return [each.name for each in service.code_deployments_of(cast.acme.id)]


def test_the_list_shows_what_runs_where(
    developer: FlaskClient, cast: Cast, web: CodeDeployment, deploy: Deploy
) -> None:
    service.create_code_deployment(cast.outside_project.id, "Core")
    page = developer.get(LIST).text
    assert "Web" in page
    assert "b450349" in page
    assert "Production" in page
    assert "Core" not in page


def test_lists_redraw_themselves(developer: FlaskClient, web: CodeDeployment) -> None:
    for url, heard in {LIST: "", TAB: ":shop", WEB: ":shop"}.items():
        partial = developer.get(url, headers=HTMX).text
        assert f"projectChanged from:body, deploysChanged{heard} from:body" in partial
        assert f'hx-get="{url}"' in partial
        assert "<html" not in partial


def test_a_projects_tab_shows_its_own_only(
    developer: FlaskClient, cast: Cast, web: CodeDeployment
) -> None:
    other = create_project(cast.acme.id, "Warehouse")
    service.create_code_deployment(other.id, "Robots")
    page = developer.get(TAB).text
    assert "Web" in page
    assert "Robots" not in page


def test_without_code_deployments_the_next_step_is_said(
    sign_in: SignIn, developer: FlaskClient, cast: Cast
) -> None:
    assert f"{LIST}/new" in developer.get(LIST).text
    assert f"{LIST}/new?project=shop" in developer.get(TAB).text
    assert f"{LIST}/new" not in sign_in("observer").get(LIST).text
    delete_project(cast.project.id)
    assert "and there is none yet" in developer.get(LIST).text
    dialog = developer.get(f"{LIST}/new", headers=HTMX).text
    assert "Create a project" in dialog
    assert developer.post(f"{LIST}/new", data={"name": "Web"}).status_code == 422


def test_a_code_deployment_is_created_without_javascript(
    developer: FlaskClient, cast: Cast
) -> None:
    answer = developer.post(f"{LIST}/new", data={"name": "Web", "project": "shop"})
    assert (answer.status_code, answer.location) == (303, WEB)
    assert "Web is created." in developer.get(WEB).text


def test_a_code_deployment_is_created_in_a_dialog(developer: FlaskClient, cast: Cast) -> None:
    create_project(cast.acme.id, "Another")
    dialog = developer.get(f"{LIST}/new?project=shop", headers=HTMX).text
    assert '<option selected value="shop">' in dialog
    form = {"name": "Web", "project": "shop"}
    answer = developer.post(f"{LIST}/new", data=form, headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    assert names(cast) == ["Web"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "project": "shop"}, "Enter a name."),
        ({"name": "web", "project": "shop"}, "already has a code deployment named “Web”"),
        ({"name": "x" * 121, "project": "shop"}, "120 characters"),
        ({"name": "Api", "project": ""}, "Choose a project."),
        ({"name": "Api", "project": "reactor"}, "Not a valid choice"),
        ({}, "Enter a name."),
    ],
)
def test_a_dialog_says_what_is_wrong(
    developer: FlaskClient,
    cast: Cast,
    web: CodeDeployment,
    form: dict[str, str],
    sentence: str,
) -> None:
    for headers in ({}, HTMX):
        answer = developer.post(f"{LIST}/new", data=form, headers=headers)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert names(cast) == ["Web"]


def test_two_projects_may_use_one_name_with_slugs_of_their_own(
    cast: Cast, web: CodeDeployment
) -> None:
    other = create_project(cast.acme.id, "Warehouse")
    assert service.create_code_deployment(other.id, "Web").slug == "web-2"


def test_the_page_shows_the_command_ready_to_paste(
    developer: FlaskClient, web: CodeDeployment
) -> None:
    page = developer.get(WEB).text
    url = "http://localhost/api/1/deployments/acme/web/register_deploy"
    assert f"curl -X POST {url}" in page
    assert "Bearer TOKEN" in page
    assert "-d environment" not in page
    assert "data-copy=" in page
    assert "REGISTER_DEPLOY" in page


def test_the_command_uses_the_public_address(
    app: Flask, developer: FlaskClient, web: CodeDeployment
) -> None:
    app.config["SLEUTH_PUBLIC_URL"] = "https://sleuth.test"
    assert "POST https://sleuth.test/api/1/deployments/acme/web/" in developer.get(WEB).text


def test_the_command_can_name_another_environment(
    developer: FlaskClient, web: CodeDeployment
) -> None:
    page = developer.get(f"{WEB}?environment=staging").text
    assert "-d environment=staging" in page
    assert f'hx-get="{WEB}?environment=staging"' in page
    assert "-d environment" not in developer.get(f"{WEB}?environment=nowhere").text


def test_who_makes_tokens_is_led_to_them(sign_in: SignIn, web: CodeDeployment) -> None:
    link = 'href="/o/acme/settings/access-tokens"'
    assert link in sign_in("administrator").get(WEB).text
    assert link not in sign_in("observer").get(WEB).text


def test_the_page_shows_the_latest_deploys(
    developer: FlaskClient, web: CodeDeployment, deploy: Deploy
) -> None:
    page = developer.get(WEB).text
    assert "b450349" in page
    assert "Dora" in page
    assert "(main)" in page


def test_the_page_says_when_nothing_was_registered(
    developer: FlaskClient, web: CodeDeployment
) -> None:
    assert "No deploy registered yet" in developer.get(WEB).text


def test_what_pipelines_sent_is_escaped(developer: FlaskClient, web: CodeDeployment) -> None:
    evil = "<script>alert(1)</script>"
    wanted = Registration(evil, branch=evil, commits=[{"revision": "a", "author": {"name": evil}}])
    made = register_deploy(web.id, wanted, NOW)
    for url in (WEB, LIST, f"/o/acme/deploys/{made.public_id}/delete"):
        assert "<script>alert" not in developer.get(url).text


def test_a_name_is_shown_in_full_and_a_hash_is_cut(web: CodeDeployment) -> None:
    made = [
        register_deploy(web.id, Registration(revision), NOW).short_revision
        for revision in (SHA, "v1.20.300-rc1", "deadbeef", "feature-long-name")
    ]
    assert made == ["b450349", "v1.20.300-rc1", "deadbeef", "feature-long-name"]


def test_a_code_deployment_is_renamed_and_its_address_stays(
    developer: FlaskClient, web: CodeDeployment
) -> None:
    dialog = developer.get(f"{WEB}/rename", headers=HTMX).text
    assert "keep “web”" in dialog
    answer = developer.post(f"{WEB}/rename", data={"name": "Website"}, headers=HTMX)
    assert "projectChanged" in answer.headers["HX-Trigger"]
    partial = developer.get(WEB, headers=HTMX).text
    assert '<span id="page-name" hx-swap-oob="true">Website</span>' in partial


def test_renaming_to_a_name_that_is_taken_says_so(
    developer: FlaskClient, cast: Cast, web: CodeDeployment
) -> None:
    service.create_code_deployment(cast.project.id, "Api")
    answer = developer.post(f"{WEB}/rename", data={"name": "api"})
    assert answer.status_code == 422
    assert "already has a code deployment named “Api”" in answer.text


def test_deleting_says_how_many_deploys_go(
    administrator: FlaskClient, cast: Cast, web: CodeDeployment, deploy: Deploy
) -> None:
    assert "1 deploy" in administrator.get(f"{WEB}/delete", headers=HTMX).text
    here = {**HTMX, "HX-Current-URL": f"http://localhost{LIST}"}
    answer = administrator.post(f"{WEB}/delete", headers=here)
    assert '"deploysChanged": true, "deploysChanged:shop": true' in answer.headers["HX-Trigger"]
    assert names(cast) == []
    assert db.session.scalar(select(Deploy)) is None
    assert administrator.post(f"{WEB}/delete").status_code == 404


def test_deleting_from_its_page_leaves_it(administrator: FlaskClient, web: CodeDeployment) -> None:
    here = {**HTMX, "HX-Current-URL": f"http://localhost{WEB}?environment=staging"}
    answer = administrator.post(f"{WEB}/delete", headers=here)
    assert answer.headers["HX-Redirect"] == LIST
    assert "Web is deleted." in administrator.get(LIST).text


def test_a_deploy_is_deleted(
    developer: FlaskClient, cast: Cast, web: CodeDeployment, deploy: Deploy
) -> None:
    url = f"/o/acme/deploys/{deploy.public_id}/delete"
    assert "Delete deploy b450349?" in developer.get(url, headers=HTMX).text
    here = {**HTMX, "HX-Current-URL": f"http://localhost{WEB}"}
    answer = developer.post(url, headers=here)
    assert '"deploysChanged": true, "deploysChanged:shop": true' in answer.headers["HX-Trigger"]
    db.session.rollback()
    assert db.session.scalar(select(Deploy)) is None
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "deploy.deleted")
    ).one()
    assert (entry.subject, entry.detail["environment"]) == (SHA, "Production")
    assert "deploysChanged" in db.session.scalars(select(Event.name)).all()


def test_a_deploy_deleted_from_its_page_leaves_it(developer: FlaskClient, deploy: Deploy) -> None:
    page = f"/o/acme/deploys/{deploy.public_id}"
    here = {**HTMX, "HX-Current-URL": f"http://localhost{page}"}
    assert developer.post(f"{page}/delete", headers=here).headers["HX-Redirect"] == WEB


def test_a_deploy_is_deleted_without_javascript(developer: FlaskClient, deploy: Deploy) -> None:
    answer = developer.post(f"/o/acme/deploys/{deploy.public_id}/delete")
    assert (answer.status_code, answer.location) == (303, WEB)


def test_observers_change_nothing(sign_in: SignIn, web: CodeDeployment, deploy: Deploy) -> None:
    observer = sign_in("observer")
    for url in (LIST, TAB, WEB):
        page = observer.get(url).text
        assert "/delete" not in page
        assert "/rename" not in page


@pytest.mark.parametrize("slug", ["core", "nothing", "Web", "%F0%9F%92%A9"])
def test_what_is_not_ours_is_not_found(
    administrator: FlaskClient, cast: Cast, web: CodeDeployment, slug: str
) -> None:
    core = service.create_code_deployment(cast.outside_project.id, "Core")
    theirs = register_deploy(core.id, Registration("a"), NOW)
    for path in ("", "/rename", "/delete"):
        assert administrator.get(f"/o/acme/deployments/{slug}{path}").status_code == 404
    assert administrator.get(f"/o/acme/projects/{slug}/code-deployments").status_code == 404
    assert administrator.get(f"/o/acme/deploys/{theirs.public_id}/delete").status_code == 404


def test_a_code_deployment_deleted_meanwhile_is_not_found(
    developer: FlaskClient, web: CodeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = service.rename_code_deployment

    def too_late(code_deployment_id: int, name: str) -> None:
        service.delete_code_deployment(code_deployment_id)
        rename(code_deployment_id, name)

    monkeypatch.setattr(service, "rename_code_deployment", too_late)
    assert developer.post(f"{WEB}/rename", data={"name": "Website"}).status_code == 404
