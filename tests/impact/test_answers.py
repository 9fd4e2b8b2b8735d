"""Every answer that Sentry is known to give, and how integration and sources feel about it.

One table: what is answered to the question for one project's counts from noon on, and the
state after the first attempt, after 15 minutes, after two hours, and 20 minutes after
Sentry answers as before. Another project of the same integration is asked for all along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.http import client
from sleuth.impact import leases, service, states
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.impact.states import State
from sleuth.integrations import rechecking
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.impact.conftest import source_settings

FIRST = NOW + timedelta(minutes=2)
QUARTER = NOW + timedelta(minutes=15)
HOURS = NOW + timedelta(hours=2)
LATER = NOW + timedelta(days=1)
"""When the past is read, which this is not about."""

RECOVERED = HOURS + timedelta(minutes=20)
STEP = timedelta(minutes=1)
LONG_STEP = timedelta(minutes=35)

COUNTS = "/organizations/1001/events-timeseries/"
OF_WEB = "project=4501&"
NO_ONE = "The requested resource does not exist"
NO_PERMISSION = "You do not have permission to perform this action."
BUSY = "Query timeout. Please try again. If the problem persists try a smaller date range."
PAGE = "<!DOCTYPE html><html><head><title>Oops</title></head></html>"
TOO_OFTEN = "You are attempting to use this endpoint too frequently. Limit is 40 requests"
TOO_MANY = "You are attempting to go above the allowed concurrency for this endpoint."
AS_PAGE = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Fate:
    """How somebody feels over time.

    Args:
        first: After one attempt; likewise the others.
        concerns_all: Whether the other source feels the same, and not as ever.
        source: How the source itself feels, where that differs from the integration.
    """

    first: State
    quarter: State
    hours: State
    recovered: State = State.CONNECTED
    concerns_all: bool = False
    source: tuple[State, ...] = ()

    @property
    def of_integration(self) -> tuple[State, ...]:
        return self.first, self.quarter, self.hours, self.recovered

    @property
    def of_source(self) -> tuple[State, ...]:
        return self.source or self.of_integration

    @property
    def of_other(self) -> tuple[State, ...]:
        return self.of_source if self.concerns_all else FINE.of_integration


FINE = Fate(State.CONNECTED, State.CONNECTED, State.CONNECTED)
WEATHER = Fate(State.CONNECTED, State.LATE, State.NEEDS_ATTENTION, concerns_all=True)
ONE_SOURCE = Fate(State.CONNECTED, State.LATE, State.NEEDS_ATTENTION)
DEAD_TOKEN = Fate(
    State.CHECKING,
    State.NEEDS_ATTENTION,
    State.NEEDS_ATTENTION,
    concerns_all=True,
    source=(State.CONNECTED, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION, State.CONNECTED),
)

Order = dict[str, Any]


def says(status: int, body: Any, match: str = OF_WEB, **headers: str) -> Order:
    """Order an answer, word for word."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": "verbatim", "status": status, "body": body, "match": match, "headers": named}


def detail(status: int, words: Any, match: str = OF_WEB) -> Order:
    return says(status, {"detail": words}, match)


def refuses(code: str, message: str) -> Order:
    extra = {"loginUrl": "/auth/login/acme/"}
    return detail(401, {"code": code, "message": message, "extra": extra}, COUNTS)


def kind(name: str, match: str = COUNTS, **more: Any) -> Order:
    return {"kind": name, "match": match, **more}


def renamed(slug: str) -> dict[str, Any]:
    url = f"/api/0/projects/acme/{slug}/"
    extra = {"url": url, "slug": slug}
    code = {"code": "resource-moved", "message": "Resource has been moved", "extra": extra}
    return {"slug": slug, "detail": code}


ORGANIZATION = "/organizations/1001/?"
PROJECT = "/projects/1001/4501/"

