"""Situations of the stand-in: how they are ordered, and what the plugin reports in each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins import sentry
from plugins.sentry.sandbox import SITUATIONS, TOKENS, Sandbox
from sleuth.plugin_api import ImpactConfig, TrackerContext, TrackerError
from tests.plugins.sentry.conftest import SHORTLY_AFTER_NOON, Clock

DOCS = Path(__file__).parents[3].joinpath("docs", "sandbox.md").read_text(encoding="utf-8")
LUMEN, STOREFRONT, WORKER = "1007", "8001", "8003"
NOON = SHORTLY_AFTER_NOON.replace(second=0)

Make = Callable[..., TrackerContext]


def order(sandbox: Sandbox, name: str, body: Any = None) -> requests.Response:
    return requests.post(f"{sandbox.url}/__sandbox__/{name}", json=body or {}, timeout=5)


def told(sandbox: Sandbox) -> list[dict[str, Any]]:
    answer = requests.get(f"{sandbox.url}/__sandbox__/situations", timeout=5)
    situations: list[dict[str, Any]] = answer.json()
    return situations


def ask(sandbox: Sandbox, path: str, token: str = "demo", follow: bool = True) -> Any:
    headers = {"Authorization": f"Bearer {TOKENS[token].value}"}
    return requests.get(
        f"{sandbox.url}/api/0{path}", headers=headers, allow_redirects=follow, timeout=5
    )


@pytest.fixture
def of_lumen(config: Callable[..., ImpactConfig]) -> Callable[[str], ImpactConfig]:
    """Return the configuration of a source of the demo."""

    def make(project: str) -> ImpactConfig:
        slug = {STOREFRONT: "storefront", WORKER: "worker"}[project]
        return config(organization=LUMEN, project=project, slug=slug)

    return make


@pytest.fixture
def collect(tracker: Make, of_lumen: Callable[[str], ImpactConfig]) -> Callable[..., list[int]]:
    """Count the last ten minutes of a project as the plugin does."""

    def count(project: str = STOREFRONT, token: str = "demo", **options: Any) -> list[int]:
        since, until = NOON - timedelta(minutes=14), NOON - timedelta(minutes=4)
        context = tracker(token, **options)
        series = sentry.sleuth_collect_counts(context, of_lumen(project), since, until)
        counted = dict(series.points)
        minutes = (since + timedelta(minutes=number) for number in range(10))
        return [counted.get(minute, 0) for minute in minutes]

    return count


# --- orders ---------------------------------------------------------------------------------


def test_the_docs_name_every_situation() -> None:
    assert [name for name in SITUATIONS if f"`{name}`" not in DOCS] == []


def test_a_situation_is_ordered_read_and_ended(sandbox: Sandbox) -> None:
    order(sandbox, "situations", {"name": "token-revoked"})
    assert told(sandbox) == [
        {"name": "token-revoked", "since": SHORTLY_AFTER_NOON.isoformat(), "until": None}
    ]
    order(sandbox, "restore", {"name": "token-revoked"})
    assert told(sandbox) == []
    assert ask(sandbox, "/").status_code == 200


def test_a_situation_ends_by_itself(sandbox: Sandbox, clock: Clock) -> None:
    order(sandbox, "situations", {"name": "overloaded", "minutes": 10})
    clock.now += timedelta(minutes=9, seconds=59)
    assert ask(sandbox, "/").status_code == 503
    clock.now += timedelta(seconds=1)
    assert ask(sandbox, "/").status_code == 200
    assert told(sandbox) == []


def test_an_order_may_name_instants_and_be_given_twice(sandbox: Sandbox) -> None:
    wish = {
        "name": "quiet",
        "since": "2026-03-04T11:00:00+00:00",
        "until": "2026-03-04T13:00:00+00:00",
    }
    order(sandbox, "situations", [wish])
    order(sandbox, "situations", [wish])
    assert told(sandbox) == [wish]


@pytest.mark.parametrize("name", ["restore", "reset"])
def test_everything_is_restored_at_once(sandbox: Sandbox, name: str) -> None:
    order(sandbox, "situations", [{"name": each} for each in SITUATIONS])
    assert len(told(sandbox)) == len(SITUATIONS)
    order(sandbox, name)
    assert told(sandbox) == []


def test_a_situation_that_nobody_knows_is_refused(sandbox: Sandbox) -> None:
    answer = order(sandbox, "situations", {"name": "eclipse"})
    assert answer.status_code == 400
    assert "unknown situation 'eclipse'" in answer.json()["error"]


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_over_is_as_if_it_had_never_been(
    sandbox: Sandbox, collect: Callable[..., list[int]], name: str
) -> None:
    before = collect(), collect(WORKER)
    sandbox.situations.begin(name, since=NOON - timedelta(hours=1))
    sandbox.situations.end(name)
    assert (collect(), collect(WORKER)) == before


# --- what the plugin reports ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("token-revoked", "credentials", "does not know this token"),
        ("required-scope-missing", "forbidden", "does not let this token read"),
        ("single-sign-on", "action_required", "requires single sign-on"),
        ("second-factor", "action_required", "two-factor"),
        ("member-disabled", "action_required", "membership of the token's owner is disabled"),
        ("overloaded", "unavailable", "HTTP 503"),
        ("throttled", "rate_limited", "asks to wait"),
        ("silent", "unavailable", "took too long to answer"),
        ("web-page", "bad_answer", "A web page came back"),
        ("project-refused", "forbidden", "does not let this token read the errors of worker"),
        ("project-deleted", "not_found", "does not know the project worker"),
    ],
)
def test_collecting_says_what_is_wrong(
    sandbox: Sandbox, collect: Callable[..., list[int]], name: str, reason: str, words: str
) -> None:
    sandbox.situations.begin(name)
    with pytest.raises(TrackerError, match=words) as caught:
        collect(WORKER, read_seconds=0.3)
    assert caught.value.reason == reason


def test_being_throttled_names_how_long_to_wait(
    sandbox: Sandbox, collect: Callable[..., list[int]]
) -> None:
    sandbox.situations.begin("throttled")
    with pytest.raises(TrackerError) as caught:
        collect()
    assert caught.value.retry_after == 60


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("token-revoked", "does not know this token"),
        ("required-scope-missing", "lacks the scope org:read"),
        ("single-sign-on", "requires single sign-on"),
        ("second-factor", "two-factor"),
        ("member-disabled", "more members than its plan allows"),
    ],
)
def test_checking_the_token_says_what_is_wrong(
    sandbox: Sandbox, tracker: Make, name: str, words: str
) -> None:
    sandbox.situations.begin(name)
    check = sentry.sleuth_validate_token(tracker("demo"))
    assert not check.ok
    assert words in check.message


def test_a_scope_that_nothing_needs_is_missed_and_counts_go_on(
    sandbox: Sandbox, tracker: Make, collect: Callable[..., list[int]]
) -> None:
    before = collect()
    sandbox.situations.begin("other-scope-missing")
    check = sentry.sleuth_validate_token(tracker("demo"))
    assert (check.ok, list(check.scopes_missing)) == (True, ["event:read"])
    assert collect() == before


@pytest.mark.parametrize("name", ["token-revoked", "required-scope-missing"])
def test_another_token_of_the_same_account_goes_on(
    sandbox: Sandbox, tracker: Make, collect: Callable[..., list[int]], name: str
) -> None:
    account = sentry.sleuth_validate_token(tracker("demo")).account_id
    before = collect()
    sandbox.situations.begin(name)
    assert sentry.sleuth_validate_token(tracker("demo_second")).account_id == account
    assert collect(token="demo_second") == before


@pytest.mark.parametrize("name", ["single-sign-on", "second-factor", "member-disabled"])
def test_what_is_asked_of_a_person_stops_each_of_their_tokens_and_nobody_elses(
    sandbox: Sandbox, collect: Callable[..., list[int]], name: str
) -> None:
    sandbox.situations.begin(name)
    with pytest.raises(TrackerError):
        collect(token="demo_second")
    assert sum(collect(token="demo_colleague")) > 0


def test_a_colleague_has_another_account_and_sees_the_same_projects(tracker: Make) -> None:
    checks = [sentry.sleuth_validate_token(tracker(name)) for name in ("demo", "demo_colleague")]
    listed = [sentry.sleuth_list_projects(tracker(name)) for name in ("demo", "demo_colleague")]
    assert checks[0].account_id != checks[1].account_id
    assert listed[0] == listed[1]


@pytest.mark.parametrize("name", ["project-refused", "project-deleted"])
def test_a_project_that_is_closed_or_gone_leaves_the_others(
    sandbox: Sandbox, tracker: Make, collect: Callable[..., list[int]], name: str
) -> None:
    before = collect()
    sandbox.situations.begin(name)
    assert collect() == before
    usable = {
        each.key for each in sentry.sleuth_list_projects(tracker("demo")) if each.is_accessible
    }
    assert usable == {"8001", "8002"}


def test_a_renamed_project_goes_on_by_its_number_and_shows_its_new_name(
    sandbox: Sandbox, tracker: Make, collect: Callable[..., list[int]]
) -> None:
    sandbox.add_incident("lumen", "storefront", "production", NOON - timedelta(minutes=9), 3, 9)
    before, incidents = collect(), sandbox.incidents
    sandbox.situations.begin("project-renamed")
    names = {each.key: each.label for each in sentry.sleuth_list_projects(tracker("demo"))}
    assert names[STOREFRONT] == "Web Store"
    assert collect() == before
    assert sandbox.incidents == incidents


def test_a_renamed_organization_goes_on_by_its_number_and_shows_its_new_name(
    sandbox: Sandbox, tracker: Make, collect: Callable[..., list[int]]
) -> None:
    before = collect()
    sandbox.situations.begin("organization-renamed")
    assert "Lumen Industries" in sentry.sleuth_validate_token(tracker("demo")).account_label
    assert {each.org_key for each in sentry.sleuth_list_projects(tracker("demo"))} == {LUMEN}
    assert collect() == before


@pytest.mark.parametrize(
    ("name", "former", "now"),
    [
        ("project-renamed", "/projects/lumen/storefront/?a=b", "/projects/lumen/web-store/?a=b"),
        ("organization-renamed", "/organizations/lumen/", "/organizations/lumen-industries/"),
    ],
)
def test_a_former_slug_leads_to_the_new_one(
    sandbox: Sandbox, name: str, former: str, now: str
) -> None:
    sandbox.situations.begin(name)
    answer = ask(sandbox, former, follow=False)
    assert answer.status_code == 302
    assert answer.json()["detail"]["code"] == "resource-moved"
    assert answer.headers["Location"] == f"/api/0{now}"
    assert ask(sandbox, former).status_code == 200


def test_a_quiet_tracker_counts_nothing_from_then_on(
    sandbox: Sandbox, collect: Callable[..., list[int]]
) -> None:
    before = collect()
    assert sum(before[4:]) > 0
    sandbox.situations.begin("quiet", since=NOON - timedelta(minutes=10))
    assert collect() == [*before[:4], *[0] * 6]
    sandbox.situations.end("quiet")
    assert collect() == before


def test_a_quiet_tracker_is_quiet_in_the_demo_only(
    sandbox: Sandbox, tracker: Make, config: Callable[..., ImpactConfig]
) -> None:
    sandbox.situations.begin("quiet", since=NOON - timedelta(hours=1))
    since, until = NOON - timedelta(minutes=14), NOON - timedelta(minutes=4)
    series = sentry.sleuth_collect_counts(tracker("full"), config(), since, until)
    assert sum(count for _minute, count in series.points) > 0
