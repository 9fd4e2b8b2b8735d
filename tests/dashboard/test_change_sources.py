"""The change source cards beside the list: how deploys went, and who watches."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sleuth.extensions import db, write
from sleuth.impact import states
from sleuth.impact.states import State
from sleuth.integrations.models import Integration
from tests.conftest import NOW, _project
from tests.dashboard import seed
from tests.dashboard.conftest import words

LONG_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def side(read):
    """Return the markup of the change sources."""

    def draw(**query: object) -> str:
        return read(**query).partition("<aside")[2].partition('aria-label="Change sources"')[2]

    return draw


def test_a_code_deployment_without_a_deploy_says_so(side, shop) -> None:
    assert "Web shop Shop · no deploy yet" in words(side())


def test_the_last_deploy_is_said_in_words(side, shop) -> None:
    with write():
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=5))
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=1))
    assert "last deploy 1 hour ago" in words(side())


def test_the_last_deployed_comes_first(side, shop) -> None:
    with write():
        seed.add_deployment(shop.project, "Asleep")
        busy = seed.add_deployment(shop.project, "Busy")
        seed.add_deploy(busy)
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=90))
    page = words(side())
    assert page.index("Busy") < page.index("Web shop") < page.index("Asleep")


def test_only_the_chosen_project_has_cards(side, shop) -> None:
    with write():
        other = _project(shop.project.organization, "Warehouse")
        seed.add_deployment(other, "Robots")
    assert "Web shop" not in side(project="warehouse")
    assert "Robots" in side(project="warehouse")


def test_many_code_deployments_end_in_a_link_to_all(side, shop) -> None:
    with write():
        for number in range(12):
            seed.add_deployment(shop.project, f"Service {number:02}")
    page = side()
    assert page.count("source-name") == 12
    assert "All code deployments" in page


def test_the_strip_shows_the_last_fourteen_healths_oldest_first(side, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        for number in range(16):
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=number))
            seed.add_verdict(deploy, source, "unhealthy" if number == 0 else "healthy")
    marks = side().split("strip-mark ")[1:]
    assert len(marks) == 14
    assert [mark.startswith("health-unhealthy") for mark in marks] == [False] * 13 + [True]


def test_the_strip_reaches_back_thirty_days(side, shop) -> None:
    with write():
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=31))
    assert "strip-mark" not in side()


def test_the_edge_has_the_health_of_the_last_deploy_that_has_one(side, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        for hours, health in ((3, "healthy"), (2, "ailing"), (1, "unknown")):
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=hours))
            seed.add_verdict(deploy, source, health, "gap" if health == "unknown" else "")
    assert "source-card card-health health-ailing" in side()


def test_without_an_integration_no_tracker_is_shown(side, shop) -> None:
    assert "No error tracker connected" in side()


def test_the_logo_is_grey_until_the_project_has_an_impact_source(side, shop, sentry) -> None:
    assert "tracker-logo-grey" in side()
    assert "Sentry: no impact source yet" in words(side())


def test_the_logo_is_grey_until_counts_arrive(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production, collected_at=None)
    assert "tracker-logo-grey" in side()
    assert "Sentry: no counts yet" in words(side())


def test_the_logo_is_green_once_a_source_works_and_words_say_it(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production)
    assert "tracker-logo-connected" in side()
    assert "Sentry connected: collecting since 3 Mar 2026" in words(side())


def test_the_logo_is_grey_again_when_collecting_fails(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production, last_error="Sentry is away.", expected_at=LONG_AGO)
    assert "tracker-logo-grey" in side()
    assert "Sentry: collecting fails needs attention" in words(side())


def test_a_first_failure_alarms_nobody(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production, last_error="Sentry is away.")
    assert "tracker-logo-connected" in side()
    assert "needs attention" not in words(side())


def test_a_refused_token_turns_the_logo_grey(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production)
        db.session.get_one(Integration, sentry.id).refusals = 4
    assert "Sentry: collecting fails needs attention" in words(side())


@pytest.mark.parametrize("what", ["source", "integration"])
def test_what_is_paused_is_called_so(side, shop, sentry, what: str) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        (source if what == "source" else sentry).paused_at = NOW
    assert "tracker-logo-grey" in side()
    assert "Sentry: paused" in words(side())
    assert "needs attention" not in words(side())


def test_one_failing_source_beside_a_working_one_needs_attention(side, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production, "Works")
        seed.add_source(sentry, shop.staging, "Fails", expected_at=LONG_AGO)
    assert "tracker-logo-connected" in side()
    assert "needs attention" in words(side())


@pytest.mark.parametrize("minutes", [0, 5, 14, 15, 60])
@pytest.mark.parametrize("collected_at", [NOW, None])
def test_green_means_what_the_impact_source_itself_says(
    side, shop, sentry, minutes: int, collected_at: datetime | None
) -> None:
    expected_at = NOW - timedelta(minutes=minutes)
    values = {"collected_at": collected_at, "expected_at": expected_at}
    with write():
        source = seed.add_source(sentry, shop.production, **values)
    state = states.state_of_source(source, NOW)
    is_green = collected_at is not None and state in (State.CONNECTED, State.LATE)
    assert ("tracker-logo-connected" in side()) == is_green
    assert ("needs attention" in words(side())) == (state == State.NEEDS_ATTENTION)


def test_a_source_of_another_project_leaves_the_logo_grey(side, shop, sentry) -> None:
    with write():
        other = _project(shop.project.organization, "Warehouse")
        seed.add_deployment(other, "Robots")
        seed.add_source(sentry, shop.production)
    assert "tracker-logo-grey" in side(project="warehouse")


def test_an_integration_whose_plugin_is_gone_is_left_out(side, shop) -> None:
    with write():
        seed.add_integration(shop.project, "vanished")
    assert "No error tracker connected" in side()
