"""An organization that has connected Hourglass, and an impact source of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth.extensions import db
from sleuth.impact.models import ImpactSource
from tests.conftest import Cast
from tests.impact.declared.dialogs import (
    ADD,
    ENTERED,
    HTMX,
    INTEGRATIONS,
    PASTED,
    RunJobs,
    answer_on_demand,
    choose,
)


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    dummies = Path(__file__).parents[2] / "dummies"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "hourglass.py").symlink_to(dummies / "hourglass.py")
    return {**settings, "SLEUTH_PLUGINS_DIR": str(tmp_path / "own")}


@pytest.fixture
def developer(sign_in: Callable[[str], FlaskClient], queued: list[Any]) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def connected(cast: Cast, developer: FlaskClient, run_jobs: RunJobs) -> FlaskClient:
    """A developer of an organization that has connected Hourglass, with both questions."""
    answer_on_demand(developer, run_jobs, f"{INTEGRATIONS}/hourglass/enable", PASTED)
    return developer


@pytest.fixture
def added(connected: FlaskClient, run_jobs: RunJobs) -> ImpactSource:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    connected.post(ADD, data=ENTERED, headers=HTMX)
    run_jobs()
    return db.session.scalars(select(ImpactSource)).one()
