"""What an organization sees in which nothing has happened: what is missing, and one next step."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from sqlalchemy import delete

from sleuth.accounts.models import AuditEntry, Membership
from sleuth.extensions import db, write
from sleuth.projects.models import Project
from tests.dashboard import seed
from tests.dashboard.conftest import words


class Empty(NamedTuple):
    """A page without anything on it.

    Args:
        step: What its one button says.
        who: Whom those are told of who may not press it.
    """

    path: str
    title: str
    step: str
    who: str = "A developer, administrator or owner can"


NOTHING = [
    Empty("projects/", "No project yet", "Create project"),
    Empty("code-deployments", "No code deployment yet", "Create project"),
    Empty("verdicts", "Nothing to compare yet", "Connect an error tracker"),
    Empty("needs-attention", "Nothing needs attention", "Connect an error tracker"),
    Empty(
        "settings/access-tokens",
        "No access tokens yet",
        "Create access token",
        "An administrator or owner can",
    ),
]
A_PROJECT = [
    Empty("code-deployments", "No code deployment yet", "Create code deployment"),
    Empty("projects/shop/code-deployments", "No code deployment yet", "Create code deployment"),
    Empty("projects/shop/impact", "No error tracker is connected", "Connect an error tracker"),
    Empty("verdicts?project=shop", "Nothing to compare yet", "Connect an error tracker"),
]
ONLY_A_TRACKER = [Empty("verdicts", "Nothing to compare yet", "Create project")]
A_TRACKER = [
    Empty("projects/shop/impact", "Nothing is measured yet", "Add impact source"),
    Empty("verdicts", "Nothing to compare yet", "Add impact"),
    Empty("verdicts?project=shop", "Nothing to compare yet", "Add impact"),
]


def state_of(markup: str) -> str:
    """Return the empty state of a page."""
    return re.split(r"</main>|<section", markup.partition('class="empty"')[2])[0]


def steps(markup: str) -> list[str]:
    return [words(each) for each in re.findall(r'<a class="btn[^>]*>(.*?)</a>', markup, re.DOTALL)]


def assert_leads_on(sign_in, empty: Empty) -> None:
    """Assert that an owner is offered the step and an observer is told who can do it."""
    shown = state_of(sign_in("owner").get(f"/o/acme/{empty.path}").text)
    assert empty.title in words(shown)
    assert steps(shown) == [empty.step]
    told = state_of(sign_in("observer").get(f"/o/acme/{empty.path}").text)
    assert steps(told) == []
    assert empty.who in words(told)


def by_path(empty: Empty) -> str:
    return empty.path


@pytest.mark.parametrize("empty", NOTHING, ids=by_path)
def test_with_nothing_at_all(sign_in, cast, empty: Empty) -> None:
    with write():
        db.session.execute(delete(Project))
    assert_leads_on(sign_in, empty)


@pytest.mark.parametrize("empty", A_PROJECT, ids=by_path)
def test_with_a_project(sign_in, cast, empty: Empty) -> None:
    assert_leads_on(sign_in, empty)


@pytest.mark.parametrize("empty", A_TRACKER, ids=by_path)
def test_with_a_project_and_a_tracker(sign_in, cast, empty: Empty) -> None:
    with write():
        seed.add_integration(cast.project)
    assert_leads_on(sign_in, empty)


@pytest.mark.parametrize("empty", ONLY_A_TRACKER, ids=by_path)
def test_with_a_tracker_and_no_project(sign_in, cast, empty: Empty) -> None:
    with write():
        seed.add_integration(cast.project)
        db.session.execute(delete(Project))
    assert_leads_on(sign_in, empty)


def test_once_something_is_measured_its_first_month_is_told(sign_in, cast) -> None:
    with write():
        db.session.add(cast.project)
        integration = seed.add_integration(cast.project)
        seed.add_source(integration, cast.project.default_environment)
    page = sign_in("owner").get("/o/acme/verdicts").text
    assert "Nothing to compare yet" not in page
    assert "March 2026 so far" in words(page)


def test_the_overview_of_a_project_offers_the_first_thing_that_it_lacks(sign_in, cast) -> None:
    url = "/o/acme/projects/shop"
    for step in ("Create code deployment", "Add impact", "See the command"):
        offered = sign_in("owner").get(url).text.partition('id="project-overview"')[2]
        assert steps(offered.partition("judging-title")[0]) == [step]
        told = words(sign_in("observer").get(url).text)
        assert "A developer, administrator or owner can do this." in told
        with write():
            db.session.add(cast.project)
            if step == "Create code deployment":
                seed.add_deployment(cast.project, "Web")
            if step == "Add impact":
                integration = seed.add_integration(cast.project)
                seed.add_source(integration, cast.project.default_environment)


def test_where_nobody_is_told_a_channel_can_be_added(sign_in, cast) -> None:
    page = sign_in("owner").get("/o/acme/settings/notifications").text
    assert steps(state_of(page)) == ["Add a channel"]
    assert "the first is sent when an integration needs attention" in page


def test_who_is_alone_is_told_how_others_can_look(sign_in, cast) -> None:
    sentence = "Nobody else is here yet."
    assert sentence not in sign_in("owner").get("/o/acme/settings/people").text
    with write():
        others = Membership.user_id != cast.owner.id
        db.session.execute(delete(Membership).where(others))
    assert sentence in sign_in("owner").get("/o/acme/settings/people").text


def test_a_page_of_the_audit_log_without_entries_leads_back(sign_in, cast) -> None:
    with write():
        db.session.execute(delete(AuditEntry))
    browser = sign_in("owner")
    assert "Nothing is here" in words(state_of(browser.get("/o/acme/settings/audit-log").text))
    beyond = state_of(browser.get("/o/acme/settings/audit-log?page=9").text)
    assert steps(beyond) == ["Newest entries"]


def test_a_code_deployment_without_deploys_says_how_the_first_one_comes(sign_in, cast) -> None:
    with write():
        db.session.add(cast.project)
        seed.add_deployment(cast.project, "Web")
    page = words(sign_in("observer").get("/o/acme/deployments/web").text)
    assert "The first one appears here by itself as soon as the command above has run." in page
