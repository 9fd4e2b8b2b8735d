"""Taking away a plugin that has integrations keeps all they have; putting it back resumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from plugins.sentry.sandbox import Sandbox
from sleuth import clock
from sleuth.dashboard import attention
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.deploys.service import create_code_deployment
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db
from sleuth.health.service import assess_deploy
from sleuth.impact import watching
from sleuth.impact.collecting import collect_integrations
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource
from sleuth.integrations.models import Integration
from sleuth.notifications.models import Notice
from sleuth.queue.periodic import Tick
from sleuth.trackers import LoadFailure, Tracker
from tests.conftest import NOW, Cast
from tests.dashboard.conftest import words

BASE = "/o/acme"
AWAY = timedelta(hours=3)
RunJobs = Callable[[], int]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def taken(sandbox: Sandbox, source: ImpactSource, app: Flask, queued: list[Any]) -> Tracker:
    """The plugin, which is not loaded any more after counts were collected."""
    collect_integrations([source.integration_id])
    tracker: Tracker = app.extensions["sleuth_trackers"].trackers.pop("sentry")
    return tracker


def tick(run_jobs: RunJobs, at: datetime) -> None:
    """Let the tick look for what is due at a time, and run that."""
    with clock.frozen(at):
        Tick().run(at)
        run_jobs()


def counted() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.sum(ErrorCount.count))) or 0)


def test_the_card_says_that_all_is_kept(taken: Tracker, sign_in: SignIn) -> None:
    page = words(sign_in("observer").get(f"{BASE}/integrations/error-trackers").text)
    assert "Plugin missing" in page
    assert "All that was collected is kept, and the rest is read once the plugin is back." in page
    assert "failed" not in page


def test_administrators_are_told_why_and_others_are_not(
    taken: Tracker, sign_in: SignIn, app: Flask
) -> None:
    failure = LoadFailure("Sentry", taken.origin, None, "It raised ImportError.")
    app.extensions["sleuth_trackers"].failures.append(failure)
    url = f"{BASE}/integrations/sentry/card"
    assert "sentry: It raised ImportError." in words(sign_in("administrator").get(url).text)
    assert "ImportError" not in sign_in("developer").get(url).text


def test_administrators_find_it_among_the_plugins(taken: Tracker, sign_in: SignIn) -> None:
    page = words(sign_in("administrator").get(f"{BASE}/settings/plugins").text)
    assert "Sentry: plugin missing. Acme has an integration of it, whose data are kept." in page


def test_plugins_that_failed_to_load_are_named_as_a_possible_cause(
    taken: Tracker, sign_in: SignIn, app: Flask
) -> None:
    failure = LoadFailure("Mine", replace(taken.origin, name="mine"), None, "It raised.")
    app.extensions["sleuth_trackers"].failures.append(failure)
    card = words(sign_in("administrator").get(f"{BASE}/integrations/sentry/card").text)
    assert "Plugins that failed to load: mine." in card


def test_it_can_be_disabled_all_the_same(taken: Tracker, sign_in: SignIn) -> None:
    client, url = sign_in("administrator"), f"{BASE}/integrations/sentry"
    dialog = client.get(f"{url}/disable").text
    assert "Pause instead" not in dialog
    client.post(f"{url}/disable", data={"organization": "Acme"})
    integration = db.session.scalars(select(Integration).execution_options(**SEES_DISABLED)).one()
    assert (integration.disabled_at, integration.credentials) == (clock.now(), {})
    assert client.get(f"{url}/card").text == ""


def test_what_another_organization_has_cannot_be_disabled(taken: Tracker, sign_in: SignIn) -> None:
    url = "/o/globex/integrations/sentry/disable"
    assert sign_in("outsider").get(url).status_code == 404


def test_another_organization_has_no_such_card(taken: Tracker, sign_in: SignIn) -> None:
    assert sign_in("outsider").get("/o/globex/integrations/sentry/card").status_code == 404


@pytest.mark.parametrize("path", ["projects/shop/impact", "needs-attention"])
def test_pages_say_so(taken: Tracker, sign_in: SignIn, path: str) -> None:
    shown = words(sign_in("developer").get(f"{BASE}/{path}").text)
    assert "Plugin missing" in shown
    assert "The plugin of Sentry is not loaded, so nothing is collected." in shown


def test_the_page_of_a_source_says_so(
    taken: Tracker, source: ImpactSource, sign_in: SignIn
) -> None:
    url = f"{BASE}/projects/shop/impact/{source.public_id}"
    assert "Plugin missing" in words(sign_in("observer").get(url).text)


def test_a_deploy_card_says_so(
    taken: Tracker, source: ImpactSource, cast: Cast, sign_in: SignIn, queued: list[Any]
) -> None:
    made = create_code_deployment(cast.project.id, "web")
    deploy = register_deploy(made.id, Registration(revision="b450349"), clock.now())
    assess_deploy(deploy.id)
    shown = words(sign_in("observer").get(f"{BASE}/deploys/{deploy.public_id}").text)
    assert "Sentry, plugin missing: nothing is collected" in shown


def test_it_is_counted_among_what_needs_attention(
    taken: Tracker, source: ImpactSource, cast: Cast
) -> None:
    watching.announce(source.integration_id)
    assert attention.count(cast.acme.id) == 1


def test_meanwhile_nothing_is_asked_and_nothing_has_failed(
    taken: Tracker, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    asked = len(sandbox.requests)
    for hours in (1, 30):
        tick(run_jobs, NOW + timedelta(hours=hours))
    integration = db.session.scalars(select(Integration)).one()
    assert len(sandbox.requests) == asked
    assert (integration.last_error, integration.failing_since) == ("", None)
    assert integration.projects_error == ""
    assert db.session.scalars(select(Notice)).all() == [], "nobody is alarmed"


def test_put_back_it_goes_on_by_itself_without_a_gap(
    taken: Tracker, source: ImpactSource, app: Flask, run_jobs: RunJobs, sign_in: SignIn
) -> None:
    observer = sign_in("observer")
    before, back, id_ = counted(), NOW + AWAY, source.integration_id
    tick(run_jobs, back)
    assert counted() == before
    app.extensions["sleuth_trackers"].trackers["sentry"] = taken
    with clock.frozen(back):
        for _ in range(3):
            collect_integrations([id_])
        db.session.rollback()
        covered = list(db.session.scalars(select(Coverage).order_by(Coverage.since)))
        assert covered[-1].since <= NOW.timestamp() - 3600
        assert covered[-1].until >= back.timestamp() - 300
        assert counted() > before
        url = f"{BASE}/integrations/sentry/card"
        assert "Plugin missing" not in observer.get(url).text
