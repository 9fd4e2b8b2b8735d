"""The registration API as pipelines call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from sleuth.accounts.models import AuditEntry, Event, TokenType
from sleuth.accounts.tokens import create_token, revoke_token, tokens_of
from sleuth.deploys import registration
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.service import create_code_deployment, delete_code_deployment
from sleuth.extensions import db
from tests.conftest import NOW, Cast
from tests.deploys.conftest import Register

Stored = Callable[[], list[Deploy]]
EVERYTHING = {
    "sha": "b4503490c0ffee",
    "environment": "staging",
    "date": "2026-03-04T11:30:00Z",
    "branch": "main",
    "tags": ["#web"],
    "email": "someone@else.test",
    "links": {"build": "https://ci.test/1"},
    "commits": [{"revision": "b4503490c0ffee", "author": {"name": "Sam"}}],
    "files": [{"path": "cart.py", "additions": 1}],
    "pull_requests": [{"number": 7, "title": "Cart"}],
}


def test_a_deploy_is_registered_with_one_curl(register: Register, stored: Stored) -> None:
    answer = register(data={"sha": "b450349"})
    assert (answer.status_code, answer.text) == (200, "Success")
    assert answer.mimetype == "text/plain"
    (deploy,) = stored()
    assert (deploy.revision, deploy.environment.slug) == ("b450349", "production")
    assert deploy.deployed_at == deploy.registered_at == NOW
    assert deploy.code_deployment.slug == "web"


def test_everything_that_is_sent_is_stored(register: Register, stored: Stored) -> None:
    assert register(json=EVERYTHING).text == "Success"
    (deploy,) = stored()
    assert deploy.revision == "b4503490c0ffee"
    assert deploy.environment.slug == "staging"
    assert deploy.deployed_at.isoformat() == "2026-03-04T11:30:00+00:00"
    assert (deploy.branch, deploy.tags) == ("main", ["web"])
    assert (deploy.author_name, deploy.author_email) == ("Sam", "someone@else.test")
    assert deploy.links == {"build": "https://ci.test/1"}
    assert deploy.commits == [{"revision": "b4503490c0ffee", "author": {"name": "Sam"}}]
    assert deploy.files == [{"path": "cart.py", "additions": 1}]
    assert deploy.pull_requests == [{"number": 7, "title": "Cart"}]


def test_a_form_stores_the_same(register: Register, stored: Stored) -> None:
    register(json=EVERYTHING)
    form = {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in EVERYTHING.items()
    }
    assert register("acme/web/register-deploy/", data={**form, "sha": "other"}).text == "Success"
    first, second = stored()
    for column in ("tags", "links", "commits", "files", "pull_requests", "branch", "deployed_at"):
        assert getattr(first, column) == getattr(second, column)


def test_a_form_may_repeat_tags_and_links(register: Register, stored: Stored) -> None:
    links = ["a=https://a.test", "b=https://b.test"]
    assert register(data={"sha": ["a", "b"], "tags": ["#x", "y"], "links": links}).text == "Success"
    (deploy,) = stored()
    assert (deploy.revision, deploy.tags, len(deploy.links)) == ("a", ["x", "y"], 2)


def test_multipart_is_a_form_too(register: Register, stored: Stored) -> None:
    answer = register(data={"sha": "b450349"}, content_type="multipart/form-data")
    assert answer.text == "Success"
    assert len(stored()) == 1


def test_json_that_curl_calls_a_form_is_json(register: Register, stored: Stored) -> None:
    answer = register(data=' {"sha": "b450349"}', content_type="application/x-www-form-urlencoded")
    assert answer.text == "Success"
    assert stored()[0].revision == "b450349"


@pytest.mark.parametrize("spelling", ["register_deploy", "register-deploy"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_address_is_spelled_in_four_ways(register: Register, spelling: str, end: str) -> None:
    assert register(f"acme/web/{spelling}{end}", data={"sha": "a"}).text == "Success"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "apikey", "ApiKey"])
def test_a_key_comes_in_the_header(register: Register, key: str, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {key}"}
    assert register(data={"sha": "a"}, headers=headers).text == "Success"


@pytest.mark.parametrize("how", ["json", "data"])
def test_a_key_comes_in_the_body(register: Register, stored: Stored, key: str, how: str) -> None:
    answer = register(**{how: {"sha": "a", "api_key": key}}, headers={})
    assert answer.text == "Success"
    assert key not in repr(stored()[0].__dict__)


def test_a_token_for_everything_registers_too(register: Register, cast: Cast) -> None:
    raw = create_token(cast.acme.id, "All", TokenType.ALL).raw
    answer = register(data={"sha": "a"}, headers={"Authorization": f"Bearer {raw}"})
    assert answer.text == "Success"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YWxhZGRpbjpvcGVu"},
        {"Authorization": "slt_without_scheme"},
    ],
)
def test_no_key_is_said_to_be_missing(
    register: Register, stored: Stored, headers: dict[str, str]
) -> None:
    answer = register(data={"sha": "a"}, headers=headers)
    assert answer.status_code == 401
    assert "An access token is missing" in answer.text
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert stored() == []


@pytest.mark.parametrize("key", ["slt_wrong", "\x7f\xff", "ü" * 300, "0"])
def test_a_wrong_key_is_refused(register: Register, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}".encode().decode("latin-1")}
    answer = register(data={"sha": "a"}, headers=headers)
    assert answer.status_code == 401
    assert "does not open this organization" in answer.text


@pytest.mark.parametrize("path", ["globex/web", "nowhere/web", "ACME/web"])
def test_any_other_organization_is_refused_alike(
    register: Register, stored: Stored, path: str
) -> None:
    answer = register(f"{path}/register_deploy", data={"sha": "a"})
    assert answer.status_code == 401
    assert "does not open this organization" in answer.text
    assert stored() == []


def test_a_revoked_key_is_refused(register: Register, cast: Cast) -> None:
    (token,) = tokens_of(cast.acme.id)
    revoke_token(cast.acme.id, token.public_id)
    assert register(data={"sha": "a"}).status_code == 401


@pytest.mark.parametrize("slug", ["nothing", "Web", "%F0%9F%92%A9"])
def test_an_unknown_deployment_is_named_to_who_may_know(register: Register, slug: str) -> None:
    answer = register(f"acme/{slug}/register_deploy", data={"sha": "a"})
    assert answer.status_code == 404
    assert "no code deployment" in answer.text


def test_a_deployment_of_another_organization_is_unknown(
    register: Register, cast: Cast, stored: Stored
) -> None:
    create_code_deployment(cast.outside_project.id, "Core")
    assert register("acme/core/register_deploy", data={"sha": "a"}).status_code == 404
    assert stored() == []


def test_an_unknown_environment_is_answered_with_the_known_ones(
    register: Register, stored: Stored
) -> None:
    answer = register(data={"sha": "a", "environment": "qa"})
    assert answer.status_code == 400
    assert answer.text.startswith("environment qa is unknown; this project has: production, stag")
    assert stored() == []


def test_an_environment_is_known_in_any_case(register: Register, stored: Stored) -> None:
    register(data={"sha": "a", "environment": "Staging"})
    assert stored()[0].environment.slug == "staging"


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"data": {}}, "sha is missing"),
        ({"json": {}}, "sha is missing"),
        ({"data": "", "content_type": "text/plain"}, "sha is missing"),
        ({"json": []}, "Send the parameters"),
        ({"json": "sha"}, "Send the parameters"),
        ({"data": "{broken"}, "The body is not valid JSON."),
        ({"data": b'{"sha": "\xff"}'}, "The body is not valid JSON."),
        ({"data": "[" * 100_000, "content_type": "application/json"}, "The body is not valid"),
        ({"data": "", "content_type": "application/json"}, "The body is not valid JSON."),
        ({"data": "sha=a", "content_type": "text/plain"}, "Send the parameters"),
        ({"data": "<sha>a</sha>", "content_type": "text/xml"}, "Send the parameters"),
        ({"data": {"sha": "a", "date": "soon"}}, "date must be a date in ISO 8601"),
        ({"data": {"sha": "a", "email": "dora"}}, "email is not an e-mail address."),
        ({"data": {"sha": "a", "environment": "pro\nduction"}}, "environment pro duction is unkn"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_sentence(
    register: Register, stored: Stored, request_: dict[str, Any], sentence: str
) -> None:
    answer = register(**request_)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text.startswith(sentence)
    assert stored() == []


@pytest.mark.parametrize(
    "mimetype",
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"],
)
def test_a_huge_body_is_refused(register: Register, stored: Stored, mimetype: str) -> None:
    answer = register(data=b"sha=a&branch=" + b"x" * 2_200_000, content_type=mimetype)
    assert answer.status_code == 413
    assert answer.text == "The request is larger than 2 MB.\n"
    assert stored() == []


def test_too_many_form_fields_are_refused(register: Register) -> None:
    form = {"sha": "a", **{f"field{n}": "x" for n in range(1_100)}}
    assert register(data=form, content_type="multipart/form-data").status_code == 413


def test_a_long_list_is_refused_by_its_name(register: Register) -> None:
    answer = register(json={"sha": "a", "files": ["a.py"] * 5_001})
    assert answer.status_code == 413
    assert answer.text.startswith("files has 5001 items; at most 5000 are kept.")


def test_a_large_deploy_is_kept(register: Register, stored: Stored) -> None:
    files = [{"path": f"folder/file-{n}.py", "additions": n} for n in range(5_000)]
    assert register(json={"sha": "a", "files": files}).text == "Success"
    assert len(stored()[0].files) == 5_000


def test_unicode_survives(register: Register, stored: Stored) -> None:
    commits = [{"revision": "ünï", "message": "Größe 📏 日本", "author": {"name": "Dörte 🦊"}}]
    assert (
        register(json={"sha": "ünï", "branch": "größe/📏", "commits": commits}).status_code == 200
    )
    (deploy,) = stored()
    assert (deploy.revision, deploy.branch) == ("ünï", "größe/📏")
    assert (deploy.author_name, deploy.commits) == ("Dörte 🦊", commits)


def test_a_repeat_of_the_latest_deploy_is_refused(register: Register, stored: Stored) -> None:
    register(data={"sha": "a"})
    answer = register(data={"sha": "a"})
    assert answer.status_code == 400
    assert answer.text == "sha a is the latest deploy of Web to Production already.\n"
    assert len(stored()) == 1


def test_a_repeat_may_be_no_error(register: Register, stored: Stored) -> None:
    register(data={"sha": "a"})
    answer = register(data={"sha": "a", "ignore_if_duplicate": "true"})
    assert (answer.status_code, answer.text) == (200, "Success")
    assert len(stored()) == 1


def test_going_back_to_an_older_revision_is_a_deploy(register: Register, stored: Stored) -> None:
    for sha in ("a", "b", "a"):
        assert register(data={"sha": sha}).text == "Success"
    assert [each.revision for each in stored()] == ["a", "b", "a"]


def test_another_environment_is_another_deploy(register: Register, stored: Stored) -> None:
    for environment in ("production", "staging"):
        assert register(data={"sha": "a", "environment": environment}).text == "Success"
    assert len(stored()) == 2


def test_the_latest_deploy_is_the_one_deployed_last_not_registered_last(
    register: Register,
) -> None:
    register(data={"sha": "new", "date": "2026-03-04T11:00:00Z"})
    register(data={"sha": "old", "date": "2026-03-01T11:00:00Z"})
    assert register(data={"sha": "new"}).status_code == 400
    assert register(data={"sha": "old"}).status_code == 200


def test_a_member_is_named_as_here(register: Register, stored: Stored) -> None:
    register(data={"sha": "a", "email": "DORA@acme.test"})
    assert (stored()[0].author_name, stored()[0].author_email) == ("Dora", "DORA@acme.test")


def test_a_member_of_another_organization_is_not_named(register: Register, stored: Stored) -> None:
    register(data={"sha": "a", "email": "xena@globex.test"})
    assert (stored()[0].author_name, stored()[0].author_email) == ("", "xena@globex.test")


@pytest.mark.parametrize(
    ("commits", "name"),
    [
        ([{"revision": "a", "author": {"name": "Ann"}}, {"revision": "z", "author": "Zoe"}], "Ann"),
        ([{"revision": "y", "author": "Yul"}, {"revision": "z", "author": "Zoe"}], "Zoe"),
        (
            [
                {"revision": "y", "author": "Yul", "date": "2026-03-04T11:00:00Z"},
                {"revision": "z", "author": "Zoe", "date": "2026-03-03T11:00:00Z"},
            ],
            "Yul",
        ),
        ([{"revision": "a", "author": {"username": "ann99"}}], "ann99"),
        ([{"revision": "a", "author": {"email": "dora@acme.test", "name": "D."}}], "Dora"),
        ([{"revision": "a"}], ""),
        ([], ""),
    ],
)
def test_the_author_is_who_wrote_the_latest_commit(
    register: Register, stored: Stored, commits: list[Any], name: str
) -> None:
    register(json={"sha": "a", "commits": commits})
    assert stored()[0].author_name == name


def test_a_registration_is_noted_with_the_name_of_its_token(
    register: Register, cast: Cast, stored: Stored
) -> None:
    register(data={"sha": "b450349"})
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "deploy.registered")
    ).one()
    assert (entry.organization_id, entry.subject) == (cast.acme.id, "b450349")
    assert entry.actor_label == "access token Pipeline"
    assert entry.detail == {"code_deployment": "Web", "environment": "Production"}


def test_a_registration_is_published(register: Register, cast: Cast) -> None:
    register(data={"sha": "b450349"})
    event = db.session.scalars(select(Event).where(Event.name == "deploysChanged")).one()
    assert (event.organization_id, event.subject) == (cast.acme.id, "shop")


def test_a_pipeline_needs_no_csrf_token(app: Flask, register: Register) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert register(data={"sha": "a"}).text == "Success"


@pytest.mark.parametrize("path", ["acm%00e/web", "acme/w%00eb"])
def test_a_nul_in_the_address_is_no_slug(register: Register, stored: Stored, path: str) -> None:
    answer = register(f"{path}/register_deploy", data={"sha": "a"})
    assert answer.status_code == 404
    assert stored() == []


def test_only_post_registers(app: Flask, web: CodeDeployment) -> None:
    answer = app.test_client().get("/api/1/deployments/acme/web/register_deploy")
    assert answer.status_code == 405


def test_a_busy_database_is_told_in_a_sentence(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> Deploy:
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(registration, "register_deploy", busy)
    answer = register(data={"sha": "a"})
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert "nothing was stored. Try again" in answer.text


def test_a_code_deployment_deleted_meanwhile_is_not_found(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = registration.register_deploy

    def too_late(code_deployment_id: int, *arguments: Any) -> Deploy:
        delete_code_deployment(code_deployment_id)
        return really(code_deployment_id, *arguments)

    monkeypatch.setattr(registration, "register_deploy", too_late)
    answer = register(data={"sha": "a"})
    assert (answer.status_code, answer.text) == (404, "This code deployment was just deleted.\n")


def test_our_own_mistake_is_answered_without_particulars(
    app: Flask, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret particulars")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(registration, "register_deploy", broken)
    answer = register(data={"sha": "a"})
    assert answer.status_code == 500
    assert answer.text == "Something broke on our side; the error has been logged.\n"
