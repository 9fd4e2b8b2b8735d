"""Whatever the dummy plugin does, the host gets a checked value or a TrackerError."""

from __future__ import annotations

import logging
import signal
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from rq.timeouts import JobTimeoutException

from sleuth import hookspecs
from sleuth.factory import create_app
from sleuth.plugin_api import (
    Choice,
    CountSeries,
    ImpactConfig,
    ImpactWarning,
    NewError,
    RemoteDeploy,
    RemoteProject,
    TokenCheck,
    TrackerError,
)
from sleuth.redaction import Scrubber
from sleuth.trackers import PluginBug, Tracker, answers, load
from sleuth.trackers.errors import presentable

DUMMIES = Path(__file__).parent.parent / "dummies"
TOKEN = "s3cret/token+0123456789"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(minutes=10), NOW - timedelta(minutes=5)
CONFIG = ImpactConfig("", "1", None)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def dummy() -> Tracker:
    found = load({"SLEUTH_PLUGINS_DIR": str(DUMMIES)}).get("dummy")
    assert found is not None
    return found


def credentials(mode: str = "") -> dict[str, str]:
    return {"token": TOKEN, "mode": mode}


def config(mode: str = "") -> ImpactConfig:
    return replace(CONFIG, values={"mode": mode})


CALLS: dict[str, Callable[[Tracker, str], Any]] = {
    "sleuth_validate_token": lambda t, mode: t.validate_token(credentials(mode), NOW),
    "sleuth_list_projects": lambda t, mode: t.list_projects(credentials(mode), NOW),
    "sleuth_collect_counts": lambda t, mode: t.collect_counts(
        credentials(mode), CONFIG, SINCE, UNTIL, NOW
    ),
    "sleuth_list_choices": lambda t, mode: t.list_choices(credentials(mode), "team", CONFIG, NOW),
    "sleuth_check_impact": lambda t, mode: t.check_impact(credentials(mode), CONFIG, NOW),
    "sleuth_new_errors": lambda t, mode: t.new_errors(credentials(mode), CONFIG, SINCE, UNTIL, NOW),
    "sleuth_explore_url": lambda t, mode: t.explore_url(config(mode), SINCE, UNTIL),
    "sleuth_list_deploys": lambda t, mode: t.list_deploys(
        credentials(mode), CONFIG, SINCE, UNTIL, NOW
    ),
}
AT_LOAD = {"sleuth_tracker_info", "sleuth_impact_fields"}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))


def bug(tracker: Tracker, hook: str, mode: str) -> str:
    """Return the message of the bug that a mode of the dummy is reported as."""
    with pytest.raises(PluginBug) as caught:
        CALLS[hook](tracker, mode)
    assert caught.value.reason == "bad_answer"
    return caught.value.message


def test_no_hook_goes_without_a_test(dummy: Tracker) -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("sleuth_")}
    assert dummy.hooks == hooks
    assert set(CALLS) == hooks - AT_LOAD


# Answers that are as they should be


def test_a_token_check_is_answered_without_the_token(dummy: Tracker) -> None:
    assert dummy.validate_token(credentials(), NOW) == TokenCheck(
        ok=True, message="Hello [hidden]", account_label="[hidden]'s"
    )


def test_projects_are_told_apart_by_organization(dummy: Tracker) -> None:
    found = dummy.list_projects(credentials(), NOW)
    assert [(project.org_key, project.key) for project in found] == [("", "1"), ("b", "1")]


def test_counts_are_answered(dummy: Tracker) -> None:
    series = dummy.collect_counts(credentials(), CONFIG, SINCE, UNTIL, NOW)
    assert series.points == tuple((SINCE + n * MINUTE, n) for n in range(4))
    assert (series.complete_since, series.complete_until, series.quota_left) == (None, UNTIL, 9)


