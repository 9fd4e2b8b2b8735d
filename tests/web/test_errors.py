from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from tests.web.conftest import HTMX


@pytest.fixture
def failing(kit: Flask) -> Callable[..., None]:
    """Make ``/fail`` and ``/api/1/fail`` abort with what is given."""

    def fail_with(*reason: object) -> None:
        def fail() -> str:
            abort(*reason)  # type: ignore[arg-type]

        kit.add_url_rule("/fail", "fail", fail)
        kit.add_url_rule("/api/1/fail", "api_fail", fail)

    return fail_with


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (400, "That request made no sense"),
        (403, "You may not do that"),
        (404, "There is no such page"),
        (405, "That does not work here"),
        (413, "That is too large"),
        (429, "Too many attempts"),
        (500, "Something broke on our side"),
        (503, "Not available just now"),
    ],
)
def test_an_error_has_a_page_in_plain_words(
    failing: Callable[..., None], visitor: FlaskClient, code: int, title: str
) -> None:
    failing(code)
    answer = visitor.get("/fail")
    assert answer.status_code == code
    assert f'<h1 class="empty-title">{title}</h1>' in answer.text


def test_a_rarer_error_keeps_its_own_name(
    failing: Callable[..., None], visitor: FlaskClient
) -> None:
    failing(415)
    assert "Unsupported Media Type" in visitor.get("/fail").text


def test_a_view_may_say_what_is_wrong(failing: Callable[..., None], visitor: FlaskClient) -> None:
    failing(403, "Only owners may disable <Sentry>.")
    assert "Only owners may disable &lt;Sentry&gt;." in visitor.get("/fail").text


def test_htmx_gets_one_plain_sentence(failing: Callable[..., None], visitor: FlaskClient) -> None:
    failing(403, "Only owners may disable Sentry.")
    answer = visitor.get("/fail", headers=HTMX)
    assert answer.mimetype == "text/plain"
    assert answer.text == "Only owners may disable Sentry."


def test_the_api_gets_json(failing: Callable[..., None], visitor: FlaskClient) -> None:
    failing(404)
    answer = visitor.get("/api/1/fail")
    assert answer.status_code == 404
    assert answer.json is not None
    assert "deleted or renamed" in answer.json["error"]


def test_an_exception_shows_nothing_of_itself(kit: Flask, visitor: FlaskClient) -> None:
    def explode() -> str:
        raise ValueError("token 12345")

    kit.add_url_rule("/explode", "explode", explode)
    answer = visitor.get("/explode")
    assert answer.status_code == 500
    assert "12345" not in answer.text


def test_a_wrong_method_names_the_right_ones(kit: Flask, visitor: FlaskClient) -> None:
    kit.add_url_rule("/form", "form", lambda: "form")
    assert "GET" in visitor.delete("/form").headers["Allow"]


def test_a_form_that_was_open_too_long_says_so(kit: Flask, visitor: FlaskClient) -> None:
    kit.config["WTF_CSRF_ENABLED"] = True
    kit.config["WTF_CSRF_CHECK_DEFAULT"] = True
    kit.add_url_rule("/form", "form", lambda: "done", methods=["POST"])
    answer = visitor.post("/form")
    assert answer.status_code == 400
    assert "This page was open too long." in answer.text
