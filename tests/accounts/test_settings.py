"""The tabs General and Audit log, the way home, and the choice between organizations."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sleuth.accounts import audit, members, organizations
from sleuth.accounts.models import Organization, Role
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, write
from tests.accounts.conftest import as_kind
from tests.conftest import PASSWORD, Cast

SETTINGS = "/o/acme/settings"


@pytest.fixture(params=["plain", "htmx"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def test_everybody_sees_name_address_and_their_role(sign_in) -> None:
    text = sign_in("observer").get(SETTINGS).text
    assert "Acme" in text
    assert "<code>acme</code>" in text
    assert "Observer" in text
    assert "Rename" not in text
    assert "Audit log" not in text


def test_renaming_keeps_the_address(sign_in, cast: Cast, kind: str) -> None:
    owner = sign_in("owner")
    answer = owner.post(
        f"{SETTINGS}/rename", data={"name": " Acme  & Sons "}, headers=as_kind(kind)
    )
    if kind == "plain":
        assert (answer.status_code, answer.location) == (303, SETTINGS)
    else:
        assert json.loads(answer.headers["HX-Trigger"])["organizationChanged"] is True
    assert "Acme &amp; Sons" in owner.get(SETTINGS).text
    db.session.rollback()
    assert (cast.acme.name, cast.acme.slug) == ("Acme & Sons", "acme")


def test_a_name_is_needed(sign_in, cast: Cast, kind: str) -> None:
    answer = sign_in("owner").post(
        f"{SETTINGS}/rename", data={"name": "x" * 121}, headers=as_kind(kind)
    )
    assert answer.status_code == 422
    assert "The organization&#39;s name may have 120 characters at most." in answer.text
    assert cast.acme.name == "Acme"


def test_the_form_begins_with_the_present_name(sign_in) -> None:
    assert 'value="Acme"' in sign_in("owner").get(f"{SETTINGS}/rename").text


def test_htmx_gets_the_card_and_the_name_in_the_sidebar(sign_in) -> None:
    text = sign_in("owner").get(SETTINGS, headers=as_kind("htmx")).text
    assert "<html" not in text
    assert 'id="general"' in text
    assert '<p id="organization-name" hx-swap-oob="innerHTML">Acme</p>' in text


def test_the_audit_log_shows_the_newest_first(sign_in) -> None:
    owner = sign_in("owner")
    for name in ("First", "Second"):
        owner.post(f"{SETTINGS}/rename", data={"name": name})
    text = owner.get(f"{SETTINGS}/audit-log").text
    assert text.index("Before: First") < text.index("Before: Acme")
    assert "olga@acme.test" in text
    assert "renamed the organization to <b>Second</b>" in text


def test_the_audit_log_has_pages(sign_in, cast: Cast) -> None:
    with write():
        for number in range(60):
            audit.record(
                cast.acme.id, "project.created", f"thing {number}", parts=["a", "b"], none=None
            )
    owner = sign_in("owner")
    first, second = (owner.get(f"{SETTINGS}/audit-log?page={page}").text for page in (1, 2))
    assert "thing 59" in first
    assert "thing 9<" not in first
    assert "thing 9<" in second
    assert "Parts: a, b" in first
    assert "None" not in first


@pytest.mark.parametrize("page", ["0", "-7", "9" * 30])
def test_a_page_of_the_audit_log_that_cannot_be_is_no_error(sign_in, page: str) -> None:
    assert sign_in("owner").get(f"{SETTINGS}/audit-log?page={page}").status_code == 200


def test_the_audit_log_escapes_what_people_wrote(sign_in, cast: Cast) -> None:
    with write():
        audit.record(cast.acme.id, "project.created", "<script>alert(1)</script>")
    assert "<script>alert(1)" not in sign_in("owner").get(f"{SETTINGS}/audit-log").text


def test_the_audit_log_of_another_organization_stays_there(sign_in, cast: Cast) -> None:
    with write():
        audit.record(cast.globex.id, "project.created", "a secret of Globex")
    assert "a secret of Globex" not in sign_in("owner").get(f"{SETTINGS}/audit-log").text


def test_who_is_in_one_organization_goes_straight_there(sign_in) -> None:
    assert sign_in("owner").get("/").location.startswith("/o/acme")


def test_who_is_in_several_organizations_chooses(sign_in, cast: Cast) -> None:
    members.add_known_member(cast.globex.id, "olga@acme.test", Role.OBSERVER)
    text = sign_in("owner").get("/", follow_redirects=True).text
    assert "Acme" in text
    assert "Globex" in text
    assert 'href="/o/globex' in text


def test_who_is_in_none_is_told_what_to_do(app: Flask, sign_in, member, cast: Cast) -> None:
    members.remove_member(cast.acme.id, member("observer").public_id)
    text = sign_in("observer").get("/", follow_redirects=True).text
    assert "Ask an owner or administrator to add otto@acme.test." in text


def test_only_who_is_in_several_organizations_is_offered_another(sign_in, cast: Cast) -> None:
    with write():
        members.add_membership(cast.globex.id, cast.owner, Role.OBSERVER)
    offered = {
        who: "Switch organization" in sign_in(who).get(url).text
        for who, url in (("owner", SETTINGS), ("outsider", "/o/globex/"), ("developer", SETTINGS))
    }
    assert offered == {"owner": True, "outsider": False, "developer": False}


def test_two_organizations_of_one_name_have_two_addresses(cast: Cast) -> None:
    created = organizations.create_organization("Acme", "olga@acme.test")
    assert (created.name, created.slug) == ("Acme", "acme-2")


def test_a_further_organization_can_have_a_new_owner(cast: Cast, app: Flask) -> None:
    organizations.create_organization_with_owner("Hooli", "Gavin", "gavin@hooli.test", PASSWORD)
    entered = {"email": "gavin@hooli.test", "password": PASSWORD}
    visitor: FlaskClient = app.test_client()
    assert visitor.post("/sign-in", data=entered).status_code == 303
    assert visitor.get("/o/hooli/settings").status_code == 200


@pytest.mark.parametrize(
    ("create", "sentence"),
    [
        (
            lambda: organizations.create_organization("Hooli", "nobody@hooli.test"),
            "Nobody has the e-mail address",
        ),
        (
            lambda: organizations.create_organization_with_owner(
                "Hooli", "", "olga@acme.test", PASSWORD
            ),
            "already has an account",
        ),
        (
            lambda: organizations.create_organization(" ", "olga@acme.test"),
            "Enter the organization",
        ),
    ],
)
def test_an_organization_that_is_refused_is_not_created(cast: Cast, create, sentence: str) -> None:
    with pytest.raises(RuleError, match=sentence):
        create()
    db.session.rollback()
    assert db.session.query(Organization).count() == 2
