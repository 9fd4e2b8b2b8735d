"""The list of deploys: order, pages, filters, the week, and how many statements it takes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.extensions import db, write
from tests.conftest import NOW, _project
from tests.dashboard import seed
from tests.dashboard.conftest import words

MINUTE = timedelta(minutes=1)


def titles(markup: str) -> list[str]:
    return re.findall(r"<code title=\"([^\"]*)\"", markup)


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


def test_the_week_is_summed_up_in_a_line(read, shop) -> None:
    with write():
        for number in range(69):
            at = NOW.replace(hour=1) - timedelta(days=number % 7)
            seed.add_deploy(shop.web, revision=f"r{number}", deployed_at=at)
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=7))
    assert "69 deploys over 7 days – 9.9 deploys/day" in words(read())


def test_the_week_counts_healths_by_the_worst_source(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        for name, health in (("A", "healthy"), ("B", "ailing"), ("C", "unknown")):
            source = seed.add_source(sentry, shop.production, name)
            seed.add_verdict(deploy, source, health, "gap" if health == "unknown" else "")
        seed.add_deploy(shop.web)
    assert "How they went" in read()
    assert "Ailing 1 Unknown 1" in words(read())


def test_each_day_of_the_week_is_named_with_its_deploys(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=1))
        seed.add_deploy(shop.web)
    days = "Thursday 0, Friday 0, Saturday 0, Sunday 0, Monday 0, Tuesday 1, Wednesday 1"
    assert f"Deploys a day: {days}" in read()


@pytest.fixture
def two_projects(shop) -> None:
    """A deploy of the shop to staging and production, and one of the warehouse."""
    with write():
        warehouse = _project(shop.project.organization, "Warehouse")
        robots = seed.add_deployment(warehouse, "Robots")
        seed.add_deploy(shop.web, shop.production, revision="to-production")
        seed.add_deploy(shop.web, shop.staging, revision="to-staging", author_name="Ada")
        seed.add_deploy(robots, revision="100%_robots", author_email="rob@acme.test")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"project": "warehouse"}, {"100%_robots"}),
        ({"environment": "staging"}, {"to-staging"}),
        ({"deployment": "web-shop"}, {"to-production", "to-staging"}),
        ({"project": "shop", "environment": "production"}, {"to-production"}),
        ({"q": "TO-"}, {"to-production", "to-staging"}),
        ({"q": "ada"}, {"to-staging"}),
        ({"q": "rob@"}, {"100%_robots"}),
        ({"q": "0%_r"}, {"100%_robots"}),
        ({"q": "%"}, {"100%_robots"}),
        ({"q": " ", "project": ""}, {"to-production", "to-staging", "100%_robots"}),
    ],
)
def test_filters_narrow_the_list(read, two_projects, query, found) -> None:
    assert set(titles(read(**query))) == found


def test_filters_that_fit_nothing_say_so_and_offer_a_way_back(read, two_projects) -> None:
    page = words(read(q="nothing like it"))
    assert "No deploy matches" in page
    assert "Show all deploys" in page


def test_a_project_of_another_organization_is_as_good_as_none(read, two_projects) -> None:
    page = read(project="reactor")
    assert "No deploy matches" in page
    assert "Reactor" not in page


def test_the_choices_follow_the_chosen_project(read, two_projects) -> None:
    page = read(project="warehouse")
    assert '<option value="robots"' in page
    assert '<option value="web-shop"' not in page
    assert "<h1" in page
    assert "Warehouse" in words(page.partition("<h1")[2].partition("</h1>")[0])


def test_an_environment_of_several_projects_is_offered_once(read, two_projects) -> None:
    assert read().count('<option value="production"') == 1


def test_pages_keep_the_filters(read, sixty) -> None:
    page = read(project="shop", q="r")
    assert re.search(r'rel="next"\s+href="[^"]*project=shop[^"]*page=2', page)


def test_filtering_with_htmx_answers_the_board_alone_and_moves_the_address(
    visitor, two_projects
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "board"}
    answer = visitor.get("/o/acme/?project=warehouse&q=&environment=", headers=headers)
    assert answer.headers["HX-Push-Url"] == "/o/acme/?project=warehouse"
    assert answer.text.lstrip().startswith('<div id="board"')


def test_redrawing_the_list_leaves_the_address_alone(visitor, two_projects) -> None:
    answer = visitor.get("/o/acme/", headers={"HX-Request": "true", "HX-Target": "deploys"})
    assert "HX-Push-Url" not in answer.headers


def test_the_board_takes_the_same_statements_for_one_card_as_for_twenty_five(
    read, counting, shop, sentry
) -> None:
    def board() -> int:
        with counting() as seen:
            read()
        return len(seen)

    with write():
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(seed.add_deploy(shop.web), source, "healthy")
    once = board()
    with write():
        for number in range(24):
            other = seed.add_deployment(shop.project, f"Service {number}")
            deploy = seed.add_deploy(other, shop.staging if number % 2 else None)
            seed.add_verdict(deploy, source, "ailing")
    assert board() == once
    assert once <= 23


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
