"""Whoever holds a token reads his organization's deploys, and nothing else happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, session
from sqlalchemy.exc import OperationalError

from sleuth import clock
from sleuth.accounts.models import AccessToken, TokenType
from sleuth.accounts.tokens import create_token, revoke_token
from sleuth.extensions import db, write
from sleuth.integrations.models import Integration
from tests.api.conftest import Get, World
from tests.conftest import NOW, Cast

PROBLEM = "application/problem+json"


def addresses(world: World) -> list[str]:
    return [
        "deploys",
        f"deploys/{world.deploy.public_id}",
        f"deploys/{world.deploy.public_id}/evidence",
        f"impact-sources/{world.source.public_id}/series",
    ]


def test_a_reading_token_opens_every_address(get: Get, world: World) -> None:
    assert [get(path).status_code for path in addresses(world)] == [200] * 4


def test_a_token_for_everything_reads_too(get: Get, cast: Cast, world: World) -> None:
    key = create_token(cast.acme.id, "Everything", TokenType.ALL).raw
    assert get("deploys", key).status_code == 200


def test_a_token_that_registers_does_not_read(get: Get, cast: Cast, world: World) -> None:
    key = create_token(cast.acme.id, "Pipeline", TokenType.REGISTER_DEPLOY).raw
    for path in addresses(world):
        answer = get(path, key)
        assert (answer.status_code, answer.mimetype) == (403, PROBLEM)
        assert "type READ or ALL" in answer.json["detail"]


def test_a_token_that_reads_does_not_register(app: Flask, token: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/1/deployments/acme/web-shop/register_deploy"
    assert app.test_client().post(path, data={"sha": "a"}, headers=headers).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "apikey x"])
def test_without_a_token_it_says_what_to_send(app: Flask, world: World, header: str) -> None:
    for path in addresses(world):
        answer = app.test_client().get(f"/api/v1/{path}", headers={"Authorization": header})
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"] == "Bearer realm=Sleuth"
        assert "Authorization: Bearer TOKEN" in answer.json["detail"]


def test_a_wrong_or_revoked_token_opens_nothing(get: Get, cast: Cast, token: str) -> None:
    assert "unknown, or was revoked" in get("deploys", "slt_wrong").json["detail"]
    new = create_token(cast.acme.id, "Old", TokenType.READ)
    revoke_token(cast.acme.id, new.public_id)
    assert get("deploys", new.raw).status_code == 401
    assert get("deploys", "ünïcode \udcff").status_code == 401


def test_another_organizations_things_are_not_found(get: Get, cast: Cast, world: World) -> None:
    key = create_token(cast.globex.id, "Dashboard", TokenType.READ).raw
    assert get("deploys", key).json == {"deploys": [], "next": None}
    for path in addresses(world)[1:]:
        answer = get(path, key)
        assert (answer.status_code, answer.mimetype) == (404, PROBLEM)
        assert "This organization has no" in answer.json["detail"]


def test_a_disabled_source_is_not_found(get: Get, world: World) -> None:
    with write():
        db.session.add(world.source)
        world.source.disabled_at = NOW
        db.session.get_one(Integration, world.source.integration_id).disabled_at = NOW
    assert get(f"impact-sources/{world.source.public_id}/series").status_code == 404
    assert get("deploys").json["deploys"][0]["impacts"][0]["impact_source"]["id"] is None


def test_a_cookie_is_neither_read_nor_set(app: Flask, sign_in, token: str, world: World) -> None:
    browser = sign_in("owner")
    assert browser.get("/api/v1/deploys").status_code == 401
    with clock.frozen(NOW + timedelta(days=1)):
        answer = browser.get("/api/v1/deploys", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.vary
    with app.test_request_context("/api/v1/deploys"):
        assert not session


def test_use_is_noted(get: Get, token: str) -> None:
    get("deploys")
    db.session.rollback()
    used = {each.name: each.last_used_at for each in db.session.query(AccessToken)}
    assert used == {"Dashboard": NOW}


def test_head_and_options_and_nothing_that_changes(app: Flask, token: str, world: World) -> None:
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    for path in addresses(world):
        head = client.head(f"/api/v1/{path}", headers=headers)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"]
        options = client.options(f"/api/v1/{path}")
        assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        refused = client.post(f"/api/v1/{path}", headers=headers)
        assert (refused.status_code, refused.mimetype) == (405, PROBLEM)


@pytest.mark.parametrize("path", ["deploy", "deploys/", "deploys//evidence", "/deploys", ""])
def test_an_address_that_is_none_is_a_problem_too(get: Get, token: str, path: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.mimetype) == (404, PROBLEM)
    assert answer.json["title"] == "Not Found"
    assert answer.json["status"] == 404


def test_a_fault_of_ours_shows_nothing_of_itself(
    app: Flask, get: Get, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("sleuth.api.deploys.read_page", fail)
    answer = get("deploys")
    assert (answer.status_code, answer.mimetype) == (500, PROBLEM)
    assert "secret" not in answer.text


def test_a_busy_database_is_a_problem_that_passes(
    get: Get, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr("sleuth.api.deploys.read_page", busy)
    answer = get("deploys")
    assert (answer.status_code, answer.mimetype) == (503, PROBLEM)
    assert "Try again in a minute" in answer.json["detail"]


class TestTooOften:
    @pytest.fixture
    def settings(self, settings: dict[str, object]) -> dict[str, object]:
        return {**settings, "RATELIMIT_ENABLED": True}

    def test_all_addresses_count_together(self, get: Get, token: str, world: World) -> None:
        paths = addresses(world)
        answers = [get(paths[number % 4], "slt_wrong") for number in range(300)]
        assert {each.status_code for each in answers} == {401}
        answer = get("deploys")
        assert (answer.status_code, answer.mimetype) == (429, PROBLEM)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert f"wait {answer.headers['Retry-After']} s" in answer.json["detail"]


def test_null_characters_are_refused(get: Get, token: str) -> None:
    answer = get("deploys", project="a\0b")
    assert (answer.status_code, answer.mimetype) == (400, PROBLEM)
    assert get("deploys/a%00b").status_code == 404


def test_many_tokens_of_one_organization_read_the_same(get: Get, cast: Cast, world: World) -> None:
    key = create_token(cast.acme.id, "Second", TokenType.READ).raw
    assert get("deploys").json == get("deploys", key).json
