"""Live pages: one small question every few seconds, answered by names of events."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.members import add_membership
from sleuth.accounts.models import Event, Role
from sleuth.dashboard import changes
from sleuth.deploys import service as deploys
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import at_the_end, db, write
from tests.conftest import NOW, _project
from tests.dashboard import seed
from tests.dashboard.conftest import words

LATER = NOW + timedelta(minutes=3)
WAITING = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)
LISTS = ["deploysChanged", "deploysChanged:shop"]


@pytest.fixture
def ask(visitor):
    """Ask what happened after an event, some minutes after the deploys of the test."""

    def go(after: object = 0) -> TestResponse:
        return visitor.get(f"/o/acme/changes?after={after}", headers={"HX-Request": "true"})

    return go


def names(answer: TestResponse) -> list[str]:
    return list(json.loads(answer.headers["HX-Trigger"]))


def after(markup: str) -> int:
    """Return the event from which a page will ask."""
    found = re.search(r"/changes\?after=(\d+)", markup)
    assert found
    return int(found[1])


def publish(organization_id: int, name: str, subject: str = "") -> None:
    with clock.frozen(LATER), write():
        audit.publish(organization_id, name, subject)


def test_nothing_new_is_an_empty_answer(ask, cast) -> None:
    assert ask().status_code == 204


def test_what_happened_is_named_once_and_the_next_question_asks_further(ask, cast) -> None:
    for _time in range(2):
        publish(cast.acme.id, "integrationChanged", "sentry")
    answer = ask()
    assert names(answer) == ["integrationChanged"]
    assert ask(after(answer.text)).status_code == 204


def test_a_page_asks_from_what_it_has_shown(read, ask, cast) -> None:
    publish(cast.acme.id, "projectChanged", "shop")
    assert ask(after(read())).status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        "/projects/",
        "/projects/shop",
        "/projects/shop/environments",
        "/verdicts",
        "/settings",
        "/settings/people",
        "/settings/access-tokens",
        "/settings/audit-log",
        "/settings/plugins",
        "/integrations/sentry/audit",
    ],
)
def test_every_page_of_an_organization_asks(sign_in, cast, path: str) -> None:
    page = sign_in("administrator").get(f"/o/acme{path}").text
    assert "/changes?after=" in page
    assert "live.js" in page


def test_a_changed_deploy_concerns_its_card_only(ask, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    publish(shop.project.organization_id, "deployChanged", deploy.public_id)
    assert names(ask()) == [f"deployChanged:{deploy.public_id}"]


def test_another_health_concerns_what_counts_the_deploys_of_its_project(ask, cast) -> None:
    publish(cast.acme.id, "healthChanged", "shop")
    assert names(ask()) == ["healthChanged", "healthChanged:shop"]


def test_the_same_told_twice_at_once_is_one_event(ask, cast) -> None:
    with write():
        audit.publish(cast.acme.id, "projectChanged", "shop")
        audit.publish(cast.acme.id, "projectChanged", "shop")
    assert len(db.session.scalars(select(Event)).all()) == 1


@pytest.mark.postgres
def test_who_has_heard_of_an_event_has_heard_of_all_before_it(app, cast) -> None:
    has_told, may_commit = threading.Event(), threading.Event()

    def tell(name: str, then: Callable[[list[None]], object]) -> None:
        with app.app_context(), write():
            audit.publish(cast.acme.id, name)
            at_the_end(then, None)

    slow = threading.Thread(
        target=tell, args=("slow", lambda _: (has_told.set(), may_commit.wait(30)))
    )
    quick = threading.Thread(target=tell, args=("quick", lambda _: None))
    before = changes.latest(cast.acme.id)
    slow.start()
    assert has_told.wait(30)
    quick.start()
    while quick.is_alive() and not db.session.scalar(WAITING):
        db.session.rollback()
    assert changes.latest(cast.acme.id) == before
    may_commit.set()
    for each in (slow, quick):
        each.join()
    db.session.rollback()
    assert changes.changes_after(cast.acme.id, before).names == ("slow", "quick")


@pytest.mark.postgres
def test_who_tells_two_organizations_in_another_order_waits_for_nobody_for_ever(app, cast) -> None:
    errors: list[Exception] = []

    def tell(*organization_ids: int) -> None:
        with app.app_context():
            try:
                for number in range(40):
                    with write():
                        for each in organization_ids:
                            audit.publish(each, "projectChanged", str(number))
            except OperationalError as error:
                errors.append(error)

    ids = cast.acme.id, cast.globex.id
    tellers = [threading.Thread(target=tell, args=each) for each in (ids, ids[::-1])]
    for each in tellers:
        each.start()
    for each in tellers:
        each.join()
    assert errors == []


def test_events_are_stored_after_all_else_that_is_written(cast, counting) -> None:
    with counting() as seen, write():
        audit.publish(cast.acme.id, "projectChanged", "shop")
        audit.record(cast.acme.id, "organization.renamed", "Acme", before="Acne")
    stored = [each.split()[2] for each in seen if each.startswith("INSERT")]
    assert stored == ["audit_entry", "event"]


def test_a_quiet_organization_hears_nothing_when_its_last_events_are_forgotten(ask, cast) -> None:
    publish(cast.acme.id, "projectChanged")
    publish(cast.acme.id, "memberChanged")
    heard = after(ask().text)
    publish(cast.globex.id, "projectChanged")
    audit.forget_old_events(LATER + timedelta(days=2))
    assert ask(heard).status_code == 204
    assert len(db.session.scalars(select(Event)).all()) == 2


def test_the_card_listens_for_the_very_name(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    assert f'hx-trigger="deployChanged:{deploy.public_id} from:body' in read()


def test_a_new_deploy_concerns_the_list(ask, shop) -> None:
    register_deploy(shop.web.id, Registration(revision="new"), clock.now())
    assert names(ask()) == LISTS


def test_a_new_deploy_concerns_the_list_however_long_the_database_was_busy(ask, shop) -> None:
    with clock.frozen(LATER):
        register_deploy(shop.web.id, Registration(revision="new"), NOW)
    assert names(ask()) == LISTS


def test_what_becomes_of_a_new_deploy_concerns_its_card_only(ask, shop) -> None:
    deploy = register_deploy(shop.web.id, Registration(revision="new"), LATER)
    listed = after(ask().get_data(as_text=True))
    publish(shop.project.organization_id, "deployChanged", deploy.public_id)
    assert names(ask(listed)) == [f"deployChanged:{deploy.public_id}"]


def test_a_deleted_deploy_concerns_the_list(ask, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    with clock.frozen(LATER):
        deploys.delete_deploy(deploy.id)
    assert names(ask()) == LISTS


def test_as_many_changed_deploys_as_a_header_holds_are_named(ask, shop) -> None:
    subjects = [f"d{number}" for number in range(changes.MOST_NAMES)]
    for subject in subjects:
        publish(shop.project.organization_id, "deployChanged", subject)
    assert names(ask()) == [f"deployChanged:{subject}" for subject in subjects]


def test_of_more_than_a_header_holds_it_is_told_that_much_changed(ask, shop) -> None:
    for number in range(changes.MOST_NAMES + 1):
        publish(shop.project.organization_id, "deployChanged", f"d{number}")
    assert names(ask()) == ["muchChanged"]


def test_a_page_hears_of_what_comes_after_a_silence_of_days(ask, cast) -> None:
    for subject in ("one", "two"):
        with write():
            audit.publish(cast.acme.id, "projectChanged", subject)
    heard = changes.latest(cast.acme.id)
    audit.forget_old_events(NOW + timedelta(days=3))
    with write():
        audit.publish(cast.acme.id, "memberChanged")
    assert changes.changes_after(cast.acme.id, heard).names == ("memberChanged",)


def test_a_dashboard_of_one_project_hears_of_its_deploys_only(read, shop) -> None:
    one = "deploysChanged:shop from:body, healthChanged:shop from:body, "
    assert f'hx-trigger="{one}' in read("/", project="shop")
    assert f'hx-trigger="{one.replace(":shop", "")}' in read("/")


def test_another_organizations_events_are_not_told(ask, cast) -> None:
    publish(cast.globex.id, "deployChanged", "x")
    assert ask().status_code == 204


def test_the_sidebar_asks_for_its_projects_again(read, cast) -> None:
    page = read("/", project="shop")
    picker = page.partition('id="project-picker"')[2]
    url = picker.partition('hx-get="/o/acme')[2].partition('"')[0]
    assert 'hx-trigger="projectChanged from:body"' in picker
    with write():
        db.session.add(cast.acme)
        _project(cast.acme, "New <b>")
    assert url == "/project-picker?shown=shop"
    drawn = read(url.partition("?")[0], shown="shop")
    assert "New &lt;b&gt;" in drawn
    assert drawn.count('aria-current="true"') == 1
    assert words(drawn).startswith("Shop")
    assert words(read("/project-picker")).startswith("All projects")


def test_who_slept_through_more_than_can_be_named_hears_it_at_once(ask, cast) -> None:
    publish(cast.acme.id, "projectChanged")
    for number in range(changes.MOST_EVENTS + 1):
        publish(cast.acme.id, "environmentChanged", f"project-{number}")
    answer = ask()
    assert names(answer) == ["muchChanged"]
    assert ask(after(answer.text)).status_code == 204


def test_who_slept_until_events_were_forgotten_hears_that_too(ask, cast) -> None:
    publish(cast.acme.id, "projectChanged")
    heard = after(ask().text)
    publish(cast.acme.id, "memberChanged")
    audit.forget_old_events(LATER + timedelta(days=2))
    assert names(ask(heard)) == ["muchChanged"]


def test_a_page_asks_from_the_newest_event_of_its_own_organization(ask, cast, sign_in) -> None:
    with write():
        add_membership(cast.acme.id, cast.outsider, Role.OBSERVER)
    publish(cast.globex.id, "projectChanged", "reactor")
    pages = [sign_in("outsider").get(f"/o/{each}/").text for each in ("acme", "globex")]
    newest = [changes.latest(each.id) for each in (cast.acme, cast.globex)]
    assert list(map(after, pages)) == newest
    assert newest[0] < newest[1]


@pytest.mark.parametrize("beyond", ["1000", "9" * 30])
def test_who_has_heard_of_more_than_there_is_hears_of_all_and_asks_from_there(
    ask, cast, beyond
) -> None:
    publish(cast.acme.id, "projectChanged", "shop")
    answer = ask(beyond)
    assert names(answer) == ["muchChanged"]
    assert after(answer.text) == changes.latest(cast.acme.id)


@pytest.mark.parametrize("after", ["", "x", "-1", "-" + "9" * 30])
def test_a_question_without_sense_is_answered_from_the_start(ask, cast, after) -> None:
    publish(cast.acme.id, "projectChanged", "shop")
    assert names(ask(after)) == ["projectChanged"]


def test_a_number_too_small_for_any_database_is_none(ask, cast) -> None:
    assert ask(-(10**30)).status_code == 204


def test_a_question_costs_one_statement_over_the_events(ask, counting, cast) -> None:
    publish(cast.acme.id, "projectChanged", "shop")
    with counting() as seen:
        ask()
    asked = [each for each in seen if not each.startswith("BEGIN")]
    assert len([each for each in asked if "event.subject" in each]) == 1
    assert len(asked) == 2, "one tells who asks"
    assert not any(statement.startswith(("INSERT", "UPDATE")) for statement in seen)


def test_while_nothing_happens_no_event_is_read(ask, counting, cast) -> None:
    publish(cast.acme.id, "projectChanged", "shop")
    newest = after(ask().get_data(as_text=True))
    with counting() as seen:
        assert ask(newest).status_code == 204
    asked = [each for each in seen if not each.startswith("BEGIN")]
    assert len(asked) == 1, "that tells who asks, and what is newest"


def test_a_visit_prolongs_the_session_and_a_question_does_not(visitor, ask, cast) -> None:
    with visitor.session_transaction() as session:
        session.permanent = True
    assert "Set-Cookie" in visitor.get("/o/acme/").headers
    assert "Set-Cookie" not in ask().headers
