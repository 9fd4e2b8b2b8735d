"""Organizations in two regions through one token, and projects that are called otherwise later."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plugins.sentry.sandbox import TOKENS
from plugins.sentry.sandbox.series import Profile
from plugins.sentry.sandbox.tokens import BY_VALUE
from plugins.sentry.sandbox.world import Environment, Project
from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import renames
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ErrorCount, ImpactSource
from sleuth.integrations import project_list, service
from tests.conftest import NOW, Cast

HTMX = {"HX-Request": "true"}
TAB = "/o/acme/projects/shop/impact"
WEB = {
    "name": "Web errors",
    "own_environment": "production",
    "tracker_project": "1001:4501",
    "tracker_environment": "production",
}
SHOP = {
    "name": "Shop errors",
    "own_environment": "production",
    "tracker_project": "1002:5101",
    "tracker_environment": "Production",
}
DAY = timedelta(days=1)


@pytest.fixture
def developer(sandbox, cast: Cast, queued, run_jobs, sign_in):
    """A developer who has connected Ada's token, which sees Acme (us) and Globex (de)."""
    credentials = {"token": TOKENS["full"].value}
    service.connect_integration(cast.acme.id, "sentry", credentials, cast.developer.id)
    run_jobs()
    return sign_in("developer")


@pytest.fixture
def add(developer, run_jobs):
    """Add an impact source as a user does."""

    def go(entered: dict[str, str]) -> ImpactSource:
        developer.post(f"{TAB}/add/sentry", data=entered, headers=HTMX)
        run_jobs()
        return find(entered["name"])

    return go


def find(name: str) -> ImpactSource:
    db.session.rollback()
    return db.session.scalars(select(ImpactSource).where(ImpactSource.name == name)).one()


def counted(source: ImpactSource) -> int:
    of_it = ErrorCount.impact_source_id == source.id
    return db.session.scalar(select(func.count()).where(of_it)) or 0


def silos(sandbox, organization: str) -> set[str]:
    """Return where counts of an organization were asked for."""
    path = f"/api/0/organizations/{organization}/events-timeseries/"
    return {each.silo for each in sandbox.requests if each.path == path}


def collect(source: ImpactSource, at) -> ImpactSource:
    name = source.name
    with clock.frozen(at):
        collect_integrations([source.integration_id])
    return find(name)


def a_day_later() -> None:
    """Let the tick do what is due once a day, and after that."""
    later = NOW + DAY
    with clock.frozen(later):
        for integration_id in project_list.stale_list_ids(later):
            project_list.list_again(integration_id)
        for integration_id in renames.renamed_ids(later):
            renames.follow_renames(integration_id)
        assert renames.renamed_ids(later) == []
    db.session.rollback()


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_projects_of_both_regions_are_offered_by_organization(developer) -> None:
    body = developer.get(f"{TAB}/add/sentry", headers=HTMX).text
    acme, globex = body.index('<optgroup label="Acme">'), body.index('<optgroup label="Globex">')
    assert acme < body.index('value="1001:4501"') < globex < body.index('value="1002:5101"')


def test_each_organization_is_asked_at_its_own_region(add, sandbox) -> None:
    web, shop = add(WEB), add(SHOP)
    collect(web, NOW + timedelta(minutes=5))
    assert silos(sandbox, "1001") == {"us"}
    assert silos(sandbox, "1002") == {"de"}
    assert counted(web) > 0
    assert counted(shop) > 0


def test_the_table_tells_projects_of_one_name_apart(add, developer, sandbox, run_jobs) -> None:
    sandbox.world.organization("globex").project("5101").name = "Web"
    developer.post(f"{TAB}/tracker-projects/sentry/refresh")
    run_jobs()
    add(WEB), add(SHOP)
    table = words(developer.get(TAB).text)
    assert "Web of Acme environment production" in table
    assert "Web (shop) of Globex environment Production" in table


def test_a_region_that_is_down_leaves_the_other_working(add, sandbox) -> None:
    add(WEB), add(SHOP)
    sandbox.misbehave("404", match="/organizations/1002/")
    web = collect(find("Web errors"), NOW + timedelta(minutes=5))
    assert web.last_error == ""
    assert find("Shop errors").last_error != ""


def test_an_organization_that_moved_to_another_region_is_found_there(add, sandbox) -> None:
    shop = add(SHOP)
    sandbox.world.organization("globex").region = "us"
    shop = collect(shop, NOW + timedelta(minutes=5))
    assert shop.last_error == ""
    a_day_later()
    assert find("Shop errors").attributes["region_url"] == sandbox.urls["us"]
    sandbox.requests.clear()
    collect(shop, NOW + DAY + timedelta(minutes=5))
    assert silos(sandbox, "1002") == {"us"}


