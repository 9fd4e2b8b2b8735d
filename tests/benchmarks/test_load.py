"""The tabs of the load test hear what a browser would."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from benchmarks import company, floor
from benchmarks.load import CARD, HOME, Part, parts
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from tests.conftest import PASSWORD


@pytest.fixture
def shown(app) -> dict[str, Part]:
    """What a dashboard with two deploys asks for again."""
    company.fill(2)
    tab = app.test_client()
    tab.post("/sign-in", data={"email": floor.EMAIL, "password": PASSWORD})
    return parts(tab.get(f"{HOME}/").text)


def test_a_dashboard_draws_its_list_again_when_a_deploy_is_new(shown) -> None:
    lists = {url: part.name for url, part in shown.items() if part.is_list}
    assert lists == {f"{HOME}/": "deploys"}


def test_a_dashboard_draws_a_card_again_when_its_deploy_changed(shown) -> None:
    newest = db.session.scalars(
        select(Deploy.public_id).order_by(Deploy.deployed_at.desc())
    ).first()
    assert shown[f"{HOME}/deploys/{newest}/card"].heard == {f"{CARD}{newest}"}
