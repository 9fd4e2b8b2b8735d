"""The page of a code deployment: what is live where, how the last deploys went, what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from sleuth.dashboard.deployments import read_deployment
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.overriding import set_override
from sleuth.health.by_hand.people import Person
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

PATH = "/deployments/web-shop"


@pytest.fixture
def live(read):
    """Return what is said of the environments."""

    def draw() -> str:
        return words(read(PATH).partition('id="live"')[2].partition("</section>")[0])

    return draw


@pytest.fixture
def listed(read):
    """Return the rows of the latest deploys."""

    def draw() -> list[str]:
        rows = read(PATH).partition('id="latest-deploys"')[2].partition("<tbody>")[2].split("<tr ")
        return [words(f"<tr {row}".partition("</tr>")[0]) for row in rows[1:]]

    return draw


@pytest.fixture
def a_year(shop) -> None:
    """Thirty deploys to production within a month, and one to staging a year ago."""
    with write():
        seed.add_deploy(
            shop.web, shop.staging, revision="ancient", deployed_at=NOW - timedelta(days=365)
        )
        for number in range(30):
            at = NOW - timedelta(days=number, minutes=5)
            seed.add_deploy(shop.web, revision=f"r{number}", deployed_at=at)


def test_each_environment_tells_what_is_live_however_old(live, a_year) -> None:
    said = live()
    assert "Production No impact source r0 live for 5 minutes" in said
    assert "Staging No impact source ancient live for 11 months" in said


def test_an_environment_without_a_deploy_says_so(live, shop) -> None:
    with write():
        seed.add_deploy(shop.web)
    assert "Staging Nothing was deployed here yet." in live()


def test_what_is_live_tells_how_it_goes(live, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))
        seed.add_verdict(deploy, seed.add_source(sentry, shop.production), "ailing")
    assert "Sentry web 3.2 expected → , in fact 5.6 avg errors a minute (+ 75 %)" in live()


def test_a_health_set_by_hand_counts_and_says_why(live, listed, cast, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        seed.add_verdict(deploy, seed.add_source(sentry, shop.production), "unhealthy")
    set_override(deploy.id, "healthy", "A load test.", Person.of(cast.developer), seen="")
    assert "set by Dora: A load test." in live()
    assert listed()[0].startswith("Healthy by hand")


def test_the_latest_twenty_are_listed_with_what_became_of_them(listed, read, a_year) -> None:
    rows = listed()
    assert len(rows) == 20
    assert rows[0].endswith("r0 Production 5 minutes ago live")
    assert rows[1].endswith("r1 Production 1 day ago after 1 day")
    assert "/o/acme/?deployment=web-shop&amp;range=90d" in read(PATH)


def test_the_strip_is_told_in_words(read, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        for number, health in enumerate(("unhealthy", "healthy", "healthy")):
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=number))
            seed.add_verdict(deploy, source, health)
    page = read(PATH)
    assert 'aria-label="Last 3 deploys, oldest first: 1 unhealthy, 2 healthy"' in page


def test_it_leads_to_the_dashboard_narrowed_to_it(read, shop) -> None:
    assert 'href="/o/acme/?deployment=web-shop"' in read(PATH)


def test_the_command_is_open_until_there_is_a_deploy(read, shop) -> None:
    def is_open() -> bool:
        return "open" in read(PATH).partition('id="register-deploys"')[2].partition(">")[0]

    assert is_open()
    with write():
        seed.add_deploy(shop.web)
    assert not is_open()


def test_it_hears_of_each_listed_deploy(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    assert f"deployChanged:{deploy.public_id} from:body" in read(PATH, htmx=True)


def test_it_hears_of_what_is_live_though_it_is_not_listed(read, a_year) -> None:
    ancient = db.session.scalars(select(Deploy).where(Deploy.revision == "ancient")).one()
    assert f"deployChanged:{ancient.public_id} from:body" in read(PATH)


def test_its_statements_do_not_grow_with_its_deploys(read, counting, shop, sentry) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(seed.add_deploy(shop.web), source, "healthy")
    with counting() as few:
        read(PATH)
    with write():
        for number in range(30):
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=number))
            seed.add_verdict(deploy, source, "ailing")
    with counting() as many:
        read(PATH)
    assert len(many) == len(few)
    assert len([each for each in many if each.startswith("SELECT")]) <= 12


def most_often(plan: dict[str, Any]) -> int:
    """Return how often PostgreSQL looked something up that a plan asks for row by row."""
    is_lookup = plan.get("Parent Relationship") == "SubPlan"
    own = plan["Actual Loops"] if is_lookup else 0
    return max([own, *map(most_often, plan.get("Plans", ()))])


@pytest.mark.postgres
def test_what_replaced_a_deploy_is_looked_up_for_those_shown_alone(shop) -> None:
    with write():
        other = seed.add_deployment(shop.project, "Other")
        for number in range(300):
            seed.add_deploy(other, deployed_at=NOW - timedelta(minutes=number))
        seed.add_deploy(shop.web)
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    read_deployment(shop.web)
    event.remove(db.engine, "before_cursor_execute", note)
    statement, values = next(each for each in seen if "next_revision" in each[0])
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    db.session.execute(text("ANALYZE deploy"))
    [answer] = db.session.connection().exec_driver_sql(explain, values).scalar_one()
    assert most_often(answer["Plan"]) < 30
