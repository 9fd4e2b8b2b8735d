"""Change failures, where deploys are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sleuth.extensions import write
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

MINUTE = timedelta(minutes=1)
WHY = "Unhealthy for 7 minutes in all, reached 4 Mar 2026, 11:12 UTC"


@pytest.fixture
def deployed(shop):
    """Store a deploy of an hour ago that failed so many minutes after it, or did not."""

    def store(failed_after: int | None) -> str:
        at = NOW - 60 * MINUTE
        failure = {} if failed_after is None else {
            "failed_at": at + failed_after * MINUTE,
            "failure_boundary": "unhealthy",
            "failure_minutes": 7,
        }  # fmt: skip
        with write():
            return seed.add_deploy(shop.web, deployed_at=at, **failure).public_id

    return store


def test_a_failed_deploy_says_so_and_why(read, deployed) -> None:
    card = read(f"/deploys/{deployed(12)}/card")
    assert f"Change failure : {WHY}" in words(card)
    assert f'title="{WHY}"' in card


def test_its_page_says_why_for_all_to_read(read, deployed) -> None:
    page = words(read(f"/deploys/{deployed(12)}"))
    since = "A change failure since 4 Mar 2026, 11:12 UTC : Unhealthy for 7 minutes in all."
    assert since in page


@pytest.mark.parametrize("failed_after", [None, 61])
def test_others_do_not_nor_those_that_lack_time(read, deployed, failed_after) -> None:
    deploy = deployed(failed_after)
    assert "failure" not in words(read(f"/deploys/{deploy}/card")).lower()
    assert "a change failure" not in words(read(f"/deploys/{deploy}")).lower()


def test_the_headline_counts_them(read, deployed) -> None:
    deployed(None)
    assert "change failure" not in words(read()).partition("Unknown")[0]
    for failed_after in (12, 60, 61):
        deployed(failed_after)
    assert "4 deploys over 7 days, 0.6 a day; " in words(read())
    assert "; 2 change failures (50 %)" in words(read())
