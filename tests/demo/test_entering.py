"""The demo's door, and the button that lets it begin again, as a visitor sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import members
from sleuth.accounts.models import AuditEntry, Organization, Role
from sleuth.accounts.permissions import DEMO_ENDPOINTS, ENDPOINTS
from sleuth.demo import service
from sleuth.extensions import db
from sleuth.projects.service import create_project, projects_of
from tests.conftest import NOW, Cast

Enter = Callable[[str], FlaskClient]
RESET = "/o/lumen-works/demo/reset"


def test_the_sign_in_page_offers_to_enter(app: Flask, demo: Organization) -> None:
    page = app.test_client().get("/sign-in").text
    assert "Enter the demo" in page
    assert 'value="developer"' in page
    assert 'value="observer"' in page


def test_the_first_visit_leads_there(app: Flask, demo: Organization) -> None:
    answer = app.test_client().get("/", follow_redirects=True)
    assert "Enter the demo" in answer.text


def test_one_click_leads_to_the_dashboard(app: Flask, demo: Organization) -> None:
    answer = app.test_client().post("/demo/enter", follow_redirects=True)
    assert answer.request.path == "/o/lumen-works/"
    assert "Maya Lindqvist" in answer.text


@pytest.mark.parametrize(
    ("role", "name"), [("owner", "Maya"), ("developer", "Priya"), ("observer", "Jonas")]
)
def test_the_role_can_be_chosen(app: Flask, demo: Organization, role: str, name: str) -> None:
    answer = app.test_client().post("/demo/enter", data={"role": role}, follow_redirects=True)
    assert name in answer.text
    assert f"<small>{role.capitalize()}</small>" in answer.text


def test_the_role_can_be_changed_inside(demo: Organization, enter: Enter) -> None:
    answer = enter("owner").post("/demo/enter", data={"role": "observer"}, follow_redirects=True)
    assert "Jonas Weber" in answer.text


def test_an_organization_beside_the_demos_is_not_offered_what_only_that_has(
    app: Flask, demo: Organization, enter: Enter, sign_in, cast: Cast
) -> None:
    assert "/demo/situations" in enter("owner").get("/o/lumen-works/").text
    page = sign_in("owner").get("/o/acme/").text
    assert "Sample data" in page
    assert "/demo/situations" not in page
    assert "/demo/reset" not in page


def test_entering_is_noted_in_the_log(app: Flask, demo: Organization) -> None:
    app.test_client().post("/demo/enter", data={"role": "observer"})
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.actor_label) == ("person.signed_in", "jonas@lumen.example")


@pytest.mark.parametrize("role", ["administrator", "king", ""])
def test_other_roles_have_no_door(app: Flask, demo: Organization, role: str) -> None:
    assert app.test_client().post("/demo/enter", data={"role": role}).status_code == 404


def test_a_role_that_nobody_has_any_more_is_said(app: Flask, demo: Organization) -> None:
    developer = members.members_of(demo.id)[2]
    members.change_role(demo.id, developer.public_id, Role.OBSERVER)
    answer = app.test_client().post(
        "/demo/enter", data={"role": "developer"}, follow_redirects=True
    )
    assert "The demo has no developer any more" in answer.text


def test_only_the_demos_own_people_can_be_entered_as(app: Flask, demo: Organization) -> None:
    members.add_member(demo.id, "real@person.test", Role.DEVELOPER, password="x" * 12)
    for member in members.members_of(demo.id):
        if member.user.email == "priya@lumen.example":
            members.remove_member(demo.id, member.public_id)
    assert service.find_member(demo.id, Role.DEVELOPER) is None


def test_the_door_is_closed_until_the_demo_is_made(sandbox: Any, app: Flask) -> None:
    assert app.test_client().post("/demo/enter").status_code == 404


def test_no_password_opens_an_account_of_the_demo(app: Flask, demo: Organization) -> None:
    for password in ("!", "", "maya"):
        answer = app.test_client().post(
            "/sign-in", data={"email": "maya@lumen.example", "password": password}
        )
        assert answer.status_code == 422


def test_a_forged_form_does_not_enter(app: Flask, demo: Organization) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert app.test_client().post("/demo/enter").status_code == 400


def test_every_page_says_that_it_is_a_demo(demo: Organization, enter: Enter) -> None:
    for path in ("/", "/integrations/error-trackers", "/settings/people"):
        assert 'aria-label="Demo"' in enter("observer").get(f"/o/lumen-works{path}").text


@pytest.mark.parametrize(("role", "is_offered"), [("owner", True), ("developer", False)])
def test_who_administers_may_let_it_begin_again(
    demo: Organization, enter: Enter, role: str, is_offered: bool
) -> None:
    page = enter(role).get("/o/lumen-works/").text
    assert ("Reset the demo" in page) is is_offered
    assert enter(role).get(RESET).status_code == (200 if is_offered else 403)


def test_beginning_again_is_asked_first(demo: Organization, enter: Enter) -> None:
    page = enter("owner").get(RESET).text
    assert "This will be lost:" in page
    assert service.began_at(demo.id) == NOW


def test_beginning_again_puts_everything_back_and_keeps_the_visitor(
    demo: Organization, enter: Enter, queued: list[Any]
) -> None:
    create_project(demo.id, "Mine")
    with clock.frozen(NOW + timedelta(hours=1)):
        answer = enter("owner").post(RESET, follow_redirects=True)
    assert answer.request.path == "/o/lumen-works/"
    assert "The demo starts afresh" in answer.text
    assert "Mine" not in [each.name for each in projects_of(demo.id)]
    assert ("sleuth.demo.jobs.keep_up", demo.id) in queued


def test_the_log_says_who_let_it_begin_again(demo: Organization, enter: Enter) -> None:
    enter("owner").post(RESET)
    entries = db.session.scalars(select(AuditEntry)).all()
    assert [(each.action, each.actor_label) for each in entries] == [
        ("demo.began", "maya@lumen.example")
    ]


def test_a_reset_that_cannot_be_noted_does_not_happen(
    demo: Organization, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_project(demo.id, "Mine")

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the audit log is full")

    browser = enter("owner")
    monkeypatch.setattr("sleuth.demo.stage.audit.record", refuse)
    with pytest.raises(RuntimeError, match="the audit log is full"):
        browser.post(RESET)
    db.session.rollback()
    assert "Mine" in [each.name for each in projects_of(demo.id)]


def test_another_organization_cannot_be_reset(app: Flask, demo: Organization, cast: Cast) -> None:
    browser = app.test_client(user=cast.owner)
    assert browser.post("/o/acme/demo/reset").status_code == 404
    assert browser.post(RESET).status_code == 404


def test_a_demo_has_the_rows_of_permission_that_it_needs(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert known == set(ENDPOINTS) | set(DEMO_ENDPOINTS)


class TestElsewhere:
    """An installation that is no demo."""

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "SLEUTH_DEMO": False}

    def test_nobody_can_enter(self, app: Flask, demo: Organization) -> None:
        assert app.test_client().post("/demo/enter").status_code == 404

    def test_nothing_can_be_reset(self, app: Flask, demo: Organization, enter: Enter) -> None:
        assert enter("owner").post(RESET).status_code == 404

    def test_no_page_mentions_it(self, app: Flask, demo: Organization, enter: Enter) -> None:
        assert "demo" not in app.test_client().get("/sign-in").text.lower()
        assert 'aria-label="Demo"' not in enter("owner").get("/o/lumen-works/").text
