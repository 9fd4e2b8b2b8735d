"""What every page asks the database: a few statements, however much there is to show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth.accounts.permissions import ENDPOINTS
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import NewErrors, Verdict
from tests import tracker_samples
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.samples import SAMPLES, url_of
from tests.test_permissions import every_call
from tests.weighing import MOST_STATEMENTS, statements

MORE = 4
EXEMPT: dict[str, int] = {}
"""Pages that ask more often than is allowed, and how often, until somebody mends them."""

VARIANTS = {"a project's dashboard": "/o/acme/?project=shop"}
"""Addresses that show more than those without a query."""

ABOUT_IT = {"dashboard", "deploys", "verdicts", "impact", "projects"}
"""Where what is asked for is the deploy that is judged, and what belongs to it."""

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def queue_that_waits(queued: list[object]) -> None:
    """Nothing that a page enqueues runs."""


@pytest.fixture
def deploy(cast: Cast) -> Deploy:
    """A deploy that is judged by as many sources as are added."""
    with write():
        db.session.add(cast.project)
        return seed.add_deploy(seed.add_deployment(cast.project, "Web shop"))


def add_one_of_everything(cast: Cast, deploy: Deploy, number: int) -> None:
    """Add whatever can be named in an address, and one more verdict on the deploy."""
    for name, make in SAMPLES.items():
        if not name.startswith("asset:"):
            make(cast)
    integration = tracker_samples.connected(cast)
    with write():
        db.session.add_all((cast.project, deploy, integration))
        place = cast.project.default_environment
        source = seed.add_source(integration, place, f"Source {number}")
        verdict = seed.add_verdict(deploy, source, "ailing")
        seed.add_change(verdict, 2, "ailing")
        db.session.add(
            NewErrors(verdict_id=verdict.id, total=1, events=1, asked_at=NOW, asked_until=NOW)
        )
        other = seed.add_deploy(deploy.code_deployment, deployed_at=NOW)
        seed.add_verdict(other, source, "unknown", "pending")


def pages(app: Flask, cast: Cast, deploy: Deploy) -> dict[str, str]:
    """Return an address of everything that can be read, by endpoint."""
    verdict = db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)).one()
    assert verdict.impact_source is not None
    own = {
        "public_id": deploy.public_id,
        "source_id": verdict.impact_source.public_id,
        "verdict_id": verdict.public_id,
        "deployment_slug": deploy.code_deployment.slug,
        "environment_slug": "production",
    }
    values = {name: lambda _cast, value=value: value for name, value in own.items()}
    found = dict(VARIANTS)
    for endpoint, rule, method in every_call(app, sorted(ENDPOINTS)):
        if method == "GET":
            is_about_it = endpoint.partition(".")[0] in ABOUT_IT and "check" not in endpoint
            with app.test_request_context():
                makers = values if is_about_it else {}
                found[endpoint] = url_of(endpoint, rule.arguments, cast, makers)
    return found


def test_a_page_asks_twelve_times_at_most_however_much_there_is(
    app: Flask, cast: Cast, sign_in: SignIn, deploy: Deploy
) -> None:
    add_one_of_everything(cast, deploy, 0)
    client, urls = sign_in("owner"), pages(app, cast, deploy)
    few = {name: asked(client, url) for name, url in urls.items()}
    for number in range(MORE):
        add_one_of_everything(cast, deploy, number + 1)
    many = {name: asked(client, url) for name, url in urls.items()}
    assert {name: (few[name], many[name]) for name in urls if many[name] > few[name]} == {}
    assert {name: count for name, count in many.items() if count > MOST_STATEMENTS} == EXEMPT


def asked(client: FlaskClient, url: str) -> int:
    """Return how many statements it takes to answer with a page; what is no page has no limit."""
    with statements(db.engine) as seen:
        answer = client.get(url)
    is_for_programs = answer.mimetype == "application/problem+json"
    assert answer.status_code < 400 or is_for_programs, url
    return len(seen) if answer.mimetype == "text/html" else 0
