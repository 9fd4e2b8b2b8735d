"""Counting errors a minute: what is asked, what is believed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins import sentry
from plugins.sentry.sandbox import Profile, Sandbox
from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerContext, TrackerError

Tracker = Callable[..., TrackerContext]
Config = Callable[..., ImpactConfig]

MINUTE = timedelta(minutes=1)
ELEVEN = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
NOON = ELEVEN + 60 * MINUTE
TIMESERIES = "/events-timeseries/"


def collect(
    tracker: TrackerContext,
    config: ImpactConfig,
    since: datetime = ELEVEN,
    until: datetime = NOON - 10 * MINUTE,
) -> CountSeries:
    return sentry.sleuth_collect_counts(tracker, config, since, until)


def truth(
    sandbox: Sandbox,
    environment: str = "production",
    since: datetime = ELEVEN,
    until: datetime = NOON - 10 * MINUTE,
    project: str = "4501",
    organization: str = "1001",
) -> tuple[tuple[datetime, int], ...]:
    owner = sandbox.world.organization(organization)
    assert owner
    found = owner.project(project)
    assert found
    first, end = int(since.timestamp()), int(until.timestamp())
    counts = sandbox.counts(owner, found, environment, first, end)
    return tuple((since + i * MINUTE, n) for i, n in enumerate(counts) if n)


def test_the_errors_of_each_minute_are_counted(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    series = collect(tracker(), config())

    assert series.points == truth(sandbox)
    assert len(series.points) > 40
    assert series.interval_seconds == 60
    assert (series.complete_since, series.complete_until) == (None, NOON - 10 * MINUTE)


def test_one_call_to_the_region_asks_for_exactly_the_window(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    collect(tracker(), config())

    (request,) = sandbox.requests
    assert (request.silo, request.path) == (
        "us",
        "/api/0/organizations/1001/events-timeseries/",
    )
    assert dict(request.query) == {
        "dataset": "errors",
        "project": "4501",
        "environment": "production",
        "yAxis": "count()",
        "interval": "1m",
        "start": "2026-03-04T11:00:00Z",
        "end": "2026-03-04T11:50:00Z",
    }


def test_the_bucket_that_starts_at_the_end_is_dropped(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.add_incident("acme", "web", "production", ELEVEN, minutes=60, extra=50)

    series = collect(tracker(), config(), until=ELEVEN + 2 * MINUTE)

    assert [start for start, _ in series.points] == [ELEVEN, ELEVEN + MINUTE]
    assert series.complete_until == ELEVEN + 2 * MINUTE


def test_minutes_that_sentry_calls_incomplete_are_not_counted(
    tracker: Tracker, config: Config
) -> None:
    series = collect(tracker(), config(), until=NOON + 5 * MINUTE)

    assert series.complete_until == NOON - MINUTE
    assert series.points[-1][0] < NOON - MINUTE


@pytest.mark.parametrize(
    ("now", "complete_until"),
    [
        (NOON + timedelta(seconds=89), NOON - MINUTE),
        (NOON + timedelta(seconds=90), NOON - MINUTE),
        (NOON + timedelta(seconds=91), NOON),
    ],
)
@pytest.mark.parametrize("fault", ["", "404-empty"])
def test_a_minute_is_complete_ninety_seconds_after_its_end(
    tracker: Tracker,
    config: Config,
    sandbox: Sandbox,
    clock: Any,
    fault: str,
    now: datetime,
    complete_until: datetime,
) -> None:
    clock.now = now
    if fault:
        sandbox.misbehave(fault, match=TIMESERIES)

    assert collect(tracker(), config(), until=NOON).complete_until == complete_until


def test_a_window_of_which_nothing_is_complete_covers_nothing(
    tracker: Tracker, config: Config
) -> None:
    series = collect(tracker(), config(), since=NOON, until=NOON + 2 * MINUTE)

    assert series.points == ()
    assert series.complete_until == NOON


def test_a_late_event_is_counted_when_the_minute_is_read_again(
    tracker: Tracker, config: Config, sandbox: Sandbox, clock: Any
) -> None:
    sandbox.world.add_environment("acme", "web", "production", Profile(30, late_share=0.5))
    since, until = NOON - 4 * MINUTE, NOON - 2 * MINUTE
    before = collect(tracker(), config(), since, until)

    clock.now += timedelta(minutes=30)
    after = collect(tracker(), config(), since, until)

    assert sum(n for _, n in before.points) < sum(n for _, n in after.points)


@pytest.mark.parametrize(
    ("environment", "sent"), [("", [""]), (None, []), (" production ", ["production"])]
)
def test_the_environment_is_sent_as_it_is_meant(
    tracker: Tracker,
    config: Config,
    sandbox: Sandbox,
    environment: str | None,
    sent: list[str],
) -> None:
    collect(tracker(), config(environment))

    query = sandbox.requests[-1].query
    assert [value for name, value in query if name == "environment"] == sent


def test_errors_without_an_environment_are_counted_apart(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    assert collect(tracker(), config("")).points == truth(sandbox, "")


def test_all_environments_together_are_their_sum(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    total = sum(n for _, n in collect(tracker(), config(None)).points)

    names = ("production", "staging", "qa-2019", "")
    assert total == sum(n for name in names for _, n in truth(sandbox, name))


def test_a_project_in_the_other_region_is_read_there(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    series = collect(tracker(), config("Production", "5101", "1002", region="de"))

    assert series.points == truth(sandbox, "Production", project="5101", organization="1002")
    assert {request.silo for request in sandbox.requests} == {"de"}


def test_an_organization_that_moved_to_another_region_is_found_again(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    series = collect(tracker(), config("Production", "5101", "1002", region="us"))

    assert series.points == truth(sandbox, "Production", project="5101", organization="1002")


def test_a_source_without_a_region_is_read_through_the_control_silo(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    series = collect(tracker(), ImpactConfig("1001", "4501", "production"))

    assert series.points == truth(sandbox)
    assert {request.silo for request in sandbox.requests} == {"control"}


@pytest.mark.parametrize("name", ["no-such", 'odd "quoted\\ *name', "Production"])
def test_an_environment_that_sentry_has_not_seen_has_zeros(
    tracker: Tracker, config: Config, name: str
) -> None:
    series = collect(tracker(), config(name))

    assert series.points == ()
    assert series.complete_since is None
    assert series.complete_until == NOON - 10 * MINUTE


def test_an_environment_is_counted_as_soon_as_sentry_sees_it(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    collect(tracker(), config("canary"))
    sandbox.world.add_environment("acme", "web", "canary", Profile(2, is_noisy=False))

    series = collect(tracker(), config("canary"))

    assert {count for _, count in series.points} == {2}
    assert len(series.points) == 50


def test_an_environment_of_another_project_has_zeros(tracker: Tracker, config: Config) -> None:
    assert collect(tracker(), config("beta")).points == ()


def test_an_organization_without_events_that_lack_an_environment_has_zeros(
    tracker: Tracker, config: Config
) -> None:
    series = collect(tracker(), config("", "5101", "1002", region="de"))

    assert series.points == ()
    assert series.complete_until == NOON - 10 * MINUTE


def test_a_server_without_the_endpoint_is_asked_the_older_way(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("404-empty", match=TIMESERIES)

    series = collect(tracker(), config())

    assert sandbox.requests[-1].path.endswith("/events-stats/")
    assert series.points == truth(sandbox)
    assert series.complete_until == NOON - 10 * MINUTE


@pytest.mark.parametrize("environment", [None, "", "staging", "no-such"])
def test_the_older_way_knows_the_same_environments(
    tracker: Tracker, config: Config, sandbox: Sandbox, environment: str | None
) -> None:
    newer = collect(tracker(), config(environment))
    sandbox.misbehave("404", match=TIMESERIES)

    assert collect(tracker(), config(environment)).points == newer.points


def test_a_server_that_does_not_know_the_dataset_there_is_asked_the_older_way(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("400", match=TIMESERIES, detail="dataset must be one of: discover")

    assert collect(tracker(), config()).points == truth(sandbox)


@pytest.mark.parametrize("minutes", [1, 2])
def test_the_older_way_is_exact_for_the_shortest_windows(
    tracker: Tracker, config: Config, sandbox: Sandbox, minutes: int
) -> None:
    sandbox.misbehave("404", match=TIMESERIES)
    until = ELEVEN + minutes * MINUTE

    series = collect(tracker(), config(), until=until)

    assert series.points == truth(sandbox, until=until)
    assert series.complete_until == until


@pytest.mark.parametrize("environment", ["production", None])
def test_an_organization_that_offers_no_counts_at_all_is_said_so(
    tracker: Tracker, config: Config, sandbox: Sandbox, environment: str | None
) -> None:
    sandbox.misbehave("404-empty", match="/events-")

    with pytest.raises(TrackerError, match="offers no error counts") as raised:
        collect(tracker(), config(environment))

    assert (raised.value.reason, raised.value.permanent) == ("not_found", True)


def test_where_retention_ends_is_where_coverage_begins(
    tracker: Tracker, config: Config, clock: Any
) -> None:
    oldest = clock.now - timedelta(days=30)
    since = oldest.replace(second=0) - 60 * MINUTE

    series = collect(
        tracker("three_organizations"),
        config("prod", "6016", "1003"),
        since,
        since + 120 * MINUTE,
    )

    assert series.complete_since == since + 61 * MINUTE
    assert series.complete_until == since + 120 * MINUTE
    assert series.points[0][0] >= series.complete_since


def test_a_window_older_than_retention_covers_nothing(
    tracker: Tracker, config: Config, clock: Any
) -> None:
    since = NOON - timedelta(days=95)

    series = collect(tracker(), config(), since, since + 60 * MINUTE)

    assert series.points == ()
    assert series.complete_since == series.complete_until == since + 60 * MINUTE


def test_all_days_that_may_be_looked_back_fit_the_largest_window(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    since, until = NOON - 9_010 * MINUTE, NOON - 10 * MINUTE

    series = collect(tracker(), config(), since, until)

    assert series.points == truth(sandbox, since=since, until=until)
    with pytest.raises(ValueError, match="9001"):
        collect(tracker(), config(), since - MINUTE, until)


def test_an_empty_window_is_a_mistake_of_the_caller(tracker: Tracker, config: Config) -> None:
    with pytest.raises(ValueError, match="not 0"):
        collect(tracker(), config(), ELEVEN, ELEVEN + timedelta(seconds=30))


def test_a_window_is_narrowed_to_whole_minutes(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    half = timedelta(seconds=30)

    collect(tracker(), config(), ELEVEN - half, ELEVEN + 10 * MINUTE + half)

    query = dict(sandbox.requests[-1].query)
    assert (query["start"], query["end"]) == ("2026-03-04T11:00:00Z", "2026-03-04T11:10:00Z")


def test_what_is_left_of_the_rate_limit_is_reported(tracker: Tracker, config: Config) -> None:
    assert collect(tracker(), config()).quota_left == 29


def test_a_query_too_heavy_for_sentry_is_tried_in_halves(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("400-transient", times=1)

    series = collect(tracker(), config())

    assert series.points == truth(sandbox)
    assert (series.complete_since, series.complete_until) == (None, NOON - 10 * MINUTE)
    ends = [dict(request.query)["end"][11:16] for request in sandbox.requests]
    assert ends == ["11:50", "11:25", "11:50"]


def test_halves_of_which_the_first_is_older_than_retention_are_joined(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("400-transient", times=1)
    middle = NOON - timedelta(days=90)

    series = collect(tracker(), config(), middle - 60 * MINUTE, middle + 60 * MINUTE)

    assert series.complete_since == middle + MINUTE
    assert series.complete_until == middle + 60 * MINUTE


def test_halves_of_which_the_first_is_incomplete_end_there(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("400-transient", times=1)

    series = collect(tracker(), config(), NOON - 5 * MINUTE, NOON + 5 * MINUTE)

    assert series.complete_until == NOON - MINUTE


@pytest.mark.parametrize(("times", "until"), [(2, NOON), (1, ELEVEN + MINUTE)])
def test_a_query_still_too_heavy_is_put_off(
    tracker: Tracker, config: Config, sandbox: Sandbox, times: int, until: datetime
) -> None:
    sandbox.misbehave("400-transient", times=times)

    with pytest.raises(TrackerError, match="usually passes within minutes") as raised:
        collect(tracker(), config(), until=until)

    assert (raised.value.retry_after, raised.value.permanent) == (60, False)


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "Wed, 04 Mar 2026 12:01:00 GMT"}, 20),
        ({"retry_after": "soon"}, None),
        ({"reset_after": 12}, 12),
        ({"retry_after": "3", "reset_after": 12}, 12),
        ({"reset_after": -5}, 1),
    ],
)
def test_a_rate_limit_says_how_long_to_wait_where_sentry_does(
    tracker: Tracker,
    config: Config,
    sandbox: Sandbox,
    headers: dict[str, Any],
    retry_after: float | None,
) -> None:
    sandbox.misbehave("429", match=TIMESERIES, **headers)

    with pytest.raises(TrackerError, match="too many requests") as raised:
        collect(tracker(), config())

    assert (raised.value.reason, raised.value.retry_after) == ("rate_limited", retry_after)
    assert not raised.value.permanent


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("500", "unavailable"),
        ("503", "unavailable"),
        ("html-502", "unavailable"),
        ("timeout", "unavailable"),
        ("silence", "unavailable"),
        ("slow", "unavailable"),
        ("html-200", "bad_answer"),
        ("truncated", "bad_answer"),
        ("400", "bad_answer"),
    ],
)
def test_what_passes_by_itself_is_not_permanent(
    tracker: Tracker, config: Config, sandbox: Sandbox, kind: str, reason: str
) -> None:
    sandbox.misbehave(kind, seconds=1)
    read_seconds = 0.2 if kind in {"timeout", "silence", "slow"} else 20

    with pytest.raises(TrackerError) as raised:
        collect(tracker(read_seconds=read_seconds), config())

    assert (raised.value.reason, raised.value.permanent) == (reason, False)


@pytest.mark.parametrize(
    ("token", "reason", "is_permanent", "words"),
    [
        ("expired", "credentials", True, "has expired"),
        ("revoked", "credentials", True, "does not know this token"),
        ("sso", "action_required", False, "single sign-on"),
        ("two_factor", "action_required", False, "two-factor"),
        ("no_org_read", "forbidden", True, "organization 1001"),
        ("lonely", "forbidden", True, "organization 1001"),
    ],
)
def test_a_token_that_stopped_working_is_told_from_a_source_that_did(
    tracker: Tracker, config: Config, token: str, reason: str, is_permanent: bool, words: str
) -> None:
    with pytest.raises(TrackerError, match=words) as raised:
        collect(tracker(token), config())

    assert (raised.value.reason, raised.value.permanent) == (reason, is_permanent)


@pytest.mark.parametrize(
    ("token", "project", "reason", "words"),
    [
        ("full", "4504", "forbidden", r"errors of payroll.*join a team"),
        ("full", "9999", "not_found", "does not know the project payroll"),
        ("org_read_only", "9999", "forbidden", "may have been deleted"),
    ],
)
def test_a_deleted_project_is_told_from_a_closed_one(
    tracker: Tracker, config: Config, token: str, project: str, reason: str, words: str
) -> None:
    with pytest.raises(TrackerError, match=words) as raised:
        collect(tracker(token), config(project=project, slug="payroll"))

    assert (raised.value.reason, raised.value.permanent) == (reason, True)


def test_an_organization_that_is_gone_is_said_so(tracker: Tracker, config: Config) -> None:
    with pytest.raises(TrackerError, match="does not know the organization 1004") as raised:
        collect(tracker("three_organizations"), config(organization="1004"))

    assert raised.value.reason == "not_found"


def test_a_source_of_which_even_the_control_silo_knows_nothing_is_not_asked_twice(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    with pytest.raises(TrackerError, match="does not know the organization"):
        collect(tracker(), ImpactConfig("4", "4501", "production"))

    assert len(sandbox.requests) == 2


def test_a_renamed_project_is_said_so(tracker: Tracker, config: Config, sandbox: Sandbox) -> None:
    sandbox.misbehave("moved-nowhere", match="/api/0/projects/")

    with pytest.raises(TrackerError, match="project payroll was renamed") as raised:
        collect(tracker(), config(project="4504", slug="payroll"))

    assert raised.value.reason == "not_found"


def test_an_organization_in_which_the_token_sees_no_project_is_not_zeros(
    tracker: Tracker, config: Config
) -> None:
    with pytest.raises(TrackerError, match="no project of this organization") as raised:
        collect(tracker("empty"), config(organization="1008"))

    assert raised.value.reason == "forbidden"


def test_the_older_way_without_a_visible_project_is_not_zeros_either(
    tracker: Tracker, config: Config, sandbox: Sandbox
) -> None:
    sandbox.misbehave("404", match=TIMESERIES)

    with pytest.raises(TrackerError, match="no project of this organization"):
        collect(tracker("empty"), config(organization="1008"))


@pytest.mark.parametrize("endpoint", [TIMESERIES, "/events-stats/"])
def test_counts_in_another_interval_are_refused(
    tracker: Tracker, config: Config, sandbox: Sandbox, endpoint: str
) -> None:
    if endpoint != TIMESERIES:
        sandbox.misbehave("404", match=TIMESERIES)
    sandbox.misbehave("interval", match=endpoint)

    with pytest.raises(TrackerError, match=r"steps of (300|900)") as raised:
        collect(tracker(), config())

    assert raised.value.reason == "bad_answer"
