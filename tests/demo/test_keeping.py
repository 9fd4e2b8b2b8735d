"""What jobs do for the demo, by the ordinary means and against the stand-in itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from sleuth import clock
from sleuth.accounts.models import AuditEntry, Membership, Organization
from sleuth.demo import declaration, keeping, plan, service, stage, stand_in
from sleuth.demo.jobs import keep_up
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.health.due import due_deploy_ids
from sleuth.health.jobs import assess_deploy
from sleuth.health.models import Verdict
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.integrations.service import get_integration
from tests.conftest import NOW
from tests.demo.telling import is_as_planned


@pytest.fixture(autouse=True)
def collected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The integrations whose counts were collected; four weeks of them take seconds."""
    integration_ids: list[int] = []
    monkeypatch.setattr(keeping.collecting, "collect_integrations", integration_ids.extend)
    return integration_ids


@pytest.fixture
def connected(demo: Organization) -> Organization:
    """The demo's organization once the first job has run."""
    keep_up(demo.id)
    return demo


def connect_with(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """Let the stand-in's declaration name another token."""
    changed = replace(declaration.current(), credentials={"token": token})
    monkeypatch.setattr(declaration, "current", lambda: changed)


def incident_count(sandbox: Any) -> int:
    return len(sandbox.incidents)


def deploy_count() -> int:
    return db.session.scalar(select(func.count(Deploy.id))) or 0


def test_every_deploy_gets_the_verdict_that_was_planned(
    demo: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping.collecting, "collect_integrations", collect_integrations)
    keep_up(demo.id)
    for deploy_id in due_deploy_ids(NOW):
        assess_deploy(deploy_id)
    rows = db.session.execute(
        select(Deploy.revision, Deploy.deployed_at, Verdict.health, Verdict.reason).outerjoin(
            Verdict, Verdict.deploy_id == Deploy.id
        )
    )
    seen = {(row.revision, row.deployed_at): (row.health, row.reason) for row in rows}
    for planned in plan.past_deploys(NOW):
        health, _reason = seen[planned.revision, planned.deployed_at]
        assert is_as_planned(planned, health or "unknown"), (planned, health)
    latest = plan.live_deploy(NOW, 0)
    assert seen[latest.revision, latest.deployed_at] == ("unknown", "pending")


def test_sentry_is_connected_as_a_person_would_connect_it(connected: Organization) -> None:
    integration = get_integration(connected.id, "sentry")
    assert integration is not None
    assert "Lumen Works" in integration.account_label
    owner = db.session.scalar(
        select(Membership.user_id).where(
            Membership.organization_id == connected.id, Membership.role == "owner"
        )
    )
    assert integration.connected_by_id == owner


def test_production_and_one_staging_environment_have_an_impact_source(
    connected: Organization, collected: list[int]
) -> None:
    sources = db.session.scalars(select(ImpactSource)).all()
    assert sorted((each.project.name, each.environment.name) for each in sources) == [
        ("Checkout API", "Production"),
        ("Storefront", "Production"),
        ("Storefront", "Staging"),
        ("Worker", "Production"),
    ]
    assert {each.judges_from for each in sources} == {NOW - timedelta(days=23)}
    assert {each.history_days for each in sources} == {29}
    assert {each.integration_id for each in sources} == set(collected)


def test_doing_it_twice_changes_nothing(connected: Organization, sandbox: Any) -> None:
    known, deploys = incident_count(sandbox), deploy_count()
    keep_up(connected.id)
    assert incident_count(sandbox) == known
    assert deploy_count() == deploys
    assert db.session.scalar(select(func.count(Integration.id))) == 1


def test_what_was_interrupted_is_gone_on_with(demo: Organization) -> None:
    keep_up(demo.id)
    with write():
        db.session.execute(delete(AuditEntry).where(AuditEntry.action == service.CONNECTED))
        db.session.execute(delete(ImpactSource))
    keep_up(demo.id)
    assert db.session.scalar(select(func.count(ImpactSource.id))) == 4


def test_what_a_visitor_disconnects_stays_disconnected(connected: Organization) -> None:
    disable_integration(connected.id, "sentry", "Sentry")
    keep_up(connected.id)
    assert get_integration(connected.id, "sentry") is None


def test_a_stand_in_that_was_restarted_is_reminded(connected: Organization, sandbox: Any) -> None:
    known = sandbox.incidents
    sandbox.reset()
    keep_up(connected.id)
    assert sandbox.incidents == known


def test_impact_sources_follow_a_stand_in_whose_ports_have_changed(
    connected: Organization, sandbox: Any
) -> None:
    with write():
        for source in db.session.scalars(select(ImpactSource)):
            source.attributes = {**source.attributes, "region_url": "http://127.0.0.1:1"}
    sandbox.reset()
    keep_up(connected.id)
    found = {each.attributes["region_url"] for each in db.session.scalars(select(ImpactSource))}
    assert found == {sandbox.urls["us"]}


def test_a_stand_in_without_a_connection_has_nobody_to_follow_it(
    connected: Organization, sandbox: Any
) -> None:
    disable_integration(connected.id, "sentry", "Sentry")
    sandbox.reset()
    keep_up(connected.id)
    assert incident_count(sandbox) > 0


def test_beginning_again_makes_the_stand_in_forget_what_was(
    connected: Organization, sandbox: Any
) -> None:
    sandbox.add_incident("lumen", "worker", "production", NOW, minutes=5, factor=2)
    with clock.frozen(NOW + timedelta(minutes=90)):
        stage.begin()
        keep_up(connected.id)
    expected = sum(len(each.incidents) for each in plan.past_deploys(NOW))
    assert incident_count(sandbox) == expected


def test_a_further_deploy_arrives_every_twenty_minutes(connected: Organization) -> None:
    before = deploy_count()
    for minutes in (5, 16, 17, 18, 36, 37):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            keep_up(connected.id)
    assert deploy_count() == before + 2


def test_after_a_pause_only_the_latest_deploy_arrives(connected: Organization) -> None:
    before = deploy_count()
    with clock.frozen(NOW + timedelta(days=7)):
        keep_up(connected.id)
    assert deploy_count() == before + 1


def test_a_live_deploy_that_fails_brings_errors_and_they_are_remembered(
    connected: Organization, sandbox: Any
) -> None:
    known = incident_count(sandbox)
    with clock.frozen(NOW + timedelta(minutes=58)):
        keep_up(connected.id)
        assert incident_count(sandbox) == known + 1
        sandbox.reset()
        keep_up(connected.id)
        assert incident_count(sandbox) == known + 1


def test_a_code_deployment_that_is_gone_gets_no_more_deploys(connected: Organization) -> None:
    with write():
        db.session.execute(delete(CodeDeployment))
    with clock.frozen(NOW + timedelta(hours=1)):
        keep_up(connected.id)
    assert deploy_count() == 0


def test_a_token_that_the_stand_in_refuses_is_an_error(
    demo: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_with(monkeypatch, "sntryu_unheard_of")
    with pytest.raises(keeping.DemoError, match="could not be connected"):
        keep_up(demo.id)


def test_a_demo_without_an_owner_cannot_be_connected(demo: Organization) -> None:
    with write():
        db.session.execute(delete(Membership))
    with pytest.raises(keeping.DemoError, match="no owner"):
        keep_up(demo.id)


def test_a_project_that_the_stand_in_lacks_is_an_error(
    demo: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_with(monkeypatch, "sntryu_ada_full")
    with pytest.raises(keeping.DemoError, match="has no project storefront"):
        keep_up(demo.id)


def test_a_job_that_finds_the_stand_in_away_leaves_one_line_in_the_log(
    demo: Organization, sandbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.stop()
    keep_up(demo.id)
    assert "does not answer" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_stand_in_that_goes_away_meanwhile_leaves_one_line_in_the_log(
    demo: Organization, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_with(monkeypatch, "sntryu_of_nobody")
    monkeypatch.setattr(stand_in, "remind", _is_away)
    keep_up(demo.id)
    assert "It is away." in caplog.text
    assert "Traceback" not in caplog.text


def _is_away(_incidents: object) -> bool:
    raise stand_in.StandInError("It is away.")


def test_an_order_that_the_stand_in_refuses_is_an_error(demo: Organization) -> None:
    incident = {**plan.past_deploys(NOW)[4].incidents[0], "project": "unheard-of"}
    with pytest.raises(stand_in.StandInError, match="no project lumen/unheard-of"):
        stand_in.remind([incident])


def test_an_organization_that_is_no_demo_is_left_alone(app: Flask, cast: Any) -> None:
    keep_up(cast.acme.id)
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0


def test_the_tick_finds_the_demo_and_nothing_elsewhere(app: Flask, demo: Organization) -> None:
    assert keeping.due_organization_ids(NOW) == [demo.id]
    app.config["SLEUTH_DEMO"] = False
    assert keeping.due_organization_ids(NOW) == []


def test_the_tick_waits_until_the_demo_is_made(app: Flask) -> None:
    assert keeping.due_organization_ids(NOW) == []
