"""What was chosen in the dialogs is what is measured, and can be changed."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import ChoiceList, TrackerProject
from sleuth.integrations.service import registry
from sleuth.plugin_api import ImpactField
from tests.impact.declared.dialogs import (
    ADD,
    CHOICES,
    ENTERED,
    HTMX,
    TAB,
    RunJobs,
    check_url,
    choose,
    offer,
    options,
    refuse_once,
    set_choices,
    typed_into,
)


def test_what_was_chosen_is_saved_with_what_it_is_called(
    added: ImpactSource, connected: FlaskClient
) -> None:
    assert added.field_values == {
        "severity": "e",
        "team": "t-1",
        "service": "s-2",
        "tag": "checkout",
        "handled": "yes",
    }
    assert added.error_environment == "production"
    row = connected.get(f"{TAB}/sources").text
    assert "Team: Checkout · Service: Payment" in " ".join(row.split())
    drawn_by_lot = rf'{added.public_id}|name="csrf_token" value="[^"]+"'
    assert "t-1" not in re.sub(drawn_by_lot, "", row)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"field_team": "t-9"}, "That is not offered here."),
        ({"field_team": ""}, "Choose one."),
        ({"field_team": " \u200b"}, "Choose one."),
        ({"other_field_team": "t-9"}, "That is not offered here."),
        ({"field_severity": "x"}, "That is not offered here."),
        ({"field_tag": "Checkout!"}, "Tags are small letters."),
        ({"tracker_environment": "moon"}, "That is not offered here."),
        ({"tracker_project": ":blog"}, "Wait for the list, then choose again."),
    ],
)
def test_what_is_not_offered_cannot_be_saved(
    connected: FlaskClient, run_jobs: RunJobs, change: dict[str, str], sentence: str
) -> None:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    answer = connected.post(ADD, data={**ENTERED, **change}, headers=HTMX)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_text_that_is_required_is_more_than_spaces(
    connected: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = registry().get("hourglass")
    assert tracker is not None
    fields = [*tracker.fields, ImpactField("zone", "Zone", "text")]
    monkeypatch.setattr(tracker, "fields", fields)
    answer = connected.post(ADD, data={**ENTERED, "field_zone": "  "}, headers=HTMX)
    zone = answer.text.partition('name="field_zone"')[2]
    assert "This field is required." in zone


def test_an_environment_that_is_not_listed_may_be_entered_if_the_tracker_allows(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    connected.post(ADD, data={**ENTERED, "other_environment": "canary"}, headers=HTMX)
    run_jobs()
    assert db.session.scalars(select(ImpactSource)).one().error_environment == "canary"


def test_what_is_no_longer_offered_stays_visible_when_editing(
    added: ImpactSource, connected: FlaskClient
) -> None:
    with write():
        row = db.session.scalars(select(ChoiceList).filter_by(field_name="team")).one()
        row.choices = [["t-2", "Search"]]
        db.session.execute(update(TrackerProject).values(environments=["staging"]))
    page = connected.get(f"{TAB}/{added.public_id}/edit", headers=HTMX).text
    assert options(page, "team") == ["Choose one", "Search", "Checkout (no longer offered)"]
    assert "production (no longer offered)" in options(page, "environment")
    assert re.search(r'value="t-1"\s+selected', offer(page, "team"))
    assert re.search(r'name="field_handled"[^>]*checked|checked[^>]*name="field_handled"', page)


def test_another_project_does_not_keep_what_was_measured(
    added: ImpactSource, connected: FlaskClient, run_jobs: RunJobs
) -> None:
    chosen = {"tracker_project": ":blog", "field_team": "t-1"}
    query = {"source": added.public_id}
    connected.post(
        f"{CHOICES}/project", query_string={**query, "steers": "1"}, data=chosen, headers=HTMX
    )
    run_jobs()
    page = connected.get(f"{CHOICES}/team", query_string={**query, **chosen}, headers=HTMX).text
    assert options(page, "team") == ["Choose one", "Editors"]


def test_choosing_another_team_is_asked_about_as_a_new_series(
    added: ImpactSource, connected: FlaskClient
) -> None:
    edited = {**ENTERED, "field_team": "t-2", "field_service": ""}
    page = connected.post(f"{TAB}/{added.public_id}/edit", data=edited, headers=HTMX).text
    assert "Start a new series" in page
    assert "Team: Checkout" in page
    assert "Team: Search" in page


def test_a_box_that_is_not_ticked_stays_so(added: ImpactSource, connected: FlaskClient) -> None:
    with write():
        row = db.session.get_one(ImpactSource, added.id)
        row.field_values = {**row.field_values, "handled": ""}
    page = connected.get(f"{TAB}/{added.public_id}/edit", headers=HTMX).text
    (box,) = re.findall('<input[^>]*name="field_handled"[^>]*>', page)
    assert "checked" not in box


def test_a_failed_check_brings_back_the_environment_that_was_typed(
    connected: FlaskClient, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    entered = {**ENTERED, "tracker_environment": "", "other_environment": "canary"}
    running = connected.post(ADD, data=entered, headers=HTMX).text
    refuse_once(monkeypatch, run_jobs)
    page = connected.get(check_url(running), headers=HTMX).text
    assert "Hourglass is having a break." in page
    assert '<details class="mt-2" open>' in offer(page, "environment")
    entered["other_environment"] = typed_into(page, "other_environment")
    connected.post(ADD, data=entered, headers=HTMX)
    run_jobs()
    assert db.session.scalars(select(ImpactSource)).one().error_environment == "canary"


def test_of_a_very_long_list_what_is_left_out_can_be_typed(
    connected: FlaskClient, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(connected, run_jobs)
    set_choices("team", [[f"x-{each}", f"Team {each}"] for each in range(1000)])
    page = choose(connected, run_jobs, other_field_team="t-1")
    assert "Only the first 1\u202f000 are listed." in offer(page, "team")
    assert "required" not in re.findall("<select[^>]*>", offer(page, "team"))[0]
    assert options(page, "service") == ["Nothing chosen", "Cart", "Payment"]
    entered = {**ENTERED, "field_team": "", "other_field_team": "t-1"}
    running = connected.post(ADD, data=entered, headers=HTMX).text
    refuse_once(monkeypatch, run_jobs)
    page = connected.get(check_url(running), headers=HTMX).text
    assert typed_into(page, "other_field_team") == "t-1"
    connected.post(ADD, data=entered, headers=HTMX)
    run_jobs()
    source = db.session.scalars(select(ImpactSource)).one()
    assert (source.field_values["team"], source.field_values["service"]) == ("t-1", "s-2")


def test_what_is_measured_is_told_apart_from_the_threshold(
    added: ImpactSource, connected: FlaskClient
) -> None:
    with write():
        row = db.session.get_one(ImpactSource, added.id)
        row.manually_set_health_threshold = 5
    page = " ".join(connected.get(f"{TAB}/sources").text.split())
    assert "Count handled errors, too: yes · unhealthy above 300 errors an hour" in page
