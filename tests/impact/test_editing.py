"""Editing an impact source: what is saved at once, and what starts a new series."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plugins.sentry.sandbox import TOKENS
from sleuth import clock
from sleuth.extensions import db, write
from sleuth.health import due, revising
from sleuth.health import service as health
from sleuth.health.models import Verdict
from sleuth.impact.models import ErrorCount, ImpactSource
from sleuth.integrations import service
from sleuth.integrations.models import ConnectionCheck, TrackerProject
from tests.conftest import NOW, Cast
from tests.dashboard import seed

HTMX = {"HX-Request": "true"}
TAB = "/o/acme/projects/shop/impact"
ENTERED = {
    "name": "Web errors",
    "own_environment": "production",
    "tracker_project": "1001:4501",
    "tracker_environment": "production",
}


@pytest.fixture
def developer(sandbox, cast: Cast, queued, run_jobs, sign_in):
    """A developer of an organization that measures Sentry's project Web."""
    credentials = {"token": TOKENS["full"].value}
    service.connect_integration(cast.acme.id, "sentry", credentials, cast.developer.id)
    run_jobs()
    browser = sign_in("developer")
    browser.post(f"{TAB}/add/sentry", data=ENTERED, headers=HTMX)
    run_jobs()
    return browser


def the_source() -> ImpactSource:
    db.session.rollback()
    return db.session.scalars(select(ImpactSource)).one()


def counted() -> int:
    return db.session.scalar(select(func.count()).select_from(ErrorCount)) or 0


def save(browser, headers=HTMX, **changes: str):
    url = f"{TAB}/{the_source().public_id}/edit"
    return browser.post(url, data={**ENTERED, **changes}, headers=headers)


def hidden(page: str) -> dict[str, str]:
    """Return what a question carries, as a browser would send it back."""
    inputs = re.findall(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in inputs}


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    "change",
    [{"name": "Shop"}, {"threshold": "2.5"}, {"own_environment": "staging"}],
    ids=lambda change: next(iter(change)),
)
def test_name_threshold_and_own_environment_are_saved_at_once(developer, change) -> None:
    before = counted()
    answer = save(developer, **change)
    assert "impactSourceChanged" in answer.headers["HX-Trigger"]
    assert counted() == before


def test_a_threshold_that_is_emptied_is_gone(developer) -> None:
    save(developer, threshold="2.5")
    save(developer, threshold="")
    assert the_source().manually_set_health_threshold is None


def test_the_limit_of_a_tracker_that_counts_by_the_hour_is_entered_by_the_hour(
    developer, declare
) -> None:
    declare(3600)
    with write():
        the_source().interval_seconds = 3600
    save(developer, threshold="2")
    assert the_source().manually_set_health_threshold == 2 / 60
    page = developer.get(f"{TAB}/{the_source().public_id}/edit", headers=HTMX).text
    assert "Average errors an hour above which deploys are unhealthy." in page
    assert re.search('<input[^>]*name="threshold"[^>]*value="2(.0)?"', page)


def test_saving_begins_a_new_series_where_the_tracker_counts_otherwise_now(
    developer, run_jobs
) -> None:
    with write():
        source = the_source()
        source.interval_seconds, first = 300, source.public_id
    asked = words(save(developer).text)
    assert "Start a new series for 'Web errors'?" in asked
    assert "begun when it counted every 5 minutes." in asked
    save(developer, confirmed="y")
    run_jobs()
    source = the_source()
    assert (source.public_id, source.interval_seconds, source.last_error) == (first, 60, "")
    assert counted() > 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tracker_environment": "staging"}, "Web of Acme, environment staging"),
        (
            {"tracker_environment": "", "no_environment": "y"},
            "Web of Acme, events without an environment",
        ),
        ({"tracker_project": "1001:4502"}, "Api of Acme, environment production"),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["dialog", "page"])
def test_measuring_something_else_is_asked_about_first(
    developer, run_jobs, change, named, headers
) -> None:
    before = counted()
    asked = words(save(developer, headers, **change).text)
    assert "Start a new series for 'Web errors'?" in asked
    assert f"measured now Web of Acme, environment production from then on {named}" in asked
    assert "All counts collected so far for Web errors" in asked
    assert "older deploys keep the words of their verdicts" in asked
    run_jobs()
    assert counted() == before
    assert the_source().error_environment == "production"


