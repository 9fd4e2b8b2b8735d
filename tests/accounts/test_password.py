"""Changing one's password, and what it does to other browsers."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sleuth.accounts import people
from sleuth.accounts.models import User
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, write
from tests.accounts.conftest import HTMX
from tests.conftest import PASSWORD, Cast

NEW = "another horse battery"
ENTERED = {"current_password": PASSWORD, "new_password": NEW}


@pytest.fixture
def visitor(sign_in) -> FlaskClient:
    return sign_in("developer")


def can_sign_in(app: Flask, password: str) -> bool:
    answer = app.test_client().post(
        "/sign-in", data={"email": "dora@acme.test", "password": password}
    )
    return answer.status_code == 303


def test_the_page_says_whose_password_it_is(visitor: FlaskClient) -> None:
    assert "dora@acme.test" in visitor.get("/account/password").text


def test_the_new_password_works_and_the_old_one_does_not(app: Flask, visitor: FlaskClient) -> None:
    answer = visitor.post("/account/password", data=ENTERED)
    assert (answer.status_code, answer.location) == (303, "/")
    assert can_sign_in(app, NEW)
    assert not can_sign_in(app, PASSWORD)


def test_the_change_is_said_and_this_browser_stays_signed_in(visitor: FlaskClient) -> None:
    visitor.post("/account/password", data=ENTERED)
    answer = visitor.get("/o/acme/settings")
    assert answer.status_code == 200
    assert "Your password is changed." in answer.text


def test_with_htmx_the_whole_page_moves(visitor: FlaskClient) -> None:
    assert (
        visitor.post("/account/password", data=ENTERED, headers=HTMX).headers["HX-Redirect"] == "/"
    )


def test_other_browsers_are_signed_out(sign_in, visitor: FlaskClient) -> None:
    other = sign_in("developer")
    assert other.get("/o/acme/settings").status_code == 200
    visitor.post("/account/password", data=ENTERED)
    assert other.get("/o/acme/settings").location.startswith("/sign-in")


def test_the_change_is_in_the_audit_log(visitor: FlaskClient, actions) -> None:
    visitor.post("/account/password", data=ENTERED)
    assert actions() == [("dora@acme.test", "person.password_changed", "dora@acme.test")]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"current_password": "wrong"}, "That is not your current password."),
        ({"current_password": ""}, "Enter your current password."),
        ({"new_password": "short"}, "The password needs 10 characters or more."),
        ({"new_password": "dora@acme.test"}, "The password must not be the e-mail address."),
    ],
)
def test_what_is_wrong_is_said(
    app: Flask, visitor: FlaskClient, changed: dict[str, str], sentence: str
) -> None:
    answer = visitor.post("/account/password", data={**ENTERED, **changed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert can_sign_in(app, PASSWORD)


def test_of_two_changes_at_once_the_second_is_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash_password = people.passwords.hash_password

    def meanwhile(password: str) -> str:
        with write():
            db.session.get_one(User, cast.developer.id).password_hash = "another"
        return hash_password(password)

    monkeypatch.setattr(people.passwords, "hash_password", meanwhile)
    with pytest.raises(RuleError, match="has just been changed elsewhere"):
        people.change_password(cast.developer.id, PASSWORD, NEW)


def test_a_forgotten_password_can_be_set_anew(app: Flask, cast: Cast, actions) -> None:
    people.reset_password("Dora@acme.test", NEW)
    assert can_sign_in(app, NEW)
    assert actions()[0] == ("system", "person.password_reset", "dora@acme.test")


def test_nobodys_password_cannot_be_set(cast: Cast) -> None:
    with pytest.raises(RuleError, match=r"Nobody has the e-mail address nobody@acme\.test\."):
        people.reset_password("nobody@acme.test", NEW)
