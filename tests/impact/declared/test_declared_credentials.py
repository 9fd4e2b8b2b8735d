"""What a tracker declares of its credentials is what its dialogs ask."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth.extensions import db, write
from sleuth.integrations import choice_lists, project_list
from sleuth.integrations.models import ChoiceList, Integration
from tests.conftest import NOW
from tests.impact.declared.dialogs import (
    ADD,
    CHOICES,
    ENTERED,
    HTMX,
    INTEGRATIONS,
    PASTED,
    RunJobs,
    check_url,
    choose,
    offer,
    replace_credentials,
)


def test_a_category_that_a_tracker_declares_is_a_tab(developer: FlaskClient) -> None:
    page = developer.get(f"{INTEGRATIONS}/log-services").text
    assert "Log Services" in page
    assert "Enable Hourglass to count errors in your logs." in page


def test_the_dialog_shows_what_is_declared_of_the_credentials(developer: FlaskClient) -> None:
    page = developer.get(f"{INTEGRATIONS}/hourglass/enable").text
    for text in (
        "Your Hourglass account",
        "Under Profile &gt; Keys.",
        "logs:read, teams:read",
        "Without <code>logs:read</code> nothing works.",
        "Only the last 14 days can be read.",
        'href="https://hourglass.test/keys"',
        'href="https://hourglass.test/docs"',
        'placeholder="ada@example.com"',
    ):
        assert text in page
    kinds = re.findall(r'<input[^>]*name="(email|api_key|account)"[^>]*>', page)
    assert kinds == ["email", "api_key"], "the account is asked for on demand"
    assert re.search('<input[^>]*name="api_key"[^>]*type="password"', page)
    assert re.search('<input[^>]*name="email"[^>]*type="text"', page)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "ada", "Enter the e-mail address you sign in to Hourglass with."),
        ("api_key", "hg_xyz", "Hourglass keys begin with hg_, followed by eight digits."),
        ("api_key", "", "Enter the API key."),
        ("api_key", "\u200b", "Enter the API key."),
    ],
)
def test_what_does_not_look_right_is_refused_before_anybody_is_asked(
    developer: FlaskClient, queued: list[Any], field: str, value: str, sentence: str
) -> None:
    answer = developer.post(f"{INTEGRATIONS}/hourglass/enable", data={**PASTED, field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert queued == []


@pytest.mark.parametrize(
    "key", [' "hg_0123abcd"\n', "\u00a0hg_0123abcd\u200b", "\ufeff\u2060'hg_0123abcd' \u00ad"]
)
def test_what_surrounds_a_key_invisibly_does_not_count(
    developer: FlaskClient, queued: list[Any], key: str
) -> None:
    pasted = {**PASTED, "api_key": key}
    developer.post(f"{INTEGRATIONS}/hourglass/enable", data=pasted)
    assert len(queued) == 1


def test_two_credentials_and_one_on_demand_connect_it(connected: FlaskClient) -> None:
    db.session.rollback()
    row = db.session.scalars(select(Integration)).one()
    assert row.credentials == {**PASTED, "account": "Pied Piper"}
    assert "Pied Piper" in connected.get(f"{INTEGRATIONS}/log-services").text


def test_both_credentials_are_replaced(connected: FlaskClient, run_jobs: RunJobs) -> None:
    replaced = replace_credentials(connected, run_jobs)
    row = db.session.scalars(select(Integration)).one()
    assert row.credentials == {**replaced, "account": "Pied Piper"}


def test_replacing_the_credentials_forgets_what_the_old_ones_were_offered(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    choose(connected, run_jobs)
    replace_credentials(connected, run_jobs)
    assert db.session.scalars(select(ChoiceList)).all() == []


def test_a_list_that_was_fetched_with_a_replaced_key_is_not_kept(
    connected: FlaskClient, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.post(f"{CHOICES}/team", data={"tracker_project": ":shop"}, headers=HTMX)
    (list_id,) = choice_lists.due_list_ids(NOW)
    keep = choice_lists._keep

    def replaced_meanwhile(*answer: Any, **error: str) -> None:
        with write():
            row = db.session.scalars(select(Integration)).one()
            row.credentials = {**row.credentials, "api_key": "hg_99999999"}
        keep(*answer, **error)

    monkeypatch.setattr(choice_lists, "_keep", replaced_meanwhile)
    choice_lists.list_choices(list_id)
    assert db.session.scalars(select(ChoiceList)).one().choices == []


def test_a_list_is_not_asked_for_with_credentials_that_cannot_be_read(
    connected: FlaskClient, app: Flask
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    (list_id,) = choice_lists.due_list_ids(NOW)
    app.config["SLEUTH_ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
    choice_lists.list_choices(list_id)
    assert choice_lists.due_list_ids(NOW + timedelta(days=1)) == []
    page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
    assert "The stored credentials cannot be read" in offer(page, "team")


def test_projects_are_not_listed_with_credentials_that_cannot_be_read(
    connected: FlaskClient, app: Flask
) -> None:
    integration = db.session.scalars(select(Integration)).one()
    project_list.request_projects(integration)
    app.config["SLEUTH_ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
    project_list.refresh_projects(integration.id)
    assert project_list.due_project_list_ids(NOW + timedelta(days=1)) == []
    assert "The stored credentials cannot be read" in connected.get(ADD).text


def test_a_source_is_not_proven_with_credentials_that_cannot_be_read(
    connected: FlaskClient, app: Flask, run_jobs: RunJobs
) -> None:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    app.config["SLEUTH_ENCRYPTION_KEYS"] = Fernet.generate_key().decode()
    running = connected.post(ADD, data=ENTERED, headers=HTMX).text
    run_jobs()
    page = connected.get(check_url(running), headers=HTMX).text
    assert "The stored credentials cannot be read" in page
