"""What hinders storing: a wrong clock, a full disk, a busy database, an unexpected failure."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event

from sleuth import clock
from sleuth.extensions import db
from sleuth.impact import collecting, leases, points, series, storing
from sleuth.impact.collecting import collect_integrations, collect_round
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.trackers.calls import PluginHooks
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


def collect(source: ImpactSource) -> ImpactSource:
    collect_integrations([source.integration_id])
    return fresh(source)


def fresh(source: ImpactSource) -> ImpactSource:
    db.session.rollback()
    return db.session.get_one(ImpactSource, source.id)


def is_whole(source: ImpactSource) -> bool:
    begin = int((NOW - timedelta(hours=1)).timestamp())
    return None not in series.read_counts(source.id, begin, begin + 3000, 60)


def test_a_tracker_that_outlasts_the_round_is_said_to_be_slow_and_asked_again(
    source: ImpactSource, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(collecting, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(collecting, "ANSWER_SECONDS", 0.05)
    sandbox.misbehave("slow", seconds=1)
    integration = db.session.get_one(Integration, collect(source).integration_id)
    assert integration.last_error == collecting.NO_ANSWER
    assert leases.due_integration_ids(NOW) == []
    assert leases.due_integration_ids(NOW + timedelta(minutes=1)) == [integration.id]


def test_a_plugin_that_outlasts_the_round_without_any_request_is_said_to_hang(
    source: ImpactSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ROUND_SECONDS", "PATIENCE_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(collecting, name, 0.05)
    go_on = Event()
    monkeypatch.setattr(PluginHooks, "call", lambda *_, **__: go_on.wait())
    error = collect(source).last_error
    go_on.set()
    assert "The Sentry plugin hung in sleuth_collect_counts, outside of any request." in error


@pytest.mark.parametrize(("hours", "word"), [(1, "ahead of"), (-1, "behind")])
def test_a_wrong_clock_is_an_error_that_says_so(
    source: ImpactSource, sandbox, hours: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "clock", lambda: NOW - timedelta(hours=hours))
    known = collect(source)
    assert f"The clock of this server is 60 minutes {word} that of Sentry" in known.last_error
    assert series.covered(source.id, 0, 2**40) == []


@pytest.mark.parametrize("change", ["2026-03-29T01:00+00:00", "2026-10-25T01:00+00:00"])
def test_summer_time_moves_no_minute(
    source: ImpactSource, sandbox, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        now = datetime.fromisoformat(change) + timedelta(hours=1)
        with clock.frozen(now):
            known = collect(source)
            begin, end = (int((now - timedelta(hours=n)).timestamp()) for n in (26, 0))
            acme = sandbox.world.organization("acme")
            truth = sandbox.counts(acme, acme.projects[0], "production", begin, end - 120)
        assert known.last_error == ""
        assert series.read_counts(source.id, begin, end, 60) == [*truth, None, None]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_half_a_minute_is_no_wrong_clock(
    source: ImpactSource, sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "clock", lambda: NOW - timedelta(seconds=30))
    assert collect(source).last_error == ""


@pytest.mark.sqlite
def test_a_full_disk_loses_nothing_but_time(
    source: ImpactSource, caplog: pytest.LogCaptureFixture
) -> None:
    pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    db.session.rollback()
    limit = [pages]

    @event.listens_for(db.engine, "begin")
    def fill(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit[0]}")

    collect_round()
    assert "The disk of the server is full" in caplog.text
    limit[0] = 2**30
    with clock.frozen(NOW + leases.LEASE):
        assert leases.due_integration_ids(clock.now()) == [source.integration_id]
        collect_integrations([source.integration_id])
    assert is_whole(fresh(source))
    event.remove(db.engine, "begin", fill)


@pytest.mark.sqlite
def test_a_locked_database_loses_nothing_but_time(
    source: ImpactSource, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    store = storing.store

    def lock_first(*arguments: Any) -> None:
        monkeypatch.setattr(storing, "store", store)
        db.session.rollback()
        db.session.connection().exec_driver_sql("PRAGMA busy_timeout=0")
        other.execute("BEGIN IMMEDIATE")
        store(*arguments)

    monkeypatch.setattr(storing, "store", lock_first)
    collect_round()
    assert "The database was busy for too long" in caplog.text
    other.execute("ROLLBACK")
    other.close()
    with clock.frozen(NOW + leases.LEASE):
        collect_integrations([source.integration_id])
    assert is_whole(fresh(source))


def test_an_answer_that_cannot_be_stored_harms_no_other(
    source: ImpactSource, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(rows: Any) -> None:
        if rows:
            raise ValueError("unexpected")

    monkeypatch.setattr(points, "upsert", fail)
    known = collect(source)
    assert "could not store these counts" in known.last_error
    assert "unexpected" in caplog.text
    assert known.due_at is not None
    assert known.due_at > NOW


def test_credentials_that_cannot_be_read_are_said_and_nothing_else_breaks(
    source: ImpactSource, app
) -> None:
    from cryptography.fernet import Fernet

    app.config["SLEUTH_ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
    collect(source)
    integration = db.session.get_one(Integration, source.integration_id)
    assert "cannot be read" in integration.last_error
    assert leases.due_integration_ids(NOW) == []


@pytest.mark.sqlite
def test_a_page_says_that_the_disk_is_full(cast, sign_in) -> None:
    pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    db.session.rollback()

    @event.listens_for(db.engine, "begin")
    def fill(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    name = "A" * 100
    answers = [
        sign_in("owner").post(
            "/o/acme/projects/new", data={"name": f"{name}{each}", "environments": "Production"}
        )
        for each in range(60)
    ]
    event.remove(db.engine, "begin", fill)
    refused = [each for each in answers if each.status_code == 503]
    assert refused, {each.status_code for each in answers}
    assert "The disk of the server is full" in refused[0].get_data(as_text=True)
