"""Any number of workers share the work: nothing is done twice, and nobody waits for a slow one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.extensions import db, write
from sleuth.impact import collecting, leases
from sleuth.impact.collecting import Round
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.impact.service import add_impact_source
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

INTEGRATIONS = 8
OF_EACH = 3


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


@pytest.fixture
def connect(sandbox: Sandbox, cast: Cast) -> Callable[..., list[int]]:
    """Connect another organization, and return the ids of its new impact sources."""

    def add(number: int, token: str = "full", sources: int = 1) -> list[int]:
        with write():
            organization = Organization(
                name=f"O{number}", slug=f"o{number}", created_at=clock.now()
            )
            db.session.add(organization)
            db.session.flush()
            integration = Integration(
                organization_id=organization.id,
                provider="sentry",
                credentials={"token": TOKENS[token].value, "organization": ""},
                connected_at=clock.now(),
            )
            db.session.add(integration)
            db.session.flush()
            added = [
                add_impact_source(
                    integration,
                    source_settings(cast, sandbox, f"{number}-{each}"),
                    interval_seconds=60,
                    warning="",
                ).id
                for each in range(sources)
            ]
            db.session.flush()
            db.session.execute(update(Sweep).values(due_at=NOW + timedelta(days=1)))
        return added

    return add


@pytest.mark.parametrize("workers", [1, 2, 5, 10])
def test_no_number_of_workers_asks_twice(
    connect: Callable[..., list[int]], app: Flask, sandbox: Sandbox, workers: int
) -> None:
    for number in range(INTEGRATIONS):
        connect(number, sources=OF_EACH)

    def work(_number: int) -> None:
        with app.app_context():
            Round().run()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    db.session.rollback()
    assert len(sandbox.requests) == INTEGRATIONS * OF_EACH
    assert set(db.session.scalars(select(ImpactSource.collected_at))) == {NOW}
    assert leases.due_integration_ids(NOW) == []


def test_a_silent_tracker_delays_no_other(
    connect: Callable[..., list[int]], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (silent,), (other,) = connect(1, "org_read_only"), connect(2)
    sandbox.misbehave("slow", seconds=3, token=TOKENS["org_read_only"].value)
    monkeypatch.setattr(collecting, "ROUND_SECONDS", 0.5)
    monkeypatch.setattr(collecting, "PATIENCE_SECONDS", 0.1)
    Round().run()
    db.session.rollback()
    assert db.session.get_one(ImpactSource, silent).collected_at is None
    assert db.session.get_one(ImpactSource, other).collected_at == NOW


def test_a_failing_tracker_delays_no_other(
    connect: Callable[..., list[int]], sandbox: Sandbox
) -> None:
    (failing,), (other,) = connect(1, "org_read_only"), connect(2)
    sandbox.misbehave("500", token=TOKENS["org_read_only"].value)
    Round().run()
    db.session.rollback()
    assert db.session.get_one(ImpactSource, failing).last_error.startswith("Sentry has a problem")
    assert db.session.get_one(ImpactSource, other).collected_at == NOW
