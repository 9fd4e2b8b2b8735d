"""What a tracker declares is what its dialogs ask: of one that declares everything at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import make_transient, undefer

from sleuth import clock
from sleuth.deploys import service as deploys
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.extensions import db, write
from sleuth.health import due
from sleuth.health import service as health
from sleuth.health.models import Verdict
from sleuth.impact import checking, collecting
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.integrations import choice_lists, project_list
from sleuth.integrations.models import ChoiceList, Integration, TrackerProject
from sleuth.integrations.service import registry
from sleuth.plugin_api import Choice, ImpactField, TrackerError
from sleuth.trackers import answers
from tests.conftest import NOW, Cast

HTMX = {"HX-Request": "true"}
INTEGRATIONS = "/o/acme/integrations"
TAB = "/o/acme/projects/shop/impact"
ADD = f"{TAB}/add/hourglass"
CHOICES = f"{TAB}/choices/hourglass"
PASTED = {"email": "ada@example.com", "api_key": "hg_0123abcd"}
ENTERED = {
    "name": "Log errors",
    "own_environment": "production",
    "tracker_project": ":shop",
    "tracker_environment": "production",
    "field_severity": "e",
    "field_team": "t-1",
    "field_service": "s-2",
    "field_tag": "checkout",
    "field_handled": "y",
}
RunJobs = Callable[[], int]


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    dummies = Path(__file__).parent.parent / "dummies"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "hourglass.py").symlink_to(dummies / "hourglass.py")
    return {**settings, "SLEUTH_PLUGINS_DIR": str(tmp_path / "own")}


@pytest.fixture
def developer(sign_in: Callable[[str], FlaskClient], queued: list[Any]) -> FlaskClient:
    return sign_in("developer")


@pytest.fixture
def connected(cast: Cast, developer: FlaskClient, run_jobs: RunJobs) -> FlaskClient:
    """A developer of an organization that has connected Hourglass, with both questions."""
    asked = developer.post(f"{INTEGRATIONS}/hourglass/enable", data=PASTED)
    run_jobs()
    page = developer.get(asked.location).text
    attempt = re.search('name="check" value="([^"]+)"', page)
    assert attempt is not None
    answer = {"check": attempt[1], "account": "Pied Piper"}
    developer.post(f"{INTEGRATIONS}/hourglass/enable", data=answer)
    run_jobs()
    return developer


def offer(page: str, name: str) -> str:
    """Return the markup of one drop-down."""
    parts = re.split('<div class="mb-3 offered"', page)
    return next(part for part in parts[1:] if f'id="offer-{name}"' in part)


def options(page: str, name: str) -> list[str]:
    return [text.strip() for text in re.findall("<option[^>]*>([^<]*)<", offer(page, name))]


def choose(browser: FlaskClient, run_jobs: RunJobs, **chosen: str) -> str:
    """Choose something in the open dialog; return the drop-downs once all lists are there."""
    name = "team" if "field_team" in chosen else "project"
    form = {"tracker_project": ":shop", **chosen}
    browser.post(f"{CHOICES}/{name}?steers=1", data=form, headers=HTMX)
    run_jobs()
    pages = (
        browser.get(f"{CHOICES}/{each}", query_string=form, headers=HTMX).text
        for each in ("environment", "team", "service")
    )
    return "".join(pages)


@pytest.fixture
def added(connected: FlaskClient, run_jobs: RunJobs) -> ImpactSource:
    choose(connected, run_jobs)
    choose(connected, run_jobs, field_team="t-1")
    connected.post(ADD, data=ENTERED, headers=HTMX)
    run_jobs()
    return db.session.scalars(select(ImpactSource)).one()


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
    url = f"{INTEGRATIONS}/hourglass/replace-token"
    replaced = {"email": "bob@example.com", "api_key": "hg_99999999"}
    asked = connected.post(url, data=replaced)
    run_jobs()
    page = connected.get(asked.location).text
    attempt = re.search('name="check" value="([^"]+)"', page)
    assert attempt is not None
    connected.post(url, data={"check": attempt[1], "account": "Pied Piper"})
    run_jobs()
    row = db.session.scalars(select(Integration)).one()
    assert row.credentials == {**replaced, "account": "Pied Piper"}


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


def test_a_list_is_kept_for_some_minutes(
    connected: FlaskClient, run_jobs: RunJobs, queued: list[Any]
) -> None:
    choose(connected, run_jobs)
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    assert queued == []
    with clock.frozen(NOW + timedelta(minutes=11)):
        connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    assert [job[0] for job in queued] == [choice_lists.CHOICES_JOB]


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


def test_a_lost_queue_is_made_good_by_the_tick(connected: FlaskClient, queued: list[Any]) -> None:
    connected.post(f"{CHOICES}/team", data={"tracker_project": ":shop"}, headers=HTMX)
    queued.clear()
    (list_id,) = choice_lists.due_list_ids(NOW)
    later = NOW + timedelta(seconds=21)
    with clock.frozen(later):
        chosen = {"tracker_project": ":shop"}
        page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
        assert "No worker has taken this up yet" in page
        choice_lists.list_choices(list_id)
    assert choice_lists.due_list_ids(later) == []


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
    assert "refresh" not in page.partition("</head>")[0]


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
    row = re.sub(r"<[^>]*>", " ", connected.get(f"{TAB}/sources").text)
    assert "Team: Checkout · Service: Payment" in " ".join(row.split())
    assert "t-1" not in row


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


@pytest.mark.parametrize("path", ["unheard_of", f"team?source={'x' * 22}"])
def test_what_is_not_there_is_not_found(connected: FlaskClient, path: str) -> None:
    assert connected.get(f"{CHOICES}/{path}").status_code == 404
    assert connected.post(f"{CHOICES}/{path}").status_code == 404


def test_lists_go_with_the_integration(connected: FlaskClient, run_jobs: RunJobs, cast) -> None:
    choose(connected, run_jobs)
    disable_integration(cast.acme.id, "hourglass", "Hourglass")
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


def test_old_lists_are_forgotten(connected: FlaskClient, run_jobs: RunJobs) -> None:
    choose(connected, run_jobs)
    choice_lists.forget_old(NOW + timedelta(minutes=59))
    assert db.session.scalars(select(ChoiceList)).all() != []
    choice_lists.forget_old(NOW + timedelta(minutes=60))
    assert db.session.scalars(select(ChoiceList)).all() == []


def set_choices(field_name: str, choices: list[list[str]]) -> None:
    with write():
        row = db.session.scalars(select(ChoiceList).filter_by(field_name=field_name)).one()
        row.choices = choices


def refuse_once(monkeypatch: pytest.MonkeyPatch, run_jobs: RunJobs) -> None:
    """Let a check fail."""

    def refuse(*_: object) -> None:
        raise TrackerError("Hourglass is having a break.")

    with monkeypatch.context() as patch:
        patch.setattr(checking, "_prove", refuse)
        run_jobs()


def check_url(page: str) -> str:
    found = re.search(r'hx-get="([^"]+/checks/[^"]+)"', page)
    assert found is not None
    return found[1]


def typed_into(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None
    value = re.search('value="([^"]*)"', found[0])
    return value[1] if value else ""


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
    assert "Only the first 1,000 are listed." in offer(page, "team")
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


def test_the_first_thousand_of_a_longer_list_are_kept() -> None:
    answer = [Choice(str(each), f"Team {each}") for each in range(1200)]
    kept = answers.choices(answer, lambda text: text)
    assert [each.value for each in kept] == [str(each) for each in range(1000)]


def test_while_a_list_is_fetched_the_dialog_is_left_alone(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    looked = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX)
    assert (looked.status_code, looked.text) == (204, "")
    with clock.frozen(NOW + timedelta(seconds=21)):
        page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
        assert "No worker has taken this up yet" in page
        assert "<select" not in page
        (watched,) = re.findall('hx-get="([^"]+)"', page)
        assert connected.get(f"{watched}&tracker_project=:shop", headers=HTMX).status_code == 204


@pytest.mark.parametrize("path", ["choices/hourglass/team", "tracker-projects/hourglass"])
def test_a_dialog_whose_tracker_is_disconnected_says_so_and_stops_asking(
    connected: FlaskClient, cast: Cast, path: str
) -> None:
    disable_integration(cast.acme.id, "hourglass", "Hourglass")
    page = connected.get(f"{TAB}/{path}", headers=HTMX).text
    assert "Hourglass is no longer connected." in page
    assert "Try again" in page
    assert "hx-trigger" not in page


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


def test_replacing_the_credentials_forgets_what_the_old_ones_were_offered(
    connected: FlaskClient, run_jobs: RunJobs
) -> None:
    choose(connected, run_jobs)
    test_both_credentials_are_replaced(connected, run_jobs)
    assert db.session.scalars(select(ChoiceList)).all() == []


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


def test_a_list_that_is_being_fetched_is_not_asked_for_again(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    connected.post(f"{CHOICES}/team?again=1", data=chosen, headers=HTMX)
    assert len(queued) == 1


def test_a_list_that_a_worker_has_taken_up_is_not_said_to_wait_for_one(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    with write():
        later = NOW + timedelta(seconds=90)
        db.session.execute(update(ChoiceList).values(claimed_until=later))
    with clock.frozen(NOW + timedelta(seconds=21)):
        looked = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX)
    assert looked.status_code == 204


def test_environments_that_no_form_could_bring_back_are_not_offered(
    connected: FlaskClient,
) -> None:
    names = ["production", " padded", "", "two\nlines", "x" * 256]
    with write():
        db.session.execute(update(TrackerProject).values(environments=names))
    chosen = {"tracker_project": ":shop"}
    page = connected.get(f"{CHOICES}/environment", query_string=chosen, headers=HTMX).text
    assert options(page, "environment") == ["All environments", "production"]


def test_what_is_measured_is_told_apart_from_the_threshold(
    added: ImpactSource, connected: FlaskClient
) -> None:
    with write():
        row = db.session.get_one(ImpactSource, added.id)
        row.manually_set_health_threshold = 5
    page = " ".join(connected.get(f"{TAB}/sources").text.split())
    assert "Count handled errors, too: yes · unhealthy above 300 errors an hour" in page


# --- counting by the hour, and only the last hours ------------------------------------------


@pytest.fixture
def deployed(added: ImpactSource, cast: Cast) -> Iterator[str]:
    """A deploy ten minutes past noon, when all of the past has been read."""
    collect_until_done(NOW)
    made = deploys.create_code_deployment(cast.project.id, "Web")
    at = NOW + timedelta(minutes=10)
    with clock.frozen(at):
        yield register_deploy(made.id, Registration(revision="b450349"), at).public_id


def collect_until_done(at: datetime) -> None:
    with clock.frozen(at):
        for _ in range(6):
            collecting.collect_round()


def look(at: datetime) -> Verdict:
    """Collect and judge at some time; return the verdict."""
    collect_until_done(at)
    with clock.frozen(at):
        for deploy_id in due.due_deploy_ids(at):
            health.assess_deploy(deploy_id)
    db.session.rollback()
    return db.session.scalars(select(Verdict)).one()


def test_the_whole_past_is_read_from_a_tracker_that_only_knows_the_last_hours(
    added: ImpactSource,
) -> None:
    collect_until_done(NOW)
    db.session.rollback()
    source = db.session.get_one(ImpactSource, added.id)
    assert (source.last_error, source.progress, source.complete_until) == ("", None, NOW)
    covered = db.session.scalars(select(Coverage)).one()
    assert covered.until - covered.since == 14 * 86_400
    assert set(db.session.scalars(select(ErrorCount.count))) == {24}


@pytest.mark.parametrize("minute", [40, 59, 110, 119])
def test_a_part_of_an_hour_is_never_judged(deployed: str, minute: int) -> None:
    verdict = look(NOW + timedelta(minutes=minute))
    assert (verdict.health, verdict.reason, verdict.is_final) == ("unknown", "pending", False)
    assert "counted per hour" in verdict.sentence


def test_the_first_whole_hour_decides_and_says_so(deployed: str, connected: FlaskClient) -> None:
    waiting = look(NOW + timedelta(minutes=40))
    assert waiting.due_at is not None
    assert waiting.due_at >= NOW + timedelta(hours=2, seconds=91)
    assert (
        "Hourglass counts per hour: judged after the first whole one"
        in connected.get(f"/o/acme/deploys/{deployed}").text
    )
    verdict = look(NOW + timedelta(hours=2, minutes=2))
    assert (verdict.health, verdict.is_final) == ("unhealthy", False)
    assert verdict.sentence.startswith(
        "240 errors in the first whole hour after the deploy, against 24 expected"
    )
    page = connected.get(f"/o/acme/deploys/{deployed}").text
    assert "avg errors an hour" in page
    assert "1 hour of data · next look at 2 hours" in " ".join(page.split())
    assert "Errors per hour" in page
    assert "minutes of data" not in page


def test_a_deploy_that_is_replaced_within_the_hour_is_not_judged(deployed: str) -> None:
    at = NOW + timedelta(minutes=40)
    with clock.frozen(at):
        (code_id,) = db.session.scalars(select(deploys.CodeDeployment.id))
        register_deploy(code_id, Registration(revision="c0ffee1"), at)
    collect_until_done(NOW + timedelta(hours=3))
    with clock.frozen(NOW + timedelta(hours=3)):
        for deploy_id in due.due_deploy_ids(clock.now()):
            health.assess_deploy(deploy_id)
    db.session.rollback()
    verdicts = list(db.session.scalars(select(Verdict).order_by(Verdict.deploy_id)))
    assert verdicts[0].reason == "replaced"
    assert "before a whole hour had passed" in verdicts[0].sentence


def test_the_page_of_a_source_says_that_it_counts_by_the_hour(
    added: ImpactSource, connected: FlaskClient
) -> None:
    page = connected.get(f"{TAB}/{added.public_id}").text
    assert "Hourglass counts by the hour: a deploy is judged after the first whole hour" in page
    assert "every hour" in page
    assert "Hourglass counts by the hour" in connected.get(ADD).text
