"""Every route, called by everybody: the one table of permissions is what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from sleuth.accounts.permissions import ENDPOINTS, GRANTS, Permission
from tests.conftest import Cast
from tests.samples import SAMPLES, UNSCOPED, url_of

MEMBERS = ("observer", "developer", "administrator", "owner")
PEOPLE = ("", "outsider", *MEMBERS)
OPEN_TO_ALL = {Permission.PUBLIC, Permission.TOKEN, Permission.SIGNED_IN}
FOR_PEOPLE = sorted(
    endpoint
    for endpoint, needed in ENDPOINTS.items()
    if needed not in {Permission.PUBLIC, Permission.TOKEN}
)
SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def queue_that_waits(queued: list[object]) -> None:
    """Nothing that a call enqueues runs."""


def expected(who: str, needed: Permission) -> str:
    """Return what the table says."""
    if needed is Permission.PUBLIC:
        return "pass"
    if needed is Permission.TOKEN:
        return "needs a token"
    if not who:
        return "sign in"
    if needed is Permission.SIGNED_IN:
        return "pass"
    if who == "outsider":
        return "not found"
    return "pass" if needed in GRANTS[who] else "forbidden"


def outcome(answer: TestResponse) -> str:
    """Return what happened, in the same words."""
    if answer.status_code == 302 and answer.location.startswith("/sign-in"):
        return "sign in"
    words = {401: "needs a token", 403: "forbidden", 404: "not found"}
    return words.get(answer.status_code, "pass" if answer.status_code < 500 else "broken")


def calls(app: Flask, endpoint: str) -> Iterator[tuple[Rule, str]]:
    """Yield every rule and method of an endpoint, reading before changing."""
    for rule in [rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def every_call(app: Flask, endpoints: Iterable[str]) -> Iterator[tuple[str, Rule, str]]:
    """Yield every rule and method of several endpoints."""
    for endpoint in endpoints:
        for rule, method in calls(app, endpoint):
            yield endpoint, rule, method


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ENDPOINTS)


def test_every_sample_is_used(app: Flask) -> None:
    used = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    used |= {
        f"{rule.endpoint}:{name}" for rule in app.url_map.iter_rules() for name in rule.arguments
    }
    assert set(SAMPLES) <= used


def test_what_a_member_may_do_is_said_of_one_organization(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        is_open = ENDPOINTS[rule.endpoint] in OPEN_TO_ALL
        assert is_open or "organization_slug" in rule.arguments, rule


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_the_table_is_what_happens(app: Flask, cast: Cast, sign_in: SignIn, endpoint: str) -> None:
    for who in PEOPLE:
        for rule, method in calls(app, endpoint):
            with app.test_request_context():
                url = url_of(endpoint, rule.arguments, cast)
            answer = sign_in(who).open(url, method=method)
            seen = f"{who or 'anonymous'}: {method} {url} answered {answer.status}"
            assert outcome(answer) == expected(who, ENDPOINTS[endpoint]), seen


def test_what_belongs_to_another_organization_is_not_found(
    app: Flask, cast: Cast, sign_in: SignIn
) -> None:
    own = {"organization_slug": lambda cast: cast.globex.slug}
    scoped = [each for each in ENDPOINTS if ENDPOINTS[each] not in OPEN_TO_ALL]
    for endpoint, rule, method in every_call(app, scoped):
        if rule.arguments <= UNSCOPED:
            continue
        with app.test_request_context():
            url = url_of(endpoint, rule.arguments, cast, own)
        answer = sign_in("outsider").open(url, method=method)
        assert answer.status_code == 404, f"{method} {url} answered {answer.status}"


def test_a_stranger_with_htmx_is_sent_to_the_sign_in_page(
    app: Flask, cast: Cast, sign_in: SignIn
) -> None:
    for endpoint, rule, method in every_call(app, FOR_PEOPLE):
        with app.test_request_context():
            url = url_of(endpoint, rule.arguments, cast)
        answer = sign_in("").open(url, method=method, headers={"HX-Request": "true"})
        assert answer.status_code == 204, f"{method} {url} answered {answer.status}"
        assert answer.headers["HX-Redirect"].startswith("/sign-in")
