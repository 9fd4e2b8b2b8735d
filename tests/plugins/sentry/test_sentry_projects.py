"""Which projects are offered: all pages of all organizations in all regions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugins import sentry
from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth.plugin_api import TrackerContext, TrackerError

Tracker = Callable[..., TrackerContext]


def test_projects_of_organizations_in_both_regions_are_listed(tracker: Tracker) -> None:
    projects = sentry.sleuth_list_projects(tracker())

    assert {(p.org_label, p.label) for p in projects} == {
        ("Acme", "Web"),
        ("Acme", "Api"),
        ("Acme", "Mobile"),
        ("Acme", "Payroll"),
        ("Acme", "Greenfield"),
        ("Globex", "Shop"),
        ("Globex", "Warehouse"),
    }


def test_a_project_carries_what_collecting_needs(tracker: Tracker, sandbox: Sandbox) -> None:
    shop = next(p for p in sentry.sleuth_list_projects(tracker()) if p.label == "Shop")

    assert (shop.org_key, shop.key) == ("1002", "5101")
    assert shop.environments == ("Production", "Staging")
    assert shop.attributes == {
        "region_url": sandbox.urls["de"],
        "web_url": f"{sandbox.url}/organizations/globex",
        "org_slug": "globex",
        "slug": "shop",
    }


def test_hidden_and_missing_environments_are_not_among_those_of_a_project(
    tracker: Tracker,
) -> None:
    web = next(p for p in sentry.sleuth_list_projects(tracker()) if p.label == "Web")

    assert web.environments == ("production", "staging")


def test_a_project_that_the_token_may_not_read_is_marked(tracker: Tracker) -> None:
    closed = [p.label for p in sentry.sleuth_list_projects(tracker()) if not p.is_accessible]

    assert closed == ["Payroll"]


def test_more_than_one_page_of_projects_is_listed(tracker: Tracker, sandbox: Sandbox) -> None:
    projects = sentry.sleuth_list_projects(tracker("three_organizations"))

    assert sum(p.org_label == "Initech" for p in projects) == 134
    pages = [r for r in sandbox.requests if r.path == "/api/0/organizations/1003/projects/"]
    assert [r.silo for r in pages] == ["us", "us"]


def test_an_organization_that_is_being_deleted_is_left_out(tracker: Tracker) -> None:
    projects = sentry.sleuth_list_projects(tracker("three_organizations"))

    assert "Hooli" not in {p.org_label for p in projects}


@pytest.mark.parametrize(
    ("token", "organization"),
    [("integration", ""), ("integration_opaque", "acme"), ("scoped", ""), ("org_read_only", "")],
)
def test_tokens_with_an_odd_list_of_organizations_see_their_projects(
    tracker: Tracker, token: str, organization: str
) -> None:
    projects = sentry.sleuth_list_projects(tracker(token, organization=organization))

    assert {p.org_label for p in projects} == {"Acme"}


def test_a_region_that_is_down_does_not_hide_the_others(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("500", match="/organizations/1002/")

    projects = sentry.sleuth_list_projects(tracker())

    assert {p.org_label for p in projects} == {"Acme"}


@pytest.mark.parametrize("kind", ["404", "html-502", "truncated"])
def test_without_a_list_of_regions_the_control_silo_is_believed(
    tracker: Tracker, sandbox: Sandbox, kind: str
) -> None:
    sandbox.misbehave(kind, match="/users/me/regions/")

    projects = sentry.sleuth_list_projects(tracker())

    assert {p.org_label for p in projects} == {"Acme"}


@pytest.mark.parametrize("match", ["", "/users/me/regions/", "/projects/"])
def test_a_rate_limit_ends_the_listing_instead_of_shortening_it(
    tracker: Tracker, sandbox: Sandbox, match: str
) -> None:
    sandbox.misbehave("429", match=match, retry_after="30")

    with pytest.raises(TrackerError) as raised:
        sentry.sleuth_list_projects(tracker())

    assert (raised.value.reason, raised.value.retry_after) == ("rate_limited", 30)


def test_all_regions_down_is_an_error(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("500")

    with pytest.raises(TrackerError, match="HTTP 500"):
        sentry.sleuth_list_projects(tracker())


def test_a_token_that_lost_its_last_organization_needs_somebody_to_act(tracker: Tracker) -> None:
    with pytest.raises(TrackerError, match="no organization any more") as raised:
        sentry.sleuth_list_projects(tracker("lonely"))

    assert raised.value.permanent


def test_a_revoked_token_is_named_as_the_cause(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.revoke(TOKENS["full"].value)

    with pytest.raises(TrackerError, match="does not know this token") as raised:
        sentry.sleuth_list_projects(tracker())

    assert raised.value.reason == "credentials"


def test_an_integrations_projects_that_cannot_be_had_now_are_an_error(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("500", match="/api/0/projects/")

    with pytest.raises(TrackerError, match="HTTP 500"):
        sentry.sleuth_list_projects(tracker("integration"))


def _organization(sandbox: Sandbox, **links: str) -> dict[str, object]:
    return {"id": "1001", "slug": "acme", "name": "Acme", "links": links}


@pytest.mark.parametrize(
    "region", ["https://evil.test", "", "http://user@127.0.0.1:1", "ftp://127.0.0.1"]
)
def test_a_region_elsewhere_is_never_called(
    tracker: Tracker, sandbox: Sandbox, region: str
) -> None:
    listed = [_organization(sandbox, regionUrl=region, organizationUrl=region)]
    sandbox.misbehave("json", match="/api/0/organizations/", times=1, body=listed)
    sandbox.misbehave("404", match="/users/me/regions/")

    web = next(p for p in sentry.sleuth_list_projects(tracker()) if p.label == "Web")

    assert web.attributes["region_url"] == sandbox.url
    assert web.attributes["web_url"] == f"{sandbox.url}/organizations/acme"


def test_a_project_whose_name_hides_its_slug_shows_both(tracker: Tracker, sandbox: Sandbox) -> None:
    rows = [{"id": "7", "slug": "frontend-2", "name": "Checkout"}, {"id": "8", "slug": "bare"}]
    sandbox.misbehave("json", match="/1001/projects/", body=rows)

    projects = sentry.sleuth_list_projects(tracker("legacy"))

    assert [p.label for p in projects] == ["Checkout (frontend-2)", "bare"]


@pytest.mark.parametrize("body", [{"projects": []}, ["web"], [{"slug": "no-id"}], None])
def test_a_list_in_another_shape_is_an_error(
    tracker: Tracker, sandbox: Sandbox, body: object
) -> None:
    sandbox.misbehave("json", match="/projects/", body=body)

    with pytest.raises(TrackerError, match="shape that is not known") as raised:
        sentry.sleuth_list_projects(tracker("legacy"))

    assert raised.value.reason == "bad_answer"


def test_pages_that_go_round_in_circles_are_an_error(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("same-page", match="/1001/projects/")

    with pytest.raises(TrackerError, match="round in circles"):
        sentry.sleuth_list_projects(tracker("legacy"))