def test_the_answer_carries_all_that_was_entered(developer, run_jobs) -> None:
    entered = {"name": '"><b>New', "tracker_environment": "staging", "threshold": "3"}
    page = save(developer, **entered).text
    assert "<b>New" not in page
    developer.post(f"{TAB}/{the_source().public_id}/edit", data=hidden(page), headers=HTMX)
    run_jobs()
    source = the_source()
    assert (source.name, source.error_environment) == (entered["name"], "staging")
    assert source.manually_set_health_threshold == 3
    assert source.error_project_key == "4501"


def test_a_new_series_that_cannot_be_had_changes_nothing(developer, run_jobs, sandbox) -> None:
    before = counted()
    sandbox.misbehave("503")
    save(developer, tracker_environment="staging", confirmed="y")
    run_jobs()
    assert the_source().error_environment == "production"
    assert counted() == before
    newest = select(ConnectionCheck.public_id).order_by(ConnectionCheck.id.desc())
    shown = developer.get(f"{TAB}/checks/sentry/{db.session.scalars(newest).first()}", headers=HTMX)
    assert 'value="staging"' in shown.text


def test_young_deploys_are_judged_again_and_old_ones_keep_their_words(
    developer, run_jobs, cast: Cast
) -> None:
    source = the_source()
    with write():
        db.session.get_one(ImpactSource, source.id).judges_from = NOW - timedelta(days=50)
        web = seed.add_deployment(cast.project, "Web")
        young = seed.add_deploy(web, deployed_at=NOW - timedelta(days=3))
        old = seed.add_deploy(web, deployed_at=NOW - timedelta(days=40))
        for deploy in (young, old):
            seed.add_verdict(deploy, db.session.get_one(ImpactSource, source.id), "unhealthy")
    save(developer, tracker_environment="staging", confirmed="y")
    run_jobs()
    later = NOW + timedelta(minutes=2)
    with clock.frozen(later):
        revising.follow_changes()
        for deploy_id in due.due_deploy_ids(later):
            health.assess_deploy(deploy_id)
    db.session.rollback()
    healths = dict(db.session.execute(select(Verdict.deploy_id, Verdict.health)).all())
    assert healths[young.id] == "healthy"
    assert healths[old.id] == "unhealthy"


def test_a_source_whose_project_is_not_listed_any_more_can_be_renamed(developer) -> None:
    with write():
        db.session.query(TrackerProject).filter_by(project_key="4501").delete()
    page = developer.get(f"{TAB}/{the_source().public_id}/edit", headers=HTMX).text
    assert re.search(r'value="1001:4501"\s+selected>Web \(no access\)<', page)
    save(developer, name="Old web")
    source = the_source()
    assert (source.name, source.error_project_label) == ("Old web", "Web")
    assert source.error_org_label == "Acme"


def test_a_new_source_is_not_offered_a_project_that_is_not_listed(developer) -> None:
    with write():
        db.session.query(TrackerProject).filter_by(project_key="4501").delete()
    other = {**ENTERED, "name": "Other"}
    assert developer.post(f"{TAB}/add/sentry", data=other, headers=HTMX).status_code == 422


def test_the_edit_page_asks_for_what_the_documents_name(developer) -> None:
    page = developer.get(f"{TAB}/{the_source().public_id}/edit").text
    assert "Edit 'Web errors' Error Impact Source" in words(page)
    labels = [words(each) for each in re.findall(r"<label[^>]*>(.*?)</label>", page, re.DOTALL)]
    asked = [each.partition(" *")[0].partition(" (")[0] for each in labels]
    expected = ["Name", "Environment", "Project", "Source Environment"]
    assert [each for each in asked if each in expected] == expected
    assert "Manual threshold" in asked
    assert "which may or may not be the same as the Sleuth environment" in words(page)


def test_the_table_names_source_and_environment_and_leads_to_edit(developer) -> None:
    table = developer.get(f"{TAB}/sources").text
    assert re.search(r"Web errors</b></a> <span class=\"lozenge\">Production", table)
    assert f"{the_source().public_id}/edit" in table
    assert "Add impact source" in words(table)
