"""The file for bug reports: what is in it, and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

import sleuth
from sleuth import clock, config
from sleuth.accounts import audit
from sleuth.accounts.models import Membership
from sleuth.diagnostics import installation, service
from sleuth.extensions import db, write
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.integrations import checks
from sleuth.integrations.models import (
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
    TrackerProject,
)
from tests import tracker_samples
from tests.conftest import NOW, Cast

URL = "/o/acme/integrations/sentry/diagnostics"
TOKEN = "sntryu_sample"
Fetch = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def queue_that_waits(queued: list[object]) -> None:
    """Nothing that a call enqueues runs."""


@pytest.fixture
def source(cast: Cast) -> ImpactSource:
    """Acme's only impact source; its integration knows Ada."""
    tracker_samples.an_impact_source(cast)
    with write():
        found = db.session.scalars(select(ImpactSource)).one()
        found.name = "Checkout errors"
        found.integration.account_label = "Ada Lovelace (ada@acme.test) · Acme Sentry"
        found.integration.masked_token = "…mple"
        found.integration.connected_by_id = cast.developer.id
    return found


@pytest.fixture
def fetch(sign_in: Callable[[str], FlaskClient]) -> Fetch:
    """Download the file and parse it."""

    def get(url: str = URL) -> dict[str, Any]:
        answer = sign_in("administrator").get(url)
        assert answer.status_code == 200
        parsed: dict[str, Any] = json.loads(answer.text)
        return parsed

    return get


def fails_with(source: ImpactSource, message: str) -> None:
    with write():
        db.session.get_one(ImpactSource, source.id).last_error = message


def error_in(document: dict[str, Any]) -> str:
    text: str = document["impact_sources"][0]["last_error"]
    return text


def test_it_is_a_file_named_after_organization_tracker_and_day(sign_in, source) -> None:
    answer = sign_in("administrator").get(URL)
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=sleuth-diagnostics-sentry-2026-03-04.json"
    )
    assert answer.mimetype == "application/json"


def test_the_page_of_the_audit_offers_it_and_says_what_is_in_it(sign_in, source) -> None:
    text = sign_in("administrator").get("/o/acme/integrations/sentry/audit").text
    assert f'action="{URL}"' in text
    assert "Not in it:" in text


def test_it_names_the_versions_of_everything(fetch, source) -> None:
    document = fetch()
    assert document["versions"]["sleuth"] == sleuth.__version__
    assert document["versions"]["libraries"]["flask"]
    assert document["plugin"]["loaded"]["name"] == "sentry"
    assert document["plugin"]["loaded"]["api_version"] == 1
    assert document["database"]["kind"] in ("sqlite", "postgresql")


def test_settings_are_named_and_those_that_may_be_secret_have_no_value(
    settings, fetch, source
) -> None:
    document = fetch()
    assert document["settings"].keys() == {row.name for row in config.SETTINGS}
    assert document["settings"]["SLEUTH_SECRET_KEY"] == "set"
    assert document["settings"]["SLEUTH_OUTBOUND_HOSTS"] == "default"
    assert settings["SLEUTH_SECRET_KEY"] not in json.dumps(document)
    assert settings["SLEUTH_ENCRYPTION_KEYS"] not in json.dumps(document)


def test_of_addresses_only_the_scheme_is_told(app: Flask) -> None:
    values = {**app.config, "SLEUTH_REDIS_URL": "rediss://user:hunter2@queue.acme.test:6379/0"}
    assert installation.settings(values)["SLEUTH_REDIS_URL"] == "rediss://[hidden]"


def test_no_setting_is_told_that_does_not_exist() -> None:
    known = {row.name for row in config.SETTINGS}
    assert known >= installation.TELLING | installation.ADDRESSES


