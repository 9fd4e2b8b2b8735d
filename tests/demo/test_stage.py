"""What is there before any job has run, and how the demo begins again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from sleuth import clock
from sleuth import demo as the_demo
from sleuth.accounts import members, tokens
from sleuth.accounts.models import AuditEntry, Organization, Role, TokenType, User
from sleuth.accounts.organizations import is_set_up
from sleuth.demo import plan, service, stage
from sleuth.demo.cast import MEMBERS
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.projects.models import Environment
from sleuth.projects.service import create_project, projects_of
from tests.conftest import NOW


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_people_projects_and_deploys_are_there_at_once(demo: Organization) -> None:
    roles = [member.role for member in members.members_of(demo.id)]
    assert roles == [Role.OWNER, Role.ADMINISTRATOR, Role.DEVELOPER, Role.OBSERVER]
    assert [each.name for each in projects_of(demo.id)] == ["Checkout API", "Storefront", "Worker"]
    assert count(Environment) == 6
    assert count(CodeDeployment) == 4
    assert count(Deploy) == len(plan.past_deploys(NOW)) + 1


def test_nobody_is_asked_to_set_anything_up(demo: Organization) -> None:
    assert is_set_up()


def test_making_them_opens_no_connection(app: Flask, no_sockets: None) -> None:
    the_demo.prepare(app)
    assert service.find_demo()


def test_a_deploy_looks_as_if_a_pipeline_had_registered_it(demo: Organization) -> None:
    deploy = db.session.scalars(select(Deploy).order_by(Deploy.deployed_at).limit(1)).one()
    assert deploy.author_name == "Priya Nair"
    assert deploy.branch == "main"
    assert len(deploy.commits) == 3
    assert deploy.commits[-1]["revision"] == deploy.revision
    assert deploy.pull_requests[0]["title"] == "Show the delivery date on the product page"
    assert deploy.tags == ["frontend"]
    assert deploy.registered_at == deploy.deployed_at


def test_a_second_start_changes_nothing(app: Flask, demo: Organization) -> None:
    create_project(demo.id, "Mine")
    with clock.frozen(NOW + timedelta(hours=1)):
        the_demo.prepare(app)
    db.session.rollback()
    assert len(projects_of(demo.id)) == 4
    assert service.began_at(demo.id) == NOW


def test_the_demo_keeps_away_from_an_organization_of_the_same_name(app: Flask, cast: Any) -> None:
    members.add_member(cast.acme.id, "maya@lumen.example", Role.OBSERVER, password="x" * 12)
    the_demo.prepare(app)
    assert service.find_demo().slug == "lumen-works"
    assert [each.name for each in projects_of(cast.acme.id)] == ["Shop"]


def test_beginning_again_removes_what_visitors_made(demo: Organization) -> None:
    create_project(demo.id, "Mine")
    tokens.create_token(demo.id, "Mine", TokenType.ALL)
    members.add_member(demo.id, "me@visitor.test", Role.OBSERVER, password="x" * 12)
    with clock.frozen(NOW + timedelta(hours=1)):
        stage.begin()
    assert [each.name for each in projects_of(demo.id)] == ["Checkout API", "Storefront", "Worker"]
    assert tokens.tokens_of(demo.id) == []
    assert len(members.members_of(demo.id)) == len(MEMBERS)
    assert count(Deploy) == len(plan.past_deploys(NOW)) + 1
    assert service.began_at(demo.id) == NOW + timedelta(hours=1)


def test_beginning_again_restores_roles_and_names(demo: Organization) -> None:
    heir = members.members_of(demo.id)[2]
    members.transfer_ownership(demo.id, heir.public_id)
    stage.begin()
    owner = service.find_member(demo.id, Role.OWNER)
    assert owner is not None
    assert owner.name == "Maya Lindqvist"


def test_beginning_again_keeps_the_accounts_so_that_visitors_stay_signed_in(
    demo: Organization,
) -> None:
    before = {user.get_id() for user in db.session.scalars(select(User))}
    stage.begin()
    assert {user.get_id() for user in db.session.scalars(select(User))} == before


def test_beginning_again_is_noted_in_the_log(demo: Organization) -> None:
    stage.begin()
    log = db.session.scalars(select(AuditEntry.action)).all()
    assert log == ["demo.began"]


def test_the_operator_can_ask_for_it_once(app: Flask, demo: Organization) -> None:
    wish = Path(app.config["SLEUTH_DATA_DIR"], the_demo.RESET_FILE)
    wish.touch()
    with clock.frozen(NOW + timedelta(hours=1)):
        the_demo.prepare(app)
    db.session.rollback()
    assert service.began_at(demo.id) == NOW + timedelta(hours=1)
    assert not wish.exists()