# fmt: off
ANSWERS: list[tuple[str, list[Order], Fate]] = [
    # §1: tokens
    *[(f"401 {words}", [detail(401, words, COUNTS)], DEAD_TOKEN) for words in (
        "Invalid token",
        "Invalid org token",
        "Token expired",
        "User inactive or deleted",
        "UserApplication inactive or deleted",
        "Unauthorized organization access.",
        "Cannot resolve organization from token.",
        "Invalid token header. No credentials provided.",
        "Invalid token header. Token string should not contain spaces.",
        "Authentication credentials were not provided.",
        "Token not found",
        "This token access is limited to organization endpoints.",
    )],
    # §4e: edges of the counting endpoints
    ("known environment without events", [kind("ignores-project", OF_WEB, detail="4505")], FINE),
    ("unknown environment", [detail(404, NO_ONE, "environment=production")], FINE),
    ("unknown, deleted or inaccessible project", [detail(403, NO_PERMISSION)], ONE_SOURCE),
    ("deleted project", [detail(403, NO_PERMISSION), detail(404, NO_ONE, PROJECT)], ONE_SOURCE),
    ("renamed project", [detail(403, NO_PERMISSION), says(302, renamed("web2"), PROJECT)],
     ONE_SOURCE),
    ("slug instead of an id", [detail(400, "Invalid project parameter. Values must be numbers.")],
     ONE_SOURCE),
    ("unknown organization", [detail(404, NO_ONE, COUNTS), detail(404, NO_ONE, ORGANIZATION)],
     Fate(State.CONNECTED, State.LATE, State.NEEDS_ATTENTION, concerns_all=True)),
    ("token without membership",
     [detail(403, NO_PERMISSION, COUNTS), detail(403, NO_PERMISSION, ORGANIZATION)],
     Fate(State.CONNECTED, State.LATE, State.NEEDS_ATTENTION, concerns_all=True)),
    ("neither endpoint is there", [kind("404-empty", "/events-")],
     Fate(State.CONNECTED, State.LATE, State.NEEDS_ATTENTION, concerns_all=True)),
    ("only the older endpoint is there", [kind("404-empty", COUNTS)], FINE),
    ("bad query", [detail(400, "Parse error at 'count(' (column 6)")], ONE_SOURCE),
    ("start after end", [detail(400, "Invalid date range: start must be before end")], ONE_SOURCE),
    ("half a range", [detail(400, "Invalid date range: start and end are both required")],
     ONE_SOURCE),
    ("bad date", [detail(400, "x is not a valid ISO8601 date query")], ONE_SOURCE),
    # Said of the present, which cannot be: its minutes stay unknown.
    ("older than retention",
     [detail(400, "Invalid date range. Please try a more recent date range.")], FINE),
    ("several projects", [detail(400, "You cannot view events from multiple projects.")],
     ONE_SOURCE),
    ("no visible project", [says(200, {"timeSeries": []})], ONE_SOURCE),
    ("another interval than asked for", [kind("interval", OF_WEB)], ONE_SOURCE),
    # §7: rate limits
    ("429 too frequently", [says(429, f'{{"detail":"{TOO_OFTEN}"}}', COUNTS)], WEATHER),
    ("429 concurrency", [says(429, f'{{"detail":"{TOO_MANY}"}}', COUNTS)], WEATHER),
    ("429 bare string", [says(429, f'"{TOO_OFTEN}"', COUNTS)], WEATHER),
    ("429 Retry-After", [says(429, {"detail": "Request was throttled."}, COUNTS, Retry_After="1")],
     WEATHER),
    ("429 Retry-After is a date",
     [says(429, {}, COUNTS, Retry_After="Wed, 04 Mar 2026 12:10:00 GMT")], WEATHER),
    ("429 with a reset", [kind("429", reset_after=30)], WEATHER),
    # §8: error bodies
    ("400 without a reason", [says(400, {"error": {"params": {"stats_period": "?"}}})], ONE_SOURCE),
    ("400 of a serializer", [says(400, {"interval": ["Invalid."]})], ONE_SOURCE),
    ("400 that is transient", [detail(400, BUSY, COUNTS)], WEATHER),
    ("401 single sign-on", [refuses("sso-required", "Must login via SSO")], DEAD_TOKEN),
    ("401 second factor", [refuses("2fa-required", "Two-factor required")], DEAD_TOKEN),
    ("401 member disabled", [refuses("member-disabled-over-limit", "Over limit")], DEAD_TOKEN),
    ("401 data secrecy", [refuses("data-secrecy", "Data secrecy")], DEAD_TOKEN),
    ("401 of an unknown code", [refuses("something-new", "Something new")], DEAD_TOKEN),
    ("401 without a body", [says(401, "", COUNTS)], DEAD_TOKEN),
    ("403 list", [detail(403, [NO_PERMISSION])], ONE_SOURCE),
    ("404 words", [detail(404, "Not found.", OF_WEB)], ONE_SOURCE),
    ("404 empty", [says(404, "", OF_WEB)], ONE_SOURCE),
    ("500", [kind("500")], WEATHER),
    ("500 try again", [detail(500, "Internal error. Please try again.", COUNTS)], WEATHER),
    ("502 page", [says(502, PAGE, COUNTS)], WEATHER),
    ("503 page", [says(503, PAGE, COUNTS)], WEATHER),
    ("503 Retry-After", [kind("503", retry_after="60")], WEATHER),
    ("504 page", [says(504, PAGE, COUNTS)], WEATHER),
    ("200 page", [says(200, PAGE)], ONE_SOURCE),
    ("200 page that calls itself JSON", [says(200, PAGE, Content_Type="application/json")],
     ONE_SOURCE),
    ("200 JSON that calls itself a page", [says(200, '{"timeSeries": []}')], ONE_SOURCE),
    ("200 half of the JSON", [kind("truncated", OF_WEB)], ONE_SOURCE),
    ("200 of an unknown shape", [says(200, ["?"])], ONE_SOURCE),
    ("status that nobody knows", [says(418, {})], ONE_SOURCE),
    ("hangs up", [kind("hang-up")], WEATHER),
    ("stops in the middle", [kind("timeout")], WEATHER),
    ("says nothing", [kind("silence")], WEATHER),
    ("is slow", [kind("slow", seconds=0.02)], FINE),
]
# fmt: on


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing runs but what a test runs."""


@pytest.fixture
def other(source: ImpactSource, cast: Cast, sandbox: Any) -> ImpactSource:
    """A source of another project; both have been collected for a few minutes."""
    with write():
        row = service.add_impact_source(
            db.session.get_one(Integration, source.integration_id),
            source_settings(cast, sandbox, "API errors", error_project_key="4502"),
            interval_seconds=60,
            warning="",
        )
        db.session.execute(update(Sweep).values(due_at=LATER))
    live(NOW - timedelta(minutes=2), NOW)
    return row


def live(since: datetime, until: datetime, step: timedelta = STEP) -> None:
    """Let the tick's time pass: whatever falls due is collected."""
    at = since
    while at <= until:
        with clock.frozen(at):
            if due := leases.due_integration_ids(at):
                collect_integrations(due)
        at += step


