"""The gate: what strangers are told, and where they go on afterwards."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import BuildError

from sleuth.accounts import permissions
from sleuth.accounts.gate import can
from tests.conftest import Cast

SETTINGS = "/o/acme/settings"


@pytest.fixture
def stranger(app: Flask, cast: Cast) -> FlaskClient:
    return app.test_client()


def goes_on_to(location: str) -> str:
    return parse_qs(urlsplit(location).query).get("next", [""])[0]


def test_a_stranger_comes_back_to_the_page_they_wanted(stranger: FlaskClient) -> None:
    assert goes_on_to(stranger.get(f"{SETTINGS}/people?x=1").location) == f"{SETTINGS}/people?x=1"


def test_home_needs_no_way_back(stranger: FlaskClient) -> None:
    assert stranger.get("/").location == "/sign-in"


def test_what_was_posted_is_not_repeated(stranger: FlaskClient) -> None:
    answer = stranger.post(f"{SETTINGS}/rename", data={"name": "Mine"})
    assert (answer.status_code, answer.location) == (302, "/sign-in")


def test_htmx_moves_the_whole_page_and_comes_back_to_it(stranger: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost:8000{SETTINGS}?page=2"}
    answer = stranger.get(f"{SETTINGS}/people", headers=headers)
    assert answer.status_code == 204
    assert goes_on_to(answer.headers["HX-Redirect"]) == f"{SETTINGS}?page=2"


def test_htmx_without_a_page_goes_home(stranger: FlaskClient) -> None:
    answer = stranger.get(SETTINGS, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_an_unknown_address_is_not_found(stranger: FlaskClient) -> None:
    assert stranger.get("/nowhere").status_code == 404


def test_an_organization_that_does_not_exist_is_not_found(sign_in) -> None:
    assert sign_in("owner").get("/o/nowhere/settings").status_code == 404


def test_a_route_without_a_row_is_closed(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(permissions.ENDPOINTS, "accounts.settings")
    with pytest.raises(KeyError, match=r"accounts\.settings"):
        sign_in("owner").get(SETTINGS)


def test_the_current_organization_need_not_be_named_in_addresses(app: Flask, sign_in) -> None:
    text = sign_in("owner").get(SETTINGS).text
    assert 'href="/o/acme/settings/people"' in text


def test_an_address_that_does_not_exist_cannot_be_built(app: Flask) -> None:
    with app.test_request_context(SETTINGS):
        app.preprocess_request()
        with pytest.raises(BuildError):
            url_for("nowhere.at_all")


def test_nobody_can_do_anything_outside_an_organization(app: Flask) -> None:
    with app.test_request_context("/"):
        assert not can("look")