def test_optional_hooks_are_answered(dummy: Tracker) -> None:
    answers = {hook: CALLS[hook](dummy, "") for hook in CALLS}
    assert answers["sleuth_check_impact"] == [
        ImpactWarning("environment", "Odd, [hidden].", "production")
    ]
    assert answers["sleuth_list_choices"] == [Choice("1", "One of [hidden]")]
    assert answers["sleuth_new_errors"] == [NewError("KeyError", "https://dummy.test/1", SINCE, 3)]
    assert answers["sleuth_list_deploys"] == [RemoteDeploy("abc123", SINCE)]
    assert answers["sleuth_explore_url"] == "https://dummy.test/"


def test_optional_hooks_that_are_missing_answer_nothing(
    load_plugins: Callable[..., Any], good_plugin: str
) -> None:
    tracker = load_plugins(good=good_plugin).get("good")
    assert tracker.supports("sleuth_collect_counts")
    assert not tracker.supports("sleuth_check_impact")
    assert CALLS["sleuth_list_choices"](tracker, "") == []
    assert CALLS["sleuth_check_impact"](tracker, "") == []
    assert CALLS["sleuth_new_errors"](tracker, "") == []
    assert CALLS["sleuth_list_deploys"](tracker, "") == []
    assert CALLS["sleuth_explore_url"](tracker, "") == ""


def test_exactly_one_plugin_is_called(load_plugins: Callable[..., Any], good_plugin: str) -> None:
    other = good_plugin.replace('slug="good"', 'slug="other"').replace(
        'message=""', 'message="other"'
    )
    registry = load_plugins(good=good_plugin, other=other)
    asked = [registry.get(slug).validate_token({}, NOW).message for slug in ("good", "other")]
    assert asked == ["", "other"]


def test_settings_reach_the_plugin_under_their_own_names() -> None:
    found = load({"SLEUTH_PLUGINS_DIR": str(DUMMIES), "SLEUTH_DUMMY_URL": "https://here.test"}).get(
        "dummy"
    )
    assert found is not None
    message = found.validate_token(credentials("reports"), NOW).message
    assert message == "[('url', 'https://here.test')]"


# Exceptions


@every_call
def test_an_exception_is_contained_as_a_bug_of_the_plugin(
    dummy: Tracker, call: Callable[[Tracker, str], Any]
) -> None:
    with pytest.raises(PluginBug, match="The Dummy plugin failed in sleuth_") as caught:
        call(dummy, "raises")
    assert caught.value.__context__ is None


@every_call
def test_leaving_the_program_is_contained(
    dummy: Tracker, call: Callable[[Tracker, str], Any]
) -> None:
    with pytest.raises(PluginBug):
        call(dummy, "exits")


