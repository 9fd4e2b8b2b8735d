"""A bare application with the interface kit and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask, get_template_attribute, render_template, request
from flask.testing import FlaskClient
from flask_login import LoginManager
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import Locator, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from sleuth import web
from sleuth.extensions import htmx
from sleuth.web import dialog_done, render_dialog

ROOT = Path(__file__).resolve().parents[2]
HTMX = {"HX-Request": "true"}

TEMPLATES = {
    "home.html": """
        {% extends "base.html" %}
        {% from "_dialogs.html" import dialog_link %}
        {% from "_ui.html" import time_ago %}
        {% block title %}Home{% endblock %}
        {% block content %}
          {{ dialog_link("Connect", "/connect") }} <p>{{ time_ago(now()) }}</p>
          <a href="/slow">Slow page</a>
        {% endblock %}""",
    "connect.html": """
        {% from "_dialogs.html" import dialog_form %}
        {% from "_forms.html" import field %}
        {% set title = "Connect an error tracker with quite a long name" %}
        {% call dialog_form(title, "/connect", "/", form=form) %}
          {% for each in form if each.name != "csrf_token" %}
            {{ field(each, help="Some words of help. " * 6) }}
          {% endfor %}
        {% endcall %}""",
}


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


class Connect(FlaskForm):
    name = StringField("Name", [DataRequired("Give it a name.")])
    kind = SelectField("Kind", choices=[SelectChoice("a", "First"), SelectChoice("b", "Second")])
    token = PasswordField("Token", [DataRequired("Paste it.")], render_kw={"autocomplete": "off"})
    note = StringField("Note")


@pytest.fixture
def sent() -> list[dict[str, str]]:
    """What was sent, each time."""
    return []


@pytest.fixture
def home(kit: Flask, served: str, sent: list[dict[str, str]], page: Page) -> Iterator[Page]:
    """A page with a dialog, in a browser whose timers the test winds."""
    loader = kit.jinja_env.loader
    assert loader is not None
    kit.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), loader])

    def connect() -> Response:
        form = Connect()
        if request.method == "POST":
            sent.append(request.form.to_dict())
        if form.validate_on_submit():
            return dialog_done("/", message="Connected.")
        return render_dialog("connect.html", 422 if request.method == "POST" else 200, form=form)

    kit.add_url_rule("/", "home", lambda: render_template("home.html"))
    kit.add_url_rule("/connect", "connect", connect, methods=["GET", "POST"])
    page.clock.install()
    page.goto(served)
    yield page
    kit.jinja_env.loader = loader


@pytest.fixture
def dialog(home: Page) -> Locator:
    """The open dialog."""
    return open_dialog(home)


def open_dialog(home: Page) -> Locator:
    home.get_by_role("link", name="Connect", exact=True).click()
    found = home.get_by_role("dialog")
    expect(found).to_be_visible()
    return found


def fill(dialog: Locator) -> None:
    dialog.get_by_label("Name").fill("Mine")
    dialog.get_by_label("Token").fill("secret")
    dialog.get_by_label("Kind").select_option("b")
