"""What Add impact asks for, what it warns of, and where its link leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from plugins import sentry
from plugins.sentry.sandbox import Profile, Sandbox
from sleuth.plugin_api import ImpactConfig, ImpactWarning, TrackerContext, TrackerError

Tracker = Callable[..., TrackerContext]
Config = Callable[..., ImpactConfig]
SINCE = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)


@pytest.mark.parametrize("name", ["production", " staging ", "qa-2019", "", None])
def test_an_environment_that_sentry_has_seen_is_not_odd(
    tracker: Tracker, config: Config, name: str | None
) -> None:
    assert sentry.sleuth_check_impact(tracker(), config(name)) == []


def test_an_environment_not_seen_yet_is_compared_with_those_seen(
    tracker: Tracker, config: Config
) -> None:
    warnings = sentry.sleuth_check_impact(tracker(), config("prodction"))

    assert warnings == [
        ImpactWarning(
            "environment",
            "Sentry has not seen prodction yet; did you mean production?",
            suggestion="production",
        )
    ]


@pytest.mark.parametrize(("typed", "meant"), [("prod", "production"), ("stage", "staging")])
def test_an_abbreviation_is_understood(
    tracker: Tracker, config: Config, typed: str, meant: str
) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config(typed))

    assert warning.suggestion == meant


def test_a_difference_in_case_is_explained(tracker: Tracker, config: Config) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config("Production"))

    assert warning.suggestion == "production"
    assert "upper from lower case" in warning.message


def test_a_hidden_environment_can_be_suggested(tracker: Tracker, config: Config) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config("qa-2018"))

    assert warning.suggestion == "qa-2019"


def test_without_anything_similar_the_environments_seen_are_named(
    tracker: Tracker, config: Config
) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config("zzz"))

    assert warning.message == (
        "Sentry has not seen zzz yet. In this project it has seen production, staging."
    )
    assert warning.suggestion == ""


def test_of_many_environments_only_some_are_named(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    for number in range(9):
        sandbox.world.add_environment("acme", "web", f"review-{number}", Profile(1))

    (warning,) = sentry.sleuth_check_impact(tracker(), config("zzz"))

    assert warning.message.endswith("staging, review-0, review-1, review-2, ….")


@pytest.mark.parametrize("project", ["4505", "4599"])
def test_a_project_without_events_has_seen_no_environment(
    tracker: Tracker, config: Config, project: str
) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config("zzz", project, slug="greenfield"))

    assert "no environment in this project so far" in warning.message


def test_an_environment_of_another_project_is_pointed_out(tracker: Tracker, config: Config) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config("beta"))

    assert warning.message == (
        "Sentry has seen beta in other projects, but not in this one. "
        "In this project it has seen production, staging."
    )


def test_a_token_that_cannot_look_into_the_project_gives_the_benefit_of_the_doubt(
    tracker: Tracker, config: Config
) -> None:
    assert sentry.sleuth_check_impact(tracker("org_read_only"), config("beta")) == []


def test_a_project_is_found_without_its_slug(tracker: Tracker) -> None:
    config = ImpactConfig("1001", "4502", "prod")

    (warning,) = sentry.sleuth_check_impact(tracker(), config)

    assert warning.suggestion == "production"


@pytest.mark.parametrize("name", ["feature/login", "x" * 65, "two\nlines"])
def test_a_name_that_sentry_cannot_have_is_pointed_out_without_asking(
    tracker: Tracker, config: Config, sandbox: Sandbox, name: str
) -> None:
    (warning,) = sentry.sleuth_check_impact(tracker(), config(name))

    assert "slash" in warning.message
    assert sandbox.requests == []


@pytest.mark.parametrize("match", ["/projects/", "/environments/", "/4501/environments/"])
def test_no_answer_is_not_a_warning(
    tracker: Tracker, config: Config, sandbox: Sandbox, match: str
) -> None:
    sandbox.misbehave("500", match=match)

    with pytest.raises(TrackerError, match="HTTP 500"):
        sentry.sleuth_check_impact(tracker(), config("beta"))


def test_the_link_shows_all_issues_of_the_window(config: Config, sandbox: Sandbox) -> None:
    url = sentry.sleuth_explore_url(config(), SINCE, UNTIL)

    parts = urlsplit(url)
    assert url.startswith(f"{sandbox.url}/organizations/acme/issues/?")
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == {
        "project": "4501",
        "environment": "production",
        "query": "",
        "start": "2026-03-04T11:00:00",
        "end": "2026-03-04T12:00:00",
        "utc": "true",
    }
    assert "lists the issues" in requests.get(url, timeout=5).text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("", {"query": "!has:environment"}), (None, {"query": ""})],
)
def test_the_link_selects_the_environment_as_counting_does(
    config: Config, environment: str | None, expected: dict[str, str]
) -> None:
    url = sentry.sleuth_explore_url(config(environment), SINCE, UNTIL)

    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    assert "environment" not in query
    assert query.items() >= expected.items()


def test_the_link_tells_instants_in_utc(config: Config) -> None:
    berlin = timezone(timedelta(hours=1))

    url = sentry.sleuth_explore_url(config(), SINCE.astimezone(berlin), UNTIL)

    assert "start=2026-03-04T11%3A00%3A00" in url


def test_the_link_leads_to_sentry_where_nothing_else_is_known() -> None:
    config = ImpactConfig("1", "2", "production", {"org_slug": "acme"})

    url = sentry.sleuth_explore_url(config, SINCE, UNTIL)

    assert url.startswith("https://acme.sentry.io/issues/?project=2&")


def test_the_dialog_asks_for_project_environment_and_events_without_one() -> None:
    fields = sentry.sleuth_impact_fields()

    assert [(f.name, f.label, f.kind, f.is_required) for f in fields] == [
        ("project", "Project", "remote_project", True),
        ("environment", "Source Environment", "text", True),
        ("no_environment", "Events that carry no environment", "checkbox", False),
    ]
    assert fields[1].warning.startswith(
        "Sleuth will not auto-populate the Environment field due to the way the Sentry API "
        "handles environment data."
    )
    assert fields[1].docs_url.startswith("https://docs.sentry.io/enriching-error-data/")


def test_the_card_and_the_connect_dialog_have_what_they_show() -> None:
    info = sentry.sleuth_tracker_info()

    assert (info.slug, info.name) == ("sentry", "Sentry")
    assert info.description == "Enable Sentry to track errors for your project."
    assert "Settings > Account Details > API > Auth Token" in info.token_help
    assert len(info.token_scopes) == 6
    assert info.required_scopes == ("org:read",)
    assert [f.name for f in info.credential_fields if not f.is_on_demand] == ["token"]
    assert "Self-hosted" in info.notices[0]
    assert info.logo.startswith("<svg")
    assert 'fill="currentColor"' in info.logo
