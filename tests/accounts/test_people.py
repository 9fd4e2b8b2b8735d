"""The tab People: adding, changing, removing; one owner at any time."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from sleuth.accounts import members
from sleuth.accounts.models import Event, Membership, Role, User
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, write
from tests.accounts.conftest import as_kind
from tests.conftest import PASSWORD, Cast

PEOPLE = "/o/acme/settings/people"
NINA = {"email": "Nina@acme.test", "role": "developer", "name": "Nina", "password": PASSWORD}


@pytest.fixture(params=["plain", "htmx"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def owner(sign_in) -> FlaskClient:
    return sign_in("owner")


@pytest.fixture
def administrator(sign_in) -> FlaskClient:
    return sign_in("administrator")


def assert_done(answer, kind: str, message: str) -> None:
    """Check that the dialog closed, and that the page hears of it."""
    if kind == "plain":
        assert (answer.status_code, answer.location) == (303, PEOPLE)
        return
    triggers = json.loads(answer.headers["HX-Trigger"])
    assert answer.text == ""
    assert triggers["dialogClose"] is True
    assert triggers["memberChanged"] is True
    assert triggers["notify"]["message"] == message


def test_everybody_is_listed_the_owner_first(sign_in) -> None:
    text = sign_in("observer").get(PEOPLE).text
    places = [text.index(f">{name}<") for name in ("Olga", "Adam", "Dora")]
    assert places == sorted(places)
    assert "xena@globex.test" not in text


def test_htmx_gets_the_list_alone(sign_in) -> None:
    text = sign_in("observer").get(PEOPLE, headers=as_kind("htmx")).text
    assert "<html" not in text
    assert 'id="people"' in text


@pytest.mark.parametrize("who", ["observer", "developer"])
def test_who_may_not_manage_people_is_offered_nothing(sign_in, who: str) -> None:
    text = sign_in(who).get(PEOPLE).text
    assert "Add person" not in text
    assert "Remove" not in text
    assert "Change role" not in text


def test_only_the_owner_is_offered_the_transfer(owner, administrator) -> None:
    assert "Make owner" in owner.get(PEOPLE).text
    assert "Make owner" not in administrator.get(PEOPLE).text


def test_a_new_person_gets_an_account(administrator, roles, app, kind) -> None:
    answer = administrator.post(f"{PEOPLE}/add", data=NINA, headers=as_kind(kind))
    assert_done(answer, kind, "Nina is a member now.")
    assert roles()["Nina"] == "developer"
    entered = {"email": "nina@acme.test", "password": PASSWORD}
    assert app.test_client().post("/sign-in", data=entered).status_code == 303


def test_a_new_person_without_a_name_is_called_after_the_address(administrator, roles) -> None:
    administrator.post(f"{PEOPLE}/add", data={**NINA, "name": ""})
    assert roles()["nina"] == "developer"


def test_somebody_with_an_account_is_added_by_the_operator_alone(cast, roles) -> None:
    before = cast.outsider.password_hash
    members.add_known_member(cast.acme.id, "xena@globex.test", Role.OBSERVER)
    assert roles()["Xena"] == "observer"
    assert cast.outsider.password_hash == before


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"email": "nina"}, "Enter an e-mail address like name@example.com."),
        ({"email": "dora@acme.test"}, "dora@acme.test is a member already."),
        ({"email": "xena@globex.test"}, "xena@globex.test already has an account on this server"),
        ({"password": ""}, "The password needs 10 characters or more."),
        ({"role": "owner"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said(
    administrator, roles, kind, changed: dict[str, str], sentence: str
) -> None:
    before = roles()
    answer = administrator.post(f"{PEOPLE}/add", data={**NINA, **changed}, headers=as_kind(kind))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ("<html" in answer.text) == (kind == "plain")
    assert roles() == before


def test_an_address_taken_meanwhile_is_refused(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(members, "find_person", lambda _email: None)
    with pytest.raises(RuleError, match="already has an account"):
        members.add_member(cast.acme.id, "xena@globex.test", Role.OBSERVER, password=PASSWORD)


def test_a_role_can_be_changed(administrator, member, roles, kind) -> None:
    url = f"{PEOPLE}/{member('developer').public_id}/role"
    assert 'selected value="developer"' in administrator.get(url, headers=as_kind(kind)).text
    answer = administrator.post(url, data={"role": "administrator"}, headers=as_kind(kind))
    assert_done(answer, kind, "Dora is an administrator now.")
    assert roles()["Dora"] == "administrator"


def test_the_owners_role_cannot_be_changed(administrator, member, roles) -> None:
    url = f"{PEOPLE}/{member('owner').public_id}/role"
    answer = administrator.post(url, data={"role": "observer"})
    assert answer.status_code == 422
    assert "role changes when ownership is transferred." in answer.text
    assert roles()["Olga"] == "owner"


def test_nobody_can_be_given_ownership(cast: Cast, member) -> None:
    with pytest.raises(RuleError, match="ownership is transferred, not given"):
        members.change_role(cast.acme.id, member("developer").public_id, Role.OWNER)


def test_a_member_can_be_removed(administrator, member, roles, sign_in, kind) -> None:
    url = f"{PEOPLE}/{member('developer').public_id}/remove"
    assert "Dora will no longer see anything of Acme." in administrator.get(url).text
    answer = administrator.post(url, headers=as_kind(kind))
    assert_done(answer, kind, "Dora is no longer a member.")
    assert "Dora" not in roles()
    assert sign_in("developer").get("/o/acme/settings").status_code == 404


def test_the_owner_cannot_be_removed(administrator, member, roles, kind) -> None:
    url = f"{PEOPLE}/{member('owner').public_id}/remove"
    answer = administrator.post(url, headers=as_kind(kind))
    assert answer.status_code == 422
    assert "The owner cannot be removed; transfer ownership first." in answer.text
    assert roles()["Olga"] == "owner"


def test_who_leaves_is_led_away(administrator, member, roles) -> None:
    url = f"{PEOPLE}/{member('administrator').public_id}/remove"
    assert "You will no longer see anything of Acme." in administrator.get(url).text
    answer = administrator.post(url, headers=as_kind("htmx"))
    assert answer.headers["HX-Redirect"] == "/"
    assert "Adam" not in roles()
    assert "You are in no organization" in administrator.get("/", follow_redirects=True).text


def test_ownership_can_be_transferred(owner, member, roles, kind) -> None:
    url = f"{PEOPLE}/{member('developer').public_id}/transfer-ownership"
    assert "Dora will own Acme, and you will be an administrator." in owner.get(url).text
    answer = owner.post(url, headers=as_kind(kind))
    assert_done(answer, kind, "Dora owns the organization now.")
    assert roles() == {
        "Dora": "owner",
        "Adam": "administrator",
        "Olga": "administrator",
        "Otto": "observer",
    }


def test_ownership_cannot_be_transferred_to_the_owner(owner, member) -> None:
    answer = owner.post(f"{PEOPLE}/{member('owner').public_id}/transfer-ownership")
    assert answer.status_code == 422
    assert "They own the organization already." in answer.text


def test_the_database_itself_refuses_a_second_owner(cast: Cast) -> None:
    second = update(Membership).where(Membership.user_id == cast.developer.id).values(role="owner")
    with pytest.raises(IntegrityError), write():
        db.session.execute(second)


@pytest.mark.parametrize(
    "change",
    [
        lambda organization_id: members.change_role(organization_id, "gone", Role.OBSERVER),
        lambda organization_id: members.remove_member(organization_id, "gone"),
        lambda organization_id: members.transfer_ownership(organization_id, "gone"),
    ],
)
def test_what_happens_to_somebody_who_left_is_refused(cast: Cast, change) -> None:
    with pytest.raises(RuleError, match="no longer a member"):
        change(cast.acme.id)


@pytest.mark.parametrize("dialog", ["role", "remove", "transfer-ownership"])
def test_a_member_who_does_not_exist_is_not_found(owner, dialog: str) -> None:
    assert owner.get(f"{PEOPLE}/nobody/{dialog}").status_code == 404


def test_changes_are_in_the_audit_log_with_what_was_before(owner, member, cast: Cast) -> None:
    owner.post(f"{PEOPLE}/{member('developer').public_id}/role", data={"role": "observer"})
    text = owner.get("/o/acme/settings/audit-log").text
    assert "changed the role of <b>" in text
    assert "Before: developer" in text
    assert "Role: observer" in text


def test_live_pages_hear_of_changes(owner, member) -> None:
    public_id = member("developer").public_id
    owner.post(f"{PEOPLE}/{public_id}/remove")
    event = db.session.scalars(select(Event)).one()
    assert (event.name, event.subject) == ("memberChanged", public_id)


def test_the_account_of_a_removed_member_stays(owner, member, cast: Cast) -> None:
    owner.post(f"{PEOPLE}/{member('developer').public_id}/remove")
    assert db.session.get(User, cast.developer.id) is not None
