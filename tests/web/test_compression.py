"""Pages travel compressed, but not where that would help somebody to guess what they say."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PAGE = "/o/acme/settings/people"
GZIP = {"Accept-Encoding": "gzip, deflate"}
Read = Callable[..., TestResponse]


@pytest.fixture
def read(sign_in: Callable[[str], FlaskClient]) -> Read:
    """Ask for a page with these headers, in one way or another."""

    def ask(headers: Mapping[str, str], **options: str) -> TestResponse:
        return sign_in("owner").get(PAGE, headers=headers, **options)

    return ask


@pytest.mark.parametrize("asked_by", ["same-origin", "none"])
def test_a_page_that_its_reader_asks_for_is_compressed(read: Read, asked_by: str) -> None:
    answer = read({**GZIP, "Sec-Fetch-Site": asked_by})
    assert answer.content_encoding == "gzip"
    assert gzip.decompress(answer.data).endswith(b"</html>")


@pytest.mark.parametrize("asked_by", ["cross-site", "same-site"])
def test_a_page_that_another_site_asks_for_is_not(read: Read, asked_by: str) -> None:
    assert read({**GZIP, "Sec-Fetch-Site": asked_by}).content_encoding is None


def test_a_browser_that_does_not_say_who_asks_is_trusted_on_an_open_line_only(read: Read) -> None:
    assert read(GZIP).content_encoding == "gzip"
    assert read(GZIP, base_url="https://sleuth.test").content_encoding is None


def test_a_line_is_closed_if_the_public_address_says_so_whatever_the_proxy_tells(
    read: Read, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    assert read(GZIP, base_url="http://localhost").content_encoding is None


def test_a_browser_that_cannot_read_it_gets_the_page_as_it_is(read: Read) -> None:
    assert read({"Sec-Fetch-Site": "none"}).content_encoding is None


def test_what_lies_between_is_told_what_the_answer_depends_on(read: Read) -> None:
    assert read({}).vary.as_set() >= {"accept-encoding", "sec-fetch-site"}


def test_the_answer_to_a_form_is_not_compressed(sign_in: Callable[[str], FlaskClient]) -> None:
    headers = {**GZIP, "Sec-Fetch-Site": "same-origin"}
    answer = sign_in("").post("/sign-in", data={"email": "", "password": ""}, headers=headers)
    assert answer.status_code == 422
    assert answer.content_encoding is None
