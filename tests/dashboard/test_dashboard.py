"""The list of deploys: order and pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.extensions import db, write
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import titles, words

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sixty(shop) -> None:
    """Sixty deploys to production, one a minute; the newest has revision r0."""
    with write():
        for number in range(60):
            seed.add_deploy(shop.web, revision=f"r{number}", deployed_at=NOW - number * MINUTE)


def test_the_newest_deploy_comes_first_and_a_page_holds_twenty_five(read, sixty) -> None:
    assert titles(read()) == [f"r{number}" for number in range(25)]


def test_older_deploys_are_on_the_next_pages(read, sixty) -> None:
    assert titles(read(page=3)) == [f"r{number}" for number in range(50, 60)]
    assert "Page 3 of 3" in words(read(page=3))


@pytest.mark.parametrize(("wanted", "shown"), [("0", 1), ("-4", 1), ("x", 1), ("99", 3), ("²", 1)])
def test_a_page_that_is_not_there_shows_the_nearest(read, sixty, wanted, shown) -> None:
    assert f"Page {shown} of 3" in words(read(page=wanted))


def test_deploys_of_the_same_moment_have_one_order_on_all_pages(read, shop) -> None:
    with write():
        for number in range(30):
            seed.add_deploy(shop.web, revision=f"r{number}")
    assert len({*titles(read()), *titles(read(page=2))}) == 30


def test_pages_keep_the_filters(read, sixty) -> None:
    page = read(project="shop", q="r")
    assert re.search(r'rel="next"\s+href="[^"]*project=shop[^"]*page=2', page)


def test_another_organizations_deploys_are_not_on_the_board(sign_in, story) -> None:
    page = sign_in("outsider").get("/o/globex/").text
    assert "Web shop" not in page
    assert sign_in("outsider").get("/o/acme/").status_code == 404


def test_a_page_without_scripts_loads_again_while_a_verdict_is_pending(read, shop, sentry) -> None:
    assert 'http-equiv="refresh"' not in read()
    with write():
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(seed.add_deploy(shop.web), source, "unknown", "pending", is_final=False)
    page = read()
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="30">\s*</noscript>', page)


def test_a_dashboard_in_full_swing_can_be_drawn(read, story) -> None:
    db.session.rollback()
    page = words(read())
    for word in ("Improved", "Healthy", "Ailing", "Unhealthy", "Unknown", "Not recorded yet"):
        assert word in page
