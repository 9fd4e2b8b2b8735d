"""Drop-downs that are declared, fetched from the tracker, and dependent on each other."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import make_transient, undefer

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration, TrackerProject
from sleuth.plugin_api import Choice
from sleuth.trackers import answers
from tests.conftest import NOW, Cast
from tests.impact.declared.dialogs import (
    ADD,
    CHOICES,
    HTMX,
    TAB,
    RunJobs,
    choose,
    offer,
    options,
    typed_into,
)


def test_drop_downs_wait_for_what_they_depend_on(connected: FlaskClient, queued: Any) -> None:
    page = connected.get(ADD, headers=HTMX).text
    assert options(page, "severity") == ["Choose one", "Errors", "Fatal errors only"]
    assert options(page, "environment") == ["Choose Log first"]
    assert options(page, "team") == ["Choose Log first"]
    assert options(page, "service") == ["Choose Log first"]
    assert queued == []


def test_choosing_a_project_offers_its_environments_and_fetches_its_lists(
    connected: FlaskClient, queued: list[Any], run_jobs: RunJobs
) -> None:
    chosen = {"tracker_project": ":shop"}
    page = connected.post(f"{CHOICES}/project?steers=1", data=chosen, headers=HTMX).text
    assert options(page, "environment") == ["All environments", "production", "staging"]
    assert 'hx-swap-oob="true"' in offer(page, "team")
    assert 'role="status"' in offer(page, "team")
    assert 'hx-trigger="every 1s"' in offer(page, "team"), "one that fails is followed by another"
    assert 'hx-sync="closest form:abort"' in offer(page, "team"), "it gives way to a choice"
    run_jobs()
    page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
    assert options(page, "team") == ["Choose one", "Checkout", "Search"]
    assert "hx-get" not in offer(page, "team"), "a finished state cannot poll"


def test_a_list_that_depends_on_another_is_fetched_anew(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    choose(connected, run_jobs)
    page = choose(connected, run_jobs, field_team="t-1")
    assert options(page, "service") == ["Nothing chosen", "Cart", "Payment"]
    page = choose(connected, run_jobs, field_team="t-2")
    assert options(page, "service") == ["Nothing chosen", "Index"]


def test_projects_that_are_fetched_again_bring_their_environments(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    with write():
        db.session.execute(update(TrackerProject).values(environments=["old"]))
    url, chosen = f"{TAB}/tracker-projects/hourglass", {"tracker_project": ":shop"}
    page = connected.post(f"{url}/refresh", data=chosen, headers=HTMX).text
    assert 'hx-trigger="every 1s"' in page
    assert connected.get(url, query_string=chosen, headers=HTMX).status_code == 204
    run_jobs()
    entered = {**chosen, "tracker_environment": "staging", "other_environment": "canary"}
    page = connected.get(url, query_string=entered, headers=HTMX).text
    assert re.search('id="tracker-projects"\\s+hx-swap-oob="true"', page)
    assert re.search(r'value=":shop"\s+selected', page)
    assert options(page, "environment") == ["All environments", "production", "staging"]
    assert re.search(r'value="staging"\s+selected', offer(page, "environment"))
    assert typed_into(page, "other_environment") == "canary"


def test_environments_that_no_form_could_bring_back_are_not_offered(
    connected: FlaskClient,
) -> None:
    names = ["production", " padded", "", "two\nlines", "x" * 256]
    with write():
        db.session.execute(update(TrackerProject).values(environments=names))
    chosen = {"tracker_project": ":shop"}
    page = connected.get(f"{CHOICES}/environment", query_string=chosen, headers=HTMX).text
    assert options(page, "environment") == ["All environments", "production"]


def test_the_first_thousand_of_a_longer_list_are_kept() -> None:
    answer = [Choice(str(each), f"Team {each}") for each in range(1200)]
    kept = answers.choices(answer, lambda text: text)
    assert [each.value for each in kept] == [str(each) for each in range(1000)]


def test_a_list_that_cannot_be_had_is_said_and_tried_again(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    page = choose(connected, run_jobs, tracker_project=":legacy")
    assert "Hourglass shows nobody the teams of this log." in offer(page, "team")
    assert "Try again" in offer(page, "team")
    assert 'type="text"' not in offer(page, "team"), "free text is not silently offered"
    with clock.frozen(NOW + timedelta(minutes=31)):
        chosen = {"tracker_project": ":legacy"}
        connected.post(f"{CHOICES}/team?again=1", data=chosen, headers=HTMX)
        run_jobs()
        page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
    assert "The tracker has nothing to choose from here." in offer(page, "team")


def test_without_scripts_a_button_fetches_and_nothing_entered_is_lost(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    form = {"name": "Mine & yours", "own_environment": "staging", "tracker_project": ":shop"}
    answer = connected.post(f"{CHOICES}/team", data=form)
    assert answer.status_code == 303
    waiting = connected.get(answer.location).text
    assert '<noscript><meta http-equiv="refresh"' in waiting
    run_jobs()
    page = connected.get(answer.location).text
    assert 'value="Mine &amp; yours"' in page
    assert '<option selected value="staging">' in page
    assert "Checkout" in options(page, "team")
    assert 'http-equiv="refresh"' not in page


@pytest.mark.parametrize("path", ["choices/hourglass/team", "tracker-projects/hourglass"])
def test_a_dialog_whose_tracker_is_disconnected_says_so_and_stops_asking(
    connected: FlaskClient, cast: Cast, path: str
) -> None:
    disable_integration(cast.acme.id, "hourglass", "Hourglass")
    page = connected.get(f"{TAB}/{path}", headers=HTMX).text
    assert "Hourglass is no longer connected." in page
    assert "Try again" in page
    assert "hx-trigger" not in page


@pytest.mark.parametrize("path", ["unheard_of", f"team?source={'x' * 22}"])
def test_what_is_not_there_is_not_found(connected: FlaskClient, path: str) -> None:
    assert connected.get(f"{CHOICES}/{path}").status_code == 404
    assert connected.post(f"{CHOICES}/{path}").status_code == 404


def test_a_source_of_another_tracker_is_not_found(
    added: ImpactSource, connected: FlaskClient
) -> None:
    url = f"{TAB}/choices/sentry/project?source={added.public_id}"
    with write():
        everything = undefer(Integration.credentials)
        row = db.session.scalars(select(Integration).options(everything)).one()
        db.session.expunge(row)
        make_transient(row)
        row.id, row.provider = None, "sentry"
        db.session.add(row)
    assert connected.get(f"{TAB}/choices/sentry/project").status_code == 200
    assert connected.get(url).status_code == 404
