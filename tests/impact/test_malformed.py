"""Of an answer that makes no sense nothing is stored; what is known stays as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import func, select

from sleuth.extensions import db, write
from sleuth.impact import schedule
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW
from tests.malformed import ALWAYS_THE_SAME, malformed_documents

FAULTS = ("html-200", "html-502", "truncated", "hang-up", "interval", "400", "500", "no-projects")


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


@pytest.fixture
def known(source: ImpactSource) -> ImpactSource:
    """A source whose past is collected, and whose newest minutes are asked for again."""
    collect_integrations([source.integration_id])
    return source


def stored() -> list[Any]:
    """Return what is known: how much in all, and what exactly of the newest minutes."""
    db.session.rollback()
    whole = select(func.count(), func.sum(ErrorCount.count)).select_from(ErrorCount)
    newest = select(ErrorCount.bucket_start, ErrorCount.count).where(
        ErrorCount.bucket_start >= window()[0]
    )
    ranges = select(Coverage.since, Coverage.until)
    return [sorted(db.session.execute(each)) for each in (whole, newest, ranges)]


def collect_again(source_id: int) -> ImpactSource:
    with write():
        source = db.session.get_one(ImpactSource, source_id)
        source.due_at, source.last_error = NOW, ""
        db.session.get_one(Integration, source.integration_id).retry_at = None
        integration_id = source.integration_id
    collect_integrations([integration_id])
    db.session.rollback()
    return db.session.get_one(ImpactSource, source_id)


def window() -> tuple[int, int]:
    asked = schedule.newest_window(NOW - timedelta(minutes=2), NOW, 60)
    return int(asked.since.timestamp()), int(asked.until.timestamp())


@ALWAYS_THE_SAME
@given(document=malformed_documents(*window()))
def test_nothing_is_stored_of_a_malformed_answer(known: ImpactSource, sandbox, document) -> None:
    before = stored()
    sandbox.behave()
    sandbox.misbehave("json", match="/events-", body=document)
    assert collect_again(known.id).last_error[-1] == "."
    assert stored() == before


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_stored_of_an_answer_that_is_none(
    known: ImpactSource, sandbox, fault: str
) -> None:
    before = stored()
    sandbox.misbehave(fault, match="/events-")
    assert collect_again(known.id).last_error[-1] == "."
    assert stored() == before
