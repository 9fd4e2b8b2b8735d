"""Issues that Sentry first saw in a window, in that environment, of the deploy's release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from plugins import sentry
from plugins.sentry import new_errors
from plugins.sentry.sandbox import Kind, Sandbox
from sleuth.plugin_api import ImpactConfig, NewError, TrackerContext, TrackerError
from tests.plugins.sentry.conftest import SHORTLY_AFTER_NOON

Tracker = Callable[..., TrackerContext]
Config = Callable[..., ImpactConfig]
Ask = Callable[..., list[NewError]]
DEPLOYED = SHORTLY_AFTER_NOON - timedelta(minutes=20)
REVISION = "b4503490a1c2d3e4f5061728394a5b6c7d8e9f00"


@pytest.fixture
def ask(tracker: Tracker, config: Config) -> Ask:
    def list_them(
        revision: str = "",
        environment: str | None = "production",
        token: str = "full",
        since: datetime = DEPLOYED,
        **place: Any,
    ) -> list[NewError]:
        return sentry.sleuth_new_errors(
            tracker(token), config(environment, **place), since, SHORTLY_AFTER_NOON, revision
        )

    return list_them


@pytest.fixture
def add(sandbox: Sandbox) -> Callable[..., None]:
    """Let a kind of error turn up in Acme's web, by default five minutes after the deploy."""

    def let(title: str, minutes: float = 5, **more: Any) -> None:
        first_seen = (DEPLOYED + timedelta(minutes=minutes)).timestamp()
        plain: dict[str, Any] = {
            "id": str(abs(hash(title)) % 10**6),
            "environment": "production",
            "title": title,
            "first_seen": first_seen,
            "spacing": 1.0,
            "events": 3,
        }
        sandbox.add_kind("acme", "web", Kind(**plain | more))

    return let


def titles(found: list[NewError]) -> list[str]:
    return [each.title for each in found]


def asked(sandbox: Sandbox) -> list[str]:
    return [each.path.rstrip("/").rpartition("/")[2] for each in sandbox.requests]


def test_an_issue_first_seen_since_the_deploy_is_listed_with_its_figures(
    sandbox: Sandbox, ask: Ask, add: Callable[..., None]
) -> None:
    add("KeyError: 'cart'", id="77")

    (found,) = ask()

    assert (found.title, found.count, found.users) == ("KeyError: 'cart'", 3, 3)
    assert found.url == f"{sandbox.url}/organizations/acme/issues/77/"
    assert found.first_seen_at == DEPLOYED + timedelta(minutes=5)


def test_those_with_the_most_events_come_first(ask: Ask, add: Callable[..., None]) -> None:
    add("rare", events=1)
    add("often", events=9)
    add("now and then", events=4)

    assert titles(ask()) == ["often", "now and then", "rare"]


def test_an_issue_that_only_goes_on_is_not_new(ask: Ask, add: Callable[..., None]) -> None:
    add("old", minutes=-30, spacing=60.0, events=2000)

    assert ask() == []


def test_what_is_resolved_already_is_new_all_the_same(ask: Ask, add: Callable[..., None]) -> None:
    add("fixed at once", is_resolved=True)

    assert titles(ask()) == ["fixed at once"]


def test_slow_pages_and_feedback_are_no_errors(ask: Ask, add: Callable[..., None]) -> None:
    add("N+1 query", category="performance")

    assert ask() == []


def test_another_environment_is_another_matter(ask: Ask, add: Callable[..., None]) -> None:
    add("in staging", environment="staging")

    assert ask() == []
    assert titles(ask(environment="staging")) == ["in staging"]


def test_what_another_environment_knew_is_new_in_this_one_but_not_in_all(
    ask: Ask, add: Callable[..., None]
) -> None:
    add("moved on", known_since=(DEPLOYED - timedelta(days=3)).timestamp())

    assert titles(ask()) == ["moved on"]
    assert ask(environment=None) == []


def test_nothing_is_new_in_an_environment_that_sentry_has_not_seen(ask: Ask) -> None:
    assert ask(environment="moon") == []


@pytest.mark.parametrize(
    "release", [REVISION, f"shop@{REVISION}", REVISION[:7], f"a@{REVISION[:12]}"]
)
def test_only_what_came_with_the_release_of_the_revision_is_listed(
    ask: Ask, add: Callable[..., None], release: str
) -> None:
    add("of this one", release=release)
    add("of the one before", release="0000000aaaaaaa")

    assert titles(ask(REVISION)) == ["of this one"]


def test_a_short_revision_finds_its_long_release(ask: Ask, add: Callable[..., None]) -> None:
    add("of this one", release=f"shop@{REVISION}")
    add("of the one before", release="0000000aaaaaaa")

    assert titles(ask(REVISION[:8])) == ["of this one"]


