"""What a first visit costs: few requests, few bytes, and nothing that has to be fetched again."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sleuth.extensions import db, write
from sleuth.web import assets
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.weighing import (
    ACCEPTS,
    MOST_BYTES,
    MOST_BYTES_OF_A_CARD,
    MOST_REQUESTS,
    Visit,
    first_visit,
)

PAGES = ("/sign-in", "/o/acme/integrations/error-trackers", "/o/acme/", "/o/acme/deploys/DEPLOY")
LEAST_REQUESTS = 5
"""A page with its styles, its scripts and its icons; whoever finds fewer has looked badly."""

HTMX = {"HX-Request": "true"}
Open = Callable[[str], Visit]


@pytest.fixture
def deploy(cast: Cast) -> str:
    """The public id of one of forty judged deploys, seen by two impact sources."""
    with write():
        db.session.add(cast.project)
        return seed.tell_story(cast.project, [], NOW).deploys[2].public_id


@pytest.fixture
def visit(sign_in: Callable[[str], FlaskClient], deploy: str) -> Open:
    """Open a page for the first time: ``visit("/sign-in")``."""

    def open_page(url: str) -> Visit:
        client = sign_in("" if url == "/sign-in" else "owner")
        return first_visit(client, url.replace("DEPLOY", deploy))

    return open_page


@pytest.mark.parametrize("url", PAGES)
def test_a_first_visit_is_small_and_asks_seldom(visit: Open, url: str) -> None:
    seen = visit(url)
    assert seen.page.status_code == 200
    assert seen.size < MOST_BYTES
    assert LEAST_REQUESTS <= seen.requests <= MOST_REQUESTS


@pytest.mark.parametrize("url", PAGES)
def test_whatever_a_page_refers_to_is_never_fetched_again(visit: Open, url: str) -> None:
    files = visit(url).files
    assert len(files) >= LEAST_REQUESTS - 1
    for address, answer in files.items():
        assert re.match(r"/static/[0-9a-f]{16}/", address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == assets.IMMUTABLE
        assert answer.headers["Content-Encoding"] == "gzip"


def test_a_card_that_draws_itself_again_is_small(
    sign_in: Callable[[str], FlaskClient], deploy: str
) -> None:
    url = f"/o/acme/deploys/{deploy}/card"
    answer = sign_in("owner").get(url, headers={**HTMX, **ACCEPTS})
    assert len(answer.data) < MOST_BYTES_OF_A_CARD


def test_static_files_are_compressed_before_anybody_asks(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets.prepare(app)
    monkeypatch.setattr(gzip, "compress", None)
    with app.test_request_context():
        url = assets.asset_url("vendor/tabler.min.css")
    assert app.test_client().get(url, headers=ACCEPTS).content_encoding == "gzip"
