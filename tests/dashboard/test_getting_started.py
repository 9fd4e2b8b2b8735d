"""What an organization is told to do next, until all of it is done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.projects.models import Project
from sleuth.projects.service import create_project
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import HTMX, words

TITLES = ["Connect an error tracker", "Create a project", "Add impact", "Register a deploy"]


def next_step(markup: str) -> str:
    """Return the words of the step that is marked as the next."""
    return words(markup_of_next(markup))


def markup_of_next(markup: str) -> str:
    found = re.search(r'aria-current="step">(.*?)</li>', markup, re.DOTALL)
    return found[1] if found else ""


def buttons(markup: str) -> list[str]:
    """Return what the buttons of the list say, the next step's marked."""
    card = markup.partition('class="setup-list"')[2].partition("</section>")[0]
    found = re.findall(r'<a class="btn( btn-primary)?[^>]*>(.*?)</a>', card, re.DOTALL)
    return [("* " if primary else "") + words(text) for primary, text in found]


@pytest.fixture
def impact(shop, sentry) -> ImpactSource:
    with write():
        return seed.add_source(sentry, shop.production)


def test_the_steps_come_in_the_order_in_which_they_are_done(read, cast) -> None:
    found = re.findall(r'class="setup-title">([^<]+)', read())
    assert found == TITLES


def test_first_a_tracker_is_connected(read, cast) -> None:
    with write():
        db.session.execute(delete(Project))
    page = read()
    assert next_step(page).startswith("Connect an error tracker")
    assert "0 of 4 done" in words(page)
    assert buttons(page) == ["* Connect an error tracker", "Create project"]


def test_then_a_project_is_created(read, sentry) -> None:
    with write():
        db.session.execute(delete(Project))
    page = read()
    assert next_step(page).startswith("Create a project")
    assert 'href="/o/acme/projects/new"' in markup_of_next(page)


def test_then_impact_is_added_to_the_one_project_from_the_one_tracker(read, shop, sentry) -> None:
    page = read()
    assert next_step(page).startswith("Add impact")
    assert 'hx-get="/o/acme/projects/shop/impact/add/sentry"' in markup_of_next(page)


def test_of_several_projects_one_is_chosen_where_the_tracker_is(read, cast, shop, sentry) -> None:
    create_project(cast.acme.id, "Warehouse")
    assert 'href="/o/acme/integrations/error-trackers"' in markup_of_next(read())


def test_then_what_is_deployed_is_given_an_address(read, shop, impact) -> None:
    with write():
        db.session.execute(delete(CodeDeployment))
    page = read()
    assert next_step(page).startswith("Register a deploy")
    assert buttons(page) == ["* Create code deployment"]
    assert "Waiting for your first deploy" not in page


def test_then_the_command_is_ready_to_be_pasted(read, impact) -> None:
    told = next_step(read())
    assert "curl -X POST http://localhost/api/1/deployments/acme/web-shop/register_deploy" in told
    assert "Waiting for your first deploy …" in told


def test_the_command_names_the_address_at_which_pipelines_reach_us(app, read, impact) -> None:
    app.config["SLEUTH_PUBLIC_URL"] = "https://sleuth.acme.test/"
    assert "curl -X POST https://sleuth.acme.test/api/1/deployments" in next_step(read())


def test_a_token_for_it_is_made_in_place_by_those_who_may(sign_in, impact) -> None:
    link = 'hx-get="/o/acme/settings/access-tokens/create?deployment='
    assert link in sign_in("administrator").get("/o/acme/").text
    page = sign_in("developer").get("/o/acme/").text
    assert link not in page
    assert "An administrator or owner can create one." in next_step(page)


def test_the_list_redraws_itself_when_others_do_something(read, cast) -> None:
    above = read().partition('id="board"')[2].partition("Getting started")[0]
    heard = ("deploysChanged", "impactSourceChanged", "integrationChanged", "projectChanged")
    assert all(f"{name} from:body" in above for name in heard)


def test_when_the_first_deploy_arrives_all_is_set(read, shop, impact) -> None:
    with write():
        seed.add_deploy(shop.web)
    page = read(htmx=True)
    assert "Your first deploy has arrived." in page
    assert "All set" in page
    assert "Waiting" not in page


def test_all_is_set_also_once_the_first_deploy_is_being_judged(read, shop, impact) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=clock.now(), registered_at=clock.now())
        seed.add_verdict(deploy, impact, "healthy")
    assert "Your first deploy has arrived" in words(read())


def test_the_filters_come_with_the_first_deploy(read, shop) -> None:
    assert 'hx-select-oob="#narrowing"' in read()
    with write():
        seed.add_deploy(shop.web)
    page = read()
    assert "hx-select-oob" not in page
    assert 'id="filters"' in page.partition('id="narrowing"')[2].partition('id="deploys"')[0]


@pytest.mark.parametrize(("kind", "is_told"), [("REGISTER_DEPLOY", True), ("READ", False)])
def test_a_token_made_in_place_comes_in_the_command(
    sign_in, shop, impact, kind: str, is_told: bool
) -> None:
    url = f"/o/acme/settings/access-tokens/create?deployment={shop.web.slug}"
    owner = sign_in("owner")
    assert url.partition("/o/")[2] in owner.get(url, headers=HTMX).text
    told = owner.post(url, data={"name": "CI", "type": kind}, headers=HTMX).text
    assert ("register_deploy" in told) is is_told
    assert "TOKEN" not in told


def test_some_minutes_later_the_list_is_gone(read, shop, impact) -> None:
    with write():
        seed.add_deploy(shop.web)
    with clock.frozen(NOW + timedelta(minutes=11)):
        assert "setup-heading" not in read()


def test_what_was_done_out_of_order_is_ticked_off(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web)
    page = read()
    assert "2 of 4 done" in words(page)
    assert next_step(page).startswith("Connect an error tracker")


def test_what_was_disabled_is_to_be_connected_again(read, sentry, shop) -> None:
    with write():
        db.session.execute(update(Integration).values(disabled_at=NOW))
    assert next_step(read()).startswith("Connect an error tracker")


def test_once_the_deploys_are_gone_they_are_asked_for_again(read, story) -> None:
    assert "Getting started" not in read()
    with write():
        db.session.execute(delete(Deploy))
    assert next_step(read()).startswith("Register a deploy")


def test_who_may_not_do_it_is_told_who_can(sign_in, cast) -> None:
    page = sign_in("observer").get("/o/acme/").text
    assert "A developer, administrator or owner can do this." in next_step(page)
    assert buttons(page) == []


def test_an_observer_sees_that_a_deploy_is_waited_for(sign_in, impact) -> None:
    told = next_step(sign_in("observer").get("/o/acme/", headers=HTMX).text)
    assert "Waiting for your first deploy …" in told


def test_somebody_without_any_deploy_sees_no_filters(read, cast) -> None:
    assert "Revision or author" not in read()
