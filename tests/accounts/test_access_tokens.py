"""Access tokens: shown once, stored hashed, good for one organization and purpose."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import tokens
from sleuth.accounts.models import AccessToken, TokenType
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db
from tests.accounts.conftest import as_kind
from tests.conftest import NOW, Cast

TOKENS = "/o/acme/settings/access-tokens"
REGISTER = {TokenType.REGISTER_DEPLOY, TokenType.ALL}


@pytest.fixture(params=["plain", "htmx"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def administrator(sign_in) -> FlaskClient:
    return sign_in("administrator")


@pytest.fixture
def new(cast: Cast) -> tokens.NewToken:
    return tokens.create_token(cast.acme.id, "Pipeline", TokenType.REGISTER_DEPLOY, cast.owner.id)


def stored() -> AccessToken:
    db.session.rollback()
    return db.session.scalars(select(AccessToken)).one()


def test_the_list_says_what_to_do_while_it_is_empty(sign_in) -> None:
    assert "A pipeline needs one to register deploys" in sign_in("owner").get(TOKENS).text
    assert "An administrator or owner can create one." in sign_in("observer").get(TOKENS).text


def test_a_token_is_shown_once(administrator: FlaskClient, kind: str) -> None:
    answer = administrator.post(
        f"{TOKENS}/create", data={"name": "CI", "type": "REGISTER_DEPLOY"}, headers=as_kind(kind)
    )
    assert answer.status_code == 200
    raw = re.search(r"slt_[\w-]{43}", answer.text)
    assert raw
    assert f'data-copy="{raw[0]}"' in answer.text
    later = administrator.get(TOKENS).text
    assert raw[0] not in later
    assert f"slt_…{raw[0][-4:]}" in later


def test_a_token_may_be_made_that_only_reads(administrator: FlaskClient) -> None:
    assert "READ: reads deploys and counts, no more" in administrator.get(f"{TOKENS}/create").text
    administrator.post(f"{TOKENS}/create", data={"name": "Dashboard", "type": "READ"})
    assert stored().type == TokenType.READ


def test_the_page_leads_to_what_the_api_offers(sign_in) -> None:
    assert 'href="/api/openapi.json"' in sign_in("observer").get(TOKENS).text


def test_the_list_hears_of_a_new_token_while_the_dialog_shows_it(
    administrator: FlaskClient,
) -> None:
    answer = administrator.post(
        f"{TOKENS}/create", data={"name": "CI", "type": "ALL"}, headers=as_kind("htmx")
    )
    assert answer.headers["HX-Trigger"] == "accessTokenChanged"
    assert "<html" not in answer.text


def test_only_the_hash_and_the_end_are_stored(new: tokens.NewToken) -> None:
    row = stored()
    assert row.token_hash == hashlib.sha256(new.raw.encode()).hexdigest()
    assert row.last_four == new.raw[-4:]
    assert new.raw not in repr(vars(row))


def test_the_audit_log_knows_the_end_of_the_token_only(
    administrator: FlaskClient, new: tokens.NewToken, sign_in
) -> None:
    text = sign_in("owner").get("/o/acme/settings/audit-log").text
    assert f"Last four: {new.raw[-4:]}" in text
    assert new.raw not in text


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({"name": "", "type": "ALL"}, "Enter a name."),
        ({"name": "x" * 121, "type": "ALL"}, "The name may have 120 characters at most."),
        ({"name": "CI", "type": "EVERYTHING"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_is_said(
    administrator: FlaskClient, kind: str, entered: dict[str, str], sentence: str
) -> None:
    answer = administrator.post(f"{TOKENS}/create", data=entered, headers=as_kind(kind))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalar(select(AccessToken)) is None


def test_a_revoked_token_is_said_to_be(
    administrator: FlaskClient, new: tokens.NewToken, kind: str
) -> None:
    url = f"{TOKENS}/{new.public_id}/revoke"
    assert f"(…{new.raw[-4:]})" in administrator.get(url, headers=as_kind(kind)).text
    answer = administrator.post(url, headers=as_kind(kind))
    assert answer.status_code == (303 if kind == "plain" else 200)
    assert stored().revoked_at == NOW
    assert "Revoked" in administrator.get(TOKENS).text
    assert tokens.authenticate_token(new.raw, "acme", REGISTER) is None


def test_a_token_is_revoked_once(administrator: FlaskClient, new: tokens.NewToken) -> None:
    url = f"{TOKENS}/{new.public_id}/revoke"
    administrator.post(url)
    answer = administrator.post(url)
    assert answer.status_code == 422
    assert "This token is revoked already." in answer.text


def test_who_made_a_token_is_listed(
    administrator: FlaskClient, new: tokens.NewToken, cast: Cast
) -> None:
    tokens.create_token(cast.acme.id, "Script", TokenType.ALL)
    text = administrator.get(TOKENS).text
    assert "Olga" in text
    assert "Command line" in text


def test_htmx_gets_the_list_alone(administrator: FlaskClient, new: tokens.NewToken) -> None:
    text = administrator.get(TOKENS, headers=as_kind("htmx")).text
    assert "<html" not in text
    assert 'id="access-tokens"' in text


def test_a_token_opens_its_organization(new: tokens.NewToken) -> None:
    found = tokens.authenticate_token(new.raw, "acme", REGISTER)
    assert found is not None
    assert found.name == "Pipeline"


@pytest.mark.parametrize(
    ("raw", "slug", "allowed"),
    [
        (None, "globex", REGISTER),
        (None, "nowhere", REGISTER),
        (None, "acme", {TokenType.ALL}),
        ("slt_wrong", "acme", REGISTER),
        ("", "acme", REGISTER),
        ("\ud800", "acme", REGISTER),
    ],
)
def test_anything_else_is_refused(
    new: tokens.NewToken, raw: str | None, slug: str, allowed: set[TokenType]
) -> None:
    given = new.raw if raw is None else raw
    assert tokens.authenticate_token(given, slug, allowed) is None
    assert stored().last_used_at is None


def test_the_last_use_is_remembered_once_a_minute(new: tokens.NewToken) -> None:
    for seconds, remembered in [(0, 0), (59, 0), (60, 60), (90, 60)]:
        with clock.frozen(NOW + timedelta(seconds=seconds)):
            assert tokens.authenticate_token(new.raw, "acme", REGISTER)
        assert stored().last_used_at == NOW + timedelta(seconds=remembered)


def test_the_last_use_is_shown(administrator: FlaskClient, new: tokens.NewToken) -> None:
    assert "never" in administrator.get(TOKENS).text
    tokens.authenticate_token(new.raw, "acme", REGISTER)
    assert "never" not in administrator.get(TOKENS).text


@pytest.mark.sqlite
def test_nobody_waits_to_remember_the_last_use(app: Flask, new: tokens.NewToken) -> None:
    writer = sqlite3.connect(db.engine.url.database or "", isolation_level=None)
    db.session.rollback()
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert tokens.authenticate_token(new.raw, "acme", REGISTER)
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert stored().last_used_at is None


def test_a_token_of_another_organization_cannot_be_revoked(cast: Cast, new) -> None:
    with pytest.raises(RuleError, match="revoked already"):
        tokens.revoke_token(cast.globex.id, new.public_id)
    assert stored().revoked_at is None
