"""Adding, editing and deleting impact sources in the developer."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from plugins.sentry.sandbox import TOKENS
from sleuth.extensions import db
from sleuth.impact import service as impact
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.impact.web import dialogs
from sleuth.integrations import service
from sleuth.integrations.models import ConnectionCheck
from tests.conftest import Cast

HTMX = {"HX-Request": "true"}
TAB = "/o/acme/projects/shop/impact"
ADD = f"{TAB}/add/sentry"
ENTERED = {
    "name": "Web errors",
    "own_environment": "production",
    "tracker_project": "1001:4501",
    "tracker_environment": "production",
}


@pytest.fixture
def token() -> str:
    """The name of the token that connects Sentry: one that sees few projects."""
    return "full"


@pytest.fixture
def developer(sandbox, cast: Cast, queued, run_jobs, sign_in, token: str):
    """A developer of an organization that has connected Sentry."""
    credentials = {"token": TOKENS[token].value}
    service.connect_integration(cast.acme.id, "sentry", credentials, cast.developer.id)
    run_jobs()
    return sign_in("developer")


def check_url() -> str:
    db.session.rollback()
    newest = select(ConnectionCheck.public_id).order_by(ConnectionCheck.id.desc())
    return f"{TAB}/checks/sentry/{db.session.scalars(newest).first()}"


def sources() -> list[ImpactSource]:
    db.session.rollback()
    return list(db.session.scalars(select(ImpactSource)))


@pytest.fixture
def added(developer, run_jobs) -> ImpactSource:
    developer.post(ADD, data=ENTERED, headers=HTMX)
    run_jobs()
    return sources()[0]


def test_the_dialog_asks_for_a_name_two_environments_and_a_project(developer) -> None:
    body = developer.get(ADD, headers=HTMX).text
    for label in ("Name", "Environment", "Project", "Source Environment"):
        assert f">{label}<span" in body
    assert '<option selected value="production">Production</option>' in body
    assert "no environment" in body.lower()


def test_the_source_environment_is_empty_free_text_and_never_filled_in(developer) -> None:
    body = developer.get(ADD, headers=HTMX).text
    field = next(each for each in re.findall("<input[^>]*>", body) if "tracker_environment" in each)
    assert 'autocomplete="off"' in field
    assert 'value=""' in field
    assert "list=" not in field
    assert "datalist" not in body
    assert "will not auto-populate" in body
    assert "how-to-send-environment-data" in body


def test_the_sidebar_names_the_project_one_is_in(developer) -> None:
    picker = re.search("<summary>.*?</summary>", developer.get(TAB).text, re.DOTALL)
    assert picker is not None
    assert "Shop" in picker[0]


def test_the_tab_hears_of_collected_counts(developer) -> None:
    assert "data-live" in developer.get(TAB).text


@pytest.mark.parametrize("token", ["three_organizations"])
def test_more_than_a_hundred_projects_are_told_apart_by_organization(developer) -> None:
    body = developer.get(ADD, headers=HTMX).text
    assert body.count("<option") > 134
    for organization in ("Acme", "Globex", "Initech"):
        assert f'<optgroup label="{organization}">' in body


def test_saving_proves_the_source_and_then_shows_it_in_the_table(developer, run_jobs) -> None:
    running = developer.post(ADD, data=ENTERED, headers=HTMX)
    assert 'role="status"' in running.text
    assert sources() == []
    run_jobs()
    done = developer.get(check_url(), headers=HTMX)
    assert "impactSourceChanged" in done.headers["HX-Trigger"]
    table = developer.get(f"{TAB}/sources").text
    assert "Web errors" in table
    assert "Counts collected" in table


def test_an_environment_not_seen_yet_is_said_with_a_suggestion(developer, run_jobs) -> None:
    developer.post(ADD, data={**ENTERED, "tracker_environment": "prodution"}, headers=HTMX)
    run_jobs()
    told = json.loads(developer.get(check_url(), headers=HTMX).headers["HX-Trigger"])["notify"]
    assert told["level"] == "warning"
    assert "production" in told["message"]
    assert "did you mean" in developer.get(TAB).text.lower()


def test_a_failure_shows_the_form_again_with_what_was_entered(developer, sandbox, run_jobs) -> None:
    sandbox.misbehave("503")
    developer.post(ADD, data={**ENTERED, "name": "Precious typing"}, headers=HTMX)
    run_jobs()
    body = developer.get(check_url(), headers=HTMX).text
    assert 'value="Precious typing"' in body
    assert 'role="alert"' in body
    assert re.search('value="1001:4501"\\s+selected', body)


def test_the_environment_is_required_unless_the_box_is_ticked(developer, run_jobs) -> None:
    entered = {**ENTERED, "tracker_environment": ""}
    refused = developer.post(ADD, data=entered, headers=HTMX)
    assert refused.status_code == 422
    developer.post(ADD, data={**entered, "no_environment": "y"}, headers=HTMX)
    run_jobs()
    assert [each.error_environment for each in sources()] == [""]


@pytest.mark.parametrize(
    "rubbish",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"own_environment": "moon"},
        {"tracker_project": "9:9"},
        {"tracker_project": ""},
        {"tracker_environment": "x" * 256},
        {"threshold": "many"},
        {"threshold": "-1"},
    ],
)
def test_rubbish_is_refused_in_the_dialog(developer, rubbish: dict[str, str]) -> None:
    answer = developer.post(ADD, data={**ENTERED, **rubbish}, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<form" in answer.text


def test_a_name_that_the_environment_has_already_is_refused(developer, added) -> None:
    answer = developer.post(ADD, data=ENTERED, headers=HTMX)
    assert answer.status_code == 422
    assert "has an impact source of this name" in answer.text


def test_the_list_of_projects_is_fetched_again_on_request(developer, run_jobs, sandbox) -> None:
    partial = developer.post(f"{TAB}/tracker-projects/sentry/refresh", headers=HTMX).text
    assert "Fetching the list" in partial
    run_jobs()
    after = developer.get(
        f"{TAB}/tracker-projects/sentry?tracker_project=1001:4502", headers=HTMX
    ).text
    assert "Fetching the list" not in after
    assert re.search('value="1001:4502"\\s+selected', after)


def test_editing_starts_from_what_is_stored(developer, added) -> None:
    body = developer.get(f"{TAB}/{added.public_id}/edit", headers=HTMX).text
    assert "Web errors" in body
    assert "Error Impact Source" in body
    assert 'value="production"' in body


def test_a_new_name_and_threshold_are_saved_at_once(developer, added) -> None:
    entered = {**ENTERED, "name": "Shop", "threshold": "2.5"}
    answer = developer.post(f"{TAB}/{added.public_id}/edit", data=entered, headers=HTMX)
    assert "impactSourceChanged" in answer.headers["HX-Trigger"]
    assert [(s.name, s.manually_set_health_threshold) for s in sources()] == [("Shop", 2.5)]


def test_another_source_environment_is_proven_before_it_is_saved(
    developer, added, run_jobs
) -> None:
    entered = {**ENTERED, "tracker_environment": "staging", "confirmed": "y"}
    developer.post(f"{TAB}/{added.public_id}/edit", data=entered, headers=HTMX)
    assert [each.error_environment for each in sources()] == ["production"]
    run_jobs()
    assert [each.error_environment for each in sources()] == ["staging"]


def test_deleting_asks_first(developer, added) -> None:
    url = f"{TAB}/{added.public_id}/delete"
    assert "Delete" in developer.get(url, headers=HTMX).text
    assert len(sources()) == 1
    developer.post(url, headers=HTMX)
    assert sources() == []


def test_a_plain_browser_is_led_through_the_same_steps(developer, run_jobs) -> None:
    sent = developer.post(ADD, data=ENTERED)
    assert (sent.status_code, sent.location) == (303, check_url())
    run_jobs()
    done = developer.get(check_url(), follow_redirects=True).text
    assert "Web errors is added" in done


def test_cancelling_saves_nothing(developer, run_jobs) -> None:
    developer.post(ADD, data=ENTERED, headers=HTMX)
    developer.post(f"{check_url()}/cancel", headers=HTMX)
    run_jobs()
    assert sources() == []


def test_without_an_integration_the_tab_says_what_to_do(sandbox, sign_in) -> None:
    page = sign_in("developer").get(TAB).text
    assert "No error tracker is connected" in page
    assert sign_in("developer").get(ADD).status_code == 404


def test_an_attempt_to_connect_is_none_to_add_a_source(developer, cast) -> None:
    service.connect_integration(cast.acme.id, "sentry", {"token": "x"}, cast.developer.id)
    assert developer.get(check_url()).status_code == 404
    assert developer.post(f"{check_url()}/cancel").status_code == 404


def test_a_source_deleted_while_it_is_edited_is_gone(developer, added, monkeypatch) -> None:
    def delete_first(source: ImpactSource, settings: SourceSettings) -> None:
        impact.delete_impact_source(source)
        save(source, settings)

    save = impact.save_impact_source
    monkeypatch.setattr(impact, "save_impact_source", delete_first)
    assert developer.post(f"{TAB}/{added.public_id}/edit", data=ENTERED).status_code == 404


def test_a_name_taken_while_it_is_entered_is_refused_in_the_dialog(
    developer, added, run_jobs, monkeypatch
) -> None:
    developer.post(ADD, data={**ENTERED, "name": "Other"}, headers=HTMX)
    run_jobs()
    monkeypatch.setattr(dialogs, "_is_name_free", lambda *_: True)
    entered = {**ENTERED, "name": "Other"}
    answer = developer.post(f"{TAB}/{added.public_id}/edit", data=entered, headers=HTMX)
    assert answer.status_code == 422
    assert "has an impact source of this name" in answer.text


def test_an_observer_looks_and_changes_nothing(developer, added, sign_in) -> None:
    observer = sign_in("observer")
    page = observer.get(TAB).text
    assert "Web errors" in page
    assert f"{added.public_id}/edit" not in page
    assert observer.post(f"{TAB}/{added.public_id}/delete").status_code == 403


def test_another_organizations_source_is_no_page(developer, added, sign_in) -> None:
    outsider = sign_in("outsider")
    for url in (TAB, f"{TAB}/{added.public_id}/edit"):
        assert outsider.get(url).status_code == 404
        moved = url.replace("/o/acme/projects/shop", "/o/globex/projects/reactor")
        assert outsider.get(f"{moved}").status_code in (200, 404)
    url = f"/o/globex/projects/reactor/impact/{added.public_id}/delete"
    assert outsider.post(url).status_code == 404
    assert len(sources()) == 1