@pytest.mark.parametrize(
    ("orders", "fate"),
    [pytest.param(orders, fate, id=name) for name, orders, fate in ANSWERS],
)
def test_an_answer_leads_to_a_state_in_time_and_back(
    source: ImpactSource,
    other: ImpactSource,
    sandbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    orders: list[Order],
    fate: Fate,
) -> None:
    felt = [look(source, other, NOW)]
    with monkeypatch.context() as patch:
        begin(orders, sandbox, patch)
        for since, until, step in (
            (NOW, FIRST, STEP),
            (FIRST + STEP, QUARTER, STEP),
            (QUARTER + STEP, HOURS, LONG_STEP),
        ):
            live(since, until, step)
            live(until, until)
            felt.append(look(source, other, until))
    sandbox.behave()
    live(HOURS + STEP, RECOVERED, STEP)
    felt.append(look(source, other, RECOVERED))
    connected = (State.CONNECTED,) * 3
    expected = zip(fate.of_integration, fate.of_source, fate.of_other, strict=True)
    assert felt == [connected, *expected]


def begin(orders: list[Order], sandbox: Any, patch: pytest.MonkeyPatch) -> None:
    """Have Sentry answer as ordered; where it does not answer at all, wait but a moment."""
    if {order["kind"] for order in orders} & {"silence", "timeout"}:
        patch.setattr(client, "Limits", partial(client.Limits, read_seconds=0.1))
    for order in orders:
        sandbox.misbehave(**order)


