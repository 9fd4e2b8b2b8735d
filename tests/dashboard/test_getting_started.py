"""What an organization is told to do next, until all of it is done."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.projects.models import Project
from tests.dashboard import seed
from tests.dashboard.conftest import words


def next_step(markup: str) -> str:
    """Return the words of the step that is marked as the next."""
    found = re.search(r'aria-current="step">(.*?)</li>', markup, re.DOTALL)
    return words(found[1]) if found else ""


def test_first_a_project_is_created(read, cast) -> None:
    with write():
        db.session.execute(delete(Project))
    page = read()
    assert next_step(page).startswith("Create a project")
    assert "0 of 5 done" in words(page)
    assert 'href="/o/acme/projects/new"' in page


def test_then_a_code_deployment(read, cast) -> None:
    page = read()
    assert next_step(page).startswith("Create a code deployment")
    assert 'href="/o/acme/code-deployments/new"' in page


def test_then_a_deploy_is_registered_with_the_command_of_the_code_deployment(read, shop) -> None:
    page = read()
    assert next_step(page).startswith("Register a deploy")
    assert 'href="/o/acme/deployments/web-shop"' in page.partition('aria-current="step"')[2]


def test_then_an_error_tracker_is_enabled(read, shop) -> None:
    with write():
        seed.add_deploy(shop.web)
    page = read()
    assert next_step(page).startswith("Enable an error tracker")
    assert 'href="/o/acme/integrations/error-trackers"' in page


def test_then_impact_is_added(read, shop, sentry) -> None:
    with write():
        seed.add_deploy(shop.web)
    page = read()
    assert next_step(page).startswith("Add impact")
    assert 'href="/o/acme/projects/shop/impact"' in page


def test_steps_done_out_of_order_are_ticked_off(read, shop, sentry) -> None:
    page = read()
    assert "3 of 5 done" in words(page)
    assert next_step(page).startswith("Register a deploy")


def test_once_all_is_done_the_list_is_gone(read, story) -> None:
    assert "Getting started" not in read()
    with write():
        db.session.execute(delete(Deploy))
    assert next_step(read()).startswith("Register a deploy")


@pytest.mark.parametrize("who", ["observer"])
def test_who_may_not_do_it_is_told_who_can(sign_in, cast, who) -> None:
    page = sign_in(who).get("/o/acme/").text
    assert "A developer, administrator or owner can do this." in next_step(page)
    assert "code-deployments/new" not in page


def test_somebody_without_any_deploy_sees_no_filters(read, cast) -> None:
    assert "Revision or author" not in read()
