"""Narrowing the dashboard: every filter, what can be chosen, and what is said of nothing."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Override
from sleuth.ids import new_public_id
from tests.conftest import NOW, _project
from tests.dashboard import seed
from tests.dashboard.conftest import titles, words


def options(page: str, name: str) -> list[str]:
    """Return what a select offers, by value."""
    select = page.partition(f'name="{name}"')[2].partition("</select>")[0]
    return [html.unescape(each) for each in re.findall(r'<option value="([^"]*)"', select)]


def step(page: str) -> str:
    """Return where the one button of an empty list leads."""
    empty = page.partition('class="empty"')[2]
    found = re.findall(r'<a class="btn btn-primary" href="([^"]*)"', empty)
    assert len(found) == 1
    return html.unescape(found[0])


@pytest.fixture
def two_projects(shop, sentry) -> None:
    """Deploys of the shop to staging and production, and one of the warehouse."""
    with write():
        warehouse = _project(shop.project.organization, "Warehouse")
        robots = seed.add_deployment(warehouse, "Robots")
        source = seed.add_source(sentry, shop.production)
        bad = seed.add_deploy(shop.web, revision="to-production", tags=["checkout", "flag_on"])
        seed.add_verdict(bad, source, "unhealthy")
        seed.add_deploy(
            shop.web,
            shop.staging,
            revision="to-staging",
            author_name="Ada",
            author_email="ada@acme.test",
            tags=["flagzon", "größe"],
        )
        robot = seed.add_deploy(robots, revision="100%_robots", author_email="rob@acme.test")
        seed.add_verdict(robot, None, "ailing")
        db.session.add(override(robot.id))


def override(deploy_id: int) -> Override:
    return Override(
        public_id=new_public_id(),
        deploy_id=deploy_id,
        health="improved",
        reason="Known to be fine",
        set_at=NOW,
        set_by="Ada",
    )


EVERYTHING = {"to-production", "to-staging", "100%_robots"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"project": "warehouse"}, {"100%_robots"}),
        ({"environment": "staging"}, {"to-staging"}),
        ({"deployment": "web-shop"}, {"to-production", "to-staging"}),
        ({"project": "shop", "environment": "production"}, {"to-production"}),
        ({"project": "shop", "deployment": "robots"}, set()),
        ({"q": "TO-"}, {"to-production", "to-staging"}),
        ({"q": "ada"}, {"to-staging"}),
        ({"q": "rob@"}, {"100%_robots"}),
        ({"q": "0%_r"}, {"100%_robots"}),
        ({"q": "%"}, {"100%_robots"}),
        ({"q": " ", "project": ""}, EVERYTHING),
        ({"health": "unhealthy"}, {"to-production"}),
        ({"health": "improved"}, {"100%_robots"}),
        ({"health": "ailing"}, set()),
        ({"health": "unknown"}, {"to-staging"}),
        ({"health": "splendid"}, EVERYTHING),
        ({"author": "Ada"}, {"to-staging"}),
        ({"author": "ada@acme.test"}, {"to-staging"}),
        ({"author": "Ad"}, set()),
        ({"tag": "checkout"}, {"to-production"}),
        ({"tag": "#Checkout"}, {"to-production"}),
        ({"tag": "check"}, set()),
        ({"tag": "flag_on"}, {"to-production"}),
        ({"tag": "größe"}, {"to-staging"}),
        ({"tag": 'checkout", "flag_on'}, set()),
        ({"tag": "checkout", "health": "unhealthy", "q": "to"}, {"to-production"}),
    ],
)
def test_filters_narrow_the_list(read, two_projects, query, found) -> None:
    assert set(titles(read(**query))) == found


def test_filters_narrow_headline_and_graph_as_well(read, two_projects) -> None:
    assert "1 deploy over 7 days, 0.1 a day; 1 made errors worse" in words(read(tag="checkout"))


def test_what_is_chosen_is_named_and_can_be_taken_back_one_by_one(read, two_projects) -> None:
    page = read(health="unhealthy", tag="checkout", range="30d")
    assert "Filters (2)" in words(page)
    assert "Remove the filter Tag: #checkout" in words(page)
    removal = re.search(r'id="chip-tag"\s+href="([^"]*)"', page)
    assert removal
    assert html.unescape(removal[1]) == "/o/acme/?health=unhealthy&range=30d"
    assert "Clear filters" in words(page)


def test_what_is_chosen_stays_chosen_even_if_it_is_not_offered(read, two_projects) -> None:
    page = read(author="Somebody <b>else</b>")
    assert "Somebody <b>else</b>" in options(page, "author")
    assert "<b>else" not in page


def test_authors_and_tags_are_those_of_the_range(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web, author_name="Ada", author_email="ada@acme.test", tags=["b", "a"])
        seed.add_deploy(shop.web, author_email="rob@acme.test", tags=["a"])
        seed.add_deploy(
            shop.web, author_name="Grace", tags=["old"], deployed_at=NOW - timedelta(days=8)
        )
    page = read()
    assert options(page, "author") == ["", "Ada", "rob@acme.test"]
    assert options(page, "tag") == ["", "a", "b"]
    assert options(read(range="14d"), "tag") == ["", "a", "b", "old"]


def test_an_author_whose_name_is_as_long_as_names_may_be_is_found(read, shop) -> None:
    name = "A" * 255
    with write():
        seed.add_deploy(shop.web, author_name=name)
    assert options(read(author=name), "author") == ["", name]
    assert titles(read(author=name)) == ["b450349"]


def test_the_choices_follow_the_chosen_project(read, two_projects) -> None:
    page = read(project="warehouse")
    assert options(page, "deployment") == ["", "robots"]
    assert options(page, "tag") == [""]
    assert options(page, "author") == ["", "rob@acme.test"]
    assert "Warehouse" in words(page.partition("<h1")[2].partition("</h1>")[0])


def test_an_environment_of_several_projects_is_offered_once(read, two_projects) -> None:
    assert options(read(), "environment").count("production") == 1


def test_filters_that_fit_nothing_say_so_and_can_be_cleared(read, two_projects) -> None:
    page = read(q="nothing like it", range="30d")
    assert "No deploy matches" in words(page)
    assert step(page) == "/o/acme/?range=30d"


def test_a_quiet_week_says_when_the_latest_deploy_was_and_shows_it(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web, revision="old", deployed_at=NOW - timedelta(days=21))
    page = read()
    assert "No deploys in the last 7 days The latest was 21 days ago" in words(page)
    assert step(page) == "/o/acme/?range=30d"
    assert titles(read(range="30d")) == ["old"]


def test_a_search_leads_to_what_is_older_than_the_range(read, two_projects, shop) -> None:
    with write():
        seed.add_deploy(shop.web, revision="v1", deployed_at=NOW - timedelta(days=200))
    page = read(q="v1")
    assert "No deploy in the last 7 days fits these filters" in words(page)
    assert "The latest that does was 6 months ago" in words(page)
    day = (NOW - timedelta(days=200)).date().isoformat()
    assert step(page) == f"/o/acme/?q=v1&range=custom&since={day}&until={day}"


def test_a_project_without_a_deploy_leads_to_its_code_deployments(read, two_projects, shop) -> None:
    with write():
        _project(shop.project.organization, "Attic")
    page = read(project="attic")
    assert "No deploy of Attic yet" in words(page)
    assert step(page).startswith("/o/acme/projects/attic/")


def test_a_project_of_another_organization_is_as_good_as_none(read, two_projects) -> None:
    page = read(project="reactor")
    assert "There is no such project" in page
    assert "Reactor" not in page


def test_filtering_with_htmx_answers_the_board_and_its_name_and_moves_the_address(
    visitor, two_projects
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "board"}
    answer = visitor.get(
        "/o/acme/?project=warehouse&q=&environment=&range=14d&page=1", headers=headers
    )
    assert answer.headers["HX-Push-Url"] == "/o/acme/?project=warehouse&range=14d"
    before, found, _ = answer.text.partition('<div id="board"')
    assert (words(before), bool(found)) == ("Warehouse · Sleuth Warehouse", True)


def test_the_list_that_draws_itself_again_leaves_heading_and_title_alone(
    visitor, two_projects
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "deploys", "HX-Trigger": "deploys"}
    answer = visitor.get("/o/acme/?project=warehouse", headers=headers).text
    assert 'id="deploys"' in answer
    assert "Sleuth</title>" not in answer
    assert "page-name" not in answer


def test_redrawing_the_list_leaves_the_address_alone(visitor, two_projects) -> None:
    answer = visitor.get("/o/acme/", headers={"HX-Request": "true", "HX-Target": "deploys"})
    assert "HX-Push-Url" not in answer.headers
