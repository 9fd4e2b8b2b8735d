"""The dashboard takes few statements, and as many for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from sleuth.accounts.models import User
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Answer, Override
from sleuth.health.models import EnvironmentHealth, Verdict
from sleuth.ids import new_public_id
from tests.conftest import NOW
from tests.dashboard import seed
from tests.weighing import MOST_STATEMENTS, statements

MOST = MOST_STATEMENTS + 1
"""What begins the transaction is counted here as well."""


@pytest.fixture
def add(shop, sentry) -> Callable[[int], None]:
    """Add deploys with everything a card can show, each of a code deployment of its own."""
    with write():
        web = seed.add_source(sentry, shop.production)
        worker = seed.add_source(sentry, shop.production, "Sentry worker")
        db.session.add(EnvironmentHealth(environment_id=shop.production.id, viewed_at=NOW))
        person = db.session.query(User).first()

    def more(count: int) -> None:
        for number in range(count):
            name = f"Service {new_public_id()}"
            deployment = seed.add_deployment(shop.project, name)
            at = NOW - (number + 1) * timedelta(hours=1)
            deploy = seed.add_deploy(deployment, deployed_at=at, tags=[f"t{number}"])
            verdicts = [seed.add_verdict(deploy, each, "ailing") for each in (web, worker)]
            say(deploy.id, verdicts, person)

    return more


def say(deploy_id: int, verdicts: list[Verdict], person: User) -> None:
    override = Override(
        public_id=new_public_id(),
        deploy_id=deploy_id,
        health="healthy",
        reason="Known",
        set_at=NOW,
        set_by="Dora",
        set_by_id=person.id,
    )
    answers = [
        Answer(
            verdict_id=each.id,
            user_id=person.id,
            is_right=True,
            health="ailing",
            reason="rise",
            sensitivity="normal",
            answered_at=NOW,
        )
        for each in verdicts
    ]
    db.session.add_all([override, *answers])


@pytest.mark.parametrize(
    "query",
    [{}, {"project": "shop"}, {"range": "90d", "health": "healthy", "tag": "t0", "q": "b4"}],
)
def test_the_board_takes_the_same_statements_for_one_deploy_as_for_sixty(
    read, counting, add, query
) -> None:
    def statements() -> list[str]:
        with counting() as seen:
            read(**query)
        return seen

    with write():
        add(1)
    few = statements()
    with write():
        add(59)
    many = statements()
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= MOST, "\n".join(many)


def test_verdicts_of_sources_that_are_gone_take_no_more(read, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production)
        seed.add_verdict(seed.add_deploy(shop.web), None, "ailing")
    with statements(db.engine) as seen:
        read(project="shop")
    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def test_a_board_without_deploys_takes_no_more(read, counting, add) -> None:
    with write():
        add(1)
    with counting() as seen:
        read(project="shop", author="nobody")
    assert len(seen) <= MOST
