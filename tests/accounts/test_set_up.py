"""The first visit: a set-up page guarded by a code that only the server's owner can read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sleuth.accounts import organizations, people, setup_code
from sleuth.accounts.models import Organization, User
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db
from tests.conftest import Cast

ENTERED = {
    "organization": "Initech  Ltd",
    "name": "Peter",
    "email": " Peter@Initech.test ",
    "password": "a stapler of my own",
}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def code(app: Flask) -> str:
    made = setup_code.ensure(app)
    assert made
    return made


def count(model: type[Organization] | type[User]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(model.id))) or 0


def test_the_code_lies_in_a_file_that_nobody_else_may_read(app: Flask, code: str) -> None:
    path = Path(app.config["SLEUTH_DATA_DIR"], "setup-code")
    assert path.read_text().strip() == code
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_code_stays_the_same_until_it_is_used(app: Flask, code: str) -> None:
    assert setup_code.ensure(app) == code


def test_the_code_is_gone_once_somebody_has_an_account(app: Flask, code: str, cast: Cast) -> None:
    assert setup_code.ensure(app) is None
    assert not Path(app.config["SLEUTH_DATA_DIR"], "setup-code").exists()


def test_the_code_may_be_typed_carelessly(app: Flask, code: str) -> None:
    assert setup_code.is_right(f"  {code.upper().replace('-', ' ')} ")


@pytest.mark.parametrize("entered", ["", "-", "aaaa-bbbb-cccc-dddd", "ümläut"])
def test_another_code_is_wrong(code: str, entered: str) -> None:
    assert not setup_code.is_right(entered)


def test_no_code_is_right_while_there_is_none(app: Flask) -> None:
    assert not setup_code.is_right("")


def test_every_page_leads_to_set_up_while_nobody_has_an_account(visitor: FlaskClient) -> None:
    assert visitor.get("/").location == "/setup"
    assert visitor.get("/o/acme/settings").location == "/setup"


def test_set_up_creates_an_organization_and_signs_its_owner_in(
    visitor: FlaskClient, code: str
) -> None:
    answer = visitor.post("/setup", data={**ENTERED, "code": code}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Sleuth is set up" in answer.text
    organization = db.session.scalars(select(Organization)).one()
    assert (organization.name, organization.slug) == ("Initech Ltd", "initech-ltd")
    owner = db.session.scalars(select(User)).one()
    assert (owner.email, owner.memberships[0].role) == ("peter@initech.test", "owner")


def test_set_up_with_htmx_moves_the_whole_page(visitor: FlaskClient, code: str) -> None:
    answer = visitor.post("/setup", data={**ENTERED, "code": code}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/"


def test_set_up_is_written_down_as_the_owners_deed(
    visitor: FlaskClient, code: str, actions
) -> None:
    visitor.post("/setup", data={**ENTERED, "code": code})
    assert actions() == [("peter@initech.test", "organization.created", "Initech Ltd")]


def test_set_up_removes_the_code(app: Flask, visitor: FlaskClient, code: str) -> None:
    visitor.post("/setup", data={**ENTERED, "code": code})
    assert not Path(app.config["SLEUTH_DATA_DIR"], "setup-code").exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"code": "aaaa-bbbb-cccc-dddd"}, "This is not the set-up code"),
        ({"code": ""}, "Enter the set-up code."),
        ({"organization": " "}, "Enter the organization&#39;s name."),
        (
            {"organization": "x" * 121},
            "The organization&#39;s name may have 120 characters at most.",
        ),
        ({"name": ""}, "Enter your name."),
        ({"email": "peter"}, "Enter an e-mail address like name@example.com."),
        ({"password": "too short"}, "The password needs 10 characters or more."),
        ({"password": "x" * 1001}, "The password may have 1000 characters at most."),
        ({"password": "PETER@initech.test"}, "The password must not be the e-mail address."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    visitor: FlaskClient, code: str, changed: dict[str, str], sentence: str
) -> None:
    answer = visitor.post("/setup", data={**ENTERED, "code": code, **changed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert count(User) == 0


def test_the_password_is_never_sent_back(visitor: FlaskClient, code: str) -> None:
    answer = visitor.post("/setup", data={**ENTERED, "code": "wrong"})
    assert ENTERED["password"] not in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_set_up_is_over_once_somebody_has_an_account(
    visitor: FlaskClient, cast: Cast, method: str
) -> None:
    answer = getattr(visitor, method)("/setup", data=ENTERED, follow_redirects=True)
    assert "Sleuth is already set up; sign in instead." in answer.text
    assert "Sign in" in answer.text


def test_of_two_set_ups_at_once_one_succeeds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)
    new_person = people.new_person
    refused: list[str] = []

    def wait_for_the_other(*entered: str) -> User:
        person = new_person(*entered)
        together.wait(10)
        return person

    monkeypatch.setattr(organizations, "new_person", wait_for_the_other)

    def try_it(name: str) -> None:
        with app.app_context():
            try:
                organizations.set_up(name, name, f"{name}@initech.test", "a stapler of my own")
            except RuleError as error:
                refused.append(error.message)

    threads = [threading.Thread(target=try_it, args=(name,)) for name in ("peter", "milton")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert refused == ["Sleuth is already set up; sign in instead."]
    assert (count(User), count(Organization)) == (1, 1)
