"""An environment's page: how it is, what runs there, what measures it, what came last."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlalchemy import update

from sleuth.extensions import db, write
from sleuth.health.by_hand import overriding
from sleuth.health.by_hand.people import Person
from sleuth.health.models import EnvironmentHealth
from sleuth.projects import service as projects
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

PAGE = "/projects/shop/environments/production"
MINUTE = timedelta(minutes=1)


def card(page: str, heading: str) -> str:
    """Return what a reader reads in the card with this heading."""
    return words(page.partition(f">{heading}</h2>")[2].partition("</section>")[0])


def keep_strip(environment, health: str = "healthy") -> None:
    start = int(NOW.timestamp()) - 3600
    windows = [
        {"start": start + n * 180, "health": health, "reason": "", "observed": 7, "expected": 6.5}
        for n in range(20)
    ]
    kept = {"windows": windows, "refreshed_at": NOW, "next_end_at": NOW + 3 * MINUTE}
    with write():
        db.session.add(EnvironmentHealth(environment_id=environment.id, **kept))


def test_the_last_hour_is_a_strip_with_what_was_deployed_in_it(read, shop, sentry) -> None:
    keep_strip(shop.production, "ailing")
    with write():
        seed.add_source(sentry, shop.production)
        seed.add_deploy(shop.web, deployed_at=NOW - 10 * MINUTE)
    page = read(PAGE)
    assert page.count('class="window window-ailing') == 20
    assert 'class="windows-bracket"' in page
    assert "Production: Ailing Collecting impact for b450349" in words(page)


def test_the_name_leads_to_the_page_except_on_it(read, shop, sentry) -> None:
    keep_strip(shop.production)
    with write():
        seed.add_source(sentry, shop.production)
    link = f'<a href="/o/acme{PAGE}"><b>Production:</b></a>'
    page = read(PAGE)
    strip = html.unescape(page.partition('id="environments"')[2])
    assert 'hx-get="/o/acme/projects/shop/health?environment=production&own=1"' in strip
    again = read("/projects/shop/health", environment="production", own=1)
    assert "<b>Production:</b>" in again
    assert link not in page + again
    assert link in read("/", project="shop")


def test_what_runs_now_is_the_newest_deploy_of_each_code_deployment(read, shop) -> None:
    with write():
        search = seed.add_deployment(shop.project, "Search")
        seed.add_deploy(shop.web, revision="v1", deployed_at=NOW - 3 * MINUTE)
        seed.add_deploy(shop.web, revision="v2", deployed_at=NOW - 2 * MINUTE)
        seed.add_deploy(shop.web, shop.staging, revision="v3", deployed_at=NOW - MINUTE)
        seed.add_deploy(search, revision="s1", deployed_at=NOW - timedelta(days=40))
    told = card(read(PAGE), "Live now")
    assert (
        "Search s1 deployed 1 month ago No impact source Web shop v2 deployed 2 minutes ago" in told
    )
    assert "v1" not in told
    assert "v3" not in told


def test_something_that_runs_long_is_live_even_if_others_fill_the_list(read, shop) -> None:
    with write():
        search = seed.add_deployment(shop.project, "Search")
        seed.add_deploy(search, revision="s1", deployed_at=NOW - timedelta(days=40))
        for minute in range(12):
            seed.add_deploy(shop.web, revision=f"v{minute}", deployed_at=NOW - minute * MINUTE)
    page = read(PAGE)
    assert "Search s1" in card(page, "Live now")
    assert "Search s1" not in card(page, "Latest deploys")
    assert "v9" in card(page, "Latest deploys")
    assert "v10" not in card(page, "Latest deploys")


def test_a_deploy_is_as_bad_as_its_worst_source_unless_somebody_said_otherwise(
    read, shop, sentry, cast
) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        other = seed.add_source(sentry, shop.production, "Sentry jobs")
        bad = seed.add_deploy(shop.web, revision="bad", deployed_at=NOW - 2 * MINUTE)
        seed.add_verdict(bad, source, "healthy")
        seed.add_verdict(bad, other, "unhealthy")
        seed.add_deploy(shop.web, revision="young", deployed_at=NOW - MINUTE)
    told = card(read(PAGE), "Latest deploys")
    assert "bad 2 minutes ago Unhealthy" in told
    assert "young 1 minute ago Not recorded yet" in told
    overriding.set_override(bad.id, "healthy", "A bot did it.", Person.of(cast.developer), seen="")
    assert "bad 2 minutes ago Healthy" in card(read(PAGE), "Latest deploys")


def test_what_measures_it_is_listed_with_its_state(read, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production, last_error="Sentry is away.")
        seed.add_source(sentry, shop.staging, "Sentry of staging")
    page = read(PAGE)
    assert "Sentry web from Sentry" in card(page, "Measured by")
    assert "Sentry is away." in card(page, "Measured by")
    assert "Sentry of staging" not in page
    assert f'href="/o/acme/projects/shop/impact/{source.public_id}"' in page


def test_an_environment_without_anything_says_what_to_do_next(read, shop) -> None:
    page = read(PAGE)
    assert "Nothing has been deployed here yet." in words(page)
    assert "Nothing measures Production" in words(page)
    assert 'href="/o/acme/projects/shop/impact"' in page


def test_it_leads_to_the_dashboard_narrowed_to_it(read, shop) -> None:
    address = 'href="/o/acme/?project=shop&amp;environment=production"'
    assert address in read(PAGE)


def test_it_is_linked_from_the_list_of_environments_and_from_its_strip(read, shop, sentry) -> None:
    keep_strip(shop.production)
    with write():
        seed.add_source(sentry, shop.production)
    link = f'href="/o/acme{PAGE}"'
    assert link in read("/projects/shop/environments")
    assert link in read(project="shop")


def test_it_draws_itself_again_when_something_shown_changes(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    page = read(PAGE)
    for event in (
        "deploysChanged:shop",
        f"deployChanged:{deploy.public_id}",
        "impactSourceChanged",
        "integrationChanged",
    ):
        assert f"{event} from:body" in page
    part = read(PAGE, htmx=True)
    assert part.startswith("<title>Production of Shop · Sleuth</title>")
    assert part.partition("</span>")[2].lstrip().startswith('<div id="environment-page"')


def test_names_from_elsewhere_are_escaped(read, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production, seed.HOSTILE[:80], last_error=seed.HOSTILE)
        seed.add_deploy(shop.web, revision=seed.HOSTILE, author_name=seed.HOSTILE)
    assert "<script>alert" not in read(PAGE)


@pytest.mark.parametrize("path", ["production", "nowhere"])
def test_another_organizations_environment_is_no_page(sign_in, shop, path: str) -> None:
    who = "outsider" if path == "production" else "developer"
    answer = sign_in(who).get(f"/o/acme/projects/shop/environments/{path}")
    assert answer.status_code == 404


def test_no_environment_lies_behind_the_dialog_that_adds_one(shop) -> None:
    assert projects.create_environment(shop.project.id, "New").slug == "new-2"


def test_the_page_takes_few_statements_however_much_there_is(read, shop, sentry, counting) -> None:
    keep_strip(shop.production)
    with write():
        for number in range(3):
            source = seed.add_source(sentry, shop.production, f"Sentry {number}")
        for number in range(4):
            deployment = seed.add_deployment(shop.project, f"Service {number}")
            for minute in range(5):
                deploy = seed.add_deploy(deployment, deployed_at=NOW - minute * MINUTE)
                seed.add_verdict(deploy, source, "healthy")
        db.session.execute(update(EnvironmentHealth).values(viewed_at=NOW))
    read(PAGE)
    with counting() as seen:
        read(PAGE)
    assert len([each for each in seen if not each.startswith("BEGIN")]) <= 12
