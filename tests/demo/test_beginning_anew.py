"""A demo that begins anew, or is asked for twice, while a job is setting it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import NoResultFound

from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.demo import keeping, service, stage
from sleuth.demo.jobs import keep_up
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW

NEXT_LIVE_DEPLOY = NOW + timedelta(minutes=18)
STEPS = [
    (keeping, "validate_connection"),
    (keeping.project_list, "refresh_projects"),
    (keeping, "register_deploy"),
]
every_step = pytest.mark.parametrize(("module", "name"), STEPS, ids=[each[1] for each in STEPS])


@pytest.fixture(autouse=True)
def collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the counts, which take seconds."""
    monkeypatch.setattr(keeping.collecting, "collect_integrations", lambda _ids: None)


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return how to let something happen right before the first call of a function."""

    def arrange(module: ModuleType, name: str, happens: Callable[[], None]) -> None:
        function = getattr(module, name)

        def interrupted(*arguments: Any, **named: Any) -> Any:
            monkeypatch.setattr(module, name, function)
            happens()
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, interrupted)

    return arrange


def begin_anew() -> None:
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        stage.begin()


def source_count() -> int:
    return db.session.scalar(select(func.count(ImpactSource.id))) or 0


@every_step
def test_a_demo_that_begins_anew_meanwhile_is_set_up_in_turn(
    demo: Organization, before: Callable[..., None], module: ModuleType, name: str
) -> None:
    with clock.frozen(NEXT_LIVE_DEPLOY):
        before(module, name, begin_anew)
        keep_up(demo.id)
    assert service.is_connected(demo.id)
    assert source_count() == 4


@every_step
def test_two_jobs_at_once_set_it_up_once(
    demo: Organization, before: Callable[..., None], module: ModuleType, name: str
) -> None:
    with clock.frozen(NEXT_LIVE_DEPLOY):
        before(module, name, lambda: keep_up(demo.id))
        keep_up(demo.id)
    assert source_count() == 4
    live = select(func.count(Deploy.id)).where(Deploy.deployed_at > NOW)
    assert db.session.scalar(live) == 1


def test_what_is_wrong_without_a_new_beginning_is_an_error(
    demo: Organization, before: Callable[..., None]
) -> None:
    def remove_the_organizations_integration() -> None:
        with write():
            db.session.execute(delete(Integration))

    before(keeping.project_list, "refresh_projects", remove_the_organizations_integration)
    with pytest.raises(NoResultFound):
        keep_up(demo.id)
