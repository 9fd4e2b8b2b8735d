"""A bare application with the interface kit and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask, get_template_attribute
from flask.testing import FlaskClient
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from werkzeug.serving import make_server

from sleuth import web
from sleuth.extensions import htmx

ROOT = Path(__file__).resolve().parents[2]
HTMX = {"HX-Request": "true"}


def squeeze(text: str) -> str:
    """Return markup with every run of spaces and line ends as one space."""
    return re.sub(r"[ \n]+", " ", text).strip()


@pytest.fixture
def kit_settings() -> dict[str, Any]:
    """Configuration of the bare application; a test module may replace it."""
    return {}


@pytest.fixture
def kit(kit_settings: dict[str, Any]) -> Flask:
    """The bare application; a test adds the routes that it needs."""
    app = Flask(
        "sleuth",
        root_path=str(ROOT / "sleuth"),
        static_folder=None,
        template_folder=str(ROOT / "templates"),
    )
    app.config.update(SECRET_KEY="for tests only", WTF_CSRF_ENABLED=False, **kit_settings)
    CSRFProtect(app)
    LoginManager(app).user_loader(lambda _identity: None)
    htmx.init_app(app)
    web.init_app(app)
    return app


@pytest.fixture
def visitor(kit: Flask) -> FlaskClient:
    """A client of the bare application."""
    return kit.test_client()


@pytest.fixture
def draw(kit: Flask) -> Callable[..., str]:
    """Draw one macro: ``draw("_ui.html", "lozenge", "text")``."""

    def call(template: str, macro: str, *args: Any, **kwargs: Any) -> str:
        with kit.test_request_context():
            return squeeze(get_template_attribute(template, macro)(*args, **kwargs))

    return call


@pytest.fixture
def served(kit: Flask) -> Iterator[str]:
    """Serve the bare application to a real browser; returns its address."""
    server = make_server("127.0.0.1", 0, kit, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