def look(source: ImpactSource, other: ImpactSource, at: datetime) -> tuple[State, ...]:
    """Return how the integration, the source and the other one feel."""
    db.session.rollback()
    rows = [db.session.get_one(ImpactSource, each.id) for each in (source, other)]
    integration = states.feeling(rows[0].integration, at).state
    return (integration, *(states.state_of_source(row, at) for row in rows))


# The index, which a token that collects nothing is proven by once an hour: §1 and §8.
INDEX = "/api/0/?"
SCOPES = {"version": "0", "user": {"id": "1", "name": "Ada", "email": "ada@acme.test"}}
TOKEN = Fate(State.CHECKING, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION)
UNHEARD = Fate(State.CONNECTED, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION)

# fmt: off
OF_THE_INDEX: list[tuple[str, list[Order], Fate]] = [
    ("no header arrived", [kind("anonymous", INDEX)], TOKEN),
    ("only org:ci", [says(200, {**SCOPES, "auth": {"scopes": ["org:ci"]}, "user": None}, INDEX)],
     TOKEN),
    ("without org:read", [says(200, {**SCOPES, "auth": {"scopes": ["event:read"]}}, INDEX)],
     TOKEN),
    ("org:admin instead of org:read",
     [says(200, {**SCOPES, "auth": {"scopes": ["org:admin"]}}, INDEX)], FINE),
    ("401 revoked", [detail(401, "Invalid token", INDEX)], TOKEN),
    ("401 limited to an organization",
     [detail(401, "This token access is limited to organization endpoints.", INDEX)], FINE),
    ("404 wrong host", [says(404, "", INDEX)], UNHEARD),
    ("200 page", [says(200, PAGE, INDEX)], UNHEARD),
    ("429", [kind("429", INDEX)], UNHEARD),
    ("503", [kind("503", INDEX)], UNHEARD),
    ("silence", [kind("silence", INDEX)], UNHEARD),
    ("member of no organization", [says(200, [], "/api/0/organizations/?"),
                                   says(200, [], "/api/0/projects/?")], TOKEN),
]
# fmt: on


@pytest.mark.parametrize(
    ("orders", "fate"),
    [pytest.param(orders, fate, id=name) for name, orders, fate in OF_THE_INDEX],
)
def test_an_answer_to_a_token_that_collects_nothing_leads_to_a_state(
    integration: Integration,
    sandbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    orders: list[Order],
    fate: Fate,
) -> None:
    began = NOW + timedelta(hours=1)
    felt = []
    with monkeypatch.context() as patch:
        begin(orders, sandbox, patch)
        felt += [proven(integration, began, *minutes) for minutes in ((0, 1), (1, 16), (116, 121))]
    sandbox.behave()
    felt.append(proven(integration, began, 121, 138))
    assert felt == list(fate.of_integration)


def proven(integration: Integration, began: datetime, since: int, until: int) -> State:
    """Let the tick prove the token for some minutes, and return how the integration feels."""
    for minute in range(since, until):
        at = began + timedelta(minutes=minute)
        with clock.frozen(at):
            for id_ in rechecking.unproven_ids(at):
                rechecking.prove_token(id_)
    db.session.rollback()
    at = began + timedelta(minutes=until - 1)
    return states.feeling(db.session.get_one(Integration, integration.id), at).state
