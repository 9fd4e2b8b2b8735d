"""The tabs of the load test hear what a browser would."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from benchmarks import company, floor
from benchmarks.load import HOME, LIST, listeners
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from tests.conftest import PASSWORD


@pytest.fixture
def heard(app) -> dict[str, set[str]]:
    """What a dashboard with two deploys listens to."""
    company.fill(2)
    tab = app.test_client()
    tab.post("/sign-in", data={"email": floor.EMAIL, "password": PASSWORD})
    return listeners(tab.get(f"{HOME}/").text)


def test_a_dashboard_draws_its_list_again_when_a_deploy_is_new(heard) -> None:
    assert [url for url, events in heard.items() if LIST in events] == [f"{HOME}/"]


def test_a_dashboard_draws_a_card_again_when_its_deploy_changed(heard) -> None:
    newest = db.session.scalars(
        select(Deploy.public_id).order_by(Deploy.deployed_at.desc())
    ).first()
    assert heard[f"{HOME}/deploys/{newest}/card"] == {f"{LIST}:{newest}"}
