"""What a situation shows in the product: the sentence beside its button keeps its word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from sleuth import clock
from sleuth.accounts.models import Organization
from sleuth.demo import keeping, plan
from sleuth.demo.jobs import arrange, keep_up
from sleuth.extensions import db, write
from sleuth.health import detector
from sleuth.impact import leases, states
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.impact.states import State
from sleuth.integrations.models import Integration, TrackerProject
from tests.conftest import NOW
from tests.demo.telling import Series, place_of, seconds

Enter = Callable[[str], FlaskClient]
BASE = "/o/lumen-works"
CARD = f"{BASE}/integrations/sentry"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def connected(demo: Organization, monkeypatch: pytest.MonkeyPatch, run_jobs: Any) -> Organization:
    """The demo once the first job has run, without its four weeks of counts."""
    monkeypatch.setattr(keeping.collecting, "collect_integrations", lambda _ids: None)
    keep_up(demo.id)
    run_jobs()
    with write():
        db.session.execute(update(Sweep).values(due_at=NOW + timedelta(days=1)))
    return demo


@pytest.fixture
def switch_on(demo: Organization, enter: Enter) -> Callable[[str], FlaskClient]:
    """Switch a situation on, as a developer whose browser is returned."""

    def switch(name: str) -> FlaskClient:
        browser = enter("developer")
        browser.post(f"{BASE}/demo/situations/{name}/begin")
        arrange(demo.id)
        return browser

    return switch


def recheck(browser: FlaskClient, run_jobs: Callable[[], int]) -> str:
    browser.post(f"{CARD}/recheck", headers=HTMX)
    run_jobs()
    return browser.get(f"{CARD}/card", headers=HTMX).text


def replace_token(browser: FlaskClient, token: str, run_jobs: Callable[[], int]) -> str:
    page = browser.post(f"{CARD}/replace-token", data={"token": token})
    run_jobs()
    return browser.get(page.headers["Location"], follow_redirects=True).text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("token-revoked", "Sentry does not know this token"),
        ("required-scope-missing", "lacks the scope org:read"),
        ("other-scope-missing", "<dt>Missing scopes</dt>"),
        ("single-sign-on", "The owner of the token has to sign in to Sentry"),
        ("second-factor", "The owner of the token has to set it up in Sentry"),
        ("member-disabled", "Somebody has to enable it in Sentry"),
        ("overloaded", "Sentry has a problem on its side"),
        ("throttled", "asks to wait a moment"),
        ("web-page", "A web page came back instead of data"),
        ("organization-renamed", "Lumen Industries"),
        ("project-deleted", "The token works"),
    ],
)
def test_a_recheck_says_so_at_once(
    switch_on: Callable[[str], FlaskClient], run_jobs: Any, name: str, words: str
) -> None:
    text = recheck(switch_on(name), run_jobs).replace("&#39;", "'")
    assert words in text
    assert "Needs attention" not in text


def test_a_second_token_of_the_account_mends_what_was_revoked(
    switch_on: Callable[[str], FlaskClient], run_jobs: Any
) -> None:
    browser = switch_on("token-revoked")
    assert "is replaced" in replace_token(browser, "sntryu_demo_second", run_jobs)
    assert "The token works as Dana Demo" in recheck(browser, run_jobs)


def test_a_colleagues_token_is_asked_about(enter: Enter, run_jobs: Any) -> None:
    page = replace_token(enter("developer"), "sntryu_demo_colleague", run_jobs)
    assert "belongs to another Sentry account: Omar Other" in page
    assert "Storefront" not in page.partition("<main")[2].partition("another Sentry")[2]


def test_a_strangers_token_lists_what_would_stop(enter: Enter, run_jobs: Any) -> None:
    page = replace_token(enter("developer"), "sntryu_ada_full", run_jobs)
    assert "belongs to another Sentry account: Ada Lovelace" in page
    for project in ("Storefront", "Checkout API", "Worker"):
        assert f"{project} · Sentry errors" in page


def test_a_renamed_project_has_its_new_name_where_one_is_chosen(
    switch_on: Callable[[str], FlaskClient], run_jobs: Any
) -> None:
    switch_on("project-renamed")
    keeping.project_list.request_projects(db.session.scalars(select(Integration)).one())
    run_jobs()
    labels = set(db.session.scalars(select(TrackerProject.label)))
    assert "Web Store" in labels
    assert "Storefront" not in labels


@pytest.mark.parametrize(
    ("name", "minutes", "worker", "others"),
    [
        ("project-deleted", 6, State.LATE, State.CONNECTED),
        ("project-deleted", 20, State.NEEDS_ATTENTION, State.CONNECTED),
        ("project-refused", 6, State.LATE, State.CONNECTED),
        ("project-refused", 20, State.NEEDS_ATTENTION, State.CONNECTED),
        ("required-scope-missing", 6, State.LATE, State.LATE),
        ("required-scope-missing", 20, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION),
        ("overloaded", 6, State.LATE, State.LATE),
        ("overloaded", 16, State.CONNECTED, State.CONNECTED),
        ("throttled", 6, State.LATE, State.LATE),
        ("throttled", 16, State.CONNECTED, State.CONNECTED),
        ("web-page", 6, State.LATE, State.LATE),
        ("web-page", 16, State.CONNECTED, State.CONNECTED),
        ("project-renamed", 20, State.CONNECTED, State.CONNECTED),
        ("organization-renamed", 20, State.CONNECTED, State.CONNECTED),
        ("other-scope-missing", 20, State.CONNECTED, State.CONNECTED),
        ("quiet", 20, State.CONNECTED, State.CONNECTED),
        ("token-revoked", 15, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION),
        ("single-sign-on", 15, State.NEEDS_ATTENTION, State.NEEDS_ATTENTION),
    ],
)
def test_the_sources_feel_as_announced_after_so_many_minutes(
    switch_on: Callable[[str], FlaskClient],
    name: str,
    minutes: int,
    worker: State,
    others: State,
) -> None:
    live(NOW, NOW)
    switch_on(name)
    live(NOW + timedelta(minutes=1), NOW + timedelta(minutes=minutes))
    at = NOW + timedelta(minutes=minutes)
    db.session.rollback()
    felt = {
        source.project.name: states.state_of_source(source, at)
        for source in db.session.scalars(select(ImpactSource))
    }
    assert felt == {"Storefront": others, "Checkout API": others, "Worker": worker}


def live(since: datetime, until: datetime) -> None:
    """Let the tick's time pass: whatever falls due is collected."""
    at = since
    while at <= until:
        with clock.frozen(at):
            if due := leases.due_integration_ids(at):
                collect_integrations(due)
        at += timedelta(minutes=1)


@pytest.mark.parametrize(("is_quiet", "health"), [(True, "improved"), (False, "healthy")])
def test_a_deploy_looks_improved_when_no_errors_are_reported(
    sandbox: Any, is_quiet: bool, health: str
) -> None:
    deploys = [*plan.past_deploys(NOW), *(plan.live_deploy(NOW, each) for each in range(5))]
    deployed_at = deploys[-1].deployed_at
    now = deployed_at + timedelta(minutes=35)
    series = Series(place_of(deploys[-1]), deploys, now)
    with clock.frozen(now):
        if is_quiet:
            sandbox.situations.begin("quiet", since=deployed_at - timedelta(minutes=20))
        owner = sandbox.world.organization("lumen")
        counts = sandbox.situations.heard_of(list(series.counts), owner, int(series.minutes[0]))
    made = detector.assess(series.minutes, counts, seconds(deployed_at), seconds(now))
    assert (made.health, made.minutes_of_data) == (health, 30)
