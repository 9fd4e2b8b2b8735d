"""What the tests of the dashboard share: a shop with one code deployment, ways to read a page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.serving import make_server

from sleuth.dashboard import shared
from sleuth.deploys.models import CodeDeployment
from sleuth.extensions import db, write
from sleuth.integrations.models import Integration
from sleuth.projects.models import Environment, Project
from tests.conftest import NOW, Cast
from tests.dashboard import seed

HTMX = {"HX-Request": "true"}
Read = Callable[..., str]


def words(markup: str) -> str:
    """Return what a reader of a page reads, in one line."""
    text = re.sub(r"<[^>]*>", " ", markup)
    return re.sub(r"[\s\u202f]+", " ", html.unescape(text)).strip()


def titles(markup: str) -> list[str]:
    """Return the revisions of the cards on a page, in their order."""
    return re.findall(r"<code title=\"([^\"]*)\"", markup)


@dataclass
class Shop:
    """The project of Acme in the cast, with something that is deployed."""

    project: Project
    production: Environment
    staging: Environment
    web: CodeDeployment


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A project with a code deployment and no deploy."""
    with write():
        db.session.add(cast.project)
        web = seed.add_deployment(cast.project, "Web shop")
        production, staging = cast.project.environments
        return Shop(cast.project, production, staging, web)


@pytest.fixture
def sentry(shop: Shop) -> Integration:
    """Acme's connection to Sentry."""
    with write():
        return seed.add_integration(shop.project)


@pytest.fixture
def story(cast: Cast) -> seed.Story:
    """Forty deploys of all healths."""
    with write():
        db.session.add(cast.project)
        return seed.tell_story(cast.project, [], NOW)


@pytest.fixture
def visitor(sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """A browser in which the developer of Acme is signed in."""
    return sign_in("developer")


@pytest.fixture
def read(visitor: FlaskClient) -> Read:
    """Open a page of Acme and return its markup: ``read("/", page=2)``."""

    def open_page(path: str = "/", *, htmx: bool = False, **query: object) -> str:
        headers = HTMX if htmx else {}
        answer = visitor.get(f"/o/acme{path}", query_string=query, headers=headers)
        assert answer.status_code == 200, answer.status
        return answer.text

    return open_page


@pytest.fixture
def counting(app: Flask) -> Callable[[], object]:
    """Collect the statements that are executed inside a ``with`` block."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        yield seen
        event.remove(db.engine, "before_cursor_execute", note)

    return collect


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """Serve the application to a real browser; returns its address."""
    shared.init_app(app)  # as in the product
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
