"""A deploy's overall health, computed by the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select

from sleuth.health.by_hand.effective import set_health
from sleuth.health.models import Verdict
from sleuth.health.words import WORST_FIRST

BEST_FIRST = ("unknown", *reversed(WORST_FIRST))


def overall_rank(deploy_id: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Return an expression for the place of a deploy's health in ``BEST_FIRST``.

    Its worst source decides unless somebody set another health by hand; unknown comes first,
    so it stays only if all are unknown.
    """
    places = {health: place for place, health in enumerate(BEST_FIRST)}
    worst = select(func.max(case(places, value=Verdict.health, else_=0)))
    of_deploy = worst.where(Verdict.deploy_id == deploy_id).scalar_subquery()
    by_hand = case(places, value=set_health(deploy_id))
    return func.coalesce(by_hand, of_deploy, 0)
