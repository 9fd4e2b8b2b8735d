from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)


@pytest.fixture
def hello(kit: Flask) -> Flask:
    kit.add_url_rule("/hello", view_func=lambda: "hello", endpoint="hello")
    return kit


def test_every_answer_carries_the_strict_content_security_policy(visitor: FlaskClient) -> None:
    assert visitor.get("/nowhere").headers["Content-Security-Policy"] == CSP


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ],
)
def test_a_page_carries_the_security_headers(
    hello: Flask, visitor: FlaskClient, name: str, value: str
) -> None:
    assert visitor.get("/hello").headers[name] == value


def test_a_page_differs_by_whether_htmx_asked(hello: Flask, visitor: FlaskClient) -> None:
    assert "HX-Request" in visitor.get("/hello").headers["Vary"]


def test_a_view_may_choose_its_own_caching(kit: Flask, visitor: FlaskClient) -> None:
    answer = Response("x", headers={"Cache-Control": "private, max-age=60"})
    kit.add_url_rule("/own", view_func=lambda: answer, endpoint="own")
    assert visitor.get("/own").headers["Cache-Control"] == "private, max-age=60"


def test_plain_http_promises_no_https(hello: Flask, visitor: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in visitor.get("/hello").headers


class TestBehindHttps:
    @pytest.fixture
    def kit_settings(self) -> dict[str, Any]:
        return {"SLEUTH_PUBLIC_URL": "https://sleuth.example.org"}

    def test_browsers_are_told_to_stay_on_https(self, hello: Flask, visitor: FlaskClient) -> None:
        headers = visitor.get("/hello").headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000"


class TestWithTrustedHosts:
    @pytest.fixture
    def kit_settings(self) -> dict[str, Any]:
        return {"TRUSTED_HOSTS": ["sleuth.example.org"]}

    def test_a_foreign_host_name_is_refused_with_a_page(
        self, hello: Flask, visitor: FlaskClient
    ) -> None:
        answer = visitor.get("/hello", headers={"Host": "evil.example.org"})
        assert answer.status_code == 400
        assert "That request made no sense" in answer.text

    def test_the_own_host_name_is_answered(self, hello: Flask, visitor: FlaskClient) -> None:
        answer = visitor.get("/hello", headers={"Host": "sleuth.example.org"})
        assert answer.text == "hello"