def test_the_state_of_the_integration_and_its_sources_is_told(fetch, source) -> None:
    with clock.frozen(NOW + timedelta(minutes=20)):
        document = fetch()
    assert document["integration"]["state"] == "needs_attention"
    assert document["integration"]["account"] == "account-1"
    assert document["integration"]["connected_by"].startswith("person-")
    told = document["impact_sources"][0]
    assert (told["state"], told["name"], told["project"]) == (
        "needs_attention",
        "source-1",
        "project-1",
    )
    assert told["expected_at"] == NOW.isoformat()
    assert {each["kind"] for each in told["sweeps"]} == {"all", "week", "day", "filters"}


def test_rows_are_numbered_and_counts_are_not_told(fetch, source) -> None:
    start = int(NOW.timestamp())
    with write():
        db.session.add(ErrorCount(impact_source_id=source.id, bucket_start=start, count=987654))
        db.session.add(Coverage(impact_source_id=source.id, since=start, until=start + 600))
    document = fetch()
    rows = document["impact_sources"][0]["rows"]
    assert rows["minutes_with_errors"] == 1
    assert rows["covered"] == {
        "ranges": 1,
        "since": "2026-03-04T12:00:00+00:00",
        "until": "2026-03-04T12:10:00+00:00",
        "minutes": 10,
    }
    assert "987654" not in json.dumps(document)


def test_no_name_of_a_person_a_project_or_an_environment_is_in_it(
    sign_in, source, cast: Cast
) -> None:
    sign_in("developer").post("/o/acme/integrations/sentry/recheck")
    text = sign_in("administrator").get(URL).text.casefold()
    for name in ("Ada Lovelace", "acme", "Dora", "Olga", "Shop", "Production", "Checkout", "…mple"):
        assert name.casefold() not in text, name


def test_the_same_name_has_the_same_stand_in_everywhere(fetch, source, cast: Cast) -> None:
    with write(), audit.acting_as(cast.developer.email, cast.developer.id):
        audit.record(cast.acme.id, "impact_source.changed", "Checkout errors", provider="sentry")
    fails_with(source, "Dora cannot read Checkout errors of shop.")
    document = fetch()
    entry = document["audit"][0]
    assert document["integration"]["connected_by"] == entry["by"]
    assert entry["subject"] == document["impact_sources"][0]["name"]
    assert error_in(document) == f"{entry['by']} cannot read source-1 of project-1."


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Sentry does not know this token.", "Sentry does not know this token."),
        (f"Cannot use {TOKEN}.", "Cannot use [hidden]."),
        ("Cannot use 0123456789abcdef0123456789abcdef.", "Cannot use [hidden]."),
        ("The token …mple is refused.", "The token [hidden] is refused."),
        ("Ask zoe@elsewhere.test.", "Ask [e-mail]"),
        ("See https://acme.sentry.io/issues?token=1 there.", "See [address] there."),
        ("The Shop of ACME is closed.", "The project-1 of organization-1 is closed."),
        ("Workshops are no shop.", "Workshops are no project-1."),
    ],
)
def test_texts_of_errors_hold_no_secrets_and_no_names(fetch, source, message, told) -> None:
    fails_with(source, message)
    assert error_in(fetch()) == told


def test_names_of_the_trackers_projects_are_recognized(fetch, source) -> None:
    with write():
        row = db.session.scalars(select(TrackerProject)).one()
        row.label, row.project_key, row.environments = "till", "4711", ["eu-west"]
    fails_with(source, "No till (4711) in eu-west.")
    assert error_in(fetch()) == "No tracker-project-2 (tracker-project-2) in environment-4."


def test_a_long_text_is_cut(fetch, source) -> None:
    fails_with(source, "no " * 5000)
    assert len(error_in(fetch())) < 600


def test_who_was_removed_has_a_stand_in_too(fetch, source, cast: Cast) -> None:
    with write(), audit.acting_as(cast.developer.email, cast.developer.id):
        audit.record(cast.acme.id, "integration.paused", "Sentry", provider="sentry")
    with write():
        db.session.execute(delete(Membership).where(Membership.user_id == cast.developer.id))
    fails_with(source, "dora@acme.test has to do it.")
    document = fetch()
    assert error_in(document) == f"{document['audit'][0]['by']} has to do it."


