"""Signing in and out, and what a session is worth."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from sleuth.accounts import passwords
from sleuth.accounts import sign_in as door
from sleuth.accounts.models import User
from sleuth.extensions import db, write
from tests.accounts.conftest import HTMX
from tests.conftest import PASSWORD, Cast

RIGHT = {"email": " Olga@ACME.test", "password": PASSWORD}
WRONG = "This e-mail address and password do not belong together."


@pytest.fixture
def visitor(app: Flask, cast: Cast) -> FlaskClient:
    return app.test_client()


def test_strangers_cannot_leave_large_files_at_the_door(visitor: FlaskClient) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    body = head + bytes(3_000_000) + b"\r\n--x--\r\n"
    answer = visitor.post("/sign-in", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_the_right_password_leads_home(visitor: FlaskClient) -> None:
    answer = visitor.post("/sign-in", data=RIGHT)
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/o/acme/settings").status_code == 200


def test_the_right_password_leads_home_with_htmx(visitor: FlaskClient) -> None:
    assert visitor.post("/sign-in", data=RIGHT, headers=HTMX).headers["HX-Redirect"] == "/"


@pytest.mark.parametrize(
    "entered",
    [
        {"email": "olga@acme.test", "password": "correct horse battery "},
        {"email": "nobody@acme.test", "password": PASSWORD},
    ],
)
def test_a_wrong_pair_is_refused_in_the_same_words(
    visitor: FlaskClient, entered: dict[str, str]
) -> None:
    answer = visitor.post("/sign-in", data=entered)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert visitor.get("/o/acme/settings").status_code == 302


def test_empty_fields_are_named(visitor: FlaskClient) -> None:
    answer = visitor.post("/sign-in", data={})
    assert answer.status_code == 422
    assert "Enter your e-mail address." in answer.text
    assert "Enter your password." in answer.text


def test_an_unknown_address_costs_a_hash_too(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []
    matches = passwords.matches

    def watch(password_hash: str | None, password: str) -> bool:
        checked.append(password_hash)
        return matches(password_hash, password)

    monkeypatch.setattr(passwords, "matches", watch)
    visitor.post("/sign-in", data={"email": "nobody@acme.test", "password": PASSWORD})
    assert checked == [None]


def test_nobodys_hash_matches_nothing() -> None:
    assert not passwords.matches(None, PASSWORD)


def test_something_that_is_no_hash_matches_nothing() -> None:
    assert not passwords.matches("!", PASSWORD)


def test_signing_in_and_out_are_in_the_audit_log(visitor: FlaskClient, actions) -> None:
    visitor.post("/sign-in", data=RIGHT)
    visitor.post("/sign-out")
    assert actions() == [
        ("olga@acme.test", "person.signed_in", "olga@acme.test"),
        ("olga@acme.test", "person.signed_out", "olga@acme.test"),
    ]


def test_a_refused_sign_in_is_in_the_servers_log_without_the_password(
    visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.post("/sign-in", data={"email": "olga@acme.test", "password": "a secret thing"})
    assert "Sign-in was refused for 'olga@acme.test'." in caplog.text
    assert "a secret thing" not in caplog.text


def test_a_password_entered_for_an_address_is_not_in_the_servers_log(
    visitor: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.post("/sign-in", data={"email": "a secret thing", "password": "olga@acme.test"})
    assert "Sign-in was refused for nobody here." in caplog.text
    assert "a secret thing" not in caplog.text


def test_signing_out_ends_the_session(visitor: FlaskClient) -> None:
    visitor.post("/sign-in", data=RIGHT)
    answer = visitor.post("/sign-out", follow_redirects=True)
    assert "You are signed out." in answer.text
    assert visitor.get("/o/acme/settings").status_code == 302


def test_signing_out_with_htmx_moves_the_whole_page(sign_in) -> None:
    answer = sign_in("owner").post("/sign-out", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_who_is_signed_in_need_not_sign_in(sign_in) -> None:
    answer = sign_in("owner").get("/sign-in?next=/o/acme/settings")
    assert (answer.status_code, answer.location) == (303, "/o/acme/settings")


def test_an_old_hash_is_replaced_when_its_password_is_known(
    cast: Cast, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cast.owner.password_hash
    better = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", better)
    visitor.post("/sign-in", data=RIGHT)
    db.session.rollback()
    assert cast.owner.password_hash != before
    assert not better.check_needs_rehash(cast.owner.password_hash)
    assert better.verify(cast.owner.password_hash, PASSWORD)


def test_a_password_changed_meanwhile_lets_nobody_in(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_it(_hash: str) -> bool:
        with write():
            db.session.get_one(User, cast.owner.id).password_hash = "another"
        return False

    monkeypatch.setattr(passwords, "needs_rehash", change_it)
    assert door.sign_in("olga@acme.test", PASSWORD) is None


@pytest.mark.parametrize(
    "target", ["/o/acme/settings/people", "/o/acme/settings/audit-log?page=2", "/organizations"]
)
def test_signing_in_goes_on_to_where_somebody_wanted_to_go(
    visitor: FlaskClient, target: str
) -> None:
    gate = visitor.get(target)
    assert gate.location.startswith("/sign-in?next=")
    assert visitor.post(gate.location, data=RIGHT).location == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/ok\\..\\evil",
        "javascript:alert(1)",
        "evil.test",
        "/line\nbreak",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(visitor: FlaskClient, target: str) -> None:
    answer = visitor.post("/sign-in", query_string={"next": target}, data=RIGHT)
    assert answer.location == "/"


def test_the_session_cookie_is_guarded_and_lasts_thirty_days(visitor: FlaskClient) -> None:
    cookie = visitor.post("/sign-in", data=RIGHT).headers["Set-Cookie"]
    assert cookie.startswith("sleuth_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    lifetime = visitor.application.config["PERMANENT_SESSION_LIFETIME"]
    assert lifetime.days == 30
    assert "Expires=" in cookie


def test_every_visit_prolongs_the_session(visitor: FlaskClient) -> None:
    visitor.post("/sign-in", data=RIGHT)
    assert "Expires=" in visitor.get("/o/acme/settings").headers["Set-Cookie"]


class TestBehindHttps:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "SLEUTH_PUBLIC_URL": "https://sleuth.test"}

    def test_the_cookie_is_secure(self, visitor: FlaskClient) -> None:
        assert "Secure" in visitor.post("/sign-in", data=RIGHT).headers["Set-Cookie"]


@pytest.mark.parametrize("session_id", ["", "1", "x.1", "999.1", "1.2", "-1.1"])
def test_a_session_of_nobody_is_worth_nothing(cast: Cast, session_id: str) -> None:
    assert door.load_user(session_id) is None


def test_a_session_is_worth_its_person(cast: Cast) -> None:
    found = door.load_user(cast.owner.get_id())
    assert found is not None
    assert found.email == "olga@acme.test"


class TestWithFormProtection:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "WTF_CSRF_ENABLED": True}

    @pytest.mark.parametrize("url", ["/sign-in", "/setup", "/sign-out"])
    def test_a_form_without_its_token_is_refused(self, visitor: FlaskClient, url: str) -> None:
        answer = visitor.post(url, data=RIGHT)
        assert answer.status_code == 400
        assert "This page was open too long." in answer.text

    def test_a_form_with_its_token_passes(self, visitor: FlaskClient) -> None:
        token = visitor.get("/sign-in").text.split('name="csrf_token"')[1].split('value="')[1]
        data = {**RIGHT, "csrf_token": token.split('"')[0]}
        assert visitor.post("/sign-in", data=data).status_code == 303