def test_a_renamed_project_is_collected_on_and_called_by_its_new_name(
    add, developer, sandbox
) -> None:
    web = add(WEB)
    project = sandbox.world.organization("acme").project("4501")
    project.slug, project.name = "storefront", "Storefront"
    before = counted(web)
    web = collect(web, NOW + timedelta(minutes=5))
    assert web.last_error == ""
    assert counted(web) > before
    before = counted(web)
    a_day_later()
    assert find("Web errors").error_project_label == "Storefront"
    assert counted(web) == before
    assert "Storefront of Acme environment production" in words(developer.get(TAB).text)


def test_a_renamed_organization_is_collected_on_and_called_by_its_new_name(
    add, developer, sandbox, monkeypatch
) -> None:
    web = add(WEB)
    token = TOKENS["full"]
    member = replace(token, organizations=("apex", "globex"))
    monkeypatch.setitem(BY_VALUE, token.value, member)
    acme = sandbox.world.organization("acme")
    acme.slug, acme.name = "apex", "Apex"
    before = counted(web)
    web = collect(web, NOW + timedelta(minutes=5))
    assert web.last_error == ""
    assert counted(web) > before
    a_day_later()
    assert find("Web errors").attributes["org_slug"] == "apex"
    assert "Web of Apex environment production" in words(developer.get(TAB).text)
    assert '<optgroup label="Apex">' in developer.get(f"{TAB}/add/sentry", headers=HTMX).text


def test_a_slug_that_another_project_took_over_confuses_nobody(
    add, developer, sandbox, run_jobs
) -> None:
    web = add(WEB)
    acme = sandbox.world.organization("acme")
    old = acme.project("4501")
    old.slug, old.name = "web-legacy", "Web Legacy"
    flood = Environment("1", "production", Profile(5000.0))
    acme.projects.append(Project("4599", "web", "Web", environments={"production": flood}))
    collect(web, NOW + timedelta(minutes=5))
    most = select(func.max(ErrorCount.count)).where(ErrorCount.impact_source_id == web.id)
    assert db.session.scalar(most) < 500
    a_day_later()
    source = find("Web errors")
    assert (source.error_project_key, source.error_project_label) == ("4501", "Web Legacy")
    body = developer.get(f"{TAB}/{source.public_id}/edit", headers=HTMX).text
    assert re.search(r'value="1001:4501"\s+selected>Web Legacy<', body)


def test_a_source_of_a_project_renamed_since_the_list_was_made_gets_no_wrong_warning(
    add, sandbox
) -> None:
    old = sandbox.world.organization("acme").project("4501")
    old.slug, old.name = "storefront", "Storefront"
    assert add(WEB).warning == ""


def test_where_sentry_says_that_it_moved_the_new_address_is_asked(
    add, sandbox, monkeypatch
) -> None:
    web = add(WEB)
    token = TOKENS["full"]
    monkeypatch.setitem(BY_VALUE, token.value, replace(token, organizations=("renamed", "globex")))
    sandbox.world.organization("acme").slug = "renamed"
    sandbox.misbehave("moved", match="/organizations/1001/events-timeseries/", times=1)
    before = counted(web)
    web = collect(web, NOW + timedelta(minutes=5))
    assert web.last_error == ""
    assert counted(web) > before


def test_sources_from_before_organizations_were_named_learn_theirs(add) -> None:
    web = add(WEB)
    with write():
        db.session.get_one(ImpactSource, web.id).error_org_label = ""
    a_day_later()
    assert find("Web errors").error_org_label == "Acme"


def test_a_list_that_cannot_be_fetched_anew_is_tried_in_an_hour_and_kept(
    add, developer, sandbox
) -> None:
    web = add(WEB)
    sandbox.misbehave("503")
    a_day_later()
    assert project_list.stale_list_ids(NOW + DAY) == [web.integration_id]
    assert 'value="1001:4501"' in developer.get(f"{TAB}/add/sentry", headers=HTMX).text


def test_an_integration_that_is_paused_is_not_asked_for_its_projects(add, cast: Cast) -> None:
    add(WEB)
    service.pause_integration(cast.acme.id, "sentry", "Sentry")
    assert project_list.stale_list_ids(NOW + DAY) == []


def test_keys_in_another_order_are_taken_over_once(add) -> None:
    source = add(WEB)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.attributes = dict(reversed(row.attributes.items()))
    renames.follow_renames(source.integration_id)
    assert renames.renamed_ids(NOW) == []