@pytest.mark.parametrize("mode", ["raises", "raises in turn"])
def test_the_log_has_the_traceback_without_the_token(
    dummy: Tracker, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    bug(dummy, "sleuth_list_projects", mode)
    assert "Plugin dummy 7.8 failed in sleuth_list_projects" in caplog.text
    assert "boom at https://dummy.test/?token=[hidden]" in caplog.text
    for form in (TOKEN, quote(TOKEN, safe=""), b64encode(TOKEN.encode()).decode()):
        assert form not in caplog.text


def test_a_refusal_keeps_what_it_says_but_the_token(dummy: Tracker) -> None:
    with pytest.raises(TrackerError) as caught:
        dummy.validate_token(credentials("refuses"), NOW)
    error = caught.value
    assert not isinstance(error, PluginBug)
    assert error.message == "No way, [hidden]."
    assert (error.permanent, error.retry_after, error.reason) == (True, 7.0, "credentials")
    assert error.__context__ is None


def test_a_refusal_that_makes_no_sense_is_made_presentable(dummy: Tracker) -> None:
    with pytest.raises(TrackerError) as caught:
        dummy.validate_token(credentials("refuses oddly"), NOW)
    error = caught.value
    assert error.message == "The tracker gave no answer and no reason."
    assert (error.retry_after, error.reason) == (None, "unavailable")


def test_a_message_has_no_character_that_a_database_refuses() -> None:
    error = presentable(TrackerError("Sentry says\0 no\ud800,\nnever."), Scrubber())
    assert error.message == "Sentry says no , never."


def test_a_token_is_not_half_shown_where_a_message_is_cut(dummy: Tracker) -> None:
    with pytest.raises(TrackerError) as caught:
        dummy.validate_token(credentials("refuses at length"), NOW)
    assert caught.value.message == "x" * 495 + "[hid…"


@pytest.fixture
def hosted(dummy: Tracker, monkeypatch: pytest.MonkeyPatch) -> Tracker:
    """Return the dummy with what the application gives every plugin."""
    some_tracker = next(iter(create_app().extensions["sleuth_trackers"].trackers.values()))
    monkeypatch.setattr(dummy, "surroundings", some_tracker.surroundings)
    return dummy


def test_a_hook_that_is_in_no_request_when_its_time_is_over_hung(hosted: Tracker) -> None:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise JobTimeoutException("time is up")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(PluginBug, match=r"The Dummy plugin hung in sleuth_validate_token \("):
            hosted.validate_token(credentials("hangs"), NOW)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@every_call
def test_a_page_may_not_call_a_hook(hosted: Tracker, call: Callable[[Tracker, str], Any]) -> None:
    with (
        Flask("pages").test_request_context(),
        pytest.raises(RuntimeError, match="is to be called in a job, not by a page"),
    ):
        call(hosted, "")


# Arguments


@pytest.mark.parametrize("mode", ["writes to its arguments", "writes to the configuration"])
def test_arguments_are_read_only(dummy: Tracker, mode: str) -> None:
    given = credentials(mode)
    with pytest.raises(PluginBug):
        dummy.collect_counts(given, CONFIG, SINCE, UNTIL, NOW)
    assert given["token"] == TOKEN
    assert CONFIG.attributes == {}


def test_the_client_calls_where_the_settings_point(
    answering: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = answering()
    registry = load({"SLEUTH_PLUGINS_DIR": str(DUMMIES), "SLEUTH_DUMMY_URL": server.url})
    CALLS["sleuth_list_projects"](registry.get("dummy"), "connects")
    assert len(server.requests) == 1
    assert "Dummy: GET 127.0.0.1: 200 in" in caplog.text


def test_connections_are_kept_between_calls_but_not_across_a_fork(
    dummy: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = dummy._connections()
    assert dummy._connections() is first
    monkeypatch.setattr("os.getpid", lambda: 1)
    assert dummy._connections() is not first


# Answers that break the contract


@every_call
@pytest.mark.parametrize("mode", ["answers None", "answers the token"])
def test_an_answer_of_the_wrong_type_is_a_fault_of_the_plugin(
    dummy: Tracker, call: Callable[[Tracker, str], Any], mode: str
) -> None:
    with pytest.raises(PluginBug, match="This is a fault of the plugin") as caught:
        call(dummy, mode)
    assert TOKEN not in caught.value.message


@pytest.mark.parametrize(
    ("hook", "mode", "fault"),
    [
        ("sleuth_validate_token", "answers text", "TokenCheck is str, not TokenCheck"),
        ("sleuth_validate_token", "answers yes as text", "TokenCheck.ok is str, not bool"),
        ("sleuth_validate_token", "answers markup", "TokenCheck.message is Rendered, not str"),
        ("sleuth_validate_token", "answers no without a reason", "message is empty although"),
        ("sleuth_list_projects", "answers a generator", "projects is generator, not list"),
        ("sleuth_list_projects", "answers twice", "the same org_key and key"),
        ("sleuth_list_projects", "answers without a key", "has an empty key"),
        ("sleuth_list_projects", "answers numbers as names", "projects[0].org_key is int, not str"),
        (
            "sleuth_list_projects",
            "answers attributes that are no text",
            "projects[0].attributes['id'] is int, not str",
        ),
        (
            "sleuth_list_projects",
            "answers attributes that are no mapping",
            "projects[0].attributes is list, not a mapping",
        ),
        ("sleuth_explore_url", "links to a script", "not an absolute http(s) URL"),
        ("sleuth_explore_url", "links to nonsense", "not an absolute http(s) URL"),
        ("sleuth_new_errors", "lists an error with a bad link", "not an absolute http(s) URL"),
        ("sleuth_list_deploys", "lists a deploy with a bad link", "not an absolute http(s) URL"),
        ("sleuth_collect_counts", "counts hours", "interval_seconds is 3600, not the declared 60"),
        ("sleuth_collect_counts", "counts with a debt", "quota_left is negative"),
        ("sleuth_collect_counts", "counts backwards", "not sorted and unique"),
        ("sleuth_collect_counts", "counts double", "not sorted and unique"),
        ("sleuth_collect_counts", "counts too early", "points lie outside of"),
        ("sleuth_collect_counts", "counts too late", "points lie outside of"),
        ("sleuth_collect_counts", "counts less than nothing", "an impossible count"),
        ("sleuth_collect_counts", "counts the stars", "an impossible count"),
        ("sleuth_collect_counts", "counts halves", "points[0][1] is float, not int"),
        ("sleuth_collect_counts", "counts yes", "points[0][1] is bool, not int"),
        ("sleuth_collect_counts", "counts between", "a bucket that starts at"),
        ("sleuth_collect_counts", "counts in local time", "not an aware datetime in UTC"),
        ("sleuth_collect_counts", "counts in threes", "points[0] is tuple, not a tuple of 2"),
        ("sleuth_collect_counts", "counts for ever", "complete_until is str, not an aware"),
    ],
)
def test_a_broken_contract_is_named(dummy: Tracker, hook: str, mode: str, fault: str) -> None:
    assert fault in bug(dummy, hook, mode)


# What the tracker vouches for


@pytest.mark.parametrize(
    ("mode", "counts", "complete_since", "complete_until"),
    [
        ("counts nothing", [], None, UNTIL),
        ("counts to beyond", [0, 1, 2, 3], None, UNTIL),
        ("counts to before", [], None, UNTIL - 9 * MINUTE),
        ("counts from later", [2, 3], SINCE + 2 * MINUTE, UNTIL),
        ("counts from earlier", [0, 1, 2, 3], SINCE, UNTIL),
    ],
)
def test_counts_are_cut_to_what_is_vouched_for(
    dummy: Tracker,
    mode: str,
    counts: list[int],
    complete_since: datetime | None,
    complete_until: datetime,
) -> None:
    series = CALLS["sleuth_collect_counts"](dummy, mode)
    assert [count for _, count in series.points] == counts
    assert (series.complete_since, series.complete_until) == (complete_since, complete_until)


def test_half_a_bucket_that_is_vouched_for_is_none() -> None:
    second = timedelta(seconds=1)
    points = tuple((SINCE + number * MINUTE, 1) for number in range(4))
    told = CountSeries(60, points, UNTIL - MINUTE - second, SINCE + second)
    series = answers.counts(told, SINCE, UNTIL, 60)
    assert series.complete_since == SINCE + MINUTE
    assert series.complete_until == UNTIL - 2 * MINUTE
    assert series.points[0][0] == SINCE + MINUTE


def test_a_token_is_hidden_in_what_projects_and_scopes_are_called() -> None:
    scrub = Scrubber([TOKEN])
    shop = RemoteProject("1", f"Shop {TOKEN}", org_label=TOKEN)
    assert answers.projects([shop], scrub) == [
        replace(shop, label="Shop [hidden]", org_label="[hidden]")
    ]
    check = TokenCheck(True, "Hello", scopes_present=(TOKEN,), scopes_missing=("org:read",))
    told = answers.token_check(check, scrub)
    assert (told.scopes_present, told.scopes_missing) == (("[hidden]",), ("org:read",))