def test_without_a_release_of_the_revision_the_time_alone_counts(
    ask: Ask, add: Callable[..., None]
) -> None:
    add("one", release="2026.3.1", events=2)
    add("two", events=1)

    assert titles(ask(REVISION)) == ["one", "two"]


def test_a_token_that_may_not_read_releases_goes_by_time(
    sandbox: Sandbox, ask: Ask, add: Callable[..., None]
) -> None:
    add("one", release=REVISION)
    sandbox.misbehave("403", match="/releases/")

    assert titles(ask(REVISION)) == ["one"]


@pytest.mark.parametrize(
    ("release", "revision", "expected"),
    [
        ("1.2.3", "1.2.3", True),
        ("shop@1.2.3", "1.2.3", True),
        ("shop@1.2.3", "shop@1.2.3", True),
        ("1.2.30", "1.2.3", False),
        ("B450349", REVISION, True),
        ("b45034", REVISION, False),
        ("b450349x", REVISION, False),
        ("", REVISION, False),
    ],
)
def test_which_release_is_that_of_a_revision(release: str, revision: str, expected: bool) -> None:
    assert new_errors.matches(release, revision) is expected


def test_one_request_is_enough_where_nothing_is_new(sandbox: Sandbox, ask: Ask) -> None:
    ask(REVISION)

    assert asked(sandbox) == ["issues"]


def test_all_pages_are_read_up_to_a_limit(
    sandbox: Sandbox, ask: Ask, add: Callable[..., None]
) -> None:
    for number in range(620):
        add(f"error {number}", id=str(number))

    assert len(ask()) == 500
    assert asked(sandbox) == ["issues"] * 5


def test_without_its_scope_one_sentence_says_what_is_missing(ask: Ask) -> None:
    with pytest.raises(TrackerError, match="scope event:read") as caught:
        ask(token="org_read_only")

    assert (caught.value.permanent, caught.value.reason) == (True, "forbidden")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("429", "rate_limited"),
        ("500", "unavailable"),
        ("html-200", "bad_answer"),
        ("truncated", "bad_answer"),
        ("hang-up", "unavailable"),
    ],
)
def test_a_failure_is_told_in_words(
    sandbox: Sandbox, ask: Ask, add: Callable[..., None], kind: str, reason: str
) -> None:
    add("one")
    sandbox.misbehave(kind, match="/issues/")

    with pytest.raises(TrackerError) as caught:
        ask()

    assert (caught.value.reason, caught.value.permanent) == (reason, False)


def test_silence_is_given_up(sandbox: Sandbox, tracker: Tracker, config: Config) -> None:
    sandbox.misbehave("silence", match="/issues/")

    with pytest.raises(TrackerError):
        sentry.sleuth_new_errors(
            tracker(read_seconds=0.2), config(), DEPLOYED, SHORTLY_AFTER_NOON, ""
        )


@pytest.mark.parametrize(
    "row",
    [
        "text",
        {"firstSeen": "2026-03-04T11:50:00Z"},
        {"title": "x", "count": "many", "firstSeen": "2026-03-04T11:50:00Z", "id": "1"},
        {"title": "x", "count": "1", "firstSeen": "yesterday", "id": "1"},
        {"title": "x", "count": None, "firstSeen": "2026-03-04T11:50:00Z", "id": "1"},
    ],
)
def test_what_cannot_be_read_is_not_guessed_at(sandbox: Sandbox, ask: Ask, row: Any) -> None:
    sandbox.misbehave("json", match="/issues/", body=[row])

    with pytest.raises(TrackerError) as caught:
        ask()

    assert caught.value.reason == "bad_answer"


def test_a_link_that_is_none_is_left_out(sandbox: Sandbox, ask: Ask) -> None:
    row = {
        "title": "x",
        "count": "2",
        "userCount": 1,
        "firstSeen": "2026-03-04T11:50:00Z",
        "permalink": "javascript:alert(1)",
        "id": "1",
    }
    sandbox.misbehave("json", match="/issues/", body=[row])

    assert [each.url for each in ask()] == [""]


def test_an_incident_of_the_stand_in_brings_new_errors(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.add_incident(
        "acme", "web", "production", DEPLOYED, 10, factor=3, new_errors=["a", "b"], release=REVISION
    )

    assert titles(ask(REVISION)) == ["a", "b"]


def test_a_quiet_week_brings_few_new_errors_by_itself(ask: Ask) -> None:
    found = ask(since=SHORTLY_AFTER_NOON - timedelta(days=28))

    assert 1 <= len(found) <= 14
