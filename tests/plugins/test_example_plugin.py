"""The example plugin against its own server, loaded as any plugin is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.example import sandbox as example_server
from plugins.example.sandbox import TOKEN, ExampleServer
from sleuth.plugin_api import ImpactConfig, TrackerError
from sleuth.trackers import Tracker, load

NOW = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOON = NOW.replace(second=0)
SHOP = ImpactConfig("", "shop", None)
CREDENTIALS = {"token": TOKEN}
STRANGER = {"token": "somebody-elses-token"}


@pytest.fixture(scope="module")
def server() -> Iterator[ExampleServer]:
    with ExampleServer(now=lambda: NOW) as started:
        threading.Thread(target=started.serve_forever, args=(0.01,), daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture(scope="module")
def example(server: ExampleServer) -> Tracker:
    return load({"SLEUTH_EXAMPLE_URL": server.url}).trackers["example"]


def test_the_example_is_not_offered_until_it_has_an_address() -> None:
    registry = load({})
    assert registry.get("example") is None
    assert "It waits for SLEUTH_EXAMPLE_URL to be set." in [
        skipped.reason for skipped in registry.skipped
    ]


def test_a_token_is_recognized(example: Tracker) -> None:
    check = example.validate_token(CREDENTIALS, NOW)
    assert (check.ok, check.account_label) == (True, "Ada")


def test_an_unknown_token_is_an_answer(example: Tracker) -> None:
    check = example.validate_token(STRANGER, NOW)
    assert (check.ok, check.message) == (
        False,
        "Example does not know this token. Enable it again with another.",
    )


def test_projects_are_listed(example: Tracker) -> None:
    found = example.list_projects(CREDENTIALS, NOW)
    assert [(project.key, project.label) for project in found] == [
        ("shop", "Shop"),
        ("blog", "Blog"),
    ]


def test_minutes_are_counted_up_to_those_that_are_complete(example: Tracker) -> None:
    series = example.collect_counts(CREDENTIALS, SHOP, NOON - 10 * MINUTE, NOON, NOW)
    assert series.complete_until == NOON - MINUTE
    assert [start for start, _ in series.points] == [
        NOON - minutes * MINUTE for minutes in range(10, 1, -1)
    ]


def test_environments_are_counted_apart(example: Tracker) -> None:
    def count(environment: str | None) -> tuple[Any, ...]:
        config = ImpactConfig("", "shop", environment)
        series = example.collect_counts(CREDENTIALS, config, NOON - 60 * MINUTE, NOON, NOW)
        return series.points

    assert count(None) == count(None)
    assert count("production") != count("staging")


@pytest.mark.parametrize(
    ("credentials", "project", "reason"),
    [(STRANGER, "shop", "credentials"), (CREDENTIALS, "gone", "not_found")],
)
def test_a_refusal_has_a_reason(
    example: Tracker, credentials: dict[str, str], project: str, reason: str
) -> None:
    config = ImpactConfig("", project, None)
    with pytest.raises(TrackerError) as caught:
        example.collect_counts(credentials, config, NOON - MINUTE, NOON, NOW)
    assert (caught.value.reason, caught.value.permanent) == (reason, True)


def test_trouble_of_the_server_passes_by_itself(
    example: Tracker, server: ExampleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "answer", lambda *_request: (500, {}))
    with pytest.raises(TrackerError, match="a problem of its own") as caught:
        example.list_projects(CREDENTIALS, NOW)
    assert (caught.value.reason, caught.value.permanent) == ("unavailable", False)


def test_the_server_says_where_it_is_and_what_its_token_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["server", "--port", "0"])
    monkeypatch.setattr(ExampleServer, "serve_forever", lambda _self: None)
    example_server.main()
    assert f"token {TOKEN}" in capsys.readouterr().out
