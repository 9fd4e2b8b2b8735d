"""The demo's page of situations: who may order them, what becomes of an order, and the tick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from plugins.sentry.sandbox import SITUATIONS as KNOWN
from plugins.sentry.sandbox import TOKENS as KNOWN_TOKENS
from sleuth import clock
from sleuth.accounts.models import AuditEntry, Event, Organization
from sleuth.demo import declaration, stage, wishes
from sleuth.demo.jobs import arrange
from sleuth.extensions import db
from sleuth.web.formats import utc_time
from tests.conftest import NOW, Cast

Enter = Callable[[str], FlaskClient]
PAGE = "/o/lumen-works/demo/situations"
HTMX = {"HX-Request": "true"}
JOB = "sleuth.demo.jobs.arrange"
SITUATIONS = declaration.current().situations
TOKENS = declaration.current().tokens


def order(browser: FlaskClient, name: str, what: str = "begin") -> Any:
    return browser.post(f"{PAGE}/{name}/{what}", headers=HTMX)


def on(sandbox: Any) -> set[str]:
    return {each.name for each in sandbox.situations.running()}


def standing(demo: Organization, name: str = "token-revoked") -> str:
    db.session.rollback()
    return wishes.wishes_of(demo.id)[name].standing


def actions(demo: Organization) -> list[tuple[str, str]]:
    found = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [
        (each.action.removeprefix("situation."), each.actor_label)
        for each in found
        if each.action.startswith("situation.")
    ]


def test_every_situation_of_the_stand_in_has_a_button_and_no_other() -> None:
    assert set(SITUATIONS) == set(KNOWN)


def test_the_tokens_to_paste_are_known_to_the_stand_in() -> None:
    known = {token.value for token in KNOWN_TOKENS.values()}
    assert [value for value, _words in TOKENS if value not in known] == []


@pytest.mark.parametrize(
    ("role", "is_offered"), [("owner", True), ("developer", True), ("observer", False)]
)
def test_who_may_change_integrations_may_make_things_difficult(
    demo: Organization, enter: Enter, role: str, is_offered: bool
) -> None:
    browser = enter(role)
    assert ("Switch on" in browser.get(PAGE).text) is is_offered
    status = 200 if is_offered else 403
    assert order(browser, "token-revoked").status_code == status
    assert order(browser, "token-revoked", "end").status_code == status
    assert browser.post(f"{PAGE}/end", headers=HTMX).status_code == status


def test_every_page_of_the_demo_leads_there(demo: Organization, enter: Enter) -> None:
    assert f'href="{PAGE}"' in enter("observer").get("/o/lumen-works/").text


def test_each_situation_says_what_will_be_seen(demo: Organization, enter: Enter) -> None:
    page = enter("observer").get(PAGE).text
    assert [each.title for each in SITUATIONS.values() if each.title not in page] == []
    assert "before it says Needs attention" in page
    assert "sntryu_demo_second" in page


def test_an_order_is_queued_and_being_switched_on_until_a_job_has_run(
    demo: Organization, enter: Enter, queued: list[Any], sandbox: Any
) -> None:
    browser = enter("developer")
    answer = order(browser, "token-revoked")
    assert "situationChanged" in answer.headers["HX-Trigger"]
    assert (JOB, demo.id) in queued
    assert on(sandbox) == set()
    assert "Being switched on" in browser.get(PAGE, headers=HTMX).text


def test_a_situation_is_on_until_it_is_ended(
    demo: Organization, enter: Enter, sandbox: Any
) -> None:
    browser = enter("developer")
    order(browser, "token-revoked")
    arrange(demo.id)
    assert on(sandbox) == {"token-revoked"}
    page = browser.get(PAGE).text
    assert "End it" in page
    assert utc_time(NOW + timedelta(hours=1)) in page
    order(browser, "token-revoked", "end")
    assert "Being ended" in browser.get(PAGE).text
    arrange(demo.id)
    assert on(sandbox) == set()
    assert standing(demo) == "off"


def test_all_are_ended_at_once(demo: Organization, enter: Enter, sandbox: Any) -> None:
    browser = enter("developer")
    for name in SITUATIONS:
        order(browser, name)
    arrange(demo.id)
    assert on(sandbox) == set(SITUATIONS)
    browser.post(f"{PAGE}/end")
    arrange(demo.id)
    assert on(sandbox) == set()


def test_what_is_on_is_not_begun_again(demo: Organization, enter: Enter) -> None:
    browser = enter("developer")
    order(browser, "overloaded")
    with clock.frozen(NOW + timedelta(minutes=5)):
        order(browser, "overloaded")
    wish = wishes.wishes_of(demo.id)["overloaded"]
    assert (wish.since, wish.until) == (NOW, NOW + timedelta(minutes=10))


def test_without_scripts_a_browser_comes_back_to_the_page_and_looks_again(
    demo: Organization, enter: Enter
) -> None:
    browser = enter("developer")
    answer = browser.post(f"{PAGE}/silent/begin", follow_redirects=True)
    assert answer.request.path == PAGE
    assert 'http-equiv="refresh"' in answer.text
    arrange(demo.id)
    assert 'http-equiv="refresh"' not in browser.get(PAGE).text


def test_live_pages_hear_of_the_order_and_of_its_being_carried_out(
    demo: Organization, enter: Enter
) -> None:
    order(enter("developer"), "quiet")
    arrange(demo.id)
    names = list(db.session.scalars(select(Event.subject).where(Event.name == "situationChanged")))
    assert names == ["quiet", "quiet"]


def test_the_log_says_who_did_it_and_that_it_happened(demo: Organization, enter: Enter) -> None:
    order(enter("developer"), "quiet")
    arrange(demo.id)
    assert actions(demo) == [
        ("begun", "priya@lumen.example"),
        ("applied", "the demo's stand-in"),
    ]


def test_a_situation_that_is_over_is_off(demo: Organization, enter: Enter, sandbox: Any) -> None:
    order(enter("developer"), "overloaded")
    arrange(demo.id)
    with clock.frozen(NOW + timedelta(minutes=10)):
        assert wishes.due_organization_ids(clock.now()) == [demo.id]
        arrange(demo.id)
        assert on(sandbox) == set()
        assert wishes.due_organization_ids(clock.now()) == []
    assert standing(demo, "overloaded") == "off"


def test_a_stand_in_that_was_restarted_is_told_again(
    demo: Organization, enter: Enter, sandbox: Any
) -> None:
    order(enter("developer"), "quiet")
    arrange(demo.id)
    before = sandbox.situations.running()
    sandbox.reset()
    with clock.frozen(NOW + timedelta(minutes=7)):
        arrange(demo.id)
    assert sandbox.situations.running() == before


def test_carrying_it_out_twice_changes_nothing(demo: Organization, enter: Enter) -> None:
    order(enter("developer"), "quiet")
    arrange(demo.id)
    arrange(demo.id)
    assert len(actions(demo)) == 2


def test_what_others_have_ordered_of_the_stand_in_stays(
    demo: Organization, enter: Enter, sandbox: Any
) -> None:
    sandbox.situations.begin("silent")
    order(enter("developer"), "quiet")
    arrange(demo.id)
    assert on(sandbox) == {"silent", "quiet"}


def test_a_stand_in_that_is_away_is_said_once_and_tried_again(
    demo: Organization, enter: Enter, sandbox: Any, caplog: pytest.LogCaptureFixture
) -> None:
    browser = enter("developer")
    order(browser, "quiet")
    sandbox.stop()
    arrange(demo.id)
    arrange(demo.id)
    assert "does not answer" in browser.get(PAGE).text
    assert "Traceback" not in caplog.text
    assert [action for action, _who in actions(demo)] == ["begun", "failed"]
    assert wishes.due_organization_ids(NOW) == [demo.id]


def test_an_order_that_failed_and_then_succeeds_is_on(
    demo: Organization, enter: Enter, sandbox: Any, app: Flask
) -> None:
    browser = enter("developer")
    order(browser, "quiet")
    app.config["SLEUTH_SENTRY_URL"], url = "http://127.0.0.1:1", app.config["SLEUTH_SENTRY_URL"]
    arrange(demo.id)
    app.config["SLEUTH_SENTRY_URL"] = url
    arrange(demo.id)
    assert standing(demo, "quiet") == "on"
    assert "does not answer" not in browser.get(PAGE).text


def test_an_order_that_was_changed_meanwhile_is_not_called_carried_out(
    demo: Organization, enter: Enter
) -> None:
    browser = enter("developer")
    order(browser, "quiet")
    heard = list(wishes.wishes_of(demo.id).values())
    order(browser, "quiet", "end")
    wishes.note_applied(demo.id, heard)
    assert standing(demo, "quiet") == "ending"


def test_an_order_that_nobody_takes_up_says_so_after_a_while(
    demo: Organization, enter: Enter
) -> None:
    browser = enter("developer")
    order(browser, "quiet")
    assert "No worker" not in browser.get(PAGE).text
    with clock.frozen(NOW + timedelta(seconds=21)):
        assert "No worker has taken this up yet" in browser.get(PAGE).text


def test_the_tick_asks_for_nothing_where_nothing_is_on(
    app: Flask, demo: Organization, enter: Enter
) -> None:
    assert wishes.due_organization_ids(NOW) == []
    order(enter("developer"), "quiet")
    assert wishes.due_organization_ids(NOW) == [demo.id]
    app.config["SLEUTH_DEMO"] = False
    assert wishes.due_organization_ids(NOW) == []


def test_beginning_again_ends_them(demo: Organization, enter: Enter) -> None:
    order(enter("developer"), "quiet")
    stage.begin()
    assert standing(demo, "quiet") == "off"
    assert wishes.due_organization_ids(NOW) == []


@pytest.mark.parametrize("what", ["begin", "end"])
def test_a_situation_that_nobody_knows_is_not_there(
    demo: Organization, enter: Enter, what: str
) -> None:
    assert order(enter("owner"), "eclipse", what).status_code == 404


def test_another_organization_has_no_such_page(app: Flask, demo: Organization, cast: Cast) -> None:
    browser = app.test_client(user=cast.owner)
    assert browser.get("/o/acme/demo/situations").status_code == 404
    assert browser.post("/o/acme/demo/situations/quiet/begin").status_code == 404
    assert browser.get(PAGE).status_code == 404


class TestElsewhere:
    """An installation that is no demo."""

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "SLEUTH_DEMO": False}

    def test_there_is_no_such_page(self, app: Flask, demo: Organization, enter: Enter) -> None:
        assert enter("owner").get(PAGE).status_code == 404