def test_details_of_what_was_done_are_stand_ins(fetch, source, cast: Cast) -> None:
    with write():
        audit.record(
            cast.acme.id,
            "integration.token_replaced",
            "Sentry",
            provider="sentry",
            account="Grace Hopper",
            account_before="Ada Lovelace (ada@acme.test) · Acme Sentry",
            scopes_missing=["event:read"],
        )
    entry = fetch()["audit"][0]
    assert entry["action"] == "integration.token_replaced"
    assert entry["subject"] == "Sentry"
    assert entry["detail"] == {
        "account": "account-2",
        "account_before": "account-1",
        "scopes_missing": ["event:read"],
    }


def test_the_latest_checks_are_told(fetch, source, cast: Cast) -> None:
    with write():
        check = checks.start(
            organization_id=cast.acme.id,
            provider="sentry",
            kind=CheckKind.CONNECT,
            payload={"credentials": {"token": TOKEN}},
            user_id=cast.developer.id,
        )
        checks.decide(check, CheckState.FAILED, "Sentry does not know this token.")
    told = fetch()["checks"][0]
    assert (told["kind"], told["state"]) == ("connect", "failed")
    assert told["message"] == "Sentry does not know this token."


def test_a_question_about_an_unknown_account_is_not_told(sign_in, source, cast: Cast) -> None:
    tracker_samples.an_attempt_to_replace(cast)
    with write():
        check = db.session.scalars(select(ConnectionCheck)).one()
        check.message = "This token belongs to another Sentry account: Zoe instead of Ada."
    assert "Zoe" not in sign_in("administrator").get(URL).text


@pytest.mark.parametrize("kind", [CheckKind.RESTORE, CheckKind.REPLACE])
def test_what_came_of_comparing_accounts_is_not_told(sign_in, source, cast: Cast, kind) -> None:
    with write():
        check = checks.start(
            organization_id=cast.acme.id,
            provider="sentry",
            kind=kind,
            payload={},
            user_id=cast.administrator.id,
        )
        checks.decide(check, CheckState.FAILED, "It belongs to Zoe Zuse instead of Ada.")
    assert "Zuse" not in sign_in("administrator").get(URL).text


def test_many_sources_are_told_of_up_to_a_number_those_that_fail_first(
    fetch, source, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_SOURCES", 1)
    tracker_samples.an_impact_source(cast)
    newer = db.session.scalars(select(ImpactSource).order_by(ImpactSource.id.desc())).first()
    fails_with(newer, "It fails.")
    document = fetch()
    assert [each["last_error"] for each in document["impact_sources"]] == ["It fails."]
    assert document["integration"]["impact_sources"] == 2


def test_credentials_that_cannot_be_read_are_told_of(app: Flask, fetch, source) -> None:
    with write():
        row = db.session.scalars(select(Integration)).one()
        db.session.execute(
            Integration.__table__.update()
            .where(Integration.id == row.id)
            .values(credentials={"token": "x"})
        )
    app.config["SLEUTH_ENCRYPTION_KEYS"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    assert fetch()["credentials_are_readable"] is False


def test_what_is_not_connected_has_diagnostics_too(fetch, cast) -> None:
    document = fetch()
    assert document["integration"] is None
    assert document["impact_sources"] == []


def test_a_tracker_that_never_was_has_none(sign_in, cast) -> None:
    answer = sign_in("administrator").get("/o/acme/integrations/bug-net/diagnostics")
    assert answer.status_code == 404


@pytest.mark.parametrize("who", ["developer", "observer"])
def test_only_administrators_get_it(sign_in, source, who: str) -> None:
    assert sign_in(who).get(URL).status_code == 403


def test_another_organization_gets_nothing_of_it(sign_in, source) -> None:
    assert sign_in("outsider").get(URL).status_code == 404
    own = sign_in("outsider").get("/o/globex/integrations/sentry/diagnostics")
    assert json.loads(own.text)["integration"] is None
