"""How a project's environments have been of late, above its deploys."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.dashboard import changes
from sleuth.extensions import db, write
from sleuth.health.models import EnvironmentHealth
from sleuth.projects.models import Environment
from tests.conftest import NOW, _project
from tests.dashboard import seed
from tests.dashboard.conftest import words

MINUTE = timedelta(minutes=1)
NOON = int(NOW.timestamp())
PART = "/projects/shop/health"


@pytest.fixture
def measured(shop, sentry) -> Environment:
    """Production, which an impact source measures."""
    with write():
        seed.add_source(sentry, shop.production)
    return shop.production


def keep(environment: Environment, *latest: str, **values: Any) -> None:
    """Keep twenty windows, healthy but for the latest; a health may have a reason."""
    told = [*["healthy"] * (20 - len(latest)), *latest]
    windows = []
    for place, each in enumerate(told):
        health, _, reason = each.partition(" ")
        known = (None, None) if health == "unknown" else (7, 6.5)
        figures = dict(zip(("observed", "expected"), known, strict=True))
        start = NOON - (20 - place) * 180
        windows.append({"start": start, "health": health, "reason": reason, **figures})
    with write():
        plain = {"windows": windows, "refreshed_at": NOW, "next_end_at": NOW + 3 * MINUTE}
        db.session.add(EnvironmentHealth(environment_id=environment.id, **plain | values))


def viewed_at() -> datetime | None:
    db.session.rollback()
    return db.session.scalars(select(EnvironmentHealth)).one().viewed_at


def section(page: str) -> str:
    return page.partition('id="environments"')[2].partition("</section>")[0]


def test_an_environment_is_named_with_its_health(read, measured) -> None:
    keep(measured, "ailing")
    assert "Production: Ailing" in words(read(project="shop"))


def test_each_window_is_a_bar_with_a_height_of_its_own(read, measured) -> None:
    keep(measured, "unhealthy", "unknown gap")
    bars = re.findall(r'class="window window-(\w+).*?height="(\d+)%"', read(project="shop"))
    assert bars[-3:] == [("healthy", "40"), ("unhealthy", "100"), ("unknown", "25")]
    assert len(bars) == 20


def test_the_picture_is_told_in_words_and_as_a_table(read, measured) -> None:
    keep(measured, "unhealthy", "unknown gap")
    shown = words(section(read(project="shop")))
    assert "Production, the last hour by 3 minutes: 1 unknown, 1 unhealthy, 18 healthy" in shown
    assert "11:54–11:57 UTC: unhealthy, 7 errors" in shown
    assert "4 Mar 2026, 11:57 UTC Unhealthy 7 6.5" in shown
    assert "Unknown: counts are missing – –" in shown


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (["unhealthy", "unknown pending"], "Production: Unhealthy"),
        (["unhealthy", "unknown gap"], "Production: Unknown: counts are missing"),
        (["unhealthy", *["unknown pending"] * 4], "Production: Not recorded yet"),
    ],
)
def test_late_counts_hide_the_health_for_nine_minutes_at_most(
    read, measured, latest, expected
) -> None:
    keep(measured, *latest)
    assert expected in words(read(project="shop"))


def test_a_deploy_is_marked_for_an_hour(read, shop, measured) -> None:
    keep(measured)
    with write():
        seed.add_deploy(shop.web, deployed_at=NOW - 30 * MINUTE, revision="b450349")
    page = section(read(project="shop"))
    assert "Collecting impact for b450349" in words(page)
    assert 'class="windows-deploy" x1="50.0%"' in page
    with clock.frozen(NOW + 30 * MINUTE):
        assert "Collecting" not in section(read(project="shop"))


def test_the_latest_of_several_deploys_is_marked(read, shop, measured) -> None:
    keep(measured)
    with write():
        for age in (50, 20, 1):
            seed.add_deploy(shop.web, deployed_at=NOW - age * MINUTE, revision=f"r{age}")
    assert "Collecting impact for r1 and 2 more" in words(read(project="shop"))


def test_a_deploy_to_another_environment_is_not_marked(read, shop, measured) -> None:
    keep(measured)
    with write():
        seed.add_deploy(shop.web, shop.staging)
    assert "Collecting" not in section(read(project="shop"))


def test_without_impact_sources_there_is_no_strip(read, shop) -> None:
    assert 'id="environments"' not in read(project="shop")


def test_a_strip_that_is_still_to_come_asks_until_it_is_there(read, measured) -> None:
    page = read(project="shop")
    assert "Production: Being computed" in words(page)
    assert "every 3s" in section(page)
    keep(measured)
    assert "every 3s" not in section(read(project="shop"))


def test_without_scripts_a_strip_that_is_to_come_loads_again(read, measured) -> None:
    assert 'http-equiv="refresh"' in read(project="shop")


def test_what_is_long_out_of_date_is_not_shown_as_the_present(read, measured) -> None:
    keep(measured, next_end_at=NOW - 7 * MINUTE)
    assert "Production: Being computed" in words(read(project="shop"))


def test_several_projects_together_have_no_strips(read, shop, measured) -> None:
    keep(measured)
    assert 'id="environments"' in read()
    with write():
        _project(shop.project.organization, "Warehouse")
    assert 'id="environments"' not in read()


def test_the_filter_leaves_one_environment(read, shop, sentry, measured) -> None:
    with write():
        seed.add_source(sentry, shop.staging)
    keep(measured)
    keep(shop.staging)
    assert re.findall(r'id="environment-(\w+)"', read(project="shop")) == ["production", "staging"]
    one = read(project="shop", environment="staging")
    assert re.findall(r'id="environment-(\w+)"', one) == ["staging"]
    assert "/o/acme/projects/shop/health?environment=staging" in one


def test_the_part_is_drawn_afresh_by_its_own_address(read, measured) -> None:
    keep(measured, "ailing")
    page = read(PART)
    assert page.lstrip().startswith("<section")
    assert "Production: Ailing" in words(page)


def test_a_viewer_is_noted_once_a_minute(read, measured) -> None:
    keep(measured)
    read(project="shop")
    with clock.frozen(NOW + timedelta(seconds=50)):
        read(PART)
    assert viewed_at() == NOW
    with clock.frozen(NOW + MINUTE):
        read(PART)
    assert viewed_at() == NOW + MINUTE


def test_another_organizations_strips_are_not_found(sign_in, measured) -> None:
    keep(measured)
    outsider = sign_in("outsider")
    assert outsider.get(f"/o/acme{PART}").status_code == 404
    assert outsider.get(f"/o/globex{PART}").status_code == 404
    assert viewed_at() is None


def test_a_change_is_told_to_the_pages_of_its_project(shop, measured) -> None:
    with write():
        audit.publish(shop.project.organization_id, "environmentChanged", "shop")
    found = changes.changes_after(shop.project.organization_id, 0)
    assert found.names == ("environmentChanged:shop",)


def test_many_environments_take_two_statements(read, counting, shop, sentry, measured) -> None:
    def strips() -> list[str]:
        with counting() as seen:
            read(PART)
        return [each for each in seen if not each.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]

    keep(measured, viewed_at=NOW)
    once = strips()
    with write():
        seed.add_source(sentry, shop.staging)
        seed.add_deploy(shop.web)
        seed.add_deploy(shop.web, shop.staging)
    keep(shop.staging, viewed_at=NOW)
    assert len(strips()) == len(once)
    assert sum("environment_health" in each for each in once) == 1
    assert not any(each.startswith(("INSERT", "UPDATE")) for each in once)
